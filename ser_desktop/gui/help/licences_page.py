"""The page of licences: every part of the program that is installed, with its text on demand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.licences import Licence, all_licences, licence_text
from ser_desktop.gui import icons, theme
from ser_desktop.gui.help import messages
from ser_desktop.gui.widgets import label
from ser_desktop.gui.workers import Worker

_PART = Qt.ItemDataRole.UserRole


class LicenceWorker(Worker):
    """Reads what is installed, which takes up to a second.

    Signals
    -------
    listed(list of Licence)
    read(Licence, str)
        A part and the text of its licence.
    """

    listed = Signal(object)
    read = Signal(object, str)

    def __init__(self) -> None:
        super().__init__("licences")

    def look(self) -> None:
        """Order: list all parts."""
        self._orders.put(lambda: self.listed.emit(all_licences()))

    def open(self, part: Licence) -> None:
        """Order: read the text of one."""
        self._orders.put(lambda: self.read.emit(part, licence_text(part)))

    def shut_down(self, timeout_ms: int = 10_000) -> bool:
        """End the thread, if it was ever started."""
        return not self.isRunning() or super().shut_down(timeout_ms)


class LicencesPage(QWidget):
    """A list that can be searched, and the text of the part that is chosen.

    Parameters
    ----------
    worker : LicenceWorker
        Started with the first look; whoever made it shuts it down.
    """

    def __init__(self, worker: LicenceWorker) -> None:
        super().__init__()
        self._worker = worker
        self._shown: Licence | None = None
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(messages.LICENCES_FILTER)
        self.filter.setAccessibleName(messages.LICENCES_FILTER)
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        self.tree = self._build_tree()
        self.text = QPlainTextEdit(messages.LICENCE_CHOOSE)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(messages.LICENCE_TEXT)
        self.count = label(messages.LICENCES_LOOKING, "note")
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(self.tree)
        halves.addWidget(self.text)
        halves.setSizes([260, 180])
        halves.setChildrenCollapsible(False)
        head, page = QHBoxLayout(), QVBoxLayout(self)
        head.addWidget(self.filter, stretch=1)
        head.addWidget(self.count)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(12)
        page.addWidget(label(messages.LICENCES_TITLE, "question"))
        page.addWidget(_warning())
        page.addLayout(head)
        page.addWidget(halves, stretch=1)
        worker.listed.connect(self._listed)
        worker.read.connect(self._read)

    def _build_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setHeaderLabels(messages.LICENCES_COLUMNS)
        tree.setAccessibleName(messages.LICENCES_TITLE)
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setIndentation(12)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(1, 84)
        header.resizeSection(2, 232)
        tree.currentItemChanged.connect(self._chosen)
        return tree

    def showEvent(self, event: QShowEvent) -> None:
        """Read what is installed when the page is first looked at."""
        super().showEvent(event)
        if not self._worker.isRunning():
            self._worker.start()
        if not self.tree.topLevelItemCount():
            self._worker.look()

    def restyle(self) -> None:
        """Take over the theme in force."""
        for item in self.items():
            self._paint(item)

    def items(self) -> list[QTreeWidgetItem]:
        """Return all parts in order."""
        heads = [self.tree.topLevelItem(row) for row in range(self.tree.topLevelItemCount())]
        return [head.child(row) for head in heads for row in range(head.childCount())]

    def _listed(self, parts: Sequence[Licence]) -> None:
        self.tree.clear()
        for kind, words in messages.KINDS.items():
            head = QTreeWidgetItem([words])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            head.setFirstColumnSpanned(True)
            head.setFont(0, theme.sized(self.font(), 12, bold=True))
            self.tree.addTopLevelItem(head)
            for part in parts:
                if part.kind == kind:
                    item = QTreeWidgetItem([part.name, part.version, part.licence or messages.LICENCE_UNSTATED])
                    item.setData(0, _PART, part)
                    for column in (0, 2):
                        item.setToolTip(column, item.text(column))
                    head.addChild(item)
                    self._paint(item)
            head.setExpanded(True)
        self.count.setText(messages.licences_counted(len(parts)))
        self._filter(self.filter.text())

    @staticmethod
    def _paint(item: QTreeWidgetItem) -> None:
        part: Licence = item.data(0, _PART)
        if part.is_restricted:
            item.setIcon(0, icons.icon("warning", "warning"))
            for column in range(3):
                item.setForeground(column, theme.colour("warning"))
                item.setFont(column, theme.sized(item.font(column), 14, bold=True))

    def _filter(self, words: str) -> None:
        wanted = words.strip().lower()
        for item in self.items():
            item.setHidden(wanted not in " ".join(item.text(column) for column in range(3)).lower())
        for row in range(self.tree.topLevelItemCount()):
            head = self.tree.topLevelItem(row)
            head.setHidden(all(head.child(i).isHidden() for i in range(head.childCount())))

    def _chosen(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None) -> None:
        part = item.data(0, _PART) if item is not None else None
        if part is not None:
            self._shown = part
            self._worker.open(part)

    def _read(self, part: Licence, text: str) -> None:
        if part is self._shown or part == self._shown:
            self.text.setPlainText(text or messages.LICENCE_NO_TEXT.format(part.name, part.licence))


def _warning() -> QFrame:
    strip = QFrame()
    strip.setObjectName("banner")
    row = QHBoxLayout(strip)
    row.setContentsMargins(12, 8, 12, 8)
    row.setSpacing(12)
    row.addWidget(icons.IconLabel("warning", 22, "warning"), alignment=Qt.AlignmentFlag.AlignTop)
    row.addWidget(label(messages.LICENCES_WARNING, wraps=True), stretch=1)
    return strip

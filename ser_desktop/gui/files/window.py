"""The window for sound files: add, watch, look closer, export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QSize, QSortFilterProxyModel, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.audio import FILE_SUFFIXES
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.file_dialogs import remember, start_folder
from ser_desktop.gui.files import messages
from ser_desktop.gui.files.drops import local_places
from ser_desktop.gui.files.entries import OPEN, Entry
from ser_desktop.gui.files.queue import FileQueue
from ser_desktop.gui.files.table import SORT_ROLE, FilesView
from ser_desktop.gui.files.timeline import FileTimeline
from ser_desktop.gui.widgets import label

_TEXT_MS = 250


class FilesWindow(QMainWindow):
    """Shows a `FileQueue`; what is analysed goes on when it is closed.

    Parameters
    ----------
    queue : FileQueue
    parent : QWidget or None
    """

    def __init__(self, queue: FileQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.queue = queue
        self.setWindowTitle(messages.TITLE)
        self.setMinimumSize(QSize(820, 560))
        self.resize(1120, 760)
        self.setAcceptDrops(True)
        self._build()
        queue.changed.connect(self._changed)
        queue.heard.connect(self.timeline.refresh)
        queue.noticed.connect(self.banner.show_notice)
        self._text_timer = QTimer(self, interval=_TEXT_MS, timeout=self._show_progress)
        self._changed()
        self.restyle()

    # ---- building

    def _build(self) -> None:
        central = QWidget()
        page = QVBoxLayout(central)
        page.setContentsMargins(16, 12, 16, 12)
        page.setSpacing(10)
        self.banner = Banner()
        self.held = label("", wraps=True)
        self.held.setObjectName("complaint")
        self.timeline = FileTimeline()
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(10)
        splitter.addWidget(self._build_list())
        splitter.addWidget(self.timeline)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        page.addLayout(self._build_top())
        page.addWidget(self.banner)
        page.addLayout(self._build_progress())
        page.addWidget(self.held)
        page.addWidget(splitter, stretch=1)
        page.addLayout(self._build_foot())
        self.setCentralWidget(central)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)

    def _build_top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.add_button = self._button(messages.ADD_FILES, messages.ADD_FILES_TIP, self._choose_files, "Ctrl+O")
        self.folder_button = self._button(messages.ADD_FOLDER, messages.ADD_FOLDER_TIP, self._choose_folder)
        self.table_button = self._button(
            messages.EXPORT_TABLE, messages.EXPORT_TABLE_TIP, lambda: self._choose_report(has_windows=False), "Ctrl+E"
        )
        self.windows_button = self._button(
            messages.EXPORT_WINDOWS, messages.EXPORT_WINDOWS_TIP, lambda: self._choose_report(has_windows=True)
        )
        self.add_button.setObjectName("primary")
        row.addWidget(self.add_button)
        row.addWidget(self.folder_button)
        row.addStretch(1)
        row.addWidget(self.table_button)
        row.addWidget(self.windows_button)
        return row

    def _build_progress(self) -> QHBoxLayout:
        self.progress_text = label("")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(messages.PROGRESS)
        self.cancel_all_button = self._button(messages.CANCEL_ALL, messages.CANCEL_ALL_TIP, self.queue.cancel_all)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.progress_text)
        row.addWidget(self.bar, stretch=1)
        row.addWidget(self.cancel_all_button)
        return row

    def _build_list(self) -> QStackedWidget:
        self.view = FilesView()
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(self.queue.table)
        self.sorted.setSortRole(SORT_ROLE)
        self.view.setModel(self.sorted)
        self.view.setSortingEnabled(True)
        self.view.settle_columns()
        # As they were added, until a title is clicked.
        self.view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.sorted.sort(-1)
        self.view.selectionModel().selectionChanged.connect(self._selected)
        self.view.selectionModel().currentRowChanged.connect(self._selected)
        invitation = QWidget()
        invitation.setObjectName("page")
        column = QVBoxLayout(invitation)
        column.setContentsMargins(0, 0, 0, 0)
        self.invitation = label(messages.DROP_HERE, "drop", wraps=True)
        self.invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self.invitation)
        self.list = QStackedWidget()
        self.list.setMinimumHeight(140)
        self.list.addWidget(invitation)
        self.list.addWidget(self.view)
        return self.list

    def _build_foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.cancel_button = self._button(
            messages.CANCEL, messages.CANCEL_TIP, lambda: self.queue.cancel(self.selected())
        )
        self.again_button = self._button(messages.AGAIN, messages.AGAIN_TIP, lambda: self.queue.again(self.selected()))
        self.remove_button = self._button(messages.REMOVE, messages.REMOVE_TIP, self._remove, "Delete")
        close = self._button(messages.CLOSE, "", self.close)
        for button in (self.cancel_button, self.again_button, self.remove_button):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(close)
        return row

    def _button(self, text: str, tip: str, slot: Callable[[], object], keys: str = "") -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.clicked.connect(lambda _checked=False: slot())
        if keys:
            action = QAction(text, self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda _checked=False: button.isEnabled() and slot())
            self.addAction(action)
        return button

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.timeline.restyle()
        self.queue.table.tell_all()

    # ---- what people do

    def selected(self) -> list[Entry]:
        """Files that are chosen, from top to bottom."""
        rows = sorted(self.view.selectionModel().selectedRows(), key=lambda index: index.row())
        return [self.queue.table.entries[self.sorted.mapToSource(index).row()] for index in rows]

    def choose(self, entry: Entry) -> None:
        """Choose a file, as a click on its row does."""
        index = self.sorted.mapFromSource(self.queue.table.index(self.queue.table.entries.index(entry), 0))
        how = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().setCurrentIndex(index, how)

    def _choose_files(self) -> None:
        pattern = " ".join(f"*{suffix}" for suffix in FILE_SUFFIXES)
        dialog = QFileDialog(self, messages.ADD_FILES, str(start_folder("sound")), f"Sound ({pattern});;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._ask(dialog, "sound", self._add)

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, messages.ADD_FOLDER, str(start_folder("sound")))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._ask(dialog, "sound", self._add)

    @staticmethod
    def _ask(dialog: QFileDialog, kind: str, take: Callable[[list[Path]], object]) -> None:
        """Show a dialog that holds up nothing: somebody may be recording, and wants to stop."""

        def chosen(names: list[str]) -> None:
            if names:
                remember(kind, Path(names[0]))
            take([Path(name) for name in names])

        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(chosen)
        dialog.setModal(False)
        dialog.show()

    def _add(self, places: Sequence[Path]) -> None:
        if places:
            self.banner.show_notice(None)
            self.queue.add(places)

    def _choose_report(self, *, has_windows: bool) -> None:
        title = messages.EXPORT_WINDOWS if has_windows else messages.EXPORT_TABLE
        dialog = QFileDialog(self, title, str(start_folder("report")), messages.EXPORT_FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix("json" if "json" in chosen else "csv"))
        dialog.selectFile(messages.EXPORT_NAMES[has_windows])
        self._ask(dialog, "report", lambda chosen: self.queue.save(chosen[0], has_windows=has_windows))

    def _remove(self) -> None:
        self.queue.remove(self.selected())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders of this computer."""
        if local_places(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        event.acceptProposedAction()
        self._add(local_places(event.mimeData()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide what has been read; the analysis goes on."""
        self.banner.show_notice(None)
        super().closeEvent(event)

    # ---- what the queue says

    def _changed(self) -> None:
        entries = self.queue.table.entries
        self.list.setCurrentIndex(1 if entries else 0)
        self.timeline.setVisible(bool(entries))
        self.held.setText(self.queue.held_because if self.queue.is_busy else "")
        self.held.setVisible(bool(self.held.text()))
        for button in (self.table_button, self.windows_button):
            button.setEnabled(any(entry.state not in OPEN for entry in entries))
        if self.queue.is_busy and not self._text_timer.isActive():
            self._text_timer.start()
        self._show_progress()
        self._selected()

    def _show_progress(self) -> None:
        """About 4 times a second while something goes on."""
        is_busy = self.queue.is_busy
        self.progress_text.setText(self.queue.said())
        self.bar.setVisible(is_busy)
        self.bar.setValue(round(1000 * self.queue.share))
        self.cancel_all_button.setVisible(is_busy)
        if not is_busy:
            self._text_timer.stop()

    def _selected(self) -> None:
        chosen = self.selected()
        self.cancel_button.setEnabled(any(entry.state in OPEN for entry in chosen))
        self.again_button.setEnabled(any(entry.state not in OPEN for entry in chosen))
        self.remove_button.setEnabled(bool(chosen))
        current = self.view.currentIndex()
        entry = None
        if chosen and current.isValid():
            entry = self.queue.table.entries[self.sorted.mapToSource(current).row()]
        if entry is not self.timeline.entry:
            self.timeline.show_entry(entry)
        else:
            self.timeline.refresh(entry)

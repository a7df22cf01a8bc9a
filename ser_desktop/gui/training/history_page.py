"""What was trained before: look, go on, rename, delete."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.training_folder import TrainingState
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.recorder import Notice
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.parts import scrolled
from ser_desktop.gui.trainings import Entry, Trainings
from ser_desktop.gui.widgets import Card, ElidedLabel, label


class EntryRow(Card):
    """One training.

    Parameters
    ----------
    entry : Entry

    Signals
    -------
    opened(Entry)
    renamed(Entry, str)
    deleted(Entry)
    """

    opened = Signal(object)
    renamed = Signal(object, str)
    deleted = Signal(object)

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry
        name = entry.order.title if entry.order else entry.folder.path.name
        self.edit = QLineEdit(name)
        self.edit.setObjectName("plain")
        self.edit.setMaxLength(60)
        self.edit.setAccessibleName(messages.RENAME.format(name))
        self.edit.setToolTip(messages.RENAME.format(name))
        self.edit.setEnabled(entry.order is not None)
        self.edit.editingFinished.connect(self._rename)
        self.state = ElidedLabel("muted")
        self.state.setText(_words(entry))
        self.state.setToolTip(entry.damage)
        self.open_button, self.delete_button = QPushButton(messages.OPEN), QPushButton(messages.DELETE)
        self.open_button.setAccessibleName(f"{messages.OPEN} {name}")
        self.delete_button.setAccessibleName(f"{messages.DELETE} {name}")
        self.open_button.setEnabled(entry.order is not None)
        self.delete_button.setEnabled(entry.state not in {TrainingState.RUNNING, TrainingState.QUEUED})
        if not self.delete_button.isEnabled():
            self.delete_button.setToolTip(messages.STOP_FIRST)
        self.open_button.clicked.connect(lambda: self.opened.emit(entry))
        self.delete_button.clicked.connect(lambda: self.deleted.emit(entry))
        words, row = QVBoxLayout(), QHBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.edit)
        words.addWidget(self.state)
        row.addLayout(words, stretch=1)
        row.addWidget(self.open_button)
        row.addWidget(self.delete_button)
        self.body.addLayout(row)

    def _rename(self) -> None:
        title = self.edit.text().strip()
        if self.entry.order is not None and title and title != self.entry.order.title:
            self.renamed.emit(self.entry, title)


def _words(entry: Entry) -> str:
    if entry.order is None or entry.state is None:
        return f"{messages.DAMAGED}: {entry.damage}"
    when = entry.order.created.replace("T", " ")[:16]
    return " · ".join((messages.STATES[entry.state], when, *entry.order.words.values()))


class HistoryPage(QWidget):
    """Lists all trainings, the latest first.

    Parameters
    ----------
    trainings : Trainings

    Signals
    -------
    opened(Entry)
    """

    opened = Signal(object)

    def __init__(self, trainings: Trainings) -> None:
        super().__init__()
        self._trainings = trainings
        self.rows: list[EntryRow] = []
        self.banner = Banner()
        self.empty = label(messages.NO_TRAININGS, "muted", wraps=True)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(10)
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        column.addLayout(self._list)
        column.addStretch(1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(12)
        page.addWidget(label(messages.HISTORY, "question"))
        page.addWidget(self.banner)
        page.addWidget(self.empty)
        page.addWidget(scrolled(content), stretch=1)

    def look(self) -> None:
        """List what is there now."""
        while (item := self._list.takeAt(0)) is not None:
            item.widget().deleteLater()
        self.rows = [EntryRow(entry) for entry in self._trainings.entries()]
        for row in self.rows:
            row.opened.connect(self.opened)
            row.renamed.connect(self._rename)
            row.deleted.connect(self._delete)
            self._list.addWidget(row)
        self.empty.setVisible(not self.rows)

    def _rename(self, entry: Entry, title: str) -> None:
        try:
            entry.folder.rename(title)
        except UserFacingError as error:
            self.banner.show_notice(Notice(str(error), is_error=True))
        self._trainings.changed.emit()

    def _delete(self, entry: Entry) -> None:
        try:
            is_in_trash = self._trainings.delete(entry.folder)
        except UserFacingError as error:
            self.banner.show_notice(Notice(str(error), is_error=True))
        else:
            self.banner.show_notice(Notice(messages.TRASHED if is_in_trash else messages.DELETED))

"""What was trained before: look, go on, rename, delete."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.training_folder import TrainingKind, TrainingState
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.reports import UNREADABLE, read_row, was_stopped
from ser_desktop.gui.trainings import Entry, Trainings
from ser_desktop.gui.widgets import Card, ElidedLabel, label, scrolled


class EntryRow(Card):
    """One training.

    Parameters
    ----------
    entry : Entry
    is_in_use : bool
        Whether the main window uses its model.

    Signals
    -------
    opened(Entry)
    renamed(Entry, str)
    deleted(Entry)
    """

    opened = Signal(object)
    renamed = Signal(object, str)
    deleted = Signal(object)

    def __init__(self, entry: Entry, *, is_in_use: bool = False) -> None:
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
        self.used = label(messages.IN_USE, "good")
        self.used.setVisible(is_in_use)
        self.state.setToolTip(entry.damage)
        self.open_button, self.delete_button = QPushButton(messages.OPEN), QPushButton(messages.DELETE)
        self.open_button.setAccessibleName(f"{messages.OPEN} {name}")
        self.delete_button.setAccessibleName(f"{messages.DELETE} {name}")
        self.open_button.setEnabled(entry.order is not None)
        is_running = entry.state in {TrainingState.RUNNING, TrainingState.QUEUED}
        self.delete_button.setEnabled(not is_running and not is_in_use)
        why = messages.STOP_FIRST if is_running else messages.USE_ANOTHER_FIRST if is_in_use else ""
        self.delete_button.setToolTip(why)
        self.delete_button.setAccessibleDescription(why)
        self.open_button.clicked.connect(lambda: self.opened.emit(entry))
        self.delete_button.clicked.connect(lambda: self.deleted.emit(entry))
        words, row = QVBoxLayout(), QHBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.edit)
        words.addWidget(self.state)
        row.addLayout(words, stretch=1)
        row.addWidget(self.used)
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
    state, found = messages.STATES[entry.state], []
    if entry.state is TrainingState.DONE and entry.order.kind is TrainingKind.MODEL:
        try:
            row = read_row(entry.folder)
            found = [messages.FINDS.format(row["uar_mean"])]
            state = messages.STOPPED_EARLY if was_stopped(row) else state
        except UNREADABLE:
            found = [messages.DAMAGED]
    return " · ".join((*found, state, when, *entry.order.words.values()))


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
        self.undo = QFrame()
        self.undo.setObjectName("banner")
        self.undo_text, self.undo_button = label("", wraps=True), QPushButton(messages.UNDO)
        self.undo_button.clicked.connect(self._put_back)
        undo = QHBoxLayout(self.undo)
        undo.setContentsMargins(16, 8, 8, 8)
        undo.addWidget(self.undo_text, stretch=1)
        undo.addWidget(self.undo_button)
        self.undo.hide()
        trainings.settled.connect(self.undo.hide)
        trainings.complained.connect(lambda text: self.banner.show_notice(Notice(text, is_error=True)))
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
        page.addWidget(self.undo)
        page.addWidget(self.empty)
        page.addWidget(scrolled(content), stretch=1)

    def look(self) -> None:
        """List what is there now."""
        while (item := self._list.takeAt(0)) is not None:
            item.widget().deleteLater()
        self.rows = [
            EntryRow(entry, is_in_use=self._trainings.is_in_use(entry.folder)) for entry in self._trainings.entries()
        ]
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
        title = entry.order.title if entry.order else entry.folder.path.name
        try:
            self._trainings.discard(entry.folder)
        except UserFacingError as error:
            self.banner.show_notice(Notice(str(error), is_error=True))
        else:
            self.offer_undo(messages.DELETED.format(title))

    def offer_undo(self, said: str) -> None:
        """Say what was deleted, and let people take it back for a while."""
        self.banner.show_notice(None)
        self.undo_text.setText(said)
        self.undo.setAccessibleName(said)
        self.undo.show()
        self.undo_button.setFocus()

    def _put_back(self) -> None:
        self._trainings.put_back()
        self.undo.hide()
        if self.rows:
            self.rows[0].open_button.setFocus()

"""What the window says about a recording that was not saved: a crash interrupted it, or another took its place."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from ser_desktop.core import paths
from ser_desktop.core.journal import Interrupted
from ser_desktop.core.session import Session, SessionState
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.files import Files
from ser_desktop.gui.widgets import label


class RecoveryBanner(QFrame):
    """A strip with a sentence and what can be done."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.text = label("", wraps=True)
        self.open_button = QPushButton(messages.OPEN_IT)
        self.discard_button = QPushButton(messages.DISCARD)
        self.undo_button = QPushButton(messages.UNDO)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.addWidget(self.text, stretch=1)
        for button in (self.open_button, self.discard_button, self.undo_button):
            row.addWidget(button)
        self.hide()

    def say(self, text: str, *, is_discarded: bool) -> None:
        """Show a sentence, with the buttons that belong to it."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self.open_button.setHidden(is_discarded)
        self.discard_button.setHidden(is_discarded)
        self.undo_button.setVisible(is_discarded)
        self.show()


class Recovery(QObject):
    """Offers recordings that were not saved one after the other, the newest first.

    One that is opened stays on the disk until it is saved; one that is discarded until the window closes
    or a recording begins, so that it can be had back.

    Parameters
    ----------
    recorder : Recorder
    files : Files
    """

    def __init__(self, recorder: Recorder, files: Files) -> None:
        super().__init__(files)
        self._recorder, self._files = recorder, files
        self.banner = RecoveryBanner()
        self.banner.open_button.clicked.connect(self.open)
        self.banner.discard_button.clicked.connect(self.discard)
        self.banner.undo_button.clicked.connect(self.undo)
        self._waiting: list[Interrupted] = []
        self._opened: list[Interrupted] = []
        self._discarded: list[Interrupted] = []
        self._replaced: Interrupted | None = None
        files.worker.found.connect(self._found)
        files.saved.connect(self._saved)
        recorder.state_changed.connect(self._state_changed)

    def look(self) -> None:
        """Look for interrupted recordings, once, at the start."""
        if paths.journals_folder().is_dir():
            self._files.ensure_thread().look_for_interrupted(paths.journals_folder())

    def offer(self, found: Interrupted) -> None:
        """Offer the recording before; of those that were replaced only the latest is kept."""
        self._waiting = [found, *(f for f in self._waiting if f is not self._replaced)]
        self._replaced = found
        self._offer()

    def open(self) -> None:
        """Take the offered recording in hand."""
        found = self._waiting[0]
        if self._files.show(found.session, None):
            self._opened.append(self._waiting.pop(0))
            self._offer()
            self._recorder.noticed.emit(Notice(messages.RECOVERED))

    def discard(self) -> None:
        """Do without the offered recording."""
        self._discarded.append(self._waiting.pop(0))
        self.banner.say(messages.DISCARDED, is_discarded=True)

    def undo(self) -> None:
        """Offer it again."""
        self._waiting.insert(0, self._discarded.pop())
        self._offer()

    def finish(self) -> None:
        """Remove what was discarded."""
        for found in self._discarded:
            self._files.ensure_thread().discard(found.path)
        self._discarded.clear()

    def _found(self, found: list[Interrupted]) -> None:
        self._waiting = found
        self._offer()

    def _offer(self) -> None:
        if not self._waiting:
            self.banner.hide()
            return
        session = self._waiting[0].session
        self.banner.say(messages.interrupted(session.started_at, session.history[-1].end_s), is_discarded=False)
        self._state_changed(self._recorder.session.state)

    def _saved(self, session: Session) -> None:
        for found in [f for f in self._opened if f.session is session]:
            self._opened.remove(found)
            self._files.ensure_thread().discard(found.path)
        for found in [f for f in self._waiting if f.session is session]:
            # It was still being saved when the next recording began.
            self._waiting.remove(found)
            self._files.ensure_thread().discard(found.path)
            self._offer()

    def _state_changed(self, state: SessionState) -> None:
        can_open = state is SessionState.IDLE
        self.banner.open_button.setEnabled(can_open)
        self.banner.open_button.setToolTip("" if can_open else messages.OPEN_WHEN_IDLE)
        if state is SessionState.LISTENING and self._discarded:
            self.finish()
            self._offer()

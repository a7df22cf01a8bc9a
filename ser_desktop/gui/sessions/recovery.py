"""What the window says about a recording that was not saved: a crash interrupted it, or another took its place."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from ser_desktop.core import paths
from ser_desktop.core.session import Session, SessionState
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.files import Files
from ser_desktop.gui.sessions.keeper import Keeper
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
            # A click leaves the space bar to whatever had it.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
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

    One that is opened is offered again once another session is in hand, unless it was saved; one that is
    discarded stays until the window closes or a recording begins, so that it can be had back.

    Parameters
    ----------
    recorder : Recorder
    files : Files
    keeper : Keeper
        Has their journals.
    """

    def __init__(self, recorder: Recorder, files: Files, keeper: Keeper) -> None:
        super().__init__(files)
        self._recorder, self._files, self._keeper = recorder, files, keeper
        self.banner = RecoveryBanner()
        self.banner.open_button.clicked.connect(self.open)
        self.banner.discard_button.clicked.connect(self.discard)
        self.banner.undo_button.clicked.connect(self.undo)
        self._waiting: list[Session] = []
        self._opened: Session | None = None
        self._discarded: list[Session] = []
        self._replaced: Session | None = None
        keeper.found.connect(self._found)
        keeper.replaced.connect(self.offer)
        files.saved.connect(self._saved)
        recorder.state_changed.connect(self._state_changed)

    def look(self) -> None:
        """Look for interrupted recordings, once, at the start."""
        if paths.journals_folder().is_dir():
            self._keeper.look(paths.journals_folder())

    def offer(self, session: Session) -> None:
        """Offer the recording before; of those that were replaced only the latest is kept."""
        self._waiting = [session, *(s for s in self._waiting if s is not self._replaced)]
        self._replaced = session
        self._offer()

    def open(self) -> None:
        """Take the offered recording in hand."""
        session = self._waiting[0]
        if not self._files.show(session, None):
            return
        self._waiting.remove(session)
        self._opened = session
        self._keeper.keep(session)
        if session is self._replaced:
            self._replaced = None
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
        for session in self._discarded:
            self._keeper.discard(session)
        self._discarded.clear()

    def _found(self, sessions: list[Session]) -> None:
        self._waiting += sessions
        self._offer()

    def _offer(self) -> None:
        if not self._waiting:
            self.banner.hide()
            return
        session = self._waiting[0]
        self.banner.say(messages.interrupted(session.started_at, session.history[-1].end_s), is_discarded=False)
        self._enable(self._recorder.session.state)

    def _saved(self, session: Session) -> None:
        if session is self._opened:
            self._opened = None
        elif session in self._waiting:
            # It was still being saved when another came in hand.
            self._waiting.remove(session)
            self._offer()

    def _state_changed(self, state: SessionState) -> None:
        self._enable(state)
        if state is SessionState.LISTENING and self._discarded:
            self.finish()
            self._offer()
        if self._opened is not None and self._opened is not self._recorder.session:
            self._waiting.insert(0, self._opened)
            self._opened = None
            self._offer()

    def _enable(self, state: SessionState) -> None:
        can_open = state is SessionState.IDLE
        self.banner.open_button.setEnabled(can_open)
        self.banner.open_button.setToolTip("" if can_open else messages.OPEN_WHEN_IDLE)

"""Opening and saving: which session is in hand, and which one waits behind it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QWidget

from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.session import Session, SessionState, Words
from ser_desktop.core.session_sound import Sound
from ser_desktop.gui.file_dialogs import ask_for_file
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.files_worker import FilesWorker, Saving
from ser_desktop.gui.sessions.keeper import Keeper
from ser_desktop.gui.sessions.save_dialog import REPORT, SESSION, SaveDialog


class Files(QObject):
    """Saves the session in hand and opens others; a recording that was not saved waits meanwhile.

    Parameters
    ----------
    recorder : Recorder
    keeper : Keeper
        Knows which sessions need not be saved to come back.
    window : QWidget

    Attributes
    ----------
    worker : FilesWorker
    sound : Sound or None
        Of the session in hand.

    Signals
    -------
    shown()
        Another session is in hand.
    saved(Session)
        All of it: neither are there answers that came meanwhile, nor words that no session file holds.
    noted()
        Something was written about the session in hand.
    leaving()
        It is about to be saved or to leave: what is half written about it belongs to it.
    """

    shown = Signal()
    saved = Signal(object)
    noted = Signal()
    leaving = Signal()

    def __init__(self, recorder: Recorder, keeper: Keeper, window: QWidget) -> None:
        super().__init__(window)
        self._recorder, self._keeper, self._window = recorder, keeper, window
        self.worker = FilesWorker()
        self.worker.saved.connect(self._saved)
        self.worker.over.connect(self._over)
        self.worker.opened.connect(self._opened)
        self.worker.failed.connect(self._failed)
        self.worker.crashed.connect(recorder.crashed)
        self.sound: Sound | None = None
        self._before: tuple[Session, Sound | None] | None = None
        self._dialog: SaveDialog | None = None
        self._under_way: list[Saving] = []
        # It was said that this would be dropped, and by what.
        self._announced: tuple[str, list[Words]] | None = None
        self._sound_announced: Session | None = None
        recorder.may_begin = self._may_begin

    @property
    def is_opened(self) -> bool:
        """Whether the session in hand was opened, rather than recorded just now."""
        return self._before is not None

    def begin(self, sound: Sound | None) -> None:
        """Take over that a new recording began, whose sound is kept there."""
        self.sound, self._before, self._announced = sound, None, None

    def ensure_thread(self) -> FilesWorker:
        """Return the worker, running."""
        if not self.worker.isRunning():
            self.worker.start()
        return self.worker

    def shut_down(self) -> bool:
        """Finish what is being written; True once the thread is gone."""
        is_gone = not self.worker.isRunning() or self.worker.shut_down(60_000)
        # Nobody waits for events any more, but what was saved needs no journal.
        QCoreApplication.sendPostedEvents(self)
        return is_gone

    # ---- saving

    def ask_to_save(self, suffix: str = SESSION) -> None:
        """Ask what to save, and where."""
        session = self._recorder.session
        if not session.history:
            return
        if self._dialog is None:
            self._dialog = SaveDialog(self._window)
            self._dialog.chosen.connect(self._chosen)
        sound_s = self.sound.duration_s if self.sound is not None else 0.0
        self._dialog.ask(messages.file_name(session.started_at), session.path, session.note, sound_s, suffix)

    def ask_for_report(self) -> None:
        """Ask where to save a report."""
        self.ask_to_save(REPORT)

    def save(self, path: Path, *, with_sound: bool = False, note: str | None = None) -> None:
        """Save the session in hand as it is now; the banner tells when it is done."""
        self.leaving.emit()
        session = self._recorder.session
        if note is not None and note != session.note:
            session.note = note
            self.noted.emit()
        sound = self.sound if with_sound else None
        if sound is not None:
            # Who records again or closes the window gives the sound up; the worker releases it.
            sound.hold()
        saving = Saving(session, session.snapshot(), path, sound)
        self._under_way.append(saving)
        self.ensure_thread().save(saving)

    def _chosen(self, path: Path, with_sound: bool, note: str) -> None:
        self.save(path, with_sound=with_sound, note=note)

    def _saved(self, saving: Saving) -> None:
        session, copy = saving.session, saving.copy
        if saving.is_session:
            session.path, session.audio, session.stored = saving.path, copy.audio, copy.words
        # What cannot be opened here again does not bring words back.
        if session.words == session.stored and len(copy.history) == len(session.history):
            self.saved.emit(session)
        self._recorder.noticed.emit(Notice(messages.saved(str(saving.path), saving.sound is not None), is_good=True))
        self.shown.emit()

    def _over(self, saving: Saving) -> None:
        self._under_way.remove(saving)

    # ---- opening

    def ask_to_open(self) -> None:
        """Ask which session to open."""
        patterns = f"{messages.SESSIONS} (*.json);;{messages.ALL_FILES} (*)"
        path = ask_for_file(self._window, "session", messages.OPEN_TITLE, patterns)
        if path is not None:
            self.open(path)

    def open(self, path: Path) -> None:
        """Open a saved session; the banner tells if that is impossible."""
        self.ensure_thread().open(path)

    def show(self, session: Session, sound: Sound | None) -> bool:
        """Take a session in hand; the one recorded just now waits. Only while nothing is recorded."""
        if self._recorder.session.state is not SessionState.IDLE:
            self._recorder.noticed.emit(Notice(messages.OPEN_WHEN_IDLE))
            return False
        self.leaving.emit()
        # A recording waits; another opened session is gone.
        if self.is_opened and not self._may_drop(messages.OPEN_AGAIN, [self._recorder.session]):
            return False
        if self._before is None:
            self._before = (self._recorder.session, self.sound)
        self.sound, self._announced = sound, None
        self._recorder.show_session(session)
        self.shown.emit()
        return True

    def close(self) -> None:
        """Put an opened session away; the recording from before is in hand again."""
        if self._before is None or self._recorder.session.state is not SessionState.IDLE:
            return
        self.leaving.emit()
        if not self._may_drop(messages.CLOSE_AGAIN, [self._recorder.session]):
            return
        self._announced = None
        self._recorder.noticed.emit(None)
        (session, self.sound), self._before = self._before, None
        self._recorder.show_session(session)
        self.shown.emit()

    def may_close(self) -> bool:
        """Whether the window may close; where words or sound would be lost, it is said once."""
        self.leaving.emit()
        return self._may_drop(messages.CLOSE_WINDOW_AGAIN, self._all()) and self._may_lose_sound()

    def _may_begin(self) -> bool:
        self.leaving.emit()
        return self._may_drop(messages.RECORD_AGAIN, self._all())

    def _may_lose_sound(self) -> bool:
        session = self._keeper.unsaved_sound()
        if session is None or session is self._sound_announced or any(s.session is session for s in self._under_way):
            return True
        self._sound_announced = session
        self._recorder.noticed.emit(Notice(messages.sound_unsaved(session.history[-1].end_s)))
        return False

    def _all(self) -> list[Session]:
        """Return the session in hand and the recording that waits."""
        return [self._recorder.session, *([self._before[0]] if self._before is not None else [])]

    def _may_drop(self, again: str, sessions: list[Session]) -> bool:
        """Say once that words of these would be lost; True where none would, or it was said."""
        lost = [session for session in sessions if self._would_be_lost(session)]
        announced = (again, [session.words for session in lost])
        if not lost or announced == self._announced:
            return True
        self._announced = announced
        in_hand = self._recorder.session
        said = messages.unsaved(
            in_hand=in_hand in lost,
            waiting=any(session is not in_hand for session in lost),
            markers=any(s.words[0] != s.stored[0] for s in lost),
            note=any(s.note != s.stored[1] for s in lost),
            again=again,
        )
        self._recorder.noticed.emit(Notice(said))
        return False

    def _would_be_lost(self, session: Session) -> bool:
        """Whether words about it are neither in a session file, nor on the way there, nor in a journal."""
        written = [s.copy.words for s in self._under_way if s.session is session and s.is_session]
        return session.words not in [session.stored, *written] and not self._keeper.has_journal(session)

    def _opened(self, session: Session, sound: Sound | None, complaint: str) -> None:
        if self.show(session, sound):
            self._recorder.noticed.emit(Notice(complaint) if complaint else None)

    def _failed(self, error: UserFacingError) -> None:
        self._recorder.noticed.emit(Notice(str(error), is_error=True))

"""Keeps what a recording needs beyond its answers: the sound, until it is closed, and a journal until it is saved."""

from __future__ import annotations

import logging
from pathlib import Path
from weakref import WeakSet

from PySide6.QtCore import QObject, Signal

from ser_desktop.audio_source import FileSource
from ser_desktop.core import paths
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.journal import Journal
from ser_desktop.core.session import Session, SessionState
from ser_desktop.core.session_sound import Sound, SoundSpool
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.keeper_worker import WORTH_KEEPING_S, KeeperWorker
from ser_desktop.gui.workers import Segment

_log = logging.getLogger(__name__)


class Keeper(QObject):
    """Tells a `KeeperWorker` what happens; its thread begins with the first journal.

    Parameters
    ----------
    recorder : Recorder

    Attributes
    ----------
    sound : Sound or None
        Of the recording in hand.

    Signals
    -------
    replaced(Session)
        Another recording took the place of this one, which was not saved.
    found(list of Session)
        They were not saved when their program ended.
    """

    replaced = Signal(object)
    found = Signal(object)

    def __init__(self, recorder: Recorder, parent: QObject) -> None:
        super().__init__(parent)
        self._recorder = recorder
        self._worker = KeeperWorker()
        self._worker.full.connect(self._sound_is_full)
        self._worker.unwritten.connect(self._journal_unwritten)
        self._worker.crashed.connect(recorder.crashed)
        self._worker.failed.connect(self._words_unwritten)
        self._worker.replaced.connect(self._was_replaced)
        self._worker.found.connect(self._were_found)
        self.sound: Sound | None = None
        self._kept: Session | None = None
        self._is_live = False
        self._with_journal: WeakSet[Session] = WeakSet()
        recorder.segment_begun.connect(self._segment_begun)
        recorder.state_changed.connect(self._state_changed)
        recorder.predicted.connect(self._worker.answer)
        recorder.gap_ended.connect(self._worker.gap)

    def look(self, folder: Path) -> None:
        """Find what was not saved when its program ended."""
        self._ensure_thread()
        self._worker.look(folder)

    def has_journal(self, session: Session) -> bool:
        """Whether what is written about a session comes back without being saved."""
        return session in self._with_journal

    def unsaved_sound(self) -> Session | None:
        """Return the recording whose sound is worth a word and lies nowhere but here."""
        kept = self._kept
        if kept is None or self.sound is None or not self._is_live or not self.has_journal(kept):
            return None
        return kept if kept.history and kept.history[-1].end_s >= WORTH_KEEPING_S else None

    def words_changed(self) -> None:
        """Note markers and note of the session in hand."""
        if self.has_journal(self._recorder.session):
            self._worker.mark(self._recorder.session)

    def keep(self, session: Session) -> None:
        """Do not give a recording up for others that come after it."""
        self._worker.keep(session)

    def saved(self, session: Session) -> None:
        """Do without a journal once a finished recording was saved."""
        if not session.is_recording:
            self.discard(session)

    def discard(self, session: Session) -> None:
        """Do without its journal."""
        if self.has_journal(session):
            self._with_journal.discard(session)
            self._worker.remove_journal(session)

    def forget(self) -> None:
        """Give up what is kept: another model was opened, and there is no recording."""
        if self._kept is not None:
            self._with_journal.discard(self._kept)
        self.sound = self._kept = None
        self._worker.forget()

    def shut_down(self) -> bool:
        """Give up the sound, and leave the journals for the next start; True once the thread is gone."""
        return not self._worker.isRunning() or self._worker.shut_down()

    def _segment_begun(self, segment: Segment) -> None:
        self._ensure_thread()
        if segment.start_s == 0:
            spool = _new_spool()
            self.sound, self._kept = spool, self._recorder.session
            self._is_live = not isinstance(self._recorder.inputs.source, FileSource)
            journal = Journal(paths.journals_folder(), self._kept.snapshot())
            self._worker.begin(spool, journal, self._kept, is_live=self._is_live)
            self._with_journal.add(self._kept)
        self._worker.listen(segment)

    def _state_changed(self, state: SessionState) -> None:
        if state in {SessionState.PAUSED, SessionState.FINISHING} and self._worker.isRunning():
            self._worker.pause()

    def _ensure_thread(self) -> None:
        if not self._worker.isRunning():
            self._worker.start()

    def _was_replaced(self, session: Session) -> None:
        # It may have been saved a moment later.
        if self.has_journal(session):
            self.replaced.emit(session)

    def _were_found(self, sessions: list[Session]) -> None:
        self._with_journal.update(sessions)
        self.found.emit(sessions)

    def _words_unwritten(self, error: UserFacingError) -> None:
        self._recorder.noticed.emit(Notice(str(error), is_error=True))

    def _sound_is_full(self) -> None:
        self._recorder.noticed.emit(Notice(messages.SOUND_FULL))

    def _journal_unwritten(self, reason: str) -> None:
        self._recorder.noticed.emit(Notice(messages.journal_unwritten(str(paths.journals_folder()), reason)))


def _new_spool() -> SoundSpool | None:
    """Without a place for temporary files there is a recording without sound."""
    try:
        return SoundSpool()
    except OSError as error:
        _log.warning("no sound is kept: %s", error)
        return None

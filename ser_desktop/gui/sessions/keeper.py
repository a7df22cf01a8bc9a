"""Keeps what a recording needs beyond its answers: the sound, until it is closed, and a journal against crashes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import Timeout
from PySide6.QtCore import QObject, Signal

from ser_desktop.audio_source import FileSource
from ser_desktop.core import paths
from ser_desktop.core.audio import Resampler
from ser_desktop.core.journal import Interrupted, Journal, discard
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.session import Gap, Session, SessionState
from ser_desktop.core.session_sound import Sound, SoundSpool
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.workers import Segment, Worker

_log = logging.getLogger(__name__)

_FLUSH_S = 2.0
_WORTH_KEEPING = 10
"""Answers of a recording that are offered again where it was not saved; one with markers or a note always is."""


class KeeperWorker(Worker):
    """Takes sound from the ring into the spool twice a second, and writes the journal every two.

    Signals
    -------
    full()
        There is no room for more sound.
    unwritten(str)
        The journal cannot be written, and why.
    replaced(Interrupted)
        Another recording took the place of this one, which was not saved.
    """

    full = Signal()
    unwritten = Signal(str)
    replaced = Signal(object)
    tick_s = 0.5

    def __init__(self) -> None:
        super().__init__("keeper")
        self._spool: SoundSpool | None = None
        self._journal: Journal | None = None
        self._session: Session | None = None
        self._segment: Segment | None = None
        self._resampler: Resampler | None = None
        self._cursor = 0
        self._flushed_at = self._worked_at = 0.0
        self._was_full = self._was_unwritten = False
        self._is_live = True
        self._left: Path | None = None

    def begin(self, spool: SoundSpool | None, journal: Journal, session: Session, *, is_live: bool = True) -> None:
        """Order: keep another recording; of the one before only answers stay, if worth it and not saved."""
        self._orders.put(lambda: self._begin(spool, journal, session, is_live))

    def listen(self, segment: Segment) -> None:
        """Order: take the sound of a segment from now on."""
        self._orders.put(lambda: self._listen(segment))

    def pause(self) -> None:
        """Order: take what is left of the segment."""
        self._orders.put(self._pause)

    def answer(self, prediction: Prediction) -> None:
        """Order: note an answer."""
        self._note(lambda journal: journal.add_answer(prediction))

    def gap(self, gap: Gap) -> None:
        """Order: note a gap."""
        self._note(lambda journal: journal.add_gap(gap))

    def mark(self, session: Session) -> None:
        """Order: note the markers and the note there are now."""
        markers, note = list(session.markers), session.note

        def write(journal: Journal) -> None:
            journal.set_markers(markers)
            journal.set_note(note)

        self._note(write)

    def forget(self) -> None:
        """Order: give up the sound and the journal: the recording was closed."""
        self._orders.put(self._forget)

    def remove_journal(self) -> None:
        """Order: the recording was saved."""
        self._orders.put(self._remove_journal)

    def _note(self, write: Callable[[Journal], None]) -> None:
        def order() -> None:
            if self._journal is not None:
                write(self._journal)
                # Orders that come more often than ticks must not keep the sound waiting.
                if time.monotonic() - self._worked_at >= self.tick_s:
                    self._work()

        self._orders.put(order)

    def _is_busy(self) -> bool:
        return self._journal is not None

    def _begin(self, spool: SoundSpool | None, journal: Journal, session: Session, is_live: bool) -> None:
        before, self._session = self._session, session
        if (left := self._leave()) is not None and before is not None:
            self.replaced.emit(Interrupted(left, before))
        self._spool, self._journal, self._is_live = spool, journal, is_live
        self._was_full = self._was_unwritten = False

    def _listen(self, segment: Segment) -> None:
        self._segment, self._cursor = segment, segment.origin
        self._resampler = Resampler(segment.rate_hz)
        if self._spool is not None:
            self._spool.begin(segment.start_s)

    def _work(self) -> None:
        self._worked_at = time.monotonic()
        self._take(last=False)
        if time.monotonic() - self._flushed_at >= _FLUSH_S:
            self._flush()

    def _take(self, *, last: bool) -> None:
        if self._segment is None or self._resampler is None:
            return
        samples, self._cursor, n_lost = self._segment.ring.read_since(self._cursor)
        if n_lost:
            samples = np.concatenate((np.zeros(n_lost, np.float32), samples))
        converted = self._resampler.push(samples, last=last)
        if self._spool is None or not len(converted):
            return
        self._spool.append(converted)
        if self._spool.is_full and not self._was_full:
            self._was_full = True
            self.full.emit()

    def _pause(self) -> None:
        self._take(last=True)
        self._segment = self._resampler = None
        self._flush()

    def _flush(self) -> None:
        self._flushed_at = time.monotonic()
        if self._journal is None:
            return
        try:
            self._journal.flush()
        except (OSError, Timeout) as error:
            _log.warning("the journal cannot be written: %s", error)
            if not self._was_unwritten:
                self._was_unwritten = True
                self.unwritten.emit(getattr(error, "strerror", None) or str(error))

    def _remove_journal(self) -> None:
        if self._journal is not None:
            try:
                self._journal.remove()
            except OSError as error:
                _log.warning("the journal cannot be removed: %s", error)
        self._journal = None

    def _forget(self) -> None:
        self._remove_journal()
        if self._spool is not None:
            self._spool.close()
        self._spool = self._segment = self._resampler = None

    def _leave(self) -> Path | None:
        """Let the answers of a recording that was not saved lie, the latest one's alone; return where."""
        journal, left = self._journal, None
        if journal is not None and self._is_worth_keeping(journal):
            journal.leave()
            self._journal = None
            if self._left is not None:
                discard(self._left)
            self._left = left = journal.path
        self._forget()
        return left

    def _is_worth_keeping(self, journal: Journal) -> bool:
        # A clip can be played again, what somebody wrote about it cannot.
        least = 1 if journal.has_words else _WORTH_KEEPING if self._is_live else None
        return least is not None and journal.n_answers >= least

    def _end(self) -> None:
        self._leave()


class Keeper(QObject):
    """Tells a `KeeperWorker` what happens; its thread begins with the first recording.

    Parameters
    ----------
    recorder : Recorder

    Attributes
    ----------
    sound : Sound or None
        Of the recording in hand.

    Signals
    -------
    replaced(Interrupted)
        Another recording took the place of this one, which was not saved.
    """

    replaced = Signal(object)

    def __init__(self, recorder: Recorder, parent: QObject) -> None:
        super().__init__(parent)
        self._recorder = recorder
        self._worker = KeeperWorker()
        self._worker.full.connect(self._sound_is_full)
        self._worker.unwritten.connect(self._journal_unwritten)
        self._worker.crashed.connect(recorder.crashed)
        self._worker.replaced.connect(self.replaced)
        self.sound: Sound | None = None
        self._kept: Session | None = None
        recorder.segment_begun.connect(self._segment_begun)
        recorder.state_changed.connect(self._state_changed)
        recorder.predicted.connect(self._worker.answer)
        recorder.gap_ended.connect(self._worker.gap)

    def words_changed(self) -> None:
        """Note markers and note of the recording in hand."""
        if self._recorder.session is self._kept:
            self._worker.mark(self._recorder.session)

    def saved(self, session: Session) -> None:
        """Do without a journal once a finished recording was saved."""
        if session is self._kept and not session.is_recording:
            self._worker.remove_journal()

    def forget(self) -> None:
        """Give up what is kept: another model was opened, and there is no recording."""
        self.sound = self._kept = None
        self._worker.forget()

    def shut_down(self) -> bool:
        """Give up the sound, and the journal where it was saved; True once the thread is gone."""
        return not self._worker.isRunning() or self._worker.shut_down()

    def _segment_begun(self, segment: Segment) -> None:
        if not self._worker.isRunning():
            self._worker.start()
        if segment.start_s == 0:
            spool = _new_spool()
            self.sound, self._kept = spool, self._recorder.session
            is_live = not isinstance(self._recorder.inputs.source, FileSource)
            journal = Journal(paths.journals_folder(), self._kept.snapshot())
            self._worker.begin(spool, journal, self._kept, is_live=is_live)
        self._worker.listen(segment)

    def _state_changed(self, state: SessionState) -> None:
        if state in {SessionState.PAUSED, SessionState.FINISHING} and self._worker.isRunning():
            self._worker.pause()

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

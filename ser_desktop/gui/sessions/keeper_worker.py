"""The thread that writes sound and journals, and owns every journal from its first line until it is removed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import Timeout
from PySide6.QtCore import Signal

from ser_desktop.core.audio import Resampler
from ser_desktop.core.errors import SaveError
from ser_desktop.core.journal import Interrupted, Journal, find_interrupted
from ser_desktop.core.markers import Marker
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.session import Gap, Session
from ser_desktop.core.session_sound import SoundSpool
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.workers import Segment, Worker

_log = logging.getLogger(__name__)

_FLUSH_S = 2.0
WORTH_KEEPING_S = 10.0
"""Length of a live recording that is offered again where it was not saved.

One with markers or a note is from its first answer on, be it of a file.
"""


class KeeperWorker(Worker):
    """Takes sound from the ring into the spool twice a second, and writes the journal every two seconds.

    A recording has a journal until it is saved or discarded. One that another replaced keeps it until yet
    another does so, unless it was opened meanwhile.

    Signals
    -------
    full()
        There is no room for more sound.
    unwritten(str)
        The journal cannot be written, and why.
    replaced(Session)
        Another recording took the place of this one, which was not saved.
    found(list of Session)
        They were not saved when their program ended.
    """

    full = Signal()
    unwritten = Signal(str)
    replaced = Signal(object)
    found = Signal(object)
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
        # The journals of other recordings, and whose of them the next one that is left takes the place of.
        self._held: dict[Session, Interrupted] = {}
        self._replaced: Session | None = None

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
        self._orders.put(lambda: self._mark(session, markers, note))

    def forget(self) -> None:
        """Order: give up the sound and the journal: the recording was closed."""
        self._orders.put(self._forget)

    def remove_journal(self, session: Session) -> None:
        """Order: the recording was saved or discarded."""
        self._orders.put(lambda: self._remove_journal_of(session))

    def look(self, folder: Path) -> None:
        """Order: find what was not saved when its program ended."""
        self._orders.put(lambda: self._look(folder))

    def keep(self, session: Session) -> None:
        """Order: whatever is recorded, this one's journal stays until it is saved or discarded."""
        self._orders.put(lambda: self._keep(session))

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
        if (left := self._leave()) is not None:
            self.replaced.emit(left)
        self._spool, self._journal, self._session, self._is_live = spool, journal, session, is_live
        self._was_full = self._was_unwritten = False

    def _listen(self, segment: Segment) -> None:
        self._segment, self._cursor = segment, segment.origin
        self._resampler = Resampler(segment.rate_hz)
        if self._spool is not None:
            self._spool.begin(segment.start_s)

    def _mark(self, session: Session, markers: list[Marker], note: str) -> None:
        if session is self._session and self._journal is not None:
            self._journal.set_markers(markers)
            self._journal.set_note(note)
        elif session in self._held:
            try:
                self._held[session].write(markers, note)
            except OSError as error:
                raise SaveError(*messages.words_unwritten(error.strerror or str(error))) from error

    def _look(self, folder: Path) -> None:
        found = find_interrupted(folder)
        self._held.update((interrupted.session, interrupted) for interrupted in found)
        self.found.emit([interrupted.session for interrupted in found])

    def _keep(self, session: Session) -> None:
        if session is self._replaced:
            self._replaced = None

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

    def _remove_journal_of(self, session: Session) -> None:
        if session is self._session:
            self._remove_journal()
        elif session in self._held:
            try:
                self._held.pop(session).discard()
            except OSError as error:
                _log.warning("the journal cannot be removed: %s", error)

    def _forget(self) -> None:
        self._remove_journal()
        if self._spool is not None:
            self._spool.close()
        self._spool = self._segment = self._resampler = None

    def _leave(self) -> Session | None:
        """Let a recording that was not saved lie if it is worth it, in place of the last such one; return it."""
        journal, session, left = self._journal, self._session, None
        if journal is not None and session is not None and self._is_worth_keeping(journal):
            if self._replaced is not None:
                self._remove_journal_of(self._replaced)
            self._replaced = left = session
            self._held[session] = journal.leave(session)
            self._journal = None
        self._forget()
        self._session = None
        return left

    def _is_worth_keeping(self, journal: Journal) -> bool:
        # A clip can be played again, what somebody wrote about it cannot.
        if journal.has_words:
            return journal.length_s > 0
        return self._is_live and journal.length_s >= WORTH_KEEPING_S

    def _end(self) -> None:
        self._leave()
        for interrupted in self._held.values():
            interrupted.release()

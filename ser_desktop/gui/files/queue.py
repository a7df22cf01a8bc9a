"""The files that were added, and whose turn it is; it lives in the GUI thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from ser_desktop.core.file_search import FoundFile
from ser_desktop.core.prediction import Prediction
from ser_desktop.gui.files import messages
from ser_desktop.gui.files.entries import OPEN, Entry, EntryState
from ser_desktop.gui.files.table import FileTable
from ser_desktop.gui.files.worker import AnalysisWorker, DeskWorker, ModelChoice, Outcome
from ser_desktop.gui.notice import Notice

_KEPT_MS = 30_000
_LONGEST_STEP_S = 5.0


class FileQueue(QObject):
    """Analyses one file after the other, and waits while somebody records.

    Parameters
    ----------
    choose_model : callable
        Asked for the model whenever a file begins.
    analysis : AnalysisWorker or None
    desk : DeskWorker or None

    Signals
    -------
    changed()
        Files came, went, began or ended.
    heard(Entry)
        A window of a file was judged.
    noticed(Notice)
        Something to say in the banner.
    crashed(object)
        An exception nobody expected.
    """

    changed = Signal()
    heard = Signal(object)
    noticed = Signal(object)
    crashed = Signal(object)

    def __init__(
        self,
        choose_model: Callable[[], ModelChoice],
        analysis: AnalysisWorker | None = None,
        desk: DeskWorker | None = None,
    ) -> None:
        super().__init__()
        self._choose_model = choose_model
        self.table = FileTable()
        self.held_because = ""
        self._analysis, self._desk = analysis or AnalysisWorker(), desk or DeskWorker()
        self._running: Entry | None = None
        self._number = 0
        self._n_looking = 0
        self._worked_s = self._heard_s = 0.0
        self._mark_s = 0.0
        self._release_timer = QTimer(self, singleShot=True, interval=_KEPT_MS, timeout=self._analysis.release)
        self._analysis.began.connect(self._began)
        self._analysis.heard.connect(self._heard)
        self._analysis.ended.connect(self._ended)
        self._desk.found.connect(self._found)
        self._desk.gathered.connect(self._gathered)
        self._desk.saved.connect(lambda path: self.noticed.emit(Notice(messages.SAVED.format(path), is_good=True)))
        for worker in (self._analysis, self._desk):
            worker.failed.connect(lambda error: self.noticed.emit(Notice(str(error), is_error=True)))
            worker.crashed.connect(self.crashed)

    # ---- what people do

    def add(self, places: Sequence[Path]) -> None:
        """Add files and the sound files in folders."""
        if not self._desk.isRunning():
            self._desk.start()
        self._n_looking += 1
        self._desk.gather(places)
        self.changed.emit()

    def cancel(self, entries: Iterable[Entry]) -> None:
        """Stop these; what was heard of them is forgotten."""
        stopped = [entry for entry in entries if entry.state in OPEN]
        for entry in stopped:
            if entry is self._running:
                self._analysis.cancel()
            entry.state = EntryState.CANCELLED
            entry.done_s = 0.0
        self.table.tell(*stopped)
        self.changed.emit()

    def cancel_all(self) -> None:
        """Look no further, and stop all."""
        self._desk.cancel()
        self.cancel(self.table.entries)

    def again(self, entries: Iterable[Entry]) -> None:
        """Analyse these again."""
        fresh = [entry for entry in entries if entry.state not in OPEN]
        for entry in fresh:
            entry.start_anew()
        self.table.tell(*fresh)
        self._next()
        self.changed.emit()

    def remove(self, entries: Sequence[Entry]) -> None:
        """Take these off the list."""
        self.cancel(entries)
        self.table.remove(entries)
        self.changed.emit()

    def save(self, path: Path, *, has_windows: bool) -> None:
        """Write a report about all files; the banner says how it went."""
        if not self._desk.isRunning():
            self._desk.start()
        entries = self.table.entries
        labels = dict.fromkeys(name for entry in entries if entry.answer for name in entry.answer.labels)
        self._desk.save(path, [entry.row() for entry in entries], list(labels), has_windows=has_windows)

    # ---- what the window asks

    @property
    def is_busy(self) -> bool:
        """Whether files are being looked for, wait, or are analysed."""
        return self._n_looking > 0 or self._running is not None or any(e.state in OPEN for e in self.table.entries)

    @property
    def left_s(self) -> float | None:
        """How long all files will take, None while that is not known."""
        speed = self.table.speed
        return sum(entry.left_s for entry in self.table.entries) / speed if speed and not self.held_because else None

    @property
    def share(self) -> float:
        """Share of all sound that was heard."""
        counted = [e for e in self.table.entries if e.state in {*OPEN, EntryState.DONE}]
        all_s = sum(entry.duration_s for entry in counted)
        return 1 - sum(entry.left_s for entry in counted) / all_s if all_s else 0.0

    def said(self) -> str:
        """Return how far all files are, in words."""
        entries = self.table.entries
        n_ended = sum(entry.state not in OPEN for entry in entries)
        n_failed = sum(entry.state is EntryState.FAILED for entry in entries)
        is_looking = self._n_looking > 0
        return messages.overall(n_ended, len(entries), self.share, self.left_s, n_failed, is_looking=is_looking)

    # ---- life

    def hold(self, because: str) -> None:
        """Wait, for the reason given, or go on when it is empty."""
        if because == self.held_because:
            return
        self.held_because = because
        self.table.is_held = bool(because)
        self._mark_s = 0.0
        self._analysis.hold(is_held=bool(because))
        self.table.tell_all()
        self._next()
        self.changed.emit()

    def shut_down(self) -> bool:
        """End both threads; True when they are gone."""
        self._release_timer.stop()
        gone = self._analysis.shut_down()
        return self._desk.shut_down() and gone

    def _next(self) -> None:
        if self._running is not None or self.held_because:
            return
        entry = next((e for e in self.table.entries if e.state is EntryState.WAITING), None)
        if entry is None:
            self._release_timer.start()
            self.changed.emit()
            return
        self._release_timer.stop()
        self._running, entry.state = entry, EntryState.RUNNING
        self._number += 1
        self._mark_s = 0.0
        if not self._analysis.isRunning():
            self._analysis.start()
        self._analysis.analyse(self._number, entry.path, self._choose_model())
        self.table.tell(entry)
        self.changed.emit()

    # ---- what the threads say

    def _found(self, found: Sequence[FoundFile]) -> None:
        known = {entry.path: entry for entry in self.table.entries}
        fresh: dict[Path, Entry] = {}
        for file in found:
            if file.path in known:
                # Dropped once more: what failed may have been mended, what is done stays.
                entry = known[file.path]
                if entry.state in {EntryState.FAILED, EntryState.CANCELLED} and not file.problem:
                    entry.start_anew()
                    entry.duration_s = file.duration_s
                    self.table.tell(entry)
                continue
            state = EntryState.FAILED if file.problem else EntryState.WAITING
            fresh[file.path] = Entry(file.path, file.duration_s, state, file.problem)
        self.table.add(list(fresh.values()))
        self._next()
        self.changed.emit()

    def _gathered(self) -> None:
        self._n_looking -= 1
        self.changed.emit()

    def _began(self, number: int, duration_s: float) -> None:
        if self._running is not None and number == self._number:
            self._running.duration_s = duration_s
            self.table.tell(self._running)

    def _heard(self, number: int, prediction: Prediction) -> None:
        entry = self._running
        if entry is None or number != self._number or entry.state is not EntryState.RUNNING:
            return
        self._measure(prediction.end_s - entry.done_s)
        entry.hear(prediction)
        self.table.tell(entry)
        self.heard.emit(entry)

    def _measure(self, sound_s: float) -> None:
        """Learn how fast it goes; pauses and the loading of the model do not count."""
        now = time.monotonic()
        if self._mark_s and now - self._mark_s < _LONGEST_STEP_S:
            self._worked_s += now - self._mark_s
            self._heard_s += sound_s
        self._mark_s = now
        if self._worked_s > 1.0:
            self.table.speed = self._heard_s / self._worked_s

    def _ended(self, number: int, outcome: Outcome) -> None:
        entry, self._running = self._running, None
        if entry is None or number != self._number:
            return
        if entry.state is EntryState.RUNNING:
            self._take(entry, outcome)
        self.table.tell(entry)
        if outcome.no_model:
            self._wait_for_a_model(outcome.problem)
        self._next()
        self.changed.emit()

    def _take(self, entry: Entry, outcome: Outcome) -> None:
        if outcome.analysis is not None:
            entry.analysis, entry.windows = outcome.analysis, outcome.analysis.windows
            entry.duration_s = entry.done_s = outcome.analysis.duration_s
            entry.model = outcome.model
            entry.state = EntryState.DONE
        elif outcome.problem:
            entry.problem, entry.state = outcome.problem, EntryState.FAILED
        else:
            entry.state = EntryState.CANCELLED

    def _wait_for_a_model(self, problem: str) -> None:
        """Say it once instead of letting every file fail."""
        for entry in self.table.entries:
            if entry.state is EntryState.WAITING:
                entry.state = EntryState.CANCELLED
        self.table.tell_all()
        self.noticed.emit(Notice(messages.NO_MODEL.format(problem), is_error=True))

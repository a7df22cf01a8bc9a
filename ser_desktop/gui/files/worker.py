"""Two threads for sound files: one analyses, one looks for files and writes reports."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal

from ser_desktop.core.errors import Cancelled, UserFacingError
from ser_desktop.core.file_report import ReportRow, save_report
from ser_desktop.core.file_search import FoundFile, find_sound_files, look_at
from ser_desktop.core.files import FileAnalysis, analyse_file
from ser_desktop.core.model_info import describe
from ser_desktop.core.stream import Judge
from ser_desktop.core.voices import VoiceInfo, load_voice
from ser_desktop.gui.files import messages
from ser_desktop.gui.workers import Opener, Worker, open_model

_TOLD_EVERY_S = 0.15


class Turnstile:
    """Lets work pass, holds it up, or ends it; any thread may turn it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_held = self._is_cancelled = False

    def hold(self, *, is_held: bool) -> None:
        """Let work wait at its next `check`, or go on."""
        with self._changed:
            self._is_held = is_held
            self._changed.notify_all()

    def cancel(self, *, is_cancelled: bool = True) -> None:
        """End work at its next `check`, also while it waits; or be ready for new work."""
        with self._changed:
            self._is_cancelled = is_cancelled
            self._changed.notify_all()

    def check(self) -> None:
        """Pass, wait, or raise `Cancelled`."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_cancelled or not self._is_held)
            if self._is_cancelled:
                raise Cancelled


@dataclass(frozen=True)
class ModelChoice:
    """Which model answers, and where it runs.

    Attributes
    ----------
    folder : Path
    device, backend, voice : str
        As in the settings; a voice is that of a person who was calibrated.
    """

    folder: Path
    device: str
    backend: str
    voice: str = ""


@dataclass(frozen=True)
class Outcome:
    """How the analysis of a file ended.

    Attributes
    ----------
    analysis : FileAnalysis or None
    model : str
        Name of the model.
    problem : str
        What is wrong, in a sentence; empty also when it was cancelled.
    no_model : bool
        Whether the model is what is wrong: other files would fare no better.
    """

    analysis: FileAnalysis | None = None
    model: str = ""
    problem: str = ""
    no_model: bool = False


class AnalysisWorker(Worker):
    """Analyses one file after the other with an analyser of its own.

    Signals
    -------
    began(int, float)
        Number of the order, and the file's length in seconds.
    heard(int, Prediction)
        The answer about a window.
    ended(int, Outcome)
        Once for every order.
    """

    began = Signal(int, float)
    heard = Signal(int, object)
    ended = Signal(int, object)

    def __init__(self, opener: Opener = open_model) -> None:
        super().__init__("files")
        self._opener = opener
        self._judge: Judge | None = None
        self._opened: ModelChoice | None = None
        self._voice: VoiceInfo | None = None
        self._turnstile = Turnstile()

    def analyse(self, number: int, path: Path, model: ModelChoice) -> None:
        """Order: analyse a file."""
        self._turnstile.cancel(is_cancelled=False)
        self._orders.put(lambda: self._carry_out(number, path, model))

    def hold(self, *, is_held: bool) -> None:
        """Let the analysis wait, within a window or two, or go on."""
        self._turnstile.hold(is_held=is_held)

    def cancel(self) -> None:
        """End the file at hand, within a window or two."""
        self._turnstile.cancel()

    def release(self) -> None:
        """Order: let go of the model and its memory."""
        self._orders.put(self._release)

    def shut_down(self, timeout_ms: int = 10_000) -> bool:
        """End the thread; the file at hand is cancelled."""
        if not self.isRunning():
            return True
        self.cancel()
        return super().shut_down(timeout_ms)

    def _carry_out(self, number: int, path: Path, model: ModelChoice) -> None:
        # What stands if something happens that nobody expected; the loop reports it.
        outcome = Outcome(problem=messages.UNEXPECTED)
        try:
            outcome = self._analyse(number, path, model)
        except Cancelled:
            outcome = Outcome()
        except UserFacingError as error:
            outcome = Outcome(problem=str(error))
        finally:
            self.ended.emit(number, outcome)

    def _analyse(self, number: int, path: Path, model: ModelChoice) -> Outcome:
        self._turnstile.check()
        found = look_at(FoundFile(path))
        if found.problem:
            return Outcome(problem=found.problem)
        self.began.emit(number, found.duration_s)
        # Read for every file: it may have been recorded once more since the last one.
        voice = load_voice(model.voice) if model.voice else None
        try:
            judge = self._open(model)
        except UserFacingError as error:
            return Outcome(problem=str(error), no_model=True)
        if voice is not None and voice.info != self._voice:
            judge.use_voice(voice)  # type: ignore[attr-defined]
            self._voice = voice.info
        analysis = analyse_file(
            judge, path, heard=lambda window: self.heard.emit(number, window), check=self._turnstile.check
        )
        return Outcome(analysis, describe(judge).name)  # type: ignore[arg-type]

    def _open(self, model: ModelChoice) -> Judge:
        if self._judge is None or self._opened != model:
            self._release()
            self._judge = self._opener(model.folder, model.device, model.backend)
            self._opened = model
        return self._judge

    def _release(self) -> None:
        self._judge = self._opened = self._voice = None

    def _end(self) -> None:
        self._release()


class DeskWorker(Worker):
    """Looks for sound files and writes reports, so that no window waits for a disk.

    Signals
    -------
    found(list of FoundFile)
        A few times a second while it looks.
    gathered()
        It has looked everywhere, or was told to stop.
    saved(Path)
    """

    found = Signal(object)
    gathered = Signal()
    saved = Signal(object)

    def __init__(self) -> None:
        super().__init__("files-desk")
        # Of the searches since the last cancellation: those before it keep theirs, which stays shut.
        self._turnstile = Turnstile()

    def gather(self, places: Sequence[Path]) -> None:
        """Order: find the sound files in these places, and their lengths."""
        turnstile = self._turnstile
        self._orders.put(lambda: self._gather(places, turnstile))

    def save(self, path: Path, rows: Sequence[ReportRow], labels: Sequence[str], *, has_windows: bool) -> None:
        """Order: write a report; the ending of the file decides between JSON and CSV."""
        self._orders.put(lambda: self._save(path, rows, labels, has_windows=has_windows))

    def cancel(self) -> None:
        """Look no further, also for what still waits."""
        self._turnstile.cancel()
        self._turnstile = Turnstile()

    def shut_down(self, timeout_ms: int = 10_000) -> bool:
        """End the thread; a search is cancelled, a report is written to its end."""
        if not self.isRunning():
            return True
        self.cancel()
        return super().shut_down(timeout_ms)

    def _gather(self, places: Sequence[Path], turnstile: Turnstile) -> None:
        batch: list[FoundFile] = []
        told_s = time.monotonic()
        try:
            for place in find_sound_files(places, turnstile.check):
                turnstile.check()
                batch.append(look_at(place))
                if time.monotonic() - told_s >= _TOLD_EVERY_S:
                    self.found.emit(batch)
                    batch, told_s = [], time.monotonic()
        except Cancelled:
            batch = []
        finally:
            if batch:
                self.found.emit(batch)
            self.gathered.emit()

    def _save(self, path: Path, rows: Sequence[ReportRow], labels: Sequence[str], *, has_windows: bool) -> None:
        save_report(path, rows, labels, has_windows=has_windows)
        self.saved.emit(path)

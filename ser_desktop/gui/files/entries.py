"""One file of the queue: where it stands and what was heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ser_desktop.core.file_report import ReportRow
from ser_desktop.core.files import FileAnalysis
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.window_log import WindowLog


class EntryState(StrEnum):
    """Where a file stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = frozenset({EntryState.WAITING, EntryState.RUNNING})


@dataclass(eq=False)
class Entry:
    """A file that was added; the queue changes it, everybody else reads.

    Attributes
    ----------
    path : Path
    duration_s : float
        0 while it is not known.
    state : EntryState
    problem : str
        What is wrong, in a sentence.
    windows : WindowLog
        What was heard so far.
    done_s : float
        How much of it was heard.
    analysis : FileAnalysis or None
    model : str
        Name of the model that answered.
    """

    path: Path
    duration_s: float = 0.0
    state: EntryState = EntryState.WAITING
    problem: str = ""
    windows: WindowLog = field(default_factory=lambda: WindowLog(()))
    done_s: float = 0.0
    analysis: FileAnalysis | None = None
    model: str = ""

    @property
    def answer(self) -> Prediction | None:
        """What was heard in the whole file."""
        return self.analysis.answer if self.analysis else None

    @property
    def share(self) -> float:
        """Share of it that was heard, between 0 and 1."""
        return min(1.0, self.done_s / self.duration_s) if self.duration_s else 0.0

    @property
    def left_s(self) -> float:
        """Seconds of sound that are still to be heard."""
        return max(0.0, self.duration_s - self.done_s) if self.state in OPEN else 0.0

    def hear(self, prediction: Prediction) -> None:
        """Take in the answer about a window."""
        if not len(self.windows):
            self.windows = WindowLog(prediction.labels)
        self.windows.append(prediction)
        self.done_s = prediction.end_s

    def start_anew(self) -> None:
        """Wait again, everything forgotten."""
        self.state, self.problem, self.done_s = EntryState.WAITING, "", 0.0
        self.windows, self.analysis = WindowLog(()), None

    def row(self) -> ReportRow:
        """Return it for a report."""
        if self.analysis is not None:
            return ReportRow(self.path, self.analysis, self.model)
        return ReportRow(self.path, error=self.problem or f"Not analysed ({self.state}).")

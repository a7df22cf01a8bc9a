"""The answer about one window: a frozen value that threads, windows and files pass around."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ser_desktop.core.levels import Heard


class AnswerState(StrEnum):
    """What kind of answer it is; "no speech", "too quiet" and "not sure" are real answers."""

    EMOTION = "emotion"
    NOT_SURE = "not sure"
    NO_SPEECH = "no speech"
    TOO_QUIET = "too quiet"


@dataclass(frozen=True)
class Prediction:
    """The answer about one window.

    Attributes
    ----------
    start_s, end_s : float
        The window, in seconds since the recording or file began.
    state : AnswerState
    labels : tuple of str
        Class names in the order of ``probabilities``.
    probabilities : tuple of float
        Sum to 1; empty when no speech was there to judge.
    latency_s : float
        Age of the window's end when the answer was ready: the sound card's own delay and the sound that
        arrived meanwhile (0 for files).
    n_skipped : int
        Windows passed over since the recording began because a newer one was waiting.
    heard : Heard or None
        What the speech gate heard; None where nobody asked it.
    """

    start_s: float
    end_s: float
    state: AnswerState
    labels: tuple[str, ...]
    probabilities: tuple[float, ...] = ()
    latency_s: float = 0.0
    n_skipped: int = 0
    heard: Heard | None = None

    @property
    def best(self) -> int | None:
        """Index of the most probable class, None without probabilities."""
        if not self.probabilities:
            return None
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)

    @property
    def label(self) -> str | None:
        """Most probable class (a mere tendency when the state is "not sure"), None without probabilities."""
        return None if self.best is None else self.labels[self.best]

    @property
    def certainty(self) -> float:
        """Probability of the most probable class, 0 without probabilities."""
        return max(self.probabilities, default=0.0)

    def as_json(self) -> dict[str, Any]:
        """Return ``start_s, end_s, state, label, probabilities``."""
        return {
            "start_s": round(self.start_s, 3),
            "end_s": round(self.end_s, 3),
            "state": str(self.state),
            "label": self.label,
            "probabilities": dict(zip(self.labels, (round(p, 6) for p in self.probabilities), strict=False)),
        }

"""One recording: the states it goes through, what was answered, and its export."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from ser_desktop.core.errors import SaveError, SerError
from ser_desktop.core.markers import Marker
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.settings import write_atomically


class SessionState(StrEnum):
    """What the program is doing."""

    LOADING = "loading"
    IDLE = "idle"
    LISTENING = "listening"
    PAUSED = "paused"
    FINISHING = "finishing"
    FAILED = "failed"


_ALLOWED: dict[SessionState, frozenset[SessionState]] = {
    SessionState.LOADING: frozenset({SessionState.IDLE, SessionState.FAILED}),
    SessionState.IDLE: frozenset({SessionState.LOADING, SessionState.LISTENING}),
    SessionState.LISTENING: frozenset({SessionState.PAUSED, SessionState.FINISHING, SessionState.FAILED}),
    SessionState.PAUSED: frozenset({SessionState.LISTENING, SessionState.FINISHING, SessionState.FAILED}),
    SessionState.FINISHING: frozenset({SessionState.IDLE, SessionState.FAILED}),
    SessionState.FAILED: frozenset({SessionState.LOADING}),
}


Words = tuple[tuple[Marker, ...], str]
"""Markers and the note about the whole."""


class SessionStateError(SerError):
    """A change of state that cannot happen; a defect of ours."""


@dataclass(frozen=True)
class Gap:
    """A stretch without sound because the microphone was away, in seconds since the recording began."""

    start_s: float
    end_s: float


class Session:
    """State, history and export of one recording at a time.

    Parameters
    ----------
    model : str
        Name of the bundle, written into exports.

    Attributes
    ----------
    state : SessionState
    source : str
        Name of the microphone or file.
    started_at : datetime or None
    history : list of Prediction
    gaps : list of Gap
    markers : list of Marker
        In the order of their times.
    model_info : ModelInfo or None
    labels : tuple of str
    hop_s : float
    note : str
        What somebody wrote about the whole recording.
    audio : str
        Name of the sound file that lies beside `path`, empty where there is none.
    path : Path or None
        The file it was opened from or saved to.
    stored : tuple
        The `words` that are in that file; none where there is no file.
    """

    def __init__(self, model: str = "") -> None:
        self.model = model
        self.model_info: ModelInfo | None = None
        self.labels: tuple[str, ...] = ()
        self.hop_s = 1.0
        self.note = ""
        self.audio = ""
        self.path: Path | None = None
        self.state = SessionState.LOADING
        self.source = ""
        self.started_at: datetime | None = None
        self.history: list[Prediction] = []
        self.gaps: list[Gap] = []
        self.markers: list[Marker] = []
        self.stored: Words = ((), "")

    @classmethod
    def of(cls, model: ModelInfo) -> Session:
        """Return an empty session of a model."""
        session = cls(model.name)
        session.model_info, session.labels = model, model.labels
        return session

    @property
    def is_recording(self) -> bool:
        """Whether a recording is under way, also while it waits for its microphone."""
        return self.state in {SessionState.LISTENING, SessionState.PAUSED}

    @property
    def words(self) -> Words:
        """What somebody marked and wrote, as it is now."""
        return tuple(self.markers), self.note

    def go(self, state: SessionState) -> None:
        """Change the state.

        Raises
        ------
        SessionStateError
            If that change cannot happen.
        """
        if state is not self.state and state not in _ALLOWED[self.state]:
            raise SessionStateError(f"a session cannot go from {self.state} to {state}")
        self.state = state

    def start(self, source: str, now: datetime) -> None:
        """Begin a new recording from the named source; the last one's history is dropped."""
        self.go(SessionState.LISTENING)
        self.source = source
        self.started_at = now
        self.history = []
        self.gaps = []
        self.markers = []
        self.note = self.audio = ""
        self.path = None
        self.stored = ((), "")

    def add(self, prediction: Prediction) -> None:
        """Remember an answer."""
        self.history.append(prediction)

    def clock(self, position_s: float) -> datetime | None:
        """Time of day at a position, in seconds since the recording began."""
        return None if self.started_at is None else self.started_at + timedelta(seconds=position_s)

    def snapshot(self) -> Session:
        """Return a copy that does not grow, for another thread to write."""
        copy = Session(self.model)
        copy.__dict__.update(self.__dict__)
        copy.history, copy.gaps, copy.markers = list(self.history), list(self.gaps), list(self.markers)
        return copy

    def as_json_text(self) -> str:
        """Return the recording as JSON (see `session_file`)."""
        from ser_desktop.core.session_file import as_text

        return as_text(self)

    def as_csv_text(self) -> str:
        """Return the recording's answers as a table, one row per window; markers stand in the row they fall into."""
        labels = self.history[0].labels if self.history else ()
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["start_s", "end_s", "clock_end", "state", "label", *labels, "marker"])
        waiting = sorted(self.markers, reverse=True)
        for i, p in enumerate(self.history):
            notes = []
            while waiting and (waiting[-1].at_s <= p.end_s or i == len(self.history) - 1):
                notes.append(waiting.pop().note or "marker")
            clock = self.clock(p.end_s)
            chances = [f"{x:.6f}" for x in p.probabilities] or [""] * len(labels)
            when = clock.isoformat(timespec="milliseconds") if clock else ""
            row = [f"{p.start_s:.3f}", f"{p.end_s:.3f}", when, p.state, p.label or "", *chances, "; ".join(notes)]
            writer.writerow(row)
        return text.getvalue()

    def save(self, path: Path) -> None:
        """Write the answers to a ``.json`` or ``.csv`` file; an old file survives a failure.

        Raises
        ------
        SaveError
            If it cannot be written; the answers stay in memory.
        """
        text = self.as_json_text() if path.suffix.lower() == ".json" else self.as_csv_text()
        try:
            write_atomically(path, text)
        except OSError as error:
            raise SaveError(
                f"The session could not be saved to «{path}» ({error.strerror or error}).",
                "It is still here: choose another place or free some space, and save again.",
            ) from error

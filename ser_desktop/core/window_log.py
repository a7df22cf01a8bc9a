"""The answers about a file's windows, kept small: three hours are a hundred kilobytes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from ser_desktop.core.levels import Heard
from ser_desktop.core.prediction import AnswerState, Prediction

SILENT = -1
"""What stands in `WindowLog.best` for windows without speech."""

_STATES = tuple(AnswerState)
_HEARD: tuple[Heard | None, ...] = (None, *Heard)


class WindowLog(Sequence[Prediction]):
    """A list of predictions that holds numbers instead of objects.

    Probabilities are kept in single precision. Latency and skipped windows, which files do not have, are not kept.

    Parameters
    ----------
    labels : tuple of str
        Classes of every prediction in it.
    predictions : iterable of Prediction
        To begin with.
    """

    def __init__(self, labels: tuple[str, ...], predictions: Iterable[Prediction] = ()) -> None:
        self.labels = labels
        self._times = array("d")
        self._states = array("B")
        self._heard = array("B")
        self._probabilities = array("f")
        for prediction in predictions:
            self.append(prediction)

    def append(self, prediction: Prediction) -> None:
        """Add an answer at the end."""
        self._times.extend((prediction.start_s, prediction.end_s))
        self._states.append(_STATES.index(prediction.state))
        self._heard.append(_HEARD.index(prediction.heard))
        self._probabilities.extend(prediction.probabilities or (0.0,) * len(self.labels))

    def __len__(self) -> int:
        return len(self._states)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> list[Prediction]: ...
    def __getitem__(self, index: int | slice) -> Prediction | list[Prediction]:
        if isinstance(index, slice):
            return [self._at(i) for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._at(index % len(self))

    def __iter__(self) -> Iterator[Prediction]:
        return (self._at(i) for i in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WindowLog):
            return NotImplemented
        return (self.labels, self._times, self._states, self._heard, self._probabilities) == (
            other.labels,
            other._times,
            other._states,
            other._heard,
            other._probabilities,
        )

    __hash__ = None  # type: ignore[assignment]

    def _at(self, i: int) -> Prediction:
        state, heard, n = _STATES[self._states[i]], _HEARD[self._heard[i]], len(self.labels)
        spoken = state in {AnswerState.EMOTION, AnswerState.NOT_SURE}
        probabilities = tuple(self._probabilities[i * n : (i + 1) * n]) if spoken else ()
        start_s, end_s = self._times[2 * i : 2 * i + 2]
        return Prediction(start_s, end_s, state, self.labels, probabilities, heard=heard)

    @property
    def n_spoken(self) -> int:
        """How many windows hold speech."""
        return sum(self._states.count(_STATES.index(s)) for s in (AnswerState.EMOTION, AnswerState.NOT_SURE))

    @property
    def speech_share(self) -> float:
        """Share of the windows that hold speech, 0 without windows."""
        return self.n_spoken / len(self) if len(self) else 0.0

    def ends_s(self) -> npt.NDArray[np.float64]:
        """Return where each window ends, (n_windows,)."""
        return np.array(self._times[1::2], np.float64)

    def best(self) -> npt.NDArray[np.int64]:
        """Return the most probable class of each window, (n_windows,), or `SILENT`."""
        if not len(self):
            return np.zeros(0, np.int64)
        table = np.array(self._probabilities, np.float32).reshape(len(self), len(self.labels))
        states = np.array(self._states, np.int64)
        best = table.argmax(axis=1).astype(np.int64)
        for state in (AnswerState.NO_SPEECH, AnswerState.TOO_QUIET):
            best[states == _STATES.index(state)] = SILENT
        return np.asarray(best, np.int64)

    def is_sure(self) -> npt.NDArray[np.bool_]:
        """Return whether each window's class is an answer and no mere tendency, (n_windows,)."""
        return np.asarray(np.array(self._states, np.int64) == _STATES.index(AnswerState.EMOTION), np.bool_)

    def overall(self, threshold: float) -> Prediction | None:
        """Sum up a file: mean probabilities of the windows with speech, else why there are none and what was heard.

        None without windows.
        """
        if not len(self):
            return None
        start_s, end_s = self._times[0], self._times[-1]
        n_spoken = self.n_spoken
        if not n_spoken:
            is_quiet = _STATES.index(AnswerState.TOO_QUIET) in self._states
            state = AnswerState.TOO_QUIET if is_quiet else AnswerState.NO_SPEECH
            return Prediction(start_s, end_s, state, self.labels, heard=self._heard_most(state))
        # Windows without speech hold zeros and add nothing to the sum.
        table = np.frombuffer(self._probabilities, np.float32).reshape(len(self), len(self.labels))
        mean = tuple(float(p) for p in table.sum(axis=0, dtype=np.float64) / n_spoken)
        state = AnswerState.EMOTION if max(mean) >= threshold else AnswerState.NOT_SURE
        return Prediction(start_s, end_s, state, self.labels, mean)

    def _heard_most(self, state: AnswerState) -> Heard | None:
        """Return what was heard in most windows of a state; of equals what is most like a voice."""
        code = _STATES.index(state)
        heard = [kind for kind, other in zip(self._heard, self._states, strict=True) if other == code]
        return _HEARD[max(set(heard), key=lambda kind: (heard.count(kind), kind))]

"""Answers as one lane per class, ready to be drawn at any scale in a time that does not grow with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ser_desktop.core.prediction import AnswerState, Prediction

_FIRST_CAPACITY = 256
_UNSURE = 0.26
"""How much of its colour an answer keeps that the model does not commit itself to."""


class Lanes:
    """How strongly each class was heard, as a function of time.

    An answer fills the time since the answer before it, as far as its window covers it. Kept is the
    area below each lane up to every edge of an answer (float64), so that the mean over any stretch is
    the difference of two values.

    Parameters
    ----------
    n_classes : int
    """

    def __init__(self, n_classes: int) -> None:
        self.n_classes = max(1, n_classes)
        self.n_answers = 0
        self._edges = np.zeros(2 * _FIRST_CAPACITY)
        self._areas = np.zeros((2 * _FIRST_CAPACITY, self.n_classes))
        self._starts = np.zeros(_FIRST_CAPACITY)

    @property
    def end_s(self) -> float:
        """Where the last answer ends, in seconds since the recording began."""
        return float(self._edges[2 * self.n_answers - 1]) if self.n_answers else 0.0

    def add(self, prediction: Prediction) -> None:
        """Append an answer, about a later stretch than all before."""
        n = self.n_answers
        if n == len(self._starts):
            self._edges = np.concatenate((self._edges, np.zeros_like(self._edges)))
            self._areas = np.concatenate((self._areas, np.zeros_like(self._areas)))
            self._starts = np.concatenate((self._starts, np.zeros_like(self._starts)))
        end_s = max(self.end_s, prediction.end_s)
        begin_s = min(end_s, max(self.end_s, prediction.start_s))
        before = self._areas[2 * n - 1] if n else 0.0
        self._edges[2 * n : 2 * n + 2] = begin_s, end_s
        self._areas[2 * n] = before
        self._areas[2 * n + 1] = before + (end_s - begin_s) * self._strengths([prediction])[0]
        self._starts[n] = prediction.start_s
        self.n_answers = n + 1

    def extend(self, predictions: Sequence[Prediction]) -> None:
        """Append many answers at once."""
        if not predictions:
            return
        n, n_new = self.n_answers, len(predictions)
        starts = np.array([p.start_s for p in predictions])
        ends = np.maximum.accumulate(np.maximum(self.end_s, [p.end_s for p in predictions]))
        begins = np.minimum(ends, np.maximum(np.concatenate(([self.end_s], ends[:-1])), starts))
        areas = np.cumsum((ends - begins)[:, None] * self._strengths(predictions), axis=0)
        areas += self._areas[2 * n - 1] if n else 0.0
        first = self._areas[2 * n - 1 : 2 * n] if n else np.zeros((1, self.n_classes))
        self._edges = np.concatenate((self._edges[: 2 * n], np.stack((begins, ends), axis=1).ravel()))
        flat = np.stack((np.concatenate((first, areas[:-1])), areas), axis=1).reshape(2 * n_new, self.n_classes)
        self._areas = np.concatenate((self._areas[: 2 * n], flat))
        self._starts = np.concatenate((self._starts[:n], starts))
        self.n_answers = n + n_new

    def strengths(self, edges_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Mean strength between consecutive times.

        Parameters
        ----------
        edges_s : (n_columns + 1,)
            Rising times.

        Returns
        -------
        strengths : (n_classes, n_columns)
            Between 0 and 1: the probability of a class, averaged over the column's time; 0 where nobody
            spoke.
        """
        if not self.n_answers:
            return np.zeros((self.n_classes, len(edges_s) - 1))
        n = 2 * self.n_answers
        known, areas = self._edges[:n], self._areas[:n]
        widths = np.diff(edges_s)
        return np.stack([np.diff(np.interp(edges_s, known, areas[:, i])) / widths for i in range(self.n_classes)])

    def at(self, time_s: float) -> int | None:
        """Index of the answer that fills a time, or of the one nearest to it; None without answers."""
        if not self.n_answers:
            return None
        begins, ends = self._edges[0 : 2 * self.n_answers : 2], self._edges[1 : 2 * self.n_answers : 2]
        i = min(int(np.searchsorted(ends, time_s)), self.n_answers - 1)
        is_before = i > 0 and time_s < begins[i] and time_s - ends[i - 1] < begins[i] - time_s
        return i - 1 if is_before else i

    def window(self, index: int) -> tuple[float, float]:
        """Start and end of the window that an answer describes, in seconds."""
        return float(self._starts[index]), float(self._edges[2 * index + 1])

    def _strengths(self, predictions: Sequence[Prediction]) -> npt.NDArray[np.float64]:
        nothing = (0.0,) * self.n_classes
        values = np.array([p.probabilities or nothing for p in predictions], dtype=np.float64)
        sure = np.array([1.0 if p.state is AnswerState.EMOTION else _UNSURE for p in predictions])
        return np.asarray(values * sure[:, None], np.float64)

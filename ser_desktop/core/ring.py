"""The buffer between the sound card's callback and everybody else."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ser_desktop.core.audio import FloatArray


class RingRead(NamedTuple):
    """New samples for one reader.

    Attributes
    ----------
    samples : (n_samples,) float32
        A copy the reader owns.
    cursor : int
        Sample index after the last one, where the next read begins.
    n_lost : int
        Samples overwritten before this reader came.
    """

    samples: FloatArray
    cursor: int
    n_lost: int


class RingBuffer:
    """Preallocated mono samples with one writer and any number of readers, without locks.

    The writer first claims what it will overwrite, then copies, and moves `n_written` last; a
    reader checks afterwards that the claim did not overtake it. Under CPython each step is atomic
    enough for that.

    Parameters
    ----------
    n_samples : int
        Capacity; the oldest samples are overwritten.
    """

    def __init__(self, n_samples: int) -> None:
        self._data = np.zeros(n_samples, np.float32)
        self._capacity = n_samples
        self.n_written = 0
        self._n_claimed = 0

    def write(self, block: FloatArray) -> None:
        """Append a block (called by the audio callback: two copies, no allocation)."""
        end = self._n_claimed = self.n_written + len(block)
        block = block[-self._capacity :]
        n = len(block)
        start = (end - n) % self._capacity
        n_first = min(n, self._capacity - start)
        self._data[start : start + n_first] = block[:n_first]
        self._data[: n - n_first] = block[n_first:]
        self.n_written = end

    def read_since(self, index: int) -> RingRead:
        """Copy everything written after sample ``index`` that is still there."""
        end = self.n_written
        start = max(index, end - self._capacity)
        samples = self._copy(start, end)
        # No more than was copied: what comes after it is the next read's loss.
        overtaken = min(len(samples), max(0, self._n_claimed - self._capacity - start))
        return RingRead(samples[overtaken:], end, max(0, start + overtaken - index))

    def latest(self, n_samples: int) -> FloatArray:
        """Copy of the newest ``n_samples`` (fewer at the start)."""
        end = self.n_written
        return self._copy(max(0, end - min(n_samples, self._capacity)), end)

    def _copy(self, start: int, end: int) -> FloatArray:
        first = start % self._capacity
        n_first = min(end - start, self._capacity - first)
        return np.concatenate((self._data[first : first + n_first], self._data[: end - start - n_first]))

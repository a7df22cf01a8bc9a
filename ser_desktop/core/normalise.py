"""Per-dimension statistics of features: over the training data (global) or over one speaker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from ser_desktop.core.audio import FloatArray

_MIN_STD = 1e-9
_MIN_RELATIVE_STD = 1e-6


class Normalisation(StrEnum):
    """Whose mean and standard deviation the features are measured against."""

    GLOBAL = "global"
    SPEAKER = "speaker"


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation per layer and feature dimension.

    Attributes
    ----------
    mean, std : (n_layers, n_features) float32
    """

    mean: FloatArray
    std: FloatArray

    def apply(self, features: FloatArray) -> FloatArray:
        """Return (n_layers, n_frames, n_features) with mean 0 and deviation 1 over the reference data."""
        return self.apply_in_place(features.copy())

    def apply_in_place(self, features: FloatArray) -> FloatArray:
        """As `apply`, changing ``features`` themselves; they are returned."""
        features -= self.mean[:, None]
        features /= self.std[:, None]
        return features


class Accumulator:
    """Gathers `Statistics` utterance by utterance, in float64, without holding the features.

    Uses the pairwise update of Chan et al. (1979), which stays exact where sums of squares would not.
    """

    def __init__(self) -> None:
        self.n_frames = 0
        self._mean: npt.NDArray[np.float64] = np.zeros(0)
        self._squares: npt.NDArray[np.float64] = np.zeros(0)

    def add(self, features: FloatArray) -> Self:
        """Take in one utterance, (n_layers, n_frames, n_features)."""
        n = features.shape[1]
        mean = features.mean(axis=1, dtype=np.float64)
        squares = features.var(axis=1, dtype=np.float64) * n
        if self.n_frames == 0:
            self._mean, self._squares, self.n_frames = mean, squares, n
            return self
        total = self.n_frames + n
        delta = mean - self._mean
        self._mean = self._mean + delta * (n / total)
        self._squares = self._squares + squares + delta**2 * (self.n_frames * n / total)
        self.n_frames = total
        return self

    def statistics(self) -> Statistics:
        """Return what was gathered; a constant dimension is only centred (its deviation is taken as 1).

        Raises
        ------
        ValueError
            If nothing was added.
        """
        if self.n_frames == 0:
            raise ValueError("no features were added")
        std = np.sqrt(self._squares / self.n_frames)
        # Dividing by a deviation of rounding errors would blow up whoever does differ later.
        std[self._constant(std)] = 1.0
        return Statistics(self._mean.astype(np.float32), std.astype(np.float32))

    def n_constant(self) -> int:
        """Count the dimensions, over all layers, that never changed."""
        return int(self._constant(np.sqrt(self._squares / self.n_frames)).sum())

    def _constant(self, std: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        return std <= _MIN_RELATIVE_STD * np.abs(self._mean) + _MIN_STD

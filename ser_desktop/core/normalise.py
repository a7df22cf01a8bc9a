"""Per-dimension statistics of features: over the training data (global) or over one speaker."""

from __future__ import annotations

from collections.abc import Sequence
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
class NeutralOffset:
    """What all speech of a person differs from their neutral speech, on average over training speakers.

    A voice is calibrated with neutral speech, but heads with speaker normalisation were trained on
    statistics of everything a speaker said, neutral or not.

    Attributes
    ----------
    shift : (n_layers, n_features) float32
        Added to the mean.
    ratio : (n_layers, n_features) float32
        The deviation is multiplied by it.
    """

    shift: FloatArray
    ratio: FloatArray

    def layers(self, chosen: slice) -> NeutralOffset:
        """Return that of some layers."""
        return NeutralOffset(self.shift[chosen], self.ratio[chosen])

    def applied_to(self, neutral: Statistics) -> Statistics:
        """Return what the statistics of all speech probably are."""
        return Statistics(neutral.mean + self.shift, neutral.std * self.ratio)


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation per layer and feature dimension.

    Attributes
    ----------
    mean, std : (n_layers, n_features) float32
    neutral : NeutralOffset or None
        For what a model with speaker normalisation stores: what its training speakers' neutral speech
        lacked. None where nobody spoke neutrally, and for everything else.
    """

    mean: FloatArray
    std: FloatArray
    neutral: NeutralOffset | None = None

    def layers(self, chosen: slice) -> Statistics:
        """Return those of some layers."""
        neutral = self.neutral.layers(chosen) if self.neutral else None
        return Statistics(self.mean[chosen], self.std[chosen], neutral)

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


def neutral_offset(speakers: Sequence[tuple[Statistics, Statistics]]) -> NeutralOffset:
    """Return the offset from (neutral speech, all speech) of training speakers; ratios are averaged as logarithms."""
    shifts = [everything.mean - neutral.mean for neutral, everything in speakers]
    ratios = [np.log(everything.std / neutral.std) for neutral, everything in speakers]
    return NeutralOffset(
        np.stack(shifts).mean(axis=0, dtype=np.float64).astype(np.float32),
        np.exp(np.stack(ratios).mean(axis=0, dtype=np.float64)).astype(np.float32),
    )


def as_all_speech(neutral: Statistics, average: Statistics) -> Statistics:
    """Return what the statistics of all that a person says probably are.

    Parameters
    ----------
    neutral : Statistics
        Of the person's neutral speech.
    average : Statistics
        Of a model's average training speaker, who is returned if it has no `NeutralOffset`: neutral
        speech as it is would be a worse guess.
    """
    return average if average.neutral is None else average.neutral.applied_to(neutral)

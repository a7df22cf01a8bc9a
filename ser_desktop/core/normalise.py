"""Per-dimension statistics of features: over the training data (global) or over one speaker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from ser_desktop.core.audio import FloatArray

_MIN_STD = 1e-9
_MIN_RELATIVE_STD = 1e-6
_FEWEST_SPEAKERS = 5


class Normalisation(StrEnum):
    """Whose mean and standard deviation the features are measured against."""

    GLOBAL = "global"
    SPEAKER = "speaker"


@dataclass(frozen=True)
class NeutralOffset:
    """How the statistics of all that a person says follow from their neutral speech, learned from training speakers.

    A voice is calibrated with neutral speech, but heads with speaker normalisation were trained on
    statistics of everything a speaker said, neutral or not.

    Attributes
    ----------
    shift, ratio : (n_layers, n_features) float32
        Mean of all speech minus that of neutral speech, and ratio of their deviations, of the average
        training speaker.
    mean_slope, std_slope : (n_layers, n_features) float32
        How much of what sets a speaker's neutral speech apart from others' is found again in all their
        speech: 0 is nothing, 1 all of it. Least squares over training speakers, per dimension.
    """

    shift: FloatArray
    ratio: FloatArray
    mean_slope: FloatArray
    std_slope: FloatArray

    def layers(self, chosen: slice) -> NeutralOffset:
        """Return that of some layers."""
        return NeutralOffset(*(array[chosen] for array in self.arrays().values()))

    def arrays(self) -> dict[str, FloatArray]:
        """Return the arrays by the names that they are stored with."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def guess(self, neutral: Statistics, average: Statistics) -> Statistics:
        """Return what the statistics of all speech probably are.

        Parameters
        ----------
        neutral : Statistics
            Of a person's neutral speech.
        average : Statistics
            Of the average training speaker.
        """
        mean = average.mean + self.mean_slope * (neutral.mean + self.shift - average.mean)
        std = average.std * (neutral.std * self.ratio / average.std) ** self.std_slope
        return Statistics(mean.astype(np.float32), std.astype(np.float32))


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation per layer and feature dimension.

    Attributes
    ----------
    mean, std : (n_layers, n_features) float32
    neutral : NeutralOffset or None
        For what a model with speaker normalisation stores: how all speech follows from neutral speech.
        None where nobody spoke neutrally, and for everything else.
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
    """Learn from (neutral speech, all speech) of training speakers; deviations are compared as logarithms.

    A handful of speakers tells no slopes: they are then taken as 1.
    """
    means = [np.stack([pair[k].mean for pair in speakers]).astype(np.float64) for k in (0, 1)]
    stds = [np.log(np.stack([pair[k].std for pair in speakers]).astype(np.float64)) for k in (0, 1)]
    return NeutralOffset(
        (means[1] - means[0]).mean(axis=0).astype(np.float32),
        np.exp((stds[1] - stds[0]).mean(axis=0)).astype(np.float32),
        _slope(*means),
        _slope(*stds),
    )


def _slope(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> FloatArray:
    """Slope of y on x over the first axis, between 0 and 1."""
    if len(x) < _FEWEST_SPEAKERS:
        return np.ones(x.shape[1:], np.float32)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    variance = np.maximum(np.square(x).sum(axis=0), 1e-12)
    return np.asarray(np.clip((x * y).sum(axis=0) / variance, 0, 1), dtype=np.float32)


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
    return average if average.neutral is None else average.neutral.guess(neutral, average)

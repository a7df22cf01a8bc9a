"""Which of a speaker's utterances a voice is calibrated with, and the statistics that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.labels import Emotion
from ser_desktop.core.normalise import Accumulator, Statistics

SECONDS = (5.0, 10.0, 20.0, 40.0, 60.0)
"""Lengths of calibration that are tried."""

_SEED = 2021

Bools = npt.NDArray[np.bool_]


class Style(StrEnum):
    """How somebody speaks while the voice is calibrated."""

    MIXED = "mixed"
    NEUTRAL = "neutral"


class Draw(NamedTuple):
    """Utterances of one speaker, in the order in which they are used.

    Attributes
    ----------
    chosen : tuple of int
        Indices into the speaker's utterances.
    n_frames : tuple of int
        How many frames of each; the last one is cut so that the length is exact.
    """

    chosen: tuple[int, ...]
    n_frames: tuple[int, ...]

    def left_in(self, n: int) -> Bools:
        """Return which of the speaker's ``n`` utterances were not used, (n,)."""
        left = np.ones(n, dtype=np.bool_)
        left[list(self.chosen)] = False
        return left


@dataclass(frozen=True)
class Speaker:
    """One evaluated speaker with everything that was recorded of them.

    Attributes
    ----------
    name : str
    emotions : tuple of str
    branches : tuple of tuple of array
        By utterance, by branch: (n_layers, n_frames, n_features).
    """

    name: str
    emotions: tuple[str, ...]
    branches: tuple[tuple[FloatArray, ...], ...]

    def n_frames(self, i: int) -> int:
        """Frames that all branches of an utterance have."""
        return min(int(branch.shape[1]) for branch in self.branches[i])

    def pool(self, style: Style) -> list[int]:
        """Return the utterances that a calibration may use: all of them, or those of the neutral class."""
        return [i for i, e in enumerate(self.emotions) if style is Style.MIXED or e == str(Emotion.NEUTRAL)]


def draw(speaker: Speaker, style: Style, seconds: float, frame_s: float, number: int) -> Draw | None:
    """Draw utterances that last ``seconds`` together; None where the speaker has not so many.

    A longer draw of the same number begins with the shorter one.
    """
    pool = speaker.pool(style)
    rng = np.random.default_rng([_SEED, crc32(f"{speaker.name} {style}".encode()), number])
    left = round(seconds / frame_s)
    chosen: list[int] = []
    n_frames: list[int] = []
    for i in rng.permutation(len(pool)):
        if left <= 0:
            break
        chosen.append(pool[i])
        n_frames.append(min(left, speaker.n_frames(pool[i])))
        left -= n_frames[-1]
    return Draw(tuple(chosen), tuple(n_frames)) if left <= 0 else None


def statistics_of(speaker: Speaker, drawn: Draw) -> tuple[Statistics, ...]:
    """Return the statistics of a draw, one per branch."""
    pieces = [
        [branch[:, :n] for branch in speaker.branches[i]] for i, n in zip(drawn.chosen, drawn.n_frames, strict=True)
    ]
    return gathered(pieces)


def gathered(utterances: Sequence[Sequence[FloatArray]]) -> tuple[Statistics, ...]:
    """Return the statistics of utterances that lie one behind the other, one per branch."""
    accumulators = [Accumulator() for _ in utterances[0]]
    for branches in utterances:
        for accumulator, branch in zip(accumulators, branches, strict=True):
            accumulator.add(branch)
    return tuple(accumulator.statistics() for accumulator in accumulators)

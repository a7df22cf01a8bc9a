"""Scores of answers that were given several times, each time without the utterances a voice was calibrated with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainer.voice_study.draws import Bools

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass
class Tally:
    """Right answers about one speaker's utterances, by seed, over draws.

    Attributes
    ----------
    truth : (n_utterances,) int64
    n_right, n_right_all : (n_seeds, n_utterances)
        How often an utterance was answered rightly: while it was left out of the calibration, and in any case.
    n_asked : (n_utterances,)
        How often it was left out of the calibration.
    n_draws : int
    """

    truth: Ints
    n_right: Floats
    n_right_all: Floats
    n_asked: Floats
    n_draws: int = 0

    @classmethod
    def of(cls, truth: Ints, n_seeds: int) -> Tally:
        """Begin to count."""
        shape = (n_seeds, len(truth))
        return cls(truth, np.zeros(shape), np.zeros(shape), np.zeros(len(truth)))

    def add(self, answers: Ints, left_in: Bools) -> None:
        """Take in the answers (n_seeds, n_utterances) under one draw."""
        right = answers == self.truth
        self.n_right_all += right
        self.n_right += right & left_in
        self.n_asked += left_in
        self.n_draws += 1

    def shares(self) -> Floats:
        """Return the share of the draws without an utterance that got it right, (n_seeds, n_utterances)."""
        return self.n_right / np.maximum(self.n_asked, 1)


@dataclass(frozen=True)
class Scored:
    """Scores between 0 and 1, one per seed.

    Attributes
    ----------
    uar, wa : tuple of float
        Calibration utterances left out.
    uar_all, wa_all : tuple of float
        Calibration utterances scored too.
    by_speaker : tuple of float
        UAR of each speaker alone, mean over seeds, calibration utterances left out.
    n_scored : int
        Utterances that were left out of the calibration in one draw at least.
    """

    uar: tuple[float, ...]
    wa: tuple[float, ...]
    uar_all: tuple[float, ...]
    wa_all: tuple[float, ...]
    by_speaker: tuple[float, ...]
    n_scored: int


def summed(tallies: Sequence[Tally]) -> Scored:
    """Score several speakers together: each utterance counts once, with the share of draws that got it right.

    So every condition is scored on the same utterances, whichever a draw happened to use up.
    """
    truth = np.concatenate([tally.truth for tally in tallies])
    asked = np.concatenate([tally.n_asked for tally in tallies])
    shares = np.concatenate([tally.shares() for tally in tallies], axis=1)
    shares_all = np.concatenate([tally.n_right_all / max(1, tally.n_draws) for tally in tallies], axis=1)
    scored = asked > 0
    return Scored(
        _uar(shares[:, scored], truth[scored]),
        tuple(float(v) for v in shares[:, scored].mean(axis=1)),
        _uar(shares_all, truth),
        tuple(float(v) for v in shares_all.mean(axis=1)),
        tuple(float(np.mean(_uar(t.shares()[:, t.n_asked > 0], t.truth[t.n_asked > 0]))) for t in tallies),
        int(scored.sum()),
    )


def _uar(shares: Floats, truth: Ints) -> tuple[float, ...]:
    recalls = [shares[:, truth == c].mean(axis=1) for c in np.unique(truth)]
    return tuple(float(v) for v in np.mean(recalls, axis=0))

"""How often a model was right when it was so sure: counted over bins of certainty, and read back for a live answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

N_BINS = 10
"""Bins of equal width between 0 and 1, wherever nothing else is said."""
_ENOUGH = 20
"""Recordings behind a sentence: a share of fewer is too rough to be told."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers whose probability lay between two bounds.

    Attributes
    ----------
    low, high : float
        The first is part of the bin; the second only where it is 1.
    n, n_right : int
        How many answers there were, and how many of them were right.
    certainty : float
        Mean probability of the answers given, between ``low`` and ``high``.
    """

    low: float
    high: float
    n: int
    n_right: int
    certainty: float

    def __post_init__(self) -> None:
        if not (0 <= self.low < self.high <= 1 and 0 <= self.n_right <= self.n and self.n > 0):
            raise ValueError(f"{self} makes no sense")
        # Rounding may push a mean over its bin's edge.
        if not self.low - 1e-3 <= self.certainty <= self.high + 1e-3:
            raise ValueError(f"{self} makes no sense")

    @property
    def accuracy(self) -> float:
        """Share of the answers that were right."""
        return self.n_right / self.n


def reliability(
    probabilities: npt.NDArray[np.floating], truth: npt.NDArray[np.integer], n_bins: int = N_BINS
) -> tuple[ReliabilityBin, ...]:
    """Count answers by certainty.

    Parameters
    ----------
    probabilities : (n_utterances, n_classes)
    truth : (n_utterances,)
    n_bins : int
        Of equal width between 0 and 1; those that hold nothing are left out.
    """
    certainty = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    number = np.minimum((certainty * n_bins).astype(int), n_bins - 1)
    return tuple(
        ReliabilityBin(
            low=round(int(b) / n_bins, 6),
            high=round((int(b) + 1) / n_bins, 6),
            n=int((number == b).sum()),
            n_right=int(right[number == b].sum()),
            certainty=float(certainty[number == b].mean()),
        )
        for b in np.unique(number)
    )


def bins_from_json(value: Sequence[Mapping[str, Any]]) -> tuple[ReliabilityBin, ...]:
    """Read bins as `dataclasses.asdict` writes them.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        If it is anything else.
    """
    names = [field.name for field in fields(ReliabilityBin)]
    bins = [{name: found[name] for name in names} for found in value]
    for known in bins:
        if any(isinstance(v, bool) or not isinstance(v, int | float) for v in known.values()):
            raise ValueError(f"its reliability holds {known}")
    return tuple(ReliabilityBin(**{**b, "n": int(b["n"]), "n_right": int(b["n_right"])}) for b in bins)


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Mean distance between certainty and accuracy over bins, weighted by their size; 0 of none."""
    n = sum(b.n for b in bins)
    return sum(b.n * abs(b.certainty - b.accuracy) for b in bins) / n if n else 0.0


def alike(bins: Sequence[ReliabilityBin], certainty: float, enough: int = _ENOUGH) -> ReliabilityBin | None:
    """Join the bins nearest to a certainty until they hold enough answers to speak of.

    Returns
    -------
    joined : ReliabilityBin or None
        None where all bins together do not hold enough, or none lies near.
    """
    left = sorted(bins, key=lambda b: b.low)
    if sum(b.n for b in left) < enough or certainty < left[0].low or certainty > left[-1].high:
        return None

    def distance(b: ReliabilityBin) -> float:
        return max(b.low - certainty, certainty - b.high, 0.0) + 1e-3 * abs((b.low + b.high) / 2 - certainty)

    joined = min(left, key=distance)
    left.remove(joined)
    while joined.n < enough:
        nearest = min(left, key=distance)
        left.remove(nearest)
        n = joined.n + nearest.n
        joined = ReliabilityBin(
            min(joined.low, nearest.low),
            max(joined.high, nearest.high),
            n,
            joined.n_right + nearest.n_right,
            (joined.n * joined.certainty + nearest.n * nearest.certainty) / n,
        )
    return joined

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ser_desktop.core.reliability import ReliabilityBin, alike, calibration_error, reliability


def said(certainty: float, n_right: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers of three classes with one certainty, the first ``n_right`` of them right."""
    rest = (1 - certainty) / 2
    probabilities = np.tile([rest, certainty, rest], (n, 1))
    return probabilities, np.array([1] * n_right + [0] * (n - n_right))


def test_answers_are_counted_by_certainty() -> None:
    parts = [said(0.45, 3, 10), said(0.72, 7, 10), said(1.0, 5, 5)]
    bins = reliability(np.concatenate([p for p, _ in parts]), np.concatenate([t for _, t in parts]))
    assert [(b.low, b.high, b.n, b.n_right) for b in bins] == [(0.4, 0.5, 10, 3), (0.7, 0.8, 10, 7), (0.9, 1.0, 5, 5)]
    assert [b.certainty for b in bins] == pytest.approx([0.45, 0.72, 1.0])
    # Ten answers 15 points off, ten 2 points off, five right on.
    assert calibration_error(bins) == pytest.approx((10 * 0.15 + 10 * 0.02) / 25)


@pytest.mark.parametrize(("certainty", "n_right"), [(0.55, 11), (0.75, 15), (0.95, 19)])
def test_a_model_that_is_right_as_often_as_it_says_has_no_error(certainty: float, n_right: int) -> None:
    assert calibration_error(reliability(*said(certainty, n_right, 20))) == pytest.approx(0.0)


@given(
    arrays(np.float64, st.tuples(st.integers(1, 60), st.integers(2, 6)), elements=st.floats(0.001, 1.0)),
    st.integers(1, 20),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_every_answer_is_in_one_bin_and_the_error_is_a_share(raw: np.ndarray, n_bins: int, random: object) -> None:
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    truth = np.array([random.randrange(raw.shape[1]) for _ in raw])  # type: ignore[attr-defined]
    bins = reliability(probabilities, truth, n_bins)
    right = probabilities.argmax(axis=1) == truth
    assert sum(b.n for b in bins) == len(raw)
    assert sum(b.n_right for b in bins) == right.sum()
    assert 0 <= calibration_error(bins) <= 1
    # One bin says least: the distance of the means is never more than the mean of the distances.
    assert abs(probabilities.max(axis=1).mean() - right.mean()) <= calibration_error(bins) + 1e-9
    order = np.random.default_rng(0).permutation(len(raw))
    assert calibration_error(reliability(probabilities[order], truth[order], n_bins)) == pytest.approx(
        calibration_error(bins)
    )


def test_nothing_has_no_error() -> None:
    assert calibration_error(()) == 0.0


BINS = (
    ReliabilityBin(0.3, 0.4, 4, 1, 0.35),
    ReliabilityBin(0.4, 0.5, 30, 12, 0.46),
    ReliabilityBin(0.6, 0.7, 12, 8, 0.65),
    ReliabilityBin(0.7, 0.8, 9, 7, 0.75),
    ReliabilityBin(0.8, 0.9, 40, 35, 0.86),
)


def test_a_bin_with_enough_answers_speaks_alone() -> None:
    assert alike(BINS, 0.45) is BINS[1]
    assert alike(BINS, 0.9) is BINS[4]


def test_neighbours_are_joined_until_there_are_enough() -> None:
    joined = alike(BINS, 0.66)
    assert joined is not None
    assert (joined.low, joined.high, joined.n, joined.n_right) == (0.6, 0.8, 21, 15)
    assert joined.certainty == pytest.approx((12 * 0.65 + 9 * 0.75) / 21)


@pytest.mark.parametrize("certainty", [0.2, 0.95])
def test_nothing_is_said_about_a_certainty_that_the_test_never_met(certainty: float) -> None:
    assert alike(BINS, certainty) is None


def test_nothing_is_said_from_a_few_recordings_or_none() -> None:
    assert alike(BINS[:1], 0.35) is None
    assert alike((), 0.5) is None


@given(st.floats(0.0, 1.0))
def test_what_is_joined_holds_enough_and_lies_around_the_certainty(certainty: float) -> None:
    joined = alike(BINS, certainty)
    if joined is not None:
        assert joined.n >= 20
        assert joined.low <= joined.certainty <= joined.high


@pytest.mark.parametrize(
    "values", [(0.5, 0.4, 1, 1, 0.45), (0.4, 0.5, 1, 2, 0.45), (0.4, 0.5, 0, 0, 0.45), (0.4, 0.5, 2, 1, 0.8)]
)
def test_a_bin_that_makes_no_sense_is_refused(values: tuple[float, float, int, int, float]) -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        ReliabilityBin(*values)

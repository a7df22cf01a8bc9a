"""Scores of answers that were given without the utterances a voice was calibrated with."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.voice_study.scores import Tally, summed

TRUTH = np.array([0, 0, 1, 1])


def tally(*draws: tuple[list[int], list[bool]], truth: np.ndarray = TRUTH) -> Tally:
    found = Tally.of(truth, 1)
    for answers, left_in in draws:
        found.add(np.array([answers]), np.array(left_in))
    return found


def test_without_calibration_it_is_plain_recall() -> None:
    scored = summed([tally(([0, 1, 1, 1], [True] * 4))])
    assert scored.uar == pytest.approx((0.75,))
    assert scored.wa == pytest.approx((0.75,))
    assert scored.uar == scored.uar_all


def test_what_a_voice_was_calibrated_with_is_not_scored() -> None:
    # The first utterance was used, and is answered rightly: that does not count.
    scored = summed([tally(([0, 1, 1, 1], [False, True, True, True]))])
    assert scored.uar == pytest.approx((0.5,))
    assert scored.uar_all == pytest.approx((0.75,))
    assert scored.n_scored == 3


def test_an_utterance_counts_once_with_its_share_of_the_draws() -> None:
    scored = summed([tally(([0, 0, 1, 0], [True, True, False, True]), ([1, 0, 1, 1], [True, False, True, True]))])
    # Shares: 1/2, 1/1, 1/1, 1/2.
    assert scored.uar == pytest.approx((0.75,))
    assert scored.n_scored == 4


def test_a_class_that_is_always_used_up_is_left_out_and_counted() -> None:
    scored = summed([tally(([1, 1, 1, 1], [False, False, True, True]))])
    assert scored.uar == pytest.approx((1.0,))
    assert scored.uar_all == pytest.approx((0.5,))
    assert scored.n_scored == 2


def test_speakers_are_scored_together_and_alone() -> None:
    right, wrong = tally(([0, 0, 1, 1], [True] * 4)), tally(([1, 1, 0, 0], [True] * 4))
    scored = summed([right, wrong, right])
    assert scored.uar == pytest.approx((2 / 3,))
    assert scored.by_speaker == pytest.approx((1.0, 0.0, 1.0))


def test_every_seed_has_a_score_of_its_own() -> None:
    found = Tally.of(TRUTH, 2)
    found.add(np.array([[0, 0, 1, 1], [1, 1, 1, 1]]), np.ones(4, dtype=bool))
    assert summed([found]).uar == pytest.approx((1.0, 0.5))

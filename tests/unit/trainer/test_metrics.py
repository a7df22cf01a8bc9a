from __future__ import annotations

import numpy as np
import pytest

from trainer.metrics import choose_threshold, expected_calibration_error, fit_temperature, mean_and_sd, score


def test_uar_is_the_mean_of_recalls_and_wa_the_share_that_is_right() -> None:
    truth = np.array([0, 0, 0, 0, 1, 1])
    answers = np.array([0, 0, 0, 1, 1, 0])
    scores = score(truth, answers, 2)
    assert scores.recalls == pytest.approx((0.75, 0.5))
    assert scores.uar == pytest.approx(0.625)
    assert scores.wa == pytest.approx(4 / 6)
    assert scores.confusion == ((3, 1), (1, 1))


def test_a_class_without_utterances_counts_as_missed() -> None:
    assert score(np.array([0, 1]), np.array([0, 1]), 3).uar == pytest.approx(2 / 3)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(temperature: float) -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=(4000, 4)) * 2
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([random.choice(4, p=p) for p in chances])
    assert fit_temperature(logits * temperature, truth) == pytest.approx(temperature, rel=0.08)


def test_the_threshold_rejects_what_is_wrong_and_keeps_its_coverage() -> None:
    certainty = np.linspace(0.5, 1.0, 100)
    probabilities = np.stack([certainty, 1 - certainty], axis=1)
    truth = np.where(certainty < 0.6, 1, 0)
    threshold = choose_threshold(probabilities, truth, min_coverage=0.7)
    kept = certainty >= threshold
    assert kept.mean() >= 0.7
    assert (truth[kept] == 0).all()
    assert choose_threshold(probabilities, np.zeros(100, int)) == 0.0


def test_calibration_error_is_the_distance_between_certainty_and_accuracy() -> None:
    probabilities = np.tile([0.75, 0.25], (100, 1))
    truth = np.array([0] * 50 + [1] * 50)
    assert expected_calibration_error(probabilities, truth) == pytest.approx(0.25)


def test_the_deviation_is_that_of_the_population() -> None:
    assert mean_and_sd([1.0, 3.0]) == (2.0, 1.0)

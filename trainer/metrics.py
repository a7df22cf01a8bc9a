"""Measures of a classifier, and the calibration that validation speakers decide."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, recall_score

from ser_desktop.core.analysis import softmax
from ser_desktop.core.reliability import N_BINS, calibration_error, reliability

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Scores:
    """Scores of one set of predictions.

    Attributes
    ----------
    uar : float
        Unweighted average recall: the mean of the classes' recalls.
    wa : float
        Weighted accuracy: the share of utterances that are right.
    recalls : tuple of float
        One per class.
    confusion : tuple of tuple of int
        Rows are the truth, columns the answer.
    """

    uar: float
    wa: float
    recalls: tuple[float, ...]
    confusion: tuple[tuple[int, ...], ...]


def score(truth: Ints, answers: Ints, n_classes: int) -> Scores:
    """Score class indices (n_utterances,) against the truth."""
    # The classes are passed explicitly: one that is absent must not silently drop out of the mean.
    classes = list(range(n_classes))
    recalls = recall_score(truth, answers, labels=classes, average=None, zero_division=0.0)
    with warnings.catch_warnings():
        # It advises to pass the labels, which are passed, when there is only one.
        warnings.filterwarnings("ignore", "A single label was found")
        matrix = confusion_matrix(truth, answers, labels=classes)
    return Scores(
        uar=float(np.mean(recalls)),
        wa=float(accuracy_score(truth, answers)),
        recalls=tuple(float(r) for r in recalls),
        confusion=tuple(tuple(int(n) for n in row) for row in matrix),
    )


def fit_temperature(logits: Floats, truth: Ints) -> float:
    """Temperature that minimises the log loss of (n_utterances, n_classes) logits (Guo et al. 2017)."""
    classes = list(range(logits.shape[1]))

    def loss(log_temperature: float) -> float:
        return float(log_loss(truth, softmax(logits / np.exp(log_temperature)), labels=classes))

    best = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(best.x))


def log_loss_of(probabilities: Floats, truth: Ints) -> float:
    """Mean negative log probability of the truth."""
    return float(log_loss(truth, probabilities, labels=list(range(probabilities.shape[1]))))


def choose_threshold(probabilities: Floats, truth: Ints, min_coverage: float = 0.7) -> float:
    """Choose the probability below which to say "not sure".

    The threshold is the ``1 - min_coverage`` quantile of the best probabilities, lowered while that
    does not cost accuracy among the accepted answers: of all thresholds that keep at least
    ``min_coverage`` of the answers, the one with the highest accuracy among them.

    Parameters
    ----------
    probabilities : (n_utterances, n_classes)
    truth : (n_utterances,)
    min_coverage : float
        Share of validation answers that must remain.
    """
    certainty = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    candidates = np.unique(np.concatenate(([0.0], certainty[certainty <= np.quantile(certainty, 1 - min_coverage)])))
    accuracies = [right[certainty >= t].mean() for t in candidates]
    return float(candidates[int(np.argmax(accuracies))])


def expected_calibration_error(probabilities: Floats, truth: Ints, n_bins: int = N_BINS) -> float:
    """Mean distance between certainty and accuracy over equal bins of certainty, weighted by their size."""
    return calibration_error(reliability(probabilities, truth, n_bins))


def mean_and_sd(values: Sequence[float]) -> tuple[float, float]:
    """Mean and population standard deviation over seeds."""
    return float(np.mean(values)), float(np.std(values))

"""Answers that a model could give."""

from __future__ import annotations

from ser_desktop.core.prediction import AnswerState, Prediction

LABELS = ("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised")


def answer(state: AnswerState, best: float = 0.6) -> Prediction:
    rest = (1 - best) / 6
    return Prediction(0.0, 8.0, state, LABELS, (rest, best, rest, rest, rest, rest, rest))

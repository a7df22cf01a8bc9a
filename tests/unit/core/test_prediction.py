from __future__ import annotations

import pytest

from ser_desktop.core.prediction import AnswerState, Prediction

LABELS = ("calm", "angry", "happy")


def test_the_label_is_the_most_probable_class() -> None:
    answer = Prediction(1.0, 2.0, AnswerState.EMOTION, LABELS, (0.2, 0.5, 0.3))
    assert (answer.best, answer.label, answer.certainty) == (1, "angry", 0.5)


@pytest.mark.parametrize("state", [AnswerState.NO_SPEECH, AnswerState.TOO_QUIET])
def test_without_speech_there_is_no_label_and_no_number(state: AnswerState) -> None:
    answer = Prediction(1.0, 2.0, state, LABELS)
    assert (answer.best, answer.label, answer.certainty) == (None, None, 0.0)
    assert answer.as_json()["probabilities"] == {}


def test_the_words_of_an_answer_are_those_of_the_documentation() -> None:
    assert [str(state) for state in AnswerState] == ["emotion", "not sure", "no speech", "too quiet"]


def test_numbers_are_rounded_for_reading() -> None:
    answer = Prediction(1 / 3, 2.0, AnswerState.NOT_SURE, LABELS, (1 / 3, 1 / 3, 1 / 3))
    assert answer.as_json() == {
        "start_s": 0.333,
        "end_s": 2.0,
        "state": "not sure",
        "label": "calm",
        "probabilities": {"calm": 0.333333, "angry": 0.333333, "happy": 0.333333},
    }

from __future__ import annotations

from dataclasses import replace

from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.gui import messages
from tests.helpers.models import model_info

LABELS = ("calm", "angry", "disgust")
MODEL = model_info(labels=LABELS)


def why(*probabilities: float, state: AnswerState = AnswerState.EMOTION) -> str:
    return plain(messages.why(Prediction(0.0, 8.0, state, LABELS, probabilities), MODEL))


def plain(text: str) -> str:
    """With ordinary spaces before percent signs."""
    return text.replace("\u00a0", " ")


def test_the_processor_is_named_with_the_reason_and_the_way_of_computing() -> None:
    assert messages.device_status(MODEL) == "runs on CPU: it is there"
    computed = replace(MODEL, backend="PyTorch bfloat16", backend_reason="the fastest here")
    said = "runs on CPU: it is there · speech encoder by PyTorch bfloat16"
    assert messages.device_status(computed) == said
    assert messages.device_tip(computed) == f"{said}: the fastest here"
    assert messages.device_tip(MODEL) == messages.device_status(MODEL)


def test_an_answer_comes_with_the_next_best() -> None:
    assert "The voice sounds angry; next comes calm with 30 %." in why(0.3, 0.6, 0.1)


def test_a_voice_sounds_like_an_adjective() -> None:
    assert "The voice sounds disgusted; next comes angry with 30 %." in why(0.1, 0.3, 0.6)


def test_what_rounds_to_nothing_is_not_next() -> None:
    assert "The voice sounds angry. This is how" in why(0.002, 0.996, 0.002)


def test_without_an_answer_it_says_what_is_closest() -> None:
    assert "No emotion stands out: angry and calm are closest. Below 40 %" in why(
        0.33, 0.36, 0.31, state=AnswerState.NOT_SURE
    )


def test_before_any_answer_it_says_how_often_the_model_is_right() -> None:
    assert "it finds 60 % of the emotions (guessing: 33 %)" in plain(messages.why(None, MODEL))

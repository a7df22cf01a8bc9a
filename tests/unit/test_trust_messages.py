from __future__ import annotations

from dataclasses import replace

import pytest

from ser_desktop.core.levels import Heard, InputLight
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.reliability import ReliabilityBin
from ser_desktop.gui import messages, trust_messages
from tests.unit.test_messages import LABELS, MODEL, plain

COUNTED = replace(
    MODEL,
    reliability=(
        ReliabilityBin(0.3, 0.4, 25, 10, 0.36),
        ReliabilityBin(0.6, 0.7, 12, 8, 0.65),
        ReliabilityBin(0.7, 0.8, 9, 7, 0.75),
    ),
)
SILENT = [heard for heard in Heard if heard is not Heard.VOICE]


def unspoken(heard: Heard | None) -> Prediction:
    state = AnswerState.TOO_QUIET if heard is Heard.FAINT_VOICE else AnswerState.NO_SPEECH
    return Prediction(0.0, 8.0, state, LABELS, heard=heard)


def spoken(*probabilities: float, state: AnswerState = AnswerState.EMOTION) -> Prediction:
    return Prediction(0.0, 8.0, state, LABELS, probabilities, heard=Heard.VOICE)


@pytest.mark.parametrize("heard", SILENT)
def test_each_thing_that_is_no_voice_has_its_own_reason(heard: Heard) -> None:
    said = [messages.why(unspoken(other), MODEL) for other in SILENT]
    assert len(set(said)) == len(SILENT)
    assert messages.why(unspoken(heard), MODEL).endswith(".")


def test_a_fan_silence_and_keys_are_named() -> None:
    assert "like a fan" in messages.answer_subtitle(unspoken(Heard.STEADY))
    assert "othing but silence" in messages.why(unspoken(Heard.SILENCE), MODEL)
    assert "no voice" in messages.answer_subtitle(unspoken(Heard.NO_VOICE))
    assert "Whispering" in messages.why(unspoken(Heard.NO_VOICE), MODEL)
    assert "Speak louder" in messages.answer_subtitle(unspoken(Heard.FAINT_VOICE))


def test_answers_of_older_sessions_know_no_reason_and_say_the_general_one() -> None:
    assert "asked only when there is a voice" in messages.why(unspoken(None), MODEL)
    assert "voice" in messages.answer_subtitle(unspoken(None))


def test_an_answer_tells_how_often_the_model_was_right_when_it_was_as_sure() -> None:
    said = plain(messages.why(spoken(0.24, 0.66, 0.1), COUNTED))
    assert "When the model was this sure (60–80 %), it was right in 15 of 21 test recordings." in said
    assert said.startswith("The voice sounds angry")
    assert said.endswith("not what a person feels.")


def test_not_sure_tells_it_too() -> None:
    said = plain(messages.why(spoken(0.33, 0.35, 0.32, state=AnswerState.NOT_SURE), COUNTED))
    assert said.endswith("At 30–40 % it was right in 10 of 25 test recordings.")


@pytest.mark.parametrize("model", [MODEL, replace(COUNTED, reliability=COUNTED.reliability[1:2])])
def test_nothing_is_claimed_where_little_or_nothing_was_counted(model: object) -> None:
    assert trust_messages.how_reliable(spoken(0.24, 0.66, 0.1), model) == ""  # type: ignore[arg-type]
    assert "right in" not in messages.why(spoken(0.24, 0.66, 0.1), model)  # type: ignore[arg-type]


def test_the_models_tip_lists_all_that_was_counted() -> None:
    tip = plain(messages.model_tip(COUNTED))
    assert "says 30–40 %: right in 10 of 25\nsays 60–70 %: right in 8 of 12" in tip
    assert "right in" not in messages.model_tip(MODEL)


def test_a_narrow_microphone_is_told_with_what_to_do() -> None:
    word, advice = messages.light_words(InputLight.NARROW)
    assert word == "phone quality"
    assert "Bluetooth" in advice
    assert all(messages.light_words(light)[0] for light in InputLight)

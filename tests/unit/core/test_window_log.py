from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_desktop.core.levels import Heard
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.window_log import SILENT, WindowLog

LABELS = ("calm", "angry", "happy")
SPOKEN = (AnswerState.EMOTION, AnswerState.NOT_SURE)


@st.composite
def answers(draw: st.DrawFn) -> list[Prediction]:
    found = []
    for i in range(draw(st.integers(1, 12))):
        state = draw(st.sampled_from(list(AnswerState)))
        share = draw(st.integers(0, 8)) / 16  # exact in single precision, too
        probabilities = (share, 0.5, 0.5 - share) if state in SPOKEN else ()
        heard = draw(st.sampled_from([None, *Heard]))
        found.append(Prediction(4.0 * i, 4.0 * i + 8, state, LABELS, probabilities, heard=heard))
    return found


@given(answers())
def test_it_gives_back_what_was_put_in(predictions: list[Prediction]) -> None:
    log = WindowLog(LABELS, predictions)
    assert list(log) == predictions
    assert log[-1] == predictions[-1]
    assert log[1:3] == predictions[1:3]
    assert log == WindowLog(LABELS, predictions)
    assert log.speech_share == sum(p.state in SPOKEN for p in predictions) / len(predictions)


def whole(answers: list[Prediction], threshold: float) -> Prediction:
    answer = WindowLog(("calm", "angry"), answers).overall(threshold)
    assert answer is not None
    return answer


def prediction(state: AnswerState, *probabilities: float) -> Prediction:
    return Prediction(0.0, 1.0, state, ("calm", "angry"), probabilities)


def test_a_whole_file_is_the_mean_of_its_spoken_windows() -> None:
    spoken = [prediction(AnswerState.EMOTION, 0.9, 0.1), prediction(AnswerState.NOT_SURE, 0.5, 0.5)]
    answer = whole([*spoken, prediction(AnswerState.NO_SPEECH)], 0.6)
    assert answer.probabilities == pytest.approx((0.7, 0.3))
    assert answer.state is AnswerState.EMOTION
    assert whole(spoken, 0.8).state is AnswerState.NOT_SURE


def test_a_file_without_speech_says_why() -> None:
    silent = prediction(AnswerState.NO_SPEECH)
    assert whole([silent], 0.5).state is AnswerState.NO_SPEECH
    answer = whole([silent, prediction(AnswerState.TOO_QUIET)], 0.5)
    assert answer.state is AnswerState.TOO_QUIET
    assert answer.label is None


def instead(*heard: Heard | None) -> Heard | None:
    """Return what stands for a file in which that was heard, window by window."""
    states = {Heard.FAINT_VOICE: AnswerState.TOO_QUIET}
    windows = [Prediction(0.0, 1.0, states.get(h, AnswerState.NO_SPEECH), LABELS, heard=h) for h in heard]  # type: ignore[call-overload]
    answer = WindowLog(LABELS, windows).overall(0.5)
    assert answer is not None
    return answer.heard


def test_a_file_without_speech_says_what_was_heard_instead() -> None:
    assert instead(Heard.STEADY, Heard.STEADY, Heard.SILENCE) is Heard.STEADY
    assert instead(Heard.SILENCE, Heard.NO_VOICE) is Heard.NO_VOICE
    assert instead(Heard.SILENCE, Heard.SILENCE, Heard.FAINT_VOICE) is Heard.FAINT_VOICE
    assert instead(None) is None


@given(answers(), st.floats(0.4, 0.6))
def test_it_sums_up_from_the_first_window_to_the_last(predictions: list[Prediction], threshold: float) -> None:
    answer = WindowLog(LABELS, predictions).overall(threshold)
    assert answer is not None
    assert (answer.start_s, answer.end_s) == (predictions[0].start_s, predictions[-1].end_s)
    spoken = [p.probabilities for p in predictions if p.state in SPOKEN]
    wanted = tuple(sum(column) / len(spoken) for column in zip(*spoken, strict=True)) if spoken else ()
    assert answer.probabilities == pytest.approx(wanted)
    assert (answer.state is AnswerState.EMOTION) == (bool(spoken) and max(wanted) >= threshold)


@given(answers())
def test_it_tells_the_answer_of_each_window_at_once(predictions: list[Prediction]) -> None:
    log = WindowLog(LABELS, predictions)
    assert log.best().tolist() == [SILENT if p.best is None else p.best for p in predictions]
    assert log.is_sure().tolist() == [p.state is AnswerState.EMOTION for p in predictions]
    assert log.ends_s().tolist() == [p.end_s for p in predictions]


def test_an_empty_one_has_no_answer_and_no_speech() -> None:
    log = WindowLog(LABELS)
    assert log.overall(0.5) is None
    assert log.speech_share == 0
    assert len(log.best()) == 0
    with pytest.raises(IndexError):
        log[0]
    assert log != [], "it is a kind of its own"


def test_three_hours_take_a_tenth_of_a_megabyte() -> None:
    log = WindowLog(LABELS)
    for i in range(2700):
        log.append(Prediction(4.0 * i, 4.0 * i + 8, AnswerState.EMOTION, LABELS, (0.25, 0.5, 0.25)))
    buffers = (log._times, log._states, log._probabilities)
    assert sum(len(b) * b.itemsize for b in buffers) < 100_000

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.stream import overall
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
        found.append(Prediction(4.0 * i, 4.0 * i + 8, state, LABELS, probabilities))
    return found


@given(answers())
def test_it_gives_back_what_was_put_in(predictions: list[Prediction]) -> None:
    log = WindowLog(LABELS, predictions)
    assert list(log) == predictions
    assert log[-1] == predictions[-1]
    assert log[1:3] == predictions[1:3]
    assert log == WindowLog(LABELS, predictions)
    assert log.speech_share == sum(p.state in SPOKEN for p in predictions) / len(predictions)


@given(answers(), st.floats(0.4, 0.6))
def test_it_sums_up_like_a_list_of_predictions(predictions: list[Prediction], threshold: float) -> None:
    mine, theirs = WindowLog(LABELS, predictions).overall(threshold), overall(predictions, threshold)
    assert mine is not None
    assert theirs is not None
    assert (mine.start_s, mine.end_s, mine.state) == (theirs.start_s, theirs.end_s, theirs.state)
    assert mine.probabilities == pytest.approx(theirs.probabilities)


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

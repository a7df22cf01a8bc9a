from __future__ import annotations

import pytest

from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.session import Gap, Session
from ser_desktop.core.summary import summarise

LABELS = ("calm", "angry")


def session(*answers: tuple[AnswerState, tuple[float, ...]]) -> Session:
    made = Session("A model")
    made.labels = LABELS
    made.history = [Prediction(i, i + 1.0, state, LABELS, chances) for i, (state, chances) in enumerate(answers)]
    return made


def test_shares_are_of_the_answers_about_a_voice() -> None:
    made = session(
        (AnswerState.EMOTION, (0.2, 0.8)),
        (AnswerState.EMOTION, (0.9, 0.1)),
        (AnswerState.EMOTION, (0.3, 0.7)),
        (AnswerState.NOT_SURE, (0.5, 0.5)),
        (AnswerState.NO_SPEECH, ()),
        (AnswerState.TOO_QUIET, ()),
    )
    made.gaps = [Gap(1, 2.5), Gap(4, 5)]
    summary = summarise(made)
    assert summary.spoken == pytest.approx(4 / 6)
    assert summary.shares == {"calm": 0.25, "angry": 0.5}
    assert summary.not_sure == 0.25
    assert summary.commonest == "angry"
    assert (summary.duration_s, summary.n_answers, summary.gaps_s) == (6.0, 6, 2.5)


def test_a_session_without_a_voice_has_no_commonest_emotion() -> None:
    summary = summarise(session((AnswerState.NO_SPEECH, ())))
    assert (summary.spoken, summary.commonest, summary.not_sure) == (0, None, 0)
    assert summarise(session()).duration_s == 0

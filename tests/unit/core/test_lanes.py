from __future__ import annotations

import numpy as np
import pytest

from ser_desktop.core.lanes import Lanes
from ser_desktop.core.prediction import AnswerState, Prediction

LABELS = ("calm", "angry")


def answer(start_s: float, end_s: float, *probabilities: float, state: AnswerState = AnswerState.EMOTION) -> Prediction:
    return Prediction(start_s, end_s, state if probabilities else AnswerState.NO_SPEECH, LABELS, probabilities)


def edges(*times: float) -> np.ndarray:
    return np.array(times, dtype=float)


@pytest.fixture
def lanes() -> Lanes:
    lanes = Lanes(2)
    for one in (answer(0, 1, 0.9, 0.1), answer(0, 2), answer(0, 3, 0.2, 0.8)):
        lanes.add(one)
    return lanes


def test_each_answer_fills_the_time_since_the_one_before(lanes: Lanes) -> None:
    strengths = lanes.strengths(edges(0, 1, 2, 3, 4))
    assert strengths == pytest.approx(np.array([[0.9, 0, 0.2, 0], [0.1, 0, 0.8, 0]]))


def test_seen_from_afar_a_column_is_the_mean_of_what_it_holds(lanes: Lanes) -> None:
    assert lanes.strengths(edges(0, 4))[:, 0] == pytest.approx([1.1 / 4, 0.9 / 4])


def test_an_answer_fills_no_time_that_its_window_does_not_cover(lanes: Lanes) -> None:
    lanes.add(answer(10, 12, 0.5, 0.5))
    assert lanes.strengths(edges(3, 10, 12)) == pytest.approx(np.array([[0, 0.5], [0, 0.5]]))


def test_an_answer_that_is_not_sure_is_paler() -> None:
    lanes = Lanes(2)
    lanes.add(answer(0, 1, 0.5, 0.5, state=AnswerState.NOT_SURE))
    assert 0 < lanes.strengths(edges(0, 1))[0, 0] < 0.25


def test_many_at_once_are_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    history = []
    for i in range(1000):
        p = float(rng.random())
        history.append(answer(max(0, i - 7), i + 1, *((p, 1 - p) if i % 5 else ())))
    one_by_one, at_once = Lanes(2), Lanes(2)
    for one in history:
        one_by_one.add(one)
    at_once.extend(history[:300])
    at_once.extend(history[300:])
    at_once.add(answer(995, 1003, 1.0, 0.0))
    one_by_one.add(answer(995, 1003, 1.0, 0.0))
    columns = np.linspace(0, 1010, 333)
    assert at_once.strengths(columns) == pytest.approx(one_by_one.strengths(columns))
    assert [at_once.window(i) for i in (0, 500, 1000)] == [one_by_one.window(i) for i in (0, 500, 1000)]


@pytest.mark.parametrize(
    ("time_s", "index"), [(-1, 0), (0.5, 0), (1.5, 1), (2.9, 2), (6, 2), (9, 3), (10.5, 3), (99, 3)]
)
def test_the_answer_at_a_time_is_found_and_between_two_the_nearer_one(lanes: Lanes, time_s: float, index: int) -> None:
    lanes.add(answer(10, 11, 0.5, 0.5))
    assert lanes.at(time_s) == index


def test_without_answers_nothing_is_found() -> None:
    assert Lanes(2).at(1.0) is None
    assert not Lanes(2).strengths(edges(0, 1)).any()


def test_ten_hours_stay_small() -> None:
    lanes = Lanes(8)
    one = Prediction(0, 0, AnswerState.EMOTION, tuple("abcdefgh"), (1 / 8,) * 8)
    lanes.extend([Prediction(max(0, i - 7), i + 1, one.state, one.labels, one.probabilities) for i in range(36_000)])
    lanes.add(Prediction(35_993, 36_001, one.state, one.labels, one.probabilities))
    assert lanes.strengths(edges(0, 36_001)) == pytest.approx(1 / 8)
    held = sum(part.nbytes for part in (lanes._edges, lanes._areas, lanes._starts))
    assert held < 12e6

"""Which utterances a voice is calibrated with."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.voice_study.draws import Speaker, Style, draw, statistics_of

FRAME_S = 0.02
EMOTIONS = ("neutral", "happy", "sad") * 4


def speaker(name: str = "Anna", seconds: float = 3.0) -> Speaker:
    random = np.random.default_rng(0)
    n_frames = round(seconds / FRAME_S)
    branches = tuple(
        (
            random.normal(i, 1, size=(2, n_frames, 3)).astype(np.float32),
            random.normal(-i, 1, size=(1, n_frames + 1, 2)).astype(np.float32),
        )
        for i in range(len(EMOTIONS))
    )
    return Speaker(name, EMOTIONS, branches)


@pytest.mark.parametrize("seconds", [5.0, 10.0, 20.0])
def test_a_draw_lasts_exactly_as_long_as_it_should(seconds: float) -> None:
    drawn = draw(speaker(), Style.MIXED, seconds, FRAME_S, 0)
    assert drawn is not None
    assert sum(drawn.n_frames) == round(seconds / FRAME_S)
    assert len(set(drawn.chosen)) == len(drawn.chosen)


def test_a_longer_draw_begins_with_the_shorter_one() -> None:
    short, long = (draw(speaker(), Style.MIXED, seconds, FRAME_S, 3) for seconds in (10.0, 20.0))
    assert short is not None
    assert long is not None
    assert long.chosen[: len(short.chosen)] == short.chosen


def test_neutral_draws_hold_neutral_speech_only() -> None:
    for number in range(5):
        drawn = draw(speaker(), Style.NEUTRAL, 10.0, FRAME_S, number)
        assert drawn is not None
        assert {EMOTIONS[i] for i in drawn.chosen} == {"neutral"}


def test_draws_differ_from_each_other_and_between_speakers_but_not_from_time_to_time() -> None:
    chosen = [draw(speaker(name), Style.MIXED, 10.0, FRAME_S, number) for name in ("Anna", "Bob") for number in (0, 1)]
    assert len({d.chosen for d in chosen if d}) == 4
    assert chosen[0] == draw(speaker(), Style.MIXED, 10.0, FRAME_S, 0)


def test_who_has_too_little_speech_gives_no_draw() -> None:
    # Four neutral utterances of three seconds, twelve of all kinds.
    assert draw(speaker(), Style.NEUTRAL, 12.0, FRAME_S, 0) is not None
    assert draw(speaker(), Style.NEUTRAL, 12.1, FRAME_S, 0) is None
    assert draw(speaker(), Style.MIXED, 36.1, FRAME_S, 0) is None


def test_statistics_are_those_of_the_drawn_frames_alone() -> None:
    one = speaker()
    drawn = draw(one, Style.MIXED, 5.0, FRAME_S, 0)
    assert drawn is not None
    pieces = zip(drawn.chosen, drawn.n_frames, strict=True)
    frames = np.concatenate([one.branches[i][0][:, :n] for i, n in pieces], axis=1)
    found = statistics_of(one, drawn)
    np.testing.assert_allclose(found[0].mean, frames.mean(axis=1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[0].std, frames.std(axis=1), rtol=1e-4)
    assert found[1].mean.shape == (1, 2)


def test_what_was_drawn_is_not_left_in() -> None:
    drawn = draw(speaker(), Style.MIXED, 5.0, FRAME_S, 0)
    assert drawn is not None
    left = drawn.left_in(len(EMOTIONS))
    assert not left[list(drawn.chosen)].any()
    assert left.sum() == len(EMOTIONS) - len(drawn.chosen)

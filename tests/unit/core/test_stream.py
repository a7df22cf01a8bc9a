from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.ring import RingBuffer
from ser_desktop.core.stream import LiveStream, analyse_blocks
from tests.helpers.judges import SteadyJudge
from tests.helpers.sounds import noise, speech_like

RATE = SAMPLE_RATE_HZ


def live(judge: SteadyJudge, rate: int = RATE, **options: float) -> tuple[LiveStream, RingBuffer]:
    ring = RingBuffer(30 * rate)
    return LiveStream(judge, ring, rate, **options), ring  # type: ignore[arg-type]


def feed(stream: LiveStream, ring: RingBuffer, samples: FloatArray, block: int = 320) -> Iterator[Prediction]:
    for start in range(0, len(samples), block):
        ring.write(samples[start : start + block])
        answer = stream.poll()
        if answer is not None:
            yield answer


def test_the_first_answer_comes_after_one_second_then_one_every_hop() -> None:
    stream, ring = live(SteadyJudge())
    answers = list(feed(stream, ring, speech_like(11.5)))
    assert [round(a.end_s) for a in answers] == list(range(1, 12))
    assert all(a.end_s == pytest.approx(round(a.end_s), abs=0.021) for a in answers)


def test_windows_grow_to_their_full_length_unpadded_and_then_slide() -> None:
    judge = SteadyJudge(window_s=4.0)
    samples = speech_like(7.0)
    stream, ring = live(judge)
    answers = list(feed(stream, ring, samples))
    assert [len(w) / RATE for w in judge.windows] == [1, 2, 3, 4, 4, 4, 4]
    np.testing.assert_array_equal(judge.windows[-1], samples[3 * RATE :])
    assert answers[-1].start_s == pytest.approx(3.0)


@pytest.mark.parametrize("hop_s", [0.25, 0.5, 8.0])
def test_the_hop_can_be_set_and_the_first_answer_does_not_wait_for_it(hop_s: float) -> None:
    stream, ring = live(SteadyJudge(), hop_s=hop_s)
    ends = [a.end_s for a in feed(stream, ring, speech_like(9.5))]
    assert ends[0] == pytest.approx(1.0, abs=0.03)
    assert np.diff(ends) == pytest.approx(hop_s, abs=0.03)


def test_a_slow_model_gets_the_latest_window_and_the_skipped_ones_are_counted() -> None:
    judge = SteadyJudge()
    samples = speech_like(12.0)
    stream, ring = live(judge)
    first = list(feed(stream, ring, samples[:RATE]))
    assert first[0].n_skipped == 0
    ring.write(samples[RATE : 6 * RATE])
    answer = stream.poll()
    assert answer is not None
    assert answer.end_s == pytest.approx(6.0)
    assert answer.n_skipped == 4
    assert stream.poll() is None, "nothing newer is there"
    np.testing.assert_array_equal(judge.windows[-1], samples[: 6 * RATE])


def test_latency_is_the_cards_delay_and_the_sound_that_came_while_the_model_was_busy() -> None:
    ring = RingBuffer(30 * RATE)

    class BusyJudge(SteadyJudge):
        def probabilities(self, windows: Sequence[FloatArray]) -> list[np.ndarray]:
            ring.write(speech_like(0.75))
            return super().probabilities(windows)

    stream = LiveStream(BusyJudge(), ring, RATE, input_latency_s=0.04)
    ring.write(speech_like(2.0))
    answer = stream.poll()
    assert answer is not None
    assert answer.latency_s == pytest.approx(0.79)


def test_stop_analyses_the_last_words() -> None:
    judge = SteadyJudge()
    samples = speech_like(3.7)
    stream, ring = live(judge)
    answers = list(feed(stream, ring, samples))
    last = stream.finish()
    assert last is not None
    assert answers[-1].end_s == pytest.approx(3.0)
    assert last.end_s == pytest.approx(3.7)
    np.testing.assert_array_equal(judge.windows[-1], samples)


def test_stop_right_after_an_answer_or_before_anything_could_be_heard_adds_nothing() -> None:
    stream, ring = live(SteadyJudge())
    assert len(list(feed(stream, ring, speech_like(2.0)))) == 2
    assert stream.finish() is None
    stream, ring = live(SteadyJudge())
    list(feed(stream, ring, speech_like(0.5)))
    assert stream.finish() is None


def test_other_rates_are_converted_and_keep_their_time() -> None:
    stream, ring = live(SteadyJudge(), rate=48_000)
    answers = list(feed(stream, ring, np.repeat(speech_like(5.0), 3), block=960))
    last = stream.finish()
    assert last is not None
    assert last.end_s == pytest.approx(5.0, abs=0.01)
    assert len(answers) == 4 or len(answers) == 5


def test_after_an_interruption_time_goes_on_and_windows_begin_anew() -> None:
    ring = RingBuffer(30 * RATE)
    ring.write(speech_like(5.0))
    judge = SteadyJudge()
    stream = LiveStream(judge, ring, RATE, origin=4 * RATE, start_s=20.0)
    answer = stream.poll()
    assert answer is not None
    assert (answer.start_s, answer.end_s) == (20.0, 21.0)
    assert len(judge.windows[0]) == RATE


def test_sound_that_was_overwritten_becomes_silence_of_the_same_length() -> None:
    ring = RingBuffer(2 * RATE)
    stream = LiveStream(SteadyJudge(), ring, RATE)
    for _ in range(5):
        ring.write(speech_like(1.0))
    answer = stream.poll()
    assert answer is not None
    assert answer.end_s == pytest.approx(5.0)
    assert stream.n_lost == 3 * RATE


@pytest.mark.parametrize(
    ("samples", "state"),
    [
        (noise(2.0, 0.01), AnswerState.NO_SPEECH),
        (speech_like(2.0, level=0.0004), AnswerState.TOO_QUIET),
        (speech_like(2.0), AnswerState.EMOTION),
    ],
)
def test_the_model_is_asked_only_when_there_is_speech(samples: FloatArray, state: AnswerState) -> None:
    judge = SteadyJudge()
    stream, ring = live(judge)
    answers = list(feed(stream, ring, samples))
    assert {a.state for a in answers} == {state}
    assert bool(judge.windows) is (state is AnswerState.EMOTION)
    assert bool(answers[0].probabilities) is (state is AnswerState.EMOTION)


def test_below_the_threshold_it_is_not_sure_but_tells_its_tendency() -> None:
    stream, ring = live(SteadyJudge((0.4, 0.35, 0.25), threshold=0.5))
    answer = next(feed(stream, ring, speech_like(2.0)))
    assert answer.state is AnswerState.NOT_SURE
    assert answer.label == "calm"
    assert answer.certainty == pytest.approx(0.4)


@pytest.mark.parametrize("block", [1, 999, 16_000, 1_000_000])
def test_windows_of_a_file_do_not_depend_on_the_size_of_the_blocks(block: int) -> None:
    samples = speech_like(10.4 if block > 1 else 4.2)
    judge = SteadyJudge(window_s=4.0)
    blocks = (samples[i : i + block] for i in range(0, len(samples), block))
    ends = [p.end_s for p in analyse_blocks(judge, blocks)]
    last = round(len(samples) / RATE, 3)
    assert ends == pytest.approx([*range(4, int(last) + 1), last])
    assert all(len(w) == 4 * RATE for w in judge.windows)


@pytest.mark.parametrize("n_at_once", [1, 2, 3, 100])
def test_windows_of_a_file_are_answered_in_order_however_many_are_judged_together(n_at_once: int) -> None:
    samples = np.concatenate((speech_like(5.0), np.zeros(10 * RATE, np.float32), speech_like(6.3, seed=1)))
    judge = SteadyJudge(window_s=4.0)
    judge.n_at_once = n_at_once
    answers = list(analyse_blocks(judge, iter([samples])))
    assert [a.end_s for a in answers] == pytest.approx([*range(4, 22), 21.3])
    silent = {a.end_s for a in answers if not a.probabilities}
    assert silent >= set(range(9, 16))
    assert len(judge.windows) == len(answers) - len(silent), "silence is not judged"


def test_a_short_file_is_one_unpadded_window() -> None:
    judge = SteadyJudge()
    (answer,) = analyse_blocks(judge, iter([speech_like(3.3)]))
    assert (answer.start_s, answer.end_s) == (0.0, pytest.approx(3.3))
    assert len(judge.windows[0]) == len(speech_like(3.3))

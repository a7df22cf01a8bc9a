"""How much speech a recording holds, and the statistics of its features."""

from __future__ import annotations

import numpy as np
import pytest

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.calibrate import SpeechClock, measure, spoken
from ser_desktop.core.features import FeatureName, FeatureSpec
from tests.helpers.noises import at_level, keyboard
from tests.helpers.sounds import noise, speech_like


class Loudness:
    """An extractor with one feature: the mean square of each 20 ms."""

    spec = FeatureSpec(FeatureName.EGEMAPS, 1, 1)

    def extract(self, samples: FloatArray) -> FloatArray:
        frames = samples[: len(samples) // 320 * 320].reshape(1, -1, 320)
        return np.square(frames).mean(axis=2, keepdims=True).astype(np.float32)


def speech_seconds(samples: FloatArray) -> float:
    return spoken(samples)[1]


def stretches(samples: FloatArray) -> list[FloatArray]:
    return spoken(samples)[0]


def silence(seconds: float) -> FloatArray:
    return noise(seconds, 1e-5)


def test_pauses_are_not_counted_as_speech() -> None:
    voice = speech_like(4.0)
    with_pauses = np.concatenate((silence(3.0), voice, silence(5.0), voice, silence(3.0)))
    assert speech_seconds(with_pauses) == pytest.approx(2 * speech_seconds(voice), abs=0.3)
    assert 1.0 < speech_seconds(voice) < 4.0


@pytest.mark.parametrize("sound", [silence(5.0), noise(5.0, 0.1), np.zeros(80_000, np.float32)])
def test_silence_and_steady_noise_hold_no_speech(sound: FloatArray) -> None:
    assert speech_seconds(sound) < 0.2


def test_keys_are_loud_and_no_speech() -> None:
    keys = at_level(keyboard(np.random.default_rng(1), 20 * SAMPLE_RATE_HZ), -30.0)
    assert SpeechClock().push(keys) > 1.0, "loud enough to be taken for speech by its level alone"
    assert spoken(keys) == ([], 0.0)
    voice = speech_like(5.0)
    pieces, speech_s = spoken(np.concatenate((keys, silence(4.0), voice)))
    assert speech_s == pytest.approx(speech_seconds(voice), abs=0.3)
    assert sum(map(len, pieces)) / SAMPLE_RATE_HZ == pytest.approx(5.5, abs=0.5)


def test_a_growing_recording_is_counted_block_by_block_at_the_rate_of_its_source() -> None:
    voice = np.concatenate((silence(1.0), speech_like(4.0), silence(1.0)))
    clock = SpeechClock(48_000.0)
    at_48_khz = np.repeat(voice, 3)
    for block in np.array_split(at_48_khz, 77):
        clock.push(block)
    assert clock.speech_s == pytest.approx(speech_seconds(voice), abs=0.05)


def test_a_clock_that_heard_nothing_says_zero() -> None:
    assert SpeechClock().speech_s == 0.0
    assert SpeechClock().push(np.zeros(0, np.float32)) == 0.0


def test_long_pauses_are_cut_out_and_short_ones_stay() -> None:
    voice = speech_like(2.0)
    joined = np.concatenate((silence(6.0), voice, silence(0.4), voice, silence(6.0)))
    (piece,) = stretches(joined)
    # Both halves, the pause between them, and half a second on both sides.
    assert len(piece) / SAMPLE_RATE_HZ == pytest.approx(4.4 + 1.0, abs=0.5)


def test_no_stretch_is_longer_than_a_window_and_none_is_a_scrap() -> None:
    pieces = stretches(speech_like(17.0))
    assert len(pieces) == 3
    assert all(5.0 < len(piece) / SAMPLE_RATE_HZ <= 8.0 for piece in pieces)


def test_silence_has_no_stretches() -> None:
    assert stretches(silence(3.0)) == []
    assert stretches(np.zeros(0, np.float32)) == []


def test_statistics_are_those_of_all_frames_together() -> None:
    pieces = [speech_like(1.0, seed=i, level=0.1 * (i + 1)) for i in range(3)]
    told: list[tuple[int, int]] = []
    (found,) = measure([Loudness()], pieces, lambda done, total: told.append((done, total)))
    frames = np.concatenate([Loudness().extract(piece) for piece in pieces], axis=1)
    np.testing.assert_allclose(found.mean, frames.mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(found.std, frames.std(axis=1), rtol=1e-4)
    assert told == [(1, 3), (2, 3), (3, 3)]

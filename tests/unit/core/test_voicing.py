from __future__ import annotations

import numpy as np
import pytest

from ser_desktop.core.voicing import periodicity
from tests.helpers import noises

N = 16_000
CENTRES = np.arange(1000, 15_000, 500)


def harmonic(hz: float, n_harmonics: int = 10) -> np.ndarray:
    t = np.arange(N) / 16_000
    sound = sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, n_harmonics + 1) if k * hz < 7000)
    return np.asarray(0.1 * sound, np.float32)


@pytest.mark.parametrize("hz", [70, 110, 205, 330, 390, 520])
def test_a_voices_pitch_repeats_itself_and_so_do_its_overtones(hz: float) -> None:
    whole, overtones = periodicity(harmonic(hz), CENTRES)
    assert whole.min() > 0.9
    assert overtones.min() > 0.9


@pytest.mark.parametrize("make", [noises.white, noises.pink, noises.brown])
def test_noise_does_not_repeat_itself(make: noises.Maker) -> None:
    whole, overtones = periodicity(make(np.random.default_rng(0), N), CENTRES)
    assert np.mean((whole > 0.75) & (overtones > 0.6)) < 0.05


def test_a_low_tone_has_no_overtones() -> None:
    rng = np.random.default_rng(0)
    tone = 0.1 * np.sin(2 * np.pi * 90 * np.arange(N) / 16_000) + 0.002 * rng.standard_normal(N)
    whole, overtones = periodicity(tone.astype(np.float32), CENTRES)
    assert whole.min() > 0.9
    assert np.median(overtones) < 0.6


def test_noise_of_a_third_of_the_voices_power_leaves_three_quarters() -> None:
    rng = np.random.default_rng(0)
    voice = harmonic(140, 20)
    noise = rng.standard_normal(N) * np.sqrt(np.mean(voice**2) / 3)
    whole, _ = periodicity((voice + noise).astype(np.float32), CENTRES)
    assert float(np.median(whole)) == pytest.approx(0.75, abs=0.05)


@pytest.mark.parametrize("gain", [1e-4, 1.0, 8.0])
def test_loudness_does_not_matter(gain: float) -> None:
    whole, overtones = periodicity(harmonic(140), CENTRES)
    again = periodicity(harmonic(140) * np.float32(gain), CENTRES)
    np.testing.assert_allclose(again[0], whole, atol=0.01)
    np.testing.assert_allclose(again[1], overtones, atol=0.01)


def test_silence_nothing_and_too_little_have_no_period() -> None:
    for samples in (np.zeros(N, np.float32), np.full(N, 0.5, np.float32)):
        whole, overtones = periodicity(samples, CENTRES)
        assert not whole.any()
        assert not overtones.any()
    assert not periodicity(harmonic(140)[:1000], np.array([500]))[0].any()
    assert len(periodicity(harmonic(140), np.zeros(0, np.int64))[0]) == 0


def test_frames_at_the_ends_are_moved_inwards() -> None:
    ends, _ = periodicity(harmonic(140), np.array([0, N - 1]))
    assert ends.min() > 0.9

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest

from ser_desktop.core import paths
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, load
from tests.helpers.sounds import noise, speech_like
from trainer import degrade
from trainer.degrade import (
    CONDITIONS,
    Condition,
    babble,
    coloured_noise,
    for_training,
    through_opus,
    through_telephone,
    with_gain,
    with_noise,
)

EVERY_CONDITION = pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
VOICES = [
    speech_like(seconds, level, seed) for seed, (seconds, level) in enumerate([(0.7, 0.3), (2.0, 0.02), (9, 0.1)])
]

SOUNDS = ["voice", "full scale", "odd length"]


def full_scale(seconds: float = 1.0) -> FloatArray:
    """A square wave that touches both ends: what is filtered overshoots."""
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return np.sign(np.sin(2 * np.pi * 300 * t) + 1e-9).astype(np.float32)


def power(samples: FloatArray) -> float:
    return float(np.mean(samples.astype(np.float64) ** 2))


def power_between(samples: FloatArray, low_hz: float, high_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ)
    return float(spectrum[(hz >= low_hz) & (hz < high_hz)].sum())


def in_db(ratio: float) -> float:
    return float(10 * np.log10(ratio))


def changed(condition: Condition, samples: FloatArray, seed: int = 0) -> FloatArray:
    return condition.change(samples, VOICES, np.random.default_rng(seed))


class OpusFile:
    """Stands where libsndfile's writer stands, lets it write, and weighs what was written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n_bytes = 0
        self._write = degrade.sf.write
        monkeypatch.setattr(degrade.sf, "write", self.write)

    def write(self, file: io.BytesIO, *details: object, **more: object) -> None:
        self._write(file, *details, **more)
        self.n_bytes = file.getbuffer().nbytes


class Drawn:
    """Stands where the single changes stand, changes nothing, and notes what was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gains_db: list[float] = []
        self.snrs_db: list[float] = []
        self.exponents: list[float] = []
        self.bit_rates: list[int] = []
        self.n_calls = 0
        for change in (self.with_gain, self.with_noise, self.coloured_noise, self.through_opus, self.through_telephone):
            monkeypatch.setattr(degrade, change.__name__, change)

    def with_gain(self, samples: FloatArray, gain_db: float) -> FloatArray:
        self.gains_db.append(gain_db)
        return samples

    def with_noise(self, samples: FloatArray, _noise: FloatArray, snr_db: float) -> FloatArray:
        self.snrs_db.append(snr_db)
        return samples

    def coloured_noise(self, n_samples: int, _rng: np.random.Generator, exponent: float) -> FloatArray:
        self.exponents.append(exponent)
        return np.zeros(n_samples, np.float32)

    def through_opus(self, samples: FloatArray, bit_rate: int) -> FloatArray:
        self.bit_rates.append(bit_rate)
        return samples

    def through_telephone(self, samples: FloatArray) -> FloatArray:
        self.n_calls += 1
        return samples


@pytest.mark.parametrize("gain_db", [-24.0, -10.0, 0.0, 6.0])
def test_a_gain_moves_the_level_by_so_many_decibels(gain_db: float) -> None:
    voice = speech_like(1.0, level=0.1)
    assert in_db(power(with_gain(voice, gain_db)) / power(voice)) == pytest.approx(gain_db, abs=1e-4)


def test_what_exceeds_full_scale_is_clipped() -> None:
    louder = with_gain(speech_like(1.0, level=0.4), 20.0)
    assert louder.max() == 1.0
    assert louder.min() == -1.0


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 10.0, 20.0, 30.0])
@pytest.mark.parametrize("level", [0.001, 0.05])
def test_noise_is_added_at_exactly_the_ratio_asked_for(snr_db: float, level: float) -> None:
    voice, hiss = speech_like(2.0, level), noise(2.0, 0.3)
    added = with_noise(voice, hiss, snr_db).astype(np.float64) - voice
    assert in_db(power(voice) / power(added)) == pytest.approx(snr_db, abs=0.01)
    assert np.corrcoef(added, hiss)[0, 1] > 0.999, "it is that noise"


def test_silence_stays_silent_and_silent_noise_changes_nothing() -> None:
    silence, voice = np.zeros(1600, np.float32), speech_like(0.1)
    np.testing.assert_array_equal(with_noise(silence, noise(0.1, 0.3), 10.0), silence)
    np.testing.assert_array_equal(with_noise(voice, silence, 10.0), voice)


@pytest.mark.parametrize(("exponent", "db_per_octave"), [(0.0, 0.0), (0.5, -3.01), (1.0, -6.02)])
def test_noise_is_white_pink_or_brown(exponent: float, db_per_octave: float) -> None:
    hiss = coloured_noise(20 * SAMPLE_RATE_HZ, np.random.default_rng(0), exponent)
    # Per hertz: the upper octave is twice as wide.
    slope = in_db(power_between(hiss, 2000, 4000) / 2 / power_between(hiss, 1000, 2000))
    assert slope == pytest.approx(db_per_octave, abs=0.2)


@pytest.mark.parametrize("n_samples", [1, 1600, 1601])
def test_noise_and_babble_are_as_long_as_asked_for(n_samples: int) -> None:
    assert coloured_noise(n_samples, np.random.default_rng(0)).shape == (n_samples,)
    assert babble(n_samples, VOICES, np.random.default_rng(0)).shape == (n_samples,)


def test_babble_goes_on_when_the_voices_are_shorter() -> None:
    sound = babble(10 * SAMPLE_RATE_HZ, VOICES[:1], np.random.default_rng(0))
    seconds = sound.reshape(10, SAMPLE_RATE_HZ)
    assert min(power(second) for second in seconds) > 0.1 * power(sound)


def test_nobody_is_louder_than_the_others_in_babble() -> None:
    loud = babble(16_000, [10 * VOICES[0], VOICES[1]], np.random.default_rng(0))
    np.testing.assert_allclose(babble(16_000, VOICES[:2], np.random.default_rng(0)), loud, rtol=1e-4, atol=1e-4)


def test_babble_is_more_than_one_voice_at_a_time() -> None:
    one = babble(16_000, [VOICES[1]], np.random.default_rng(0))
    other = babble(16_000, [VOICES[1]], np.random.default_rng(1))
    assert not np.allclose(one, other), "voices begin anywhere"
    assert len(np.unique(np.round(one, 4))) > 1000


def test_opus_is_written_at_about_16_kbit_s(monkeypatch: pytest.MonkeyPatch) -> None:
    file = OpusFile(monkeypatch)
    voice = load(paths.demo_clip())
    through_opus(voice)
    kbit_s = 8 * file.n_bytes / (len(voice) / SAMPLE_RATE_HZ) / 1000
    assert kbit_s == pytest.approx(16.0, rel=0.25), "a variable rate: pauses need less"


def test_more_bits_make_larger_and_truer_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    file = OpusFile(monkeypatch)
    voice = load(paths.demo_clip())[: 5 * SAMPLE_RATE_HZ]
    sizes, errors = [], []
    for bit_rate in (8_000, 16_000, 32_000):
        errors.append(power(through_opus(voice, bit_rate) - voice))
        sizes.append(file.n_bytes)
    assert sizes == sorted(sizes)
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] > 0, "it is coded"


@pytest.mark.parametrize("change", [through_opus, through_telephone])
@pytest.mark.parametrize("seconds", [1.0, 2.5])
def test_sound_comes_back_in_time(change: Callable[[FloatArray], FloatArray], seconds: float) -> None:
    voice = speech_like(seconds)
    back = change(voice)
    lags = np.correlate(back, voice, "full")
    assert int(np.argmax(lags)) - (len(voice) - 1) == 0
    assert np.corrcoef(back, voice)[0, 1] > 0.99


@pytest.mark.parametrize("change", [through_opus, through_telephone])
@pytest.mark.parametrize("n_samples", [1600, 1601, 16_001, 31_999])
def test_sound_comes_back_as_long_as_it_was(change: Callable[[FloatArray], FloatArray], n_samples: int) -> None:
    assert change(speech_like(2.0)[:n_samples]).shape == (n_samples,)


def test_nothing_above_4_khz_comes_through_the_telephone_and_the_rest_does() -> None:
    hiss = noise(5.0, 0.05)
    heard = through_telephone(hiss)
    assert in_db(power_between(heard, 4000, 8001) / power_between(hiss, 4000, 8001)) < -60
    assert in_db(power_between(heard, 50, 3600) / power_between(hiss, 50, 3600)) == pytest.approx(0.0, abs=0.1)


def test_names_of_conditions_are_unique_and_the_first_leaves_sound_alone() -> None:
    assert len({condition.name for condition in CONDITIONS}) == len(CONDITIONS)
    voice = speech_like(1.0)
    np.testing.assert_array_equal(changed(CONDITIONS[0], voice), voice)
    for condition in CONDITIONS[1:]:
        assert not np.allclose(changed(condition, voice), voice, atol=1e-4), condition.name


@EVERY_CONDITION
@pytest.mark.parametrize("samples", [speech_like(1.0), full_scale(), speech_like(0.1)[:1601]], ids=SOUNDS)
def test_a_condition_keeps_length_kind_and_range(condition: Condition, samples: FloatArray) -> None:
    before = samples.copy()
    after = changed(condition, samples)
    assert (after.shape, after.dtype) == (samples.shape, np.float32)
    assert np.abs(after).max() <= 1.0
    np.testing.assert_array_equal(samples, before, "the recording itself stays as it is")


@EVERY_CONDITION
def test_the_same_generator_makes_the_same_change(condition: Condition) -> None:
    voice = speech_like(1.0)
    np.testing.assert_array_equal(changed(condition, voice, seed=3), changed(condition, voice, seed=3))


@pytest.mark.parametrize(
    ("name", "expected_db"),
    [
        ("white noise, 20 dB SNR", 20),
        ("white noise, 10 dB SNR", 10),
        ("babble, 20 dB SNR", 20),
        ("babble, 10 dB SNR", 10),
    ],
)
def test_a_noisy_condition_has_the_ratio_of_its_name(name: str, expected_db: float) -> None:
    voice = speech_like(3.0, level=0.05)
    condition = next(condition for condition in CONDITIONS if condition.name == name)
    added = changed(condition, voice).astype(np.float64) - voice
    assert in_db(power(voice) / power(added)) == pytest.approx(expected_db, abs=0.01)


@pytest.mark.parametrize(("name", "expected_db"), [("10 dB quieter", -10), ("20 dB quieter", -20)])
def test_a_quieter_condition_is_as_quiet_as_its_name_says(name: str, expected_db: float) -> None:
    voice = speech_like(1.0)
    condition = next(condition for condition in CONDITIONS if condition.name == name)
    assert in_db(power(changed(condition, voice)) / power(voice)) == pytest.approx(expected_db, abs=1e-4)


@pytest.mark.parametrize("samples", [speech_like(0.5), full_scale(0.5), speech_like(0.2)[:1601]], ids=SOUNDS)
def test_a_copy_for_training_keeps_length_kind_and_range(samples: FloatArray) -> None:
    before = samples.copy()
    for seed in range(60):
        copy = for_training(samples, np.random.default_rng(seed))
        assert (copy.shape, copy.dtype) == (samples.shape, np.float32)
        assert np.isfinite(copy).all()
        assert np.abs(copy).max() <= 1.0
    np.testing.assert_array_equal(samples, before)


def test_the_same_generator_makes_the_same_copy_and_another_one_another() -> None:
    voice = speech_like(1.0)
    copies = [for_training(voice, np.random.default_rng(seed)) for seed in range(20)]
    for seed, copy in enumerate(copies):
        np.testing.assert_array_equal(for_training(voice, np.random.default_rng(seed)), copy)
        assert not any(np.array_equal(copy, other) for other in [voice, *copies[:seed]])


def test_copies_are_changed_as_often_and_as_much_as_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, n = Drawn(monkeypatch), 2000
    rng = np.random.default_rng(0)
    for _ in range(n):
        for_training(np.zeros(4, np.float32), rng)
    assert len(drawn.gains_db) == n
    assert len(drawn.snrs_db) / n == pytest.approx(0.5, abs=0.03)
    assert len(drawn.bit_rates) / n == pytest.approx(0.25, abs=0.03)
    assert drawn.n_calls / n == pytest.approx(0.10, abs=0.02)
    for values, low, high in (
        (drawn.gains_db, -24, 6),
        (drawn.snrs_db, 10, 30),
        (drawn.exponents, 0, 1),
        (drawn.bit_rates, 12_000, 32_000),
    ):
        assert low <= min(values) < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < max(values) <= high

"""What reaches a model from a real microphone: quieter, noisier, coded and narrower sound."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import soundfile as sf
import soxr

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray

TELEPHONE_RATE_HZ = 8_000
OPUS_BIT_RATE = 16_000
_N_VOICES = 6
# libsndfile maps a compression level of 0 … 1 to 256 … 6 kbit/s for each channel.
_OPUS_LOWEST, _OPUS_SPAN = 6_000, 250_000
_TINY = 1e-12

Generator = np.random.Generator


@dataclass(frozen=True)
class Condition:
    """A way in which sound is changed before a model hears it.

    Attributes
    ----------
    name : str
        For tables.
    change : callable
        From samples, other people's voices to babble with, and a random generator, to changed samples.
    """

    name: str
    change: Callable[[FloatArray, Sequence[FloatArray], Generator], FloatArray]


def with_gain(samples: FloatArray, gain_db: float) -> FloatArray:
    """Return samples at another level; what exceeds full scale is clipped, as a sound card does."""
    return np.asarray(np.clip(samples * np.float32(10 ** (gain_db / 20)), -1.0, 1.0), dtype=np.float32)


def with_noise(samples: FloatArray, noise: FloatArray, snr_db: float) -> FloatArray:
    """Add noise of the same length at a ratio of mean powers."""
    power, noise_power = float(np.mean(samples**2)), float(np.mean(noise**2))
    scale = np.sqrt(power / max(noise_power, _TINY) / 10 ** (snr_db / 10))
    return np.clip(samples + noise * np.float32(scale), -1.0, 1.0).astype(np.float32)


def coloured_noise(n_samples: int, rng: Generator, exponent: float = 0.0) -> FloatArray:
    """Noise whose amplitude falls with frequency to the power of ``-exponent``: 0 white, ½ pink, 1 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    hz = np.fft.rfftfreq(n_samples, 1 / SAMPLE_RATE_HZ)
    return np.asarray(np.fft.irfft(spectrum / np.maximum(hz, 20.0) ** exponent, n_samples), dtype=np.float32)


def babble(n_samples: int, voices: Sequence[FloatArray], rng: Generator) -> FloatArray:
    """Six of the voices at once, equally loud, each repeated from some moment on."""
    chosen = [voices[i] for i in rng.integers(len(voices), size=_N_VOICES)]
    mixed = np.zeros(n_samples, dtype=np.float32)
    for voice in chosen:
        repeated = np.tile(voice, n_samples // len(voice) + 2)
        start = int(rng.integers(len(voice)))
        heard = repeated[start : start + n_samples]
        mixed += heard / np.float32(max(float(np.sqrt(np.mean(heard**2))), 1e-6))
    return mixed


def through_opus(samples: FloatArray, bit_rate: int = OPUS_BIT_RATE) -> FloatArray:
    """Encode as Ogg Opus and decode again."""
    level = 1.0 - (bit_rate - _OPUS_LOWEST) / _OPUS_SPAN
    file = io.BytesIO()
    sf.write(file, samples, SAMPLE_RATE_HZ, format="OGG", subtype="OPUS", compression_level=level)
    file.seek(0)
    decoded, _ = sf.read(file, dtype="float32")
    return _as_long(decoded, samples)


def through_telephone(samples: FloatArray) -> FloatArray:
    """Sample at 8 kHz and back: nothing above 4 kHz is left."""
    narrow = soxr.resample(samples, SAMPLE_RATE_HZ, TELEPHONE_RATE_HZ, quality="VHQ")
    return _as_long(soxr.resample(narrow, TELEPHONE_RATE_HZ, SAMPLE_RATE_HZ, quality="VHQ"), samples)


def _as_long(changed: FloatArray, samples: FloatArray) -> FloatArray:
    """Cut what coding or resampling rounds up, and clip what it lets overshoot."""
    return np.clip(changed[: len(samples)], -1.0, 1.0).astype(np.float32)


def for_training(samples: FloatArray, rng: Generator) -> FloatArray:
    """Return a copy as some microphone might have heard it.

    Level −24 … +6 dB; noise between white and brown at 10 … 30 dB in half of the cases; Ogg Opus at
    12 … 32 kbit/s in a quarter, 8 kHz in a tenth of them.
    """
    if rng.random() < 0.5:
        noise = coloured_noise(len(samples), rng, exponent=float(rng.uniform(0.0, 1.0)))
        samples = with_noise(samples, noise, float(rng.uniform(10.0, 30.0)))
    way = rng.random()
    if way < 0.25:
        samples = through_opus(samples, int(rng.integers(12_000, 32_000)))
    elif way < 0.35:
        samples = through_telephone(samples)
    return with_gain(samples, float(rng.uniform(-24.0, 6.0)))


CONDITIONS: tuple[Condition, ...] = (
    Condition("as recorded", lambda samples, _voices, _rng: samples),
    Condition("10 dB quieter", lambda samples, _voices, _rng: with_gain(samples, -10.0)),
    Condition("20 dB quieter", lambda samples, _voices, _rng: with_gain(samples, -20.0)),
    Condition(
        "white noise, 20 dB SNR",
        lambda samples, _voices, rng: with_noise(samples, coloured_noise(len(samples), rng), 20.0),
    ),
    Condition(
        "white noise, 10 dB SNR",
        lambda samples, _voices, rng: with_noise(samples, coloured_noise(len(samples), rng), 10.0),
    ),
    Condition(
        "babble, 20 dB SNR", lambda samples, voices, rng: with_noise(samples, babble(len(samples), voices, rng), 20.0)
    ),
    Condition(
        "babble, 10 dB SNR", lambda samples, voices, rng: with_noise(samples, babble(len(samples), voices, rng), 10.0)
    ),
    Condition("Ogg Opus, 16 kbit/s", lambda samples, _voices, _rng: through_opus(samples)),
    Condition("8 kHz sampling", lambda samples, _voices, _rng: through_telephone(samples)),
)
"""Under which a model's robustness is reported, the first for comparison."""

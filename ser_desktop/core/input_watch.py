"""The input light over time: it also tells a microphone that passes no high tones, as a telephone does."""

from __future__ import annotations

import numpy as np

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.levels import InputLight, input_light

NARROW_DB = -45.0
"""High tones of speech below this, relative to its low ones, never left the microphone.

Measured on 800 stretches of 3 s from four corpora (`python -m tests.bench narrow`): −43 to −6 dB as recorded,
−90 to −47 dB after 8 kHz sampling, also 10 dB quieter.
"""

_FRAME_S = 0.032
_LOW_HZ, _HIGH_HZ = (300.0, 3400.0), (4300.0, 7000.0)
_LOUD_DB = -55.0
_RISE_DB = 10.0
_ENOUGH_S = 0.5


def high_tones_db(samples: FloatArray, rate_hz: float) -> float | None:
    """Level of the high tones of speech relative to its low ones.

    Loud frames of both are compared (95th percentiles): consonants like s are high, vowels are low.

    Parameters
    ----------
    samples : (n_samples,) float32
        About three seconds with speech.
    rate_hz : float

    Returns
    -------
    level : float or None
        In dB; None where too little stands out of the background, or loudly enough, to tell.
    """
    n_frame = round(_FRAME_S * rate_hz)
    n_frames = len(samples) // n_frame
    if n_frames * _FRAME_S < _ENOUGH_S:
        return None
    frames = samples[: n_frames * n_frame].reshape(n_frames, n_frame) * np.hanning(n_frame).astype(np.float32)
    spectra = np.fft.rfft(frames)
    # A sine of full scale has 0 dB.
    power = (spectra.real**2 + spectra.imag**2) * (16 / n_frame**2 / 1.5)
    hz = np.fft.rfftfreq(n_frame, 1 / rate_hz)
    low, high = (power[:, (hz >= a) & (hz <= b)].sum(axis=1) for a, b in (_LOW_HZ, _HIGH_HZ))
    low_db = 10 * np.log10(low + 1e-14)
    is_active = low_db > max(float(np.percentile(low_db, 10)) + _RISE_DB, _LOUD_DB)
    if np.count_nonzero(is_active) * _FRAME_S < _ENOUGH_S:
        return None
    loud_high = float(np.percentile(high, 95)) if high.any() else 0.0
    return 10 * float(np.log10(loud_high + 1e-14)) - float(np.percentile(low_db, 95))


class InputWatch:
    """Judges the last seconds of one microphone again and again; what speech has shown holds through its pauses."""

    def __init__(self) -> None:
        self._is_narrow = False

    def reset(self) -> None:
        """Forget: another microphone is listened to."""
        self._is_narrow = False

    def light(self, samples: FloatArray, rate_hz: float, *, heard_speech: bool) -> InputLight:
        """Judge the last seconds of input, (n_samples,) float32 at ``rate_hz``, as `input_light` does."""
        light = input_light(samples, heard_speech=heard_speech)
        if light is not InputLight.GOOD or not heard_speech:
            return light
        level = high_tones_db(samples, rate_hz)
        if level is not None:
            self._is_narrow = level < NARROW_DB
        return InputLight.NARROW if self._is_narrow else InputLight.GOOD

"""How periodic a sound is: the vibrating vocal folds that fans, rain, keys and doors do not have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray

LOWEST_HZ, HIGHEST_HZ = 62.0, 400.0
"""Pitch that is looked for; higher voices repeat after two or three periods as well."""

_N_FRAME = 1024
_N_FFT = 2048
_LAGS = slice(int(SAMPLE_RATE_HZ / HIGHEST_HZ), int(SAMPLE_RATE_HZ / LOWEST_HZ) + 1)
_WINDOW = np.hanning(_N_FRAME).astype(np.float32)
_HZ = np.fft.rfftfreq(_N_FFT, 1 / SAMPLE_RATE_HZ)
_OVERTONES = ((_HZ >= 300) & (_HZ <= 4000)).astype(np.float32)


def _autocorrelation(power: FloatArray) -> FloatArray:
    """Autocorrelation of power spectra (n, n_bins) from lag 0 to the largest of interest and one more."""
    return np.asarray(np.fft.irfft(power, _N_FFT)[:, : _LAGS.stop + 1], np.float32)


def _power(frames: FloatArray) -> FloatArray:
    spectra = np.fft.rfft(frames, _N_FFT)
    return np.asarray(spectra.real**2 + spectra.imag**2, np.float32)


_OF_WINDOW = _autocorrelation(_power(_WINDOW[None]))[0]


def periodicity(samples: FloatArray, centres: npt.NDArray[np.integer]) -> tuple[FloatArray, FloatArray]:
    """Strength of the best repetition around some moments, of all the sound and of its overtones alone.

    The autocorrelation of a windowed frame of 64 ms, divided by that of the window (Boersma 1993, «Accurate
    short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled sound»):
    near 1 for a vowel, 0.75 where voice and noise are as 3 to 1 (4.8 dB), mostly below 0.5 for noise.

    Parameters
    ----------
    samples : (n_samples,) float32 at 16 kHz
        At least 64 ms.
    centres : (n,) int
        Indices of samples; frames at the ends are moved inwards.

    Returns
    -------
    whole : (n,) float32
        Of the highest peak between the lags of `HIGHEST_HZ` and `LOWEST_HZ`; 0 where there is none.
    overtones : (n,) float32
        The same of what lies between 300 and 4000 Hz, where a voice repeats too and a drum or a thud does not.
    """
    if not len(centres) or len(samples) < _N_FRAME:
        return np.zeros(len(centres), np.float32), np.zeros(len(centres), np.float32)
    starts = np.clip(np.asarray(centres) - _N_FRAME // 2, 0, len(samples) - _N_FRAME)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _N_FRAME)[starts]
    power = _power((frames - frames.mean(axis=1, keepdims=True)) * _WINDOW)
    return _highest_peaks(power), _highest_peaks(power * _OVERTONES)


def _highest_peaks(power: FloatArray) -> FloatArray:
    found = _autocorrelation(power)
    # Silence has no repetition, and must not be divided by.
    ratio = found / np.maximum(found[:, :1], 1e-12) / (_OF_WINDOW / _OF_WINDOW[0])
    here, before, after = (ratio[:, _LAGS.start + d : _LAGS.stop + d] for d in (0, -1, 1))
    # Only peaks: the slope of a rumble is high at short lags without repeating.
    peaks = np.where((here > before) & (here >= after), here, 0.0)
    return np.asarray(np.clip(peaks.max(axis=1), 0.0, 1.0), np.float32)

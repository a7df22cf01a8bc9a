"""Loudness on the raw signal: level in dB, the input light, and the speech gate.

Everything here works before any normalisation, because silence that is scaled up looks like speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray

FLOOR_DB = -120.0
"""Level reported for digital silence."""

FRAME_S = 0.02
"""Length of the frames whose levels are looked at."""

_CLIP = 0.985
_CLIPPED_SHARE = 0.002


class InputLight(StrEnum):
    """What is right or wrong with the incoming sound, before any emotion."""

    WAITING = "waiting"
    GOOD = "good"
    ZEROS = "zeros"
    QUIET = "quiet"
    CLIPPING = "clipping"


class Speech(StrEnum):
    """Answer of the speech gate for one window."""

    PRESENT = "present"
    TOO_QUIET = "too quiet"
    ABSENT = "absent"


@dataclass(frozen=True)
class SpeechGate:
    """Decides from loudness alone whether a window holds speech.

    Speech rises and falls; a fan, hum or hiss stays level. A frame of 20 ms is *active* when it
    stands ``rise_db`` above the window's quiet frames (10th percentile) and above ``quiet_db``.

    Attributes
    ----------
    speech_db : float
        Active frames must reach this level (dB relative to full scale, RMS).
    quiet_db : float
        Between this and ``speech_db`` the answer is "too quiet".
    rise_db : float
        How far an active frame stands above the background.
    active_s : float
        How much active sound a window needs.
    """

    speech_db: float = -56.0
    quiet_db: float = -66.0
    rise_db: float = 10.0
    active_s: float = 0.24

    def __call__(self, samples: FloatArray) -> Speech:
        """Judge one window of (n_samples,) float32 at 16 kHz."""
        levels = frame_levels_db(samples)
        n_needed = round(self.active_s / FRAME_S)
        if len(levels) <= n_needed:
            return Speech.ABSENT
        background_db = max(float(np.percentile(levels, 10)), -75.0)
        active = levels[levels > max(background_db + self.rise_db, self.quiet_db)]
        if len(active) < n_needed:
            return Speech.ABSENT
        is_loud = np.count_nonzero(active > self.speech_db) >= n_needed
        return Speech.PRESENT if is_loud else Speech.TOO_QUIET


def frame_levels_db(samples: FloatArray, rate_hz: float = SAMPLE_RATE_HZ) -> FloatArray:
    """RMS level of consecutive 20 ms frames in dB relative to full scale, shape (n_frames,)."""
    n_frame = round(FRAME_S * rate_hz)
    n_frames = len(samples) // n_frame
    frames = samples[: n_frames * n_frame].reshape(n_frames, n_frame)
    # A microphone's constant offset is not sound: a whole-window mean would also remove speech's slow parts.
    power = frames.var(axis=1, dtype=np.float64)
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10))), np.float32)


def level_db(samples: FloatArray) -> float:
    """RMS level of all samples in dB relative to full scale; `FLOOR_DB` for silence or nothing."""
    if not len(samples):
        return FLOOR_DB
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(FLOOR_DB, 10 * float(np.log10(max(power, 1e-12))))


def input_light(samples: FloatArray, *, heard_speech: bool) -> InputLight:
    """Judge the last seconds of input.

    Parameters
    ----------
    samples : (n_samples,) float32
        About three seconds at any rate; fewer than 0.2 s give `InputLight.WAITING`.
    heard_speech : bool
        Whether this recording already held speech: pauses are then no reason to complain.
    """
    if len(samples) < 0.2 * SAMPLE_RATE_HZ:
        return InputLight.WAITING
    magnitude = np.abs(samples)
    peak = float(magnitude.max())
    if peak == 0.0:
        return InputLight.ZEROS
    if np.count_nonzero(magnitude >= _CLIP) > _CLIPPED_SHARE * len(samples):
        return InputLight.CLIPPING
    if not heard_speech and level_db(samples) < SpeechGate.quiet_db + 6:
        return InputLight.QUIET
    return InputLight.GOOD

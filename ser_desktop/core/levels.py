"""Loudness on the raw signal: level in dB, the input light, and the speech gate.

Everything here works before any normalisation, because silence that is scaled up looks like speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.voicing import periodicity

FLOOR_DB = -120.0
"""Level reported for digital silence."""

FRAME_S = 0.02
"""Length of the frames whose levels are looked at."""
_N_FRAME = round(FRAME_S * SAMPLE_RATE_HZ)
_LOWEST_BACKGROUND_DB = -82.0
_FEW = 0.02
_AT_ONCE = 48
_CLIP = 0.985
_CLIPPED_SHARE = 0.002
_FAINT_DB = -60.0


class InputLight(StrEnum):
    """What is right or wrong with the incoming sound, before any emotion."""

    WAITING = "waiting"
    GOOD = "good"
    ZEROS = "zeros"
    QUIET = "quiet"
    CLIPPING = "clipping"
    NARROW = "narrow band"


class Speech(StrEnum):
    """Answer of the speech gate for one window."""

    PRESENT = "present"
    TOO_QUIET = "too quiet"
    ABSENT = "absent"


class Heard(StrEnum):
    """What the speech gate heard in one window, for the sentence beside the answer."""

    SILENCE = "silence"
    STEADY = "steady noise"
    NO_VOICE = "sound without a voice"
    FAINT_VOICE = "faint voice"
    VOICE = "voice"

    @property
    def speech(self) -> Speech:
        """What follows for the window."""
        return {Heard.VOICE: Speech.PRESENT, Heard.FAINT_VOICE: Speech.TOO_QUIET}.get(self, Speech.ABSENT)


@dataclass(frozen=True)
class SpeechGate:
    """Decides whether a window holds speech, from its loudness and from how periodic it is.

    Speech rises and falls; a fan, hum or hiss stays level. A frame of 20 ms is *active* when it
    stands ``rise_db`` above the window's quiet frames (10th percentile) and above ``quiet_db``. Keys, doors
    and clicks rise and fall too, but are not *voiced*: an active frame is, when it repeats itself within
    the range of pitch, its overtones alone as well (`periodicity`). Whispering is not voiced either, and music
    often is.

    Attributes
    ----------
    speech_db : float
        Voiced frames must reach this level (dB relative to full scale, RMS).
    quiet_db : float
        Between this and ``speech_db`` the answer is "too quiet".
    rise_db : float
        How far an active frame stands above the background.
    active_s : float
        How much active sound a window needs.
    voiced, overtones : float
        How periodic a voiced frame is, between 0 and 1, and its overtones alone.
    voiced_s : float
        How much of the active sound must be voiced.
    """

    speech_db: float = -62.0
    quiet_db: float = -72.0
    rise_db: float = 10.0
    active_s: float = 0.24
    voiced: float = 0.75
    overtones: float = 0.6
    voiced_s: float = 0.16

    def __call__(self, samples: FloatArray) -> Speech:
        """Judge one window of (n_samples,) float32 at 16 kHz."""
        return self.listen(samples).speech

    def listen(self, samples: FloatArray) -> Heard:
        """Say what one window of (n_samples,) float32 at 16 kHz holds."""
        levels = frame_levels_db(samples)
        n_active, n_voiced = round(self.active_s / FRAME_S), round(self.voiced_s / FRAME_S)
        if not len(levels) or float(levels.max()) < self.quiet_db:
            return Heard.SILENCE
        background_db = max(float(np.percentile(levels, 10)), _LOWEST_BACKGROUND_DB)
        active = np.flatnonzero(levels > max(background_db + self.rise_db, self.quiet_db))
        if len(levels) <= n_active or len(active) < n_active:
            is_level = len(active) < _FEW * len(levels)
            return Heard.STEADY if is_level and background_db > self.quiet_db else Heard.NO_VOICE
        n_found = n_loud = 0
        # In steps through the whole window: most speech is recognised in the first of them.
        n_steps = -(-len(active) // _AT_ONCE)
        for step in range(n_steps):
            frames = active[step::n_steps]
            whole, overtones = periodicity(samples, frames * _N_FRAME + _N_FRAME // 2)
            is_voiced = (whole > self.voiced) & (overtones > self.overtones)
            n_found += int(np.count_nonzero(is_voiced))
            n_loud += int(np.count_nonzero(levels[frames[is_voiced]] > self.speech_db))
            if n_loud >= n_voiced:
                return Heard.VOICE
        return Heard.FAINT_VOICE if n_found >= n_voiced else Heard.NO_VOICE


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
    """Judge the last seconds of input; `ser_desktop.core.input_watch` tells `InputLight.NARROW`, too.

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
    if not heard_speech and level_db(samples) < _FAINT_DB:
        return InputLight.QUIET
    return InputLight.GOOD

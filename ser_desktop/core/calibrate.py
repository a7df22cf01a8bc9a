"""Calibration of a voice: how much speech a recording holds, and the statistics of its features."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.features import MIN_SAMPLES, Extractor
from ser_desktop.core.levels import FRAME_S, Speech, SpeechGate, frame_levels_db
from ser_desktop.core.normalise import Accumulator, Statistics

MIN_SPEECH_S = 10.0
"""Less speech is not kept."""

GOAL_SPEECH_S = 20.0
"""So much is asked for; more hardly helps."""

MAX_S = 120.0
"""A recording ends by itself after so long."""

_MARGIN_S = 0.5
_LONGEST_S = 8.0
_LOWEST_DB = -75.0


class SpeechClock:
    """Counts the seconds of loud sound while a recording grows; whether it is a voice, `spoken` says in the end.

    Parameters
    ----------
    rate_hz : float
        Of the samples that will be pushed.
    """

    def __init__(self, rate_hz: float = SAMPLE_RATE_HZ) -> None:
        self._rate_hz = rate_hz
        self._rest: FloatArray = np.zeros(0, np.float32)
        self._levels: list[FloatArray] = []

    def push(self, samples: FloatArray) -> float:
        """Take in the next samples and return the seconds of what may be speech so far."""
        joined = np.concatenate((self._rest, samples))
        levels = frame_levels_db(joined, self._rate_hz)
        self._levels.append(levels)
        self._rest = joined[len(levels) * round(FRAME_S * self._rate_hz) :]
        return self.speech_s

    @property
    def speech_s(self) -> float:
        """Seconds of what may be speech so far."""
        levels = np.concatenate([np.zeros(0, np.float32), *self._levels])
        return float(np.count_nonzero(active_frames(levels)) * FRAME_S)


def active_frames(levels_db: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which frames of 20 ms are as loud as the speech gate asks of a voice: (n_frames,)."""
    gate = SpeechGate()
    if not len(levels_db):
        return np.zeros(0, dtype=np.bool_)
    background_db = max(float(np.percentile(levels_db, 10)), _LOWEST_DB)
    return np.asarray(levels_db > max(background_db + gate.rise_db, gate.speech_db), dtype=np.bool_)


def spoken(samples: FloatArray) -> tuple[list[FloatArray], float]:
    """Cut a recording into stretches of speech with the short pauses around it.

    What is loud without being a voice, as keys, doors and music without a singer, is left out: of every stretch the
    speech gate is asked, which also listens for vibrating vocal folds.

    Pauses of sentences stay: the clips that models were trained on begin and end with half a second
    of silence and more. What is longer says nothing about the voice.

    Parameters
    ----------
    samples : (n_samples,) float32 at 16 kHz

    Returns
    -------
    stretches : list of (n_samples,)
        Each as long as the longest window of a model at most, long enough for every extractor.
    speech_s : float
        Seconds of speech in them, without the pauses.
    """
    gate = SpeechGate()
    active = active_frames(frame_levels_db(samples))
    n_margin = round(_MARGIN_S / FRAME_S)
    near = np.convolve(active, np.ones(2 * n_margin + 1), mode="same") > 0 if len(active) else active
    edges = np.flatnonzero(np.diff(np.concatenate(([0], near.astype(np.int8), [0]))))
    n_frame, n_longest = round(FRAME_S * SAMPLE_RATE_HZ), round(_LONGEST_S * SAMPLE_RATE_HZ)
    found, n_spoken = [], 0
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        # Parts of equal length: the last one would otherwise be a scrap.
        n_parts = -(-(last - first) * n_frame // n_longest)
        for frames in np.array_split(np.arange(first, last), n_parts):
            piece = samples[frames[0] * n_frame : (frames[-1] + 1) * n_frame]
            if len(piece) >= MIN_SAMPLES and gate(piece) is not Speech.ABSENT:
                found.append(piece)
                n_spoken += int(np.count_nonzero(active[frames]))
    return found, n_spoken * FRAME_S


def measure(
    extractors: Sequence[Extractor],
    pieces: Sequence[FloatArray],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Statistics]:
    """Return the statistics of each extractor's features over all pieces.

    Parameters
    ----------
    extractors : sequence of Extractor
    pieces : sequence of (n_samples,) float32 at 16 kHz
        At least one.
    progress : callable
        Called with (done, total); may raise.
    """
    accumulators = [Accumulator() for _ in extractors]
    total = len(extractors) * len(pieces)
    done = 0
    for extractor, accumulator in zip(extractors, accumulators, strict=True):
        for piece in pieces:
            accumulator.add(extractor.extract(piece))
            done += 1
            progress(done, total)
    return [accumulator.statistics() for accumulator in accumulators]

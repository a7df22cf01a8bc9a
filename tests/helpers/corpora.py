"""Small corpora in the exact layout of the real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf

from tests.helpers.sounds import speech_like


def write_small_ravdess(folder: Path, n_repetitions: int = 1) -> int:
    """Write synthetic clips named like RAVDESS speech, 24 actors × 8 emotions; returns their number.

    Each emotion has a loudness of its own, so that there is something to learn.
    """
    n = 0
    for actor in range(1, 25):
        place = folder / "Audio_Speech" / f"Actor_{actor:02d}"
        place.mkdir(parents=True)
        for emotion in range(1, 9):
            for repetition in range(1, n_repetitions + 1):
                samples = speech_like(0.6, level=0.02 * emotion, seed=n).astype(np.float32)
                name = f"03-01-{emotion:02d}-01-01-{repetition:02d}-{actor:02d}.flac"
                sf.write(place / name, samples, 16_000)
                n += 1
    return n

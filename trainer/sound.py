"""An utterance's sound, as features are extracted from it."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from ser_desktop.core import audio
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.errors import CorpusError
from ser_desktop.core.features import MIN_SAMPLES
from trainer.corpora.utterance import Utterance
from trainer.degrade import for_training


def load_utterance(utterance: Utterance, max_s: float | None = None) -> FloatArray:
    """Load what features are extracted from: (n_samples,) at 16 kHz, changed if it is a copy.

    Raises
    ------
    AudioFileError, CorpusError
    """
    end_s = utterance.end_s
    if max_s is not None:
        end_s = min(utterance.start_s + max_s, float("inf") if end_s is None else end_s)
    samples = audio.load(utterance.path, utterance.start_s, end_s)
    if len(samples) < MIN_SAMPLES:
        raise CorpusError(f"«{utterance.identity}» is shorter than 0.1 s.", "Remove it from the corpus.")
    return for_training(samples, _change_of(utterance)) if utterance.copy else samples


def _change_of(utterance: Utterance) -> np.random.Generator:
    """Draw the same change on every machine and in every run: by the sound, as stored features are named."""
    stretch = f"{utterance.start_s:.6f}-{utterance.end_s}"
    return np.random.default_rng([utterance.copy, crc32(utterance.path.read_bytes()), crc32(stretch.encode())])

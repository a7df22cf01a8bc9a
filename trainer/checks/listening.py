"""A listen to every recording of a corpus: how long, how loud, whether it can be read to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, file_info, read_blocks
from ser_desktop.core.errors import AudioFileError
from trainer.corpora.utterance import Utterance
from trainer.workers import default_number

_SILENT = 1e-3
_QUIET_DB = -60.0
_FULL = 0.999
_CLIPPED_SHARE = 1e-3
_SHORT_S = 0.3


@dataclass(frozen=True)
class Heard:
    """What an utterance sounds like.

    Attributes
    ----------
    duration_s : float
    rate_hz : int
        Sampling rate of the file.
    peak : float
    level_db : float
        Root mean square relative to full scale.
    clipped : float
        Share of the samples at full scale.
    unreadable : str
        Why it cannot be read; nothing else is known then.
    """

    duration_s: float = 0.0
    rate_hz: int = 0
    peak: float = 0.0
    level_db: float = -120.0
    clipped: float = 0.0
    unreadable: str = ""

    @property
    def is_silent(self) -> bool:
        """There is nothing to hear."""
        return not self.unreadable and self.peak < _SILENT

    @property
    def is_quiet(self) -> bool:
        """There is something to hear, with difficulty."""
        return not self.unreadable and not self.is_silent and self.level_db < _QUIET_DB

    @property
    def is_clipped(self) -> bool:
        """Its loud parts are cut off."""
        return self.clipped > _CLIPPED_SHARE

    @property
    def is_narrow(self) -> bool:
        """Its highest tones are missing."""
        return 0 < self.rate_hz < SAMPLE_RATE_HZ

    @property
    def is_short(self) -> bool:
        """There is hardly a syllable in it."""
        return not self.unreadable and self.duration_s < _SHORT_S


def listen(
    utterances: Sequence[Utterance], progress: Callable[[int, int], None], n_at_once: int | None = None
) -> dict[str, Heard]:
    """Listen to every utterance.

    Parameters
    ----------
    utterances : sequence of Utterance
    progress : callable
        Called with (done, total); what it raises ends the listening.
    n_at_once : int or None
        Threads; None is one per processor.

    Returns
    -------
    heard : dict
        By identity.
    """
    heard: dict[str, Heard] = {}
    pool = ThreadPoolExecutor(n_at_once or default_number())
    try:
        for done, (utterance, found) in enumerate(zip(utterances, pool.map(_listen, utterances), strict=True), start=1):
            heard[utterance.identity] = found
            progress(done, len(utterances))
    finally:
        pool.shutdown(cancel_futures=True)
    return heard


def _listen(utterance: Utterance) -> Heard:
    n_samples, n_full, energy, peak = 0, 0, 0.0, 0.0
    try:
        rate_hz = file_info(utterance.path).rate_hz
        block: FloatArray
        for block in read_blocks(utterance.path, 10.0, utterance.start_s, utterance.end_s):
            size = np.abs(block)
            n_samples += len(block)
            n_full += int(np.count_nonzero(size >= _FULL))
            energy += float(np.square(block, dtype=np.float64).sum())
            peak = max(peak, float(size.max()))
    except (AudioFileError, OSError) as error:
        return Heard(unreadable=str(error))
    level_db = 10 * np.log10(max(energy / max(1, n_samples), 1e-12))
    return Heard(n_samples / SAMPLE_RATE_HZ, rate_hz, peak, float(level_db), n_full / max(1, n_samples))

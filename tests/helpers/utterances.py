"""Lists of utterances as readers make them, without any files, and what must hold for their divisions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ser_desktop.core.labels import NEMO_NAMES, RAVDESS_CODES
from trainer.contents import Contents
from trainer.corpora import Corpus, Utterance, nemo
from trainer.splits import Protocol, Split


def ravdess_like() -> Corpus:
    """24 actors, 8 emotions, 2 repetitions; the files are not there."""
    utterances = [
        Utterance(f"03-01-{code}-01-01-{take}-{actor:02d}", Path("none"), f"actor{actor:02d}", emotion, style="speech")
        for code, emotion in RAVDESS_CODES.items()
        for take in ("01", "02")
        for actor in range(1, 25)
    ]
    return Corpus("ravdess", "RAVDESS speech", "", _sorted(utterances))


def nemo_like(speakers: Sequence[str] = ("EB0", "IC0", "KD0", "KS0", "MK0")) -> Corpus:
    """So many speakers, 6 emotions, 3 sentences."""
    utterances = [
        Utterance(f"{speaker}_{name}_{i}", Path("none"), speaker, emotion, nemo.SESSION, sentence=f"nEMO {i}")
        for speaker in speakers
        for name, emotion in NEMO_NAMES.items()
        for i in (1, 2, 3)
    ]
    return Corpus("nemo", "nEMO", "", _sorted(utterances))


def both_like(speakers: Sequence[str] = ("EB0", "IC0", "KD0", "KS0", "MK0")) -> Corpus:
    """RAVDESS and nEMO, read together."""
    return Corpus("ravdess-nemo", "both", "", _sorted([*ravdess_like().utterances, *nemo_like(speakers).utterances]))


def spoken_by(sizes: Mapping[str, int], emotions: tuple[str, ...] = ("angry", "calm")) -> Corpus:
    """So many utterances of each speaker, the emotions in turn."""
    utterances = [
        Utterance(f"{speaker}-{i:03d}", Path("none"), speaker, emotions[i % len(emotions)])
        for speaker, n in sizes.items()
        for i in range(n)
    ]
    return Corpus("csv", "«mine»", "", _sorted(utterances))


def all_different(corpus: Corpus) -> Contents:
    """Digests as of recordings of which no two are alike."""
    return {u.identity: hashlib.sha256(u.identity.encode()).hexdigest()[:32] for u in corpus.utterances}


def speakers_of(split: Split) -> dict[str, set[str]]:
    """Who speaks in each part."""
    return {name: {u.speaker for u in part} for name, part in split.parts().items()}


def assert_no_speaker_is_shared(protocol: Protocol) -> None:
    for split in protocol.splits:
        train, validation, test = speakers_of(split).values()
        assert train.isdisjoint(validation | test)
        assert validation.isdisjoint(test)


def _sorted(utterances: Sequence[Utterance]) -> tuple[Utterance, ...]:
    return tuple(sorted(utterances, key=lambda u: u.identity))

"""Statistics of stored features, gathered in one pass for all folds and speakers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import Emotion
from ser_desktop.core.normalise import Accumulator, Normalisation, Statistics, neutral_offset
from trainer.splits import Protocol
from trainer.stored import map_features

EVERYONE = ""
"""Key of the statistics that hold for all speakers."""

BySpeaker = dict[str, Statistics]


@dataclass(frozen=True)
class Gathered:
    """Statistics of one source under one protocol.

    Attributes
    ----------
    by_split : dict
        By split name, by speaker (`EVERYONE` for global normalisation); all stored layers.
    reference : dict
        By split name, what a bundle stores: global statistics, or those of the average training speaker with
        what their neutral speech lacked.
    n_constant : int
        Dimensions that never change, for nobody.
    """

    by_split: dict[str, BySpeaker]
    reference: dict[str, Statistics]
    n_constant: int


def gather(
    protocol: Protocol,
    files: dict[str, Path],
    normalisation: Normalisation,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Gathered:
    """Read every utterance once.

    Global statistics come from the training speakers of each split alone. Speaker statistics come
    from all utterances of each speaker, for test speakers too (transductive, as published).

    Raises
    ------
    CorpusError
        If no dimension of the features changes at all.
    """
    is_global = normalisation is Normalisation.GLOBAL
    keys: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for split in protocol.splits:
        for utterance in split.train:
            keys[utterance.identity].append((split.name, EVERYONE))
    accumulators: dict[tuple[str, str], Accumulator] = defaultdict(Accumulator)
    neutral: dict[str, Accumulator] = defaultdict(Accumulator)
    utterances = protocol.utterances()
    for done, utterance in enumerate(utterances, start=1):
        features = np.asarray(map_features(files[utterance.identity]), dtype=np.float32)
        for key in keys[utterance.identity] if is_global else [(EVERYONE, utterance.speaker)]:
            accumulators[key].add(features)
        if not is_global and str(utterance.emotion) == str(Emotion.NEUTRAL):
            neutral[utterance.speaker].add(features)
        progress(done, len(utterances))
    n_constant = min(accumulator.n_constant() for accumulator in accumulators.values())
    found = {key: accumulator.statistics() for key, accumulator in accumulators.items()}
    for (_, speaker), accumulator in accumulators.items():
        if accumulator.n_constant() == next(iter(found.values())).mean.size:
            whose = f"of {speaker} " if speaker else ""
            raise CorpusError(
                f"The features {whose}never change: the recordings are silent or all alike.", "Listen to some of them."
            )
    by_split: dict[str, BySpeaker] = {}
    reference = {}
    for split in protocol.splits:
        if is_global:
            by_split[split.name] = {EVERYONE: found[split.name, EVERYONE]}
            reference[split.name] = found[split.name, EVERYONE]
        else:
            by_split[split.name] = {speaker: statistics for (_, speaker), statistics in found.items()}
            speakers = sorted({u.speaker for u in split.train})
            average = _average([found[EVERYONE, s] for s in speakers])
            pairs = [(neutral[s].statistics(), found[EVERYONE, s]) for s in speakers if s in neutral]
            reference[split.name] = replace(average, neutral=neutral_offset(pairs) if pairs else None)
    return Gathered(by_split, reference, n_constant)


def _average(speakers: Sequence[Statistics]) -> Statistics:
    def mean(arrays: Sequence[FloatArray]) -> FloatArray:
        return np.asarray(np.stack(arrays).mean(axis=0, dtype=np.float64), dtype=np.float32)

    return Statistics(mean([s.mean for s in speakers]), mean([s.std for s in speakers]))

"""Prepared utterances: features normalised with the right statistics, read as they are needed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ser_desktop.core.analysis import collate, prepare
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.normalise import Accumulator, Normalisation, Statistics
from trainer.cache import CachedFeatures
from trainer.corpora.utterance import Utterance
from trainer.protocols import Split

_MEMORY_BYTES = 1_500_000_000


@dataclass(frozen=True)
class Batch:
    """One step's input: features and mask as `ser_desktop.core.analysis.collate` gives them, and classes."""

    features: list[Tensor]
    mask: Tensor
    classes: Tensor


class Part:
    """One part of a split, ready to be batched.

    Parameters
    ----------
    features : sequence of CachedFeatures
    labels : tuple of str
        Class order.
    statistics : dict
        By speaker, one `Statistics` per branch.
    max_frames : int
    """

    def __init__(
        self,
        features: Sequence[CachedFeatures],
        labels: tuple[str, ...],
        statistics: dict[str, tuple[Statistics, ...]],
        max_frames: int,
    ) -> None:
        self._features = tuple(features)
        self._statistics = statistics
        self._max_frames = max_frames
        self._kept: dict[int, tuple[FloatArray, ...]] = {}
        self._n_bytes = 0
        self.utterances: tuple[Utterance, ...] = tuple(f.utterance for f in self._features)
        self.classes = np.array([labels.index(u.emotion) for u in self.utterances])

    def __len__(self) -> int:
        return len(self._features)

    def batches(self, size: int, order: Sequence[int] | None = None) -> Iterator[Batch]:
        """Yield batches of ``size`` utterances in the given order (all of them, in sequence, by default)."""
        indices = list(range(len(self)) if order is None else order)
        for start in range(0, len(indices), size):
            chosen = indices[start : start + size]
            features, mask = collate([self._prepared(i) for i in chosen])
            yield Batch(features, mask, torch.from_numpy(self.classes[chosen]))

    def _prepared(self, i: int) -> tuple[FloatArray, ...]:
        if i in self._kept:
            return self._kept[i]
        utterance = self.utterances[i]
        branches = prepare(self._features[i].load(), self._statistics[utterance.speaker], self._max_frames)
        n_bytes = sum(branch.nbytes for branch in branches)
        # Small features stay in memory; those of a large encoder are read again each epoch.
        if self._n_bytes + n_bytes <= _MEMORY_BYTES:
            self._kept[i] = branches
            self._n_bytes += n_bytes
        return branches


@dataclass(frozen=True)
class Dataset:
    """A split with features.

    Attributes
    ----------
    train, validation, test : Part
    reference : tuple of Statistics
        What the bundle stores, one per branch.
    """

    train: Part
    validation: Part
    test: Part
    reference: tuple[Statistics, ...]


def make_dataset(
    split: Split, features: dict[str, CachedFeatures], normalisation: Normalisation, max_frames: int
) -> Dataset:
    """Gather statistics and prepare the three parts of a split.

    Global statistics come from the training speakers alone. Speaker statistics come from all
    utterances of each speaker, for test speakers too (transductive, as published).
    """
    if normalisation is Normalisation.GLOBAL:
        reference = _statistics([features[u.identity] for u in split.train])
        by_speaker = {u.speaker: reference for part in split.parts().values() for u in part}
    else:
        by_speaker = {}
        for part in split.parts().values():
            spoken = defaultdict(list)
            for u in part:
                spoken[u.speaker].append(features[u.identity])
            by_speaker.update({speaker: _statistics(items) for speaker, items in spoken.items()})
        reference = _average([by_speaker[speaker] for speaker in sorted({u.speaker for u in split.train})])

    def part_of(utterances: Sequence[Utterance]) -> Part:
        return Part([features[u.identity] for u in utterances], split.labels, by_speaker, max_frames)

    return Dataset(part_of(split.train), part_of(split.validation), part_of(split.test), reference)


def _statistics(utterances: Sequence[CachedFeatures]) -> tuple[Statistics, ...]:
    accumulators = [Accumulator() for _ in utterances[0].files]
    for cached in utterances:
        for accumulator, branch in zip(accumulators, cached.load(), strict=True):
            accumulator.add(branch)
    return tuple(accumulator.statistics() for accumulator in accumulators)


def _average(speakers: Sequence[tuple[Statistics, ...]]) -> tuple[Statistics, ...]:
    def mean(arrays: Sequence[FloatArray]) -> FloatArray:
        return np.asarray(np.stack(arrays).mean(axis=0, dtype=np.float64), dtype=np.float32)

    return tuple(
        Statistics(mean([s.mean for s in branch]), mean([s.std for s in branch]))
        for branch in zip(*speakers, strict=True)
    )

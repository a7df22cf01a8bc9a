"""Prepared utterances: features normalised with the right statistics, in memory or read as they are needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ser_desktop.core.analysis import prepare
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.normalise import Statistics
from trainer.gather import EVERYONE
from trainer.stored import map_features

MEMORY_BYTES = 1_200_000_000
"""What all processes together may keep of the features; the rest is read again each time."""

_DEVICE_SHARE = 0.6


class StoredBranch(NamedTuple):
    """Where one branch of an utterance lies: some layers of a file."""

    file: Path
    first: int
    last: int


@dataclass(frozen=True)
class Sample:
    """One utterance as training sees it.

    Attributes
    ----------
    identity, speaker : str
    label : int
        Index of its class.
    branches : tuple of StoredBranch
    """

    identity: str
    speaker: str
    label: int
    branches: tuple[StoredBranch, ...]


@dataclass(frozen=True)
class TrainingData:
    """Everything a process needs to prepare one split.

    Attributes
    ----------
    parts : dict
        ``train``, ``validation`` and ``test``.
    statistics : dict
        By speaker, or under `EVERYONE`; one `Statistics` per branch.
    max_frames : int
    reference : tuple of Statistics
        What a bundle of the trained head stores.
    """

    parts: dict[str, tuple[Sample, ...]]
    statistics: dict[str, tuple[Statistics, ...]]
    max_frames: int
    reference: tuple[Statistics, ...] = ()


@dataclass(frozen=True)
class Batch:
    """One step's input: features and lengths as `ser_desktop.core.analysis.collate` gives them, and classes."""

    features: list[Tensor]
    lengths: Tensor
    classes: Tensor


class Part:
    """One part of a split, ready to be batched.

    Parameters
    ----------
    data : TrainingData
    name : str
    device : str
        Where batches are wanted; on a GPU the features live there if they fit.
    memory_bytes : int
        How much may be kept; see `MEMORY_BYTES`.
    """

    def __init__(self, data: TrainingData, name: str, device: str = "cpu", memory_bytes: int = MEMORY_BYTES) -> None:
        self._data = data
        self._device = device
        self.samples = data.parts[name]
        self.classes = np.array([sample.label for sample in self.samples], dtype=np.int64)
        self._lengths = [self._length(sample) for sample in self.samples]
        self._kept = self._keep(memory_bytes)

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def n_bytes(self) -> int:
        """Bytes of all its features in single precision."""
        per_frame = sum(
            statistics.mean.size * 4 for statistics in next(iter(self._data.statistics.values()), ()) or ()
        )
        return sum(self._lengths) * per_frame

    @property
    def is_kept(self) -> bool:
        """Whether the features are kept in memory."""
        return self._kept is not None

    def batches(self, size: int, order: Sequence[int] | None = None) -> Iterator[Batch]:
        """Yield batches of ``size`` utterances in the given order (all of them, in sequence, by default)."""
        indices = list(range(len(self)) if order is None else order)
        for start in range(0, len(indices), size):
            yield self._batch(indices[start : start + size])

    def prepared(self, i: int) -> tuple[FloatArray, ...]:
        """Branches of one utterance, each (n_layers, n_frames, n_features), read and normalised."""
        sample = self.samples[i]
        statistics = self._data.statistics.get(sample.speaker) or self._data.statistics[EVERYONE]
        n_frames = self._lengths[i]
        read = [
            np.asarray(map_features(branch.file)[branch.first : branch.last, :n_frames], dtype=np.float32)
            for branch in sample.branches
        ]
        return prepare(read, statistics, self._data.max_frames)

    def _length(self, sample: Sample) -> int:
        return min(self._data.max_frames, *(map_features(b.file).shape[1] for b in sample.branches))

    def _batch(self, chosen: Sequence[int]) -> Batch:
        lengths = torch.tensor([self._lengths[i] for i in chosen])
        if self._kept is None:
            branches = zip(*(self.prepared(i) for i in chosen), strict=True)
            features = [torch.from_numpy(np.concatenate(branch, axis=1)).to(self._device) for branch in branches]
        else:
            frames = np.concatenate([np.arange(self._starts[i], self._starts[i + 1]) for i in chosen])
            where = torch.from_numpy(frames).to(self._device)
            features = [branch.index_select(1, where).float() for branch in self._kept]
        classes = torch.from_numpy(self.classes[list(chosen)])
        return Batch(features, lengths.to(self._device), classes.to(self._device))

    def _keep(self, memory_bytes: int) -> list[Tensor] | None:
        """Read everything once if it fits: all frames of all utterances, one behind the other."""
        self._starts: npt.NDArray[np.int64] = np.concatenate(([0], np.cumsum(self._lengths)))
        budget, dtype = memory_bytes, torch.float32
        if self._device == "cuda":
            budget = int(_DEVICE_SHARE * torch.cuda.mem_get_info()[0])
            if self.n_bytes > budget:
                dtype = torch.float16
        if self.n_bytes * dtype.itemsize // 4 > budget or not self.samples:
            return None
        shapes = [s.mean.shape for s in next(iter(self._data.statistics.values()))]
        kept = [torch.empty(n, int(self._starts[-1]), d, dtype=dtype, device=self._device) for n, d in shapes]
        for i in range(len(self)):
            for branch, values in zip(kept, self.prepared(i), strict=True):
                branch[:, self._starts[i] : self._starts[i + 1]] = torch.from_numpy(values)
        return kept


class Dataset:
    """The three parts of a split, sharing one budget of memory.

    Parameters
    ----------
    data : TrainingData
    device : str
    memory_bytes : int
    """

    def __init__(self, data: TrainingData, device: str = "cpu", memory_bytes: int = MEMORY_BYTES) -> None:
        self.train = Part(data, "train", device, memory_bytes)
        left = memory_bytes - (self.train.n_bytes if self.train.is_kept else 0)
        self.validation = Part(data, "validation", device, left)
        left -= self.validation.n_bytes if self.validation.is_kept else 0
        self.test = Part(data, "test", device, left)

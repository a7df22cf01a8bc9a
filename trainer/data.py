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

from ser_desktop.core.normalise import Statistics
from trainer.gather import EVERYONE
from trainer.stored import map_features

MEMORY_BYTES = 1_600_000_000
"""What all processes together may use for features, unless another limit is asked for."""

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

    def batch_bytes(self, size: int) -> int:
        """Return the most memory that a batch of ``size`` utterances takes."""
        return size * self.max_frames * sum(4 * s.mean.size for s in next(iter(self.statistics.values())))


@dataclass(frozen=True)
class Batch:
    """One step's input: features and lengths as `ser_desktop.core.analysis.collate` gives them, and classes."""

    features: list[Tensor]
    lengths: Tensor
    classes: Tensor


class Scratch:
    """Memory that batches of features too large to be kept are read into, one after the other."""

    def __init__(self) -> None:
        self._flat: list[Tensor] = []

    def take(self, shapes: Sequence[tuple[int, int]], n_frames: int, most_frames: int) -> list[Tensor]:
        """Return tensors (n_layers, n_frames, n_features); what was taken before is overwritten.

        Parameters
        ----------
        shapes : sequence of (n_layers, n_features)
        n_frames : int
        most_frames : int
            No later batch will need more: growing step by step would need twice the memory.
        """
        # A tensor made in inference mode could not be trained on later.
        with torch.inference_mode(mode=False):
            for i, (n_layers, n) in enumerate(shapes):
                if i == len(self._flat):
                    self._flat.append(torch.empty(0))
                if self._flat[i].numel() < n_layers * n_frames * n:
                    self._flat[i] = torch.empty(n_layers * most_frames * n)
        return [
            flat[: n_layers * n_frames * n].view(n_layers, n_frames, n)
            for flat, (n_layers, n) in zip(self._flat, shapes, strict=True)
        ]


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
    scratch : Scratch or None
        Where batches are read to if nothing is kept; several parts may share it.
    """

    def __init__(
        self,
        data: TrainingData,
        name: str,
        device: str = "cpu",
        memory_bytes: int = MEMORY_BYTES,
        scratch: Scratch | None = None,
    ) -> None:
        self._scratch = scratch or Scratch()
        self._data = data
        self._device = device
        self.samples = data.parts[name]
        self.classes = np.array([sample.label for sample in self.samples], dtype=np.int64)
        self._lengths: list[int] = [self._length(sample) for sample in self.samples]
        self._kept = self._keep(memory_bytes)

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def n_bytes(self) -> int:
        """Bytes of all its features in single precision."""
        per_frame = 4 * sum(n_layers * n for n_layers, n in self._shapes())
        return per_frame * sum(self._lengths)

    @property
    def is_kept(self) -> bool:
        """Whether the features are kept in memory."""
        return self._kept is not None

    def batches(self, size: int, order: Sequence[int] | None = None) -> Iterator[Batch]:
        """Yield batches of ``size`` utterances in the given order (all of them, in sequence, by default).

        Unless the features are kept, a batch holds good only until the next one.
        """
        indices = list(range(len(self)) if order is None else order)
        for start in range(0, len(indices), size):
            yield self._batch(indices[start : start + size], most_frames=sum(sorted(self._lengths)[-size:]))

    def _write(self, i: int, out: Sequence[Tensor]) -> None:
        """Read one utterance and write it, normalised, to ``out``: (n_layers, n_frames, n_features) per branch."""
        sample = self.samples[i]
        statistics = self._data.statistics.get(sample.speaker) or self._data.statistics[EVERYONE]
        for branch, place, reference in zip(sample.branches, out, statistics, strict=True):
            stored = map_features(branch.file)[branch.first : branch.last, : self._lengths[i]]
            # Converting and normalising in place, in PyTorch's half precision kernels, is six times
            # faster than with NumPy's and its temporaries.
            reference.apply_in_place(place.copy_(torch.from_numpy(stored)).numpy())

    def _join(self, chosen: Sequence[int], scratch: Scratch, most_frames: int = 0) -> list[Tensor]:
        """Read utterances and lay their frames one behind the other."""
        ends = np.cumsum([self._lengths[i] for i in chosen])
        n_frames = int(ends[-1])
        joined = scratch.take(self._shapes(), n_frames, max(n_frames, most_frames))
        for i, end in zip(chosen, ends, strict=True):
            self._write(i, [branch[:, end - self._lengths[i] : end] for branch in joined])
        return joined

    def _length(self, sample: Sample) -> int:
        return min(self._data.max_frames, *(int(map_features(b.file).shape[1]) for b in sample.branches))

    def _shapes(self) -> list[tuple[int, int]]:
        return [(s.mean.shape[0], s.mean.shape[1]) for s in next(iter(self._data.statistics.values()))]

    def _batch(self, chosen: Sequence[int], most_frames: int) -> Batch:
        lengths = torch.tensor([self._lengths[i] for i in chosen])
        if self._kept is None:
            features = [branch.to(self._device) for branch in self._join(chosen, self._scratch, most_frames)]
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
        if self._device == "cpu":
            return self._join(range(len(self)), Scratch())
        kept = [torch.empty(n, int(self._starts[-1]), d, dtype=dtype, device=self._device) for n, d in self._shapes()]
        for i in range(len(self)):
            for branch, values in zip(kept, self._join([i], self._scratch), strict=True):
                branch[:, self._starts[i] : self._starts[i + 1]] = values
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
        scratch = Scratch()
        self.train = Part(data, "train", device, memory_bytes, scratch)
        left = memory_bytes - (self.train.n_bytes if self.train.is_kept else 0)
        self.validation = Part(data, "validation", device, left, scratch)
        left -= self.validation.n_bytes if self.validation.is_kept else 0
        self.test = Part(data, "test", device, left, scratch)

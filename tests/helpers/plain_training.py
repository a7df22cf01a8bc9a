"""What one would write from the paper: padded batches, a mask, a `DataLoader`, one seed at a time.

The trainer is compared with this, for its results and for its speed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from ser_desktop.core.dropout import draw_keep_mask, scale_of
from ser_desktop.core.heads import Dense, Fusion, Head, HeadOptions, SingleLayer, make_head
from trainer.data import TrainingData
from trainer.experiments import Recipe
from trainer.stored import map_features

Item = tuple[list[Tensor], int]
PaddedBatch = tuple[list[Tensor], Tensor, Tensor]


class ReplayedDropout(nn.Module):
    """Drops what the trainer's own dropout would: masks are drawn for real frames only, then spread."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.mask: Tensor | None = None

    def forward(self, frames: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return frames
        assert self.mask is not None
        keep = torch.zeros(frames.shape)
        keep[self.mask] = draw_keep_mask(int(self.mask.sum()), frames.shape[-1], self.p)
        return frames * keep * scale_of(self.p)


class PaddedHead(nn.Module):
    """A head's own layers, applied to (batch, n_layers, n_frames, n_features) under a mask (batch, n_frames)."""

    def __init__(self, head: Head, dropout: Callable[[float], nn.Module] = nn.Dropout) -> None:
        super().__init__()
        self.head = copy.deepcopy(head)
        for parent in list(self.head.modules()):
            for name, child in list(parent.named_children()):
                if type(child).__name__ == "Dropout":
                    setattr(parent, name, dropout(head.options.dropout))

    def forward(self, features: Sequence[Tensor], mask: Tensor) -> Tensor:
        for module in self.modules():
            if isinstance(module, ReplayedDropout):
                module.mask = mask
        head = self.head
        reduced = []
        for reduce, branch in zip(head.reduce, features, strict=True):
            weights = torch.ones(1) if isinstance(reduce, SingleLayer) else reduce.alpha
            reduced.append(torch.einsum("l,bltf->btf", weights / weights.sum(), branch))
        if isinstance(head, Dense):
            hidden = head.second(head.first(reduced[0]))
        elif isinstance(head, Fusion):
            hidden = head.second(torch.cat([layer(b) for layer, b in zip(head.first, reduced, strict=True)], dim=-1))
        else:
            hidden = head.second(head.first(reduced[0]))[0]
        total = (hidden * mask[..., None]).sum(dim=1)
        return head.classify(total / mask.sum(dim=1, keepdim=True))


def pad(features: Sequence[Tensor], lengths: Tensor, filling: float = 0.0) -> tuple[list[Tensor], Tensor]:
    """From frames one behind the other to a padded batch and its mask."""
    mask = torch.arange(int(lengths.max()))[None] < lengths[:, None]
    padded = []
    for branch in features:
        batch = torch.full((len(lengths), branch.shape[0], mask.shape[1], branch.shape[2]), filling)
        for row, utterance in zip(batch, torch.split(branch, lengths.tolist(), dim=1), strict=True):
            row[:, : utterance.shape[1]] = utterance
        padded.append(batch)
    return padded, mask


class PlainDataset(Dataset[Item]):
    """Utterances read and normalised; ``keep`` holds all of them in memory."""

    def __init__(self, data: TrainingData, part: str, *, keep: bool) -> None:
        self._data = data
        self._samples = data.parts[part]
        self._kept = [self._read(i) for i in range(len(self._samples))] if keep else None

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, i: int) -> Item:
        return self._kept[i] if self._kept is not None else self._read(i)

    def _read(self, i: int) -> Item:
        sample = self._samples[i]
        statistics = self._data.statistics.get(sample.speaker) or self._data.statistics[""]
        branches = [np.array(map_features(b.file)[b.first : b.last], dtype=np.float32) for b in sample.branches]
        n = min(self._data.max_frames, *(branch.shape[1] for branch in branches))
        normal = [(b[:, :n] - s.mean[:, None]) / s.std[:, None] for b, s in zip(branches, statistics, strict=True)]
        return [torch.from_numpy(b) for b in normal], sample.label


def collate(items: list[Item]) -> PaddedBatch:
    lengths = torch.tensor([branches[0].shape[1] for branches, _ in items])
    joined = [torch.cat(branch, dim=1) for branch in zip(*(branches for branches, _ in items), strict=True)]
    features, mask = pad(joined, lengths)
    return features, mask, torch.tensor([label for _, label in items])


@dataclass(frozen=True)
class PlainRun:
    seed: int
    validation_losses: tuple[float, ...]
    test_logits: np.ndarray


def train_plainly(
    data: TrainingData,
    recipe: Recipe,
    options: HeadOptions,
    seed: int,
    *,
    keep: bool,
    dropout: Callable[[float], nn.Module] = nn.Dropout,
) -> PlainRun:
    """One seed, from the first batch to the logits of the test part."""
    parts = {name: PlainDataset(data, name, keep=keep) for name in data.parts}
    torch.manual_seed(seed)
    model = PaddedHead(make_head(options), dropout)
    optimiser = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    shuffle = np.random.default_rng(seed)
    losses: list[float] = []
    best = copy.deepcopy(model.state_dict())
    while len(losses) < recipe.max_epochs and (len(losses) - 1 - int(np.argmin(losses or [0]))) < recipe.patience:
        model.train()
        order = shuffle.permutation(len(parts["train"])).tolist()
        for features, mask, classes in _loader(parts["train"], recipe.batch_size, order):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(features, mask), classes).backward()
            if recipe.clip is not None:
                nn.utils.clip_grad_value_(model.parameters(), recipe.clip)
            optimiser.step()
        logits, classes = _predict(model, parts["validation"])
        losses.append(float(nn.functional.cross_entropy(logits, classes)))
        if losses[-1] == min(losses):
            best = copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return PlainRun(seed, tuple(losses), _predict(model, parts["test"])[0].numpy())


def _predict(model: PaddedHead, part: PlainDataset) -> tuple[Tensor, Tensor]:
    model.eval()
    with torch.inference_mode():
        rows = [(model(f, m), c) for f, m, c in _loader(part, 32)]
    return torch.cat([logits for logits, _ in rows]), torch.cat([classes for _, classes in rows])


def _loader(part: PlainDataset, size: int, order: list[int] | None = None) -> DataLoader[Item]:
    # A generator of its own: otherwise each pass would draw from the one that dropout draws from.
    return DataLoader(part, size, sampler=order, collate_fn=collate, generator=torch.Generator())

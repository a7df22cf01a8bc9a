"""What an encoder learns from: a teacher's layers, or a teacher and emotions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, l1_loss, mse_loss

from ser_desktop.core.labels import RAVDESS_7
from trainer.pretrain.architecture import all_layers
from trainer.pretrain.stretches import UNLABELLED, Part
from trainer.pretrain.teacher import Targets

if TYPE_CHECKING:
    from transformers import Wav2Vec2Model

_HOP = 320
_MIN_LABELLED_FRAMES = 50


@dataclass(frozen=True)
class Batch:
    """One step's input.

    Attributes
    ----------
    samples : (n_stretches, n_samples)
        Augmented.
    chosen : (n_stretches,) int64
        Which stretches they are.
    parts : sequence
        The recordings in each.
    step : int
        From 0.
    rng : Generator
        For choices that an objective makes.
    """

    samples: Tensor
    chosen: npt.NDArray[np.int64]
    parts: Sequence[Sequence[Part]]
    step: int
    rng: np.random.Generator


Losses = dict[str, Tensor]
"""By name; ``loss`` is what is minimised."""


class Objective(Protocol):
    """Losses of an encoder on a batch, with what else is trained for them."""

    def losses(self, model: Wav2Vec2Model, batch: Batch) -> Losses:
        """Return the losses of a batch, with gradients."""

    def extra(self) -> nn.Module:
        """Return what is trained beside the encoder and thrown away after."""


class Distillation:
    """The teacher's standardised layers, each by the layer of the same place: L1 + ½ L2.

    Parameters
    ----------
    targets : Targets
    n_hear : int
        In so many first steps only f₀ learns: the blocks come from the teacher and wait for what they know.
    """

    def __init__(self, targets: Targets, n_hear: int) -> None:
        self._targets = targets
        # The student has no table of positions: what the teacher's layers say of the place is taken out.
        self._centre = targets.mean.mean(dim=1, keepdim=True)
        self._n_hear = n_hear
        self._none = nn.Module()

    def extra(self) -> nn.Module:
        """See `Objective.extra`."""
        return self._none

    def losses(self, model: Wav2Vec2Model, batch: Batch) -> Losses:
        """See `Objective.losses`."""
        layers = heard(model, batch.samples) if batch.step < self._n_hear else all_layers(model, batch.samples)
        return self.compare(layers, batch)

    def compare(self, layers: Sequence[Tensor], batch: Batch) -> Losses:
        """Return the losses of layers, f₀ first; there may be fewer than the teacher's."""
        device = batch.samples.device
        n = len(layers)
        wanted = (self._targets.read(batch.chosen, n) - self._targets.mean[:n]).to(device)
        std, centre = self._targets.std.to(device), self._centre.to(device)
        found: Losses = {}
        for i, layer in enumerate(layers):
            own, target = (layer.float() - centre[i]) / std[i], wanted[:, i] / std[i]
            found[f"layer {i}"] = l1_loss(own, target) + 0.5 * mse_loss(own, target)
        found["loss"] = torch.stack(list(found.values())).mean()
        return found


def heard(model: Wav2Vec2Model, samples: Tensor) -> list[Tensor]:
    """Return f₀ alone."""
    return [model.feature_projection(model.feature_extractor(samples).transpose(1, 2))[0]]


class DistillationWithEmotion:
    """`Distillation`, and the emotions of labelled recordings from the averages of their frames.

    Parameters
    ----------
    distillation : Distillation
    n_layers, n_features : int
    first_step : int
        The head joins at this step and learns alone for `HEAD_STEPS`: measured, the gradients of a head that
        knows nothing undo what the encoder has learned from the teacher.
    weight : float
        Of the cross-entropy.
    """

    HEAD_STEPS = 150

    def __init__(
        self, distillation: Distillation, n_layers: int, n_features: int, first_step: int, weight: float
    ) -> None:
        self._distillation = distillation
        self._first_step = first_step
        self._weight = weight
        self._head = _EmotionHead(n_layers, n_features)

    def extra(self) -> nn.Module:
        """See `Objective.extra`."""
        return self._head

    def losses(self, model: Wav2Vec2Model, batch: Batch) -> Losses:
        """See `Objective.losses`."""
        if batch.step < self._first_step:
            return self._distillation.losses(model, batch)
        layers = all_layers(model, batch.samples)
        found = self._distillation.compare(layers, batch)
        labelled = [
            (i, part.start // _HOP, min(part.stop // _HOP, layers[0].shape[1]), part.label)
            for i, parts in enumerate(batch.parts)
            for part in parts
            if part.label != UNLABELLED
        ]
        labelled = [(i, a, b, label) for i, a, b, label in labelled if b - a >= _MIN_LABELLED_FRAMES]
        if labelled:
            alone = batch.step < self._first_step + self.HEAD_STEPS
            heard = torch.stack([layer.detach() if alone else layer for layer in layers])
            logits = self._head(heard, [(i, a, b) for i, a, b, _ in labelled])
            labels = torch.tensor([label for *_, label in labelled], device=logits.device)
            found["emotion"] = cross_entropy(logits, labels, label_smoothing=0.1)
            found["loss"] = found["loss"] + self._weight * found["emotion"]
        return found


class _EmotionHead(nn.Module):
    """Weighted average of layers, mean over a recording's frames, one linear layer."""

    def __init__(self, n_layers: int, n_features: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(n_layers))
        self.norm = nn.LayerNorm(n_features)
        self.dropout = nn.Dropout(0.3)
        self.classify = nn.Linear(n_features, len(RAVDESS_7))

    def forward(self, layers: Tensor, spans: Sequence[tuple[int, int, int]]) -> Tensor:
        frames = torch.einsum(
            "l,lntd->ntd", self.alpha.softmax(0), nn.functional.layer_norm(layers.float(), layers.shape[-1:])
        )
        means = torch.stack([frames[i, a:b].mean(dim=0) for i, a, b in spans])
        logits: Tensor = self.classify(self.dropout(self.norm(means)))
        return logits

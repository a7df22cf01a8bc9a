"""One training run, top to bottom: seed, batches, early stopping, logits of the parts it may see."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy

from ser_desktop.core.heads import Head, HeadOptions, make_head
from trainer.data import Dataset, Part
from trainer.experiments import Recipe


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training data gave."""

    seed: int
    number: int
    train_loss: float
    validation_loss: float
    validation_uar: float
    is_best: bool


@dataclass(frozen=True)
class Run:
    """A trained head and what it says.

    Attributes
    ----------
    seed : int
    head : Head
        Restored to its best epoch, in evaluation mode.
    epochs : tuple of Epoch
    validation_logits, test_logits : (n_utterances, n_classes) float32
    """

    seed: int
    head: Head = field(repr=False)
    epochs: tuple[Epoch, ...]
    validation_logits: npt.NDArray[np.float32]
    test_logits: npt.NDArray[np.float32]

    @property
    def best(self) -> Epoch:
        """The epoch that was restored."""
        return min(self.epochs, key=lambda epoch: epoch.validation_loss)


def train_head(
    data: Dataset,
    recipe: Recipe,
    options: HeadOptions,
    seed: int,
    progress: Callable[[Epoch], None] = lambda _epoch: None,
) -> Run:
    """Train one head with one seed (Pepino et al. 2021, section 3.2).

    Adam on cross-entropy over batches of utterances; stops when the validation loss has not
    improved for ``recipe.patience`` epochs, and restores the best epoch. The test part is read
    once, after that.
    """
    torch.manual_seed(seed)
    shuffle = np.random.default_rng(seed)
    head = make_head(options)
    optimiser = torch.optim.Adam(head.parameters(), lr=recipe.learning_rate)
    best_loss, best_state, since_best = float("inf"), head.state_dict(), 0
    epochs: list[Epoch] = []
    for number in range(1, recipe.max_epochs + 1):
        train_loss = _one_pass(head, optimiser, data.train, recipe.batch_size, shuffle)
        logits = predict(head, data.validation)
        loss = _loss(logits, data.validation)
        is_best = loss < best_loss
        if is_best:
            best_loss, best_state, since_best = loss, copy.deepcopy(head.state_dict()), 0
        else:
            since_best += 1
        epochs.append(Epoch(seed, number, train_loss, loss, _uar(logits, data.validation), is_best))
        progress(epochs[-1])
        if since_best >= recipe.patience:
            break
    head.load_state_dict(best_state)
    head.eval().requires_grad_(False)
    return Run(seed, head, tuple(epochs), predict(head, data.validation), predict(head, data.test))


def predict(head: Head, part: Part, batch_size: int = 64) -> npt.NDArray[np.float32]:
    """Logits (n_utterances, n_classes) of a part, in its order."""
    head.eval()
    with torch.inference_mode():
        rows = [head(batch.features, batch.mask).numpy() for batch in part.batches(batch_size)]
    return np.concatenate(rows).astype(np.float32)


def _one_pass(
    head: Head, optimiser: torch.optim.Optimizer, part: Part, batch_size: int, shuffle: np.random.Generator
) -> float:
    head.train()
    total = 0.0
    for batch in part.batches(batch_size, shuffle.permutation(len(part)).tolist()):
        optimiser.zero_grad(set_to_none=True)
        loss = cross_entropy(head(batch.features, batch.mask), batch.classes)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        total += float(loss.detach()) * len(batch.classes)
    return total / len(part)


def _loss(logits: npt.NDArray[np.float32], part: Part) -> float:
    return float(cross_entropy(torch.from_numpy(logits), torch.from_numpy(part.classes)))


def _uar(logits: npt.NDArray[np.float32], part: Part) -> float:
    right = logits.argmax(axis=1) == part.classes
    return float(np.mean([right[part.classes == c].mean() for c in np.unique(part.classes)]))

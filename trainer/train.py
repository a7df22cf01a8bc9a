"""One training run, top to bottom: seed, batches, early stopping, logits of the parts it may see."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_value_

from ser_desktop.core.errors import Cancelled, TrainingError
from ser_desktop.core.heads import Head, HeadOptions, make_head
from trainer.checkpoint import load_checkpoint, save_checkpoint
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


@dataclass
class State:
    """Everything a run needs to go on as if nothing had happened."""

    seed: int
    head: Head
    optimiser: torch.optim.Optimizer
    shuffle: np.random.Generator
    best: dict[str, torch.Tensor]
    epochs: list[Epoch] = field(default_factory=list)

    @property
    def best_loss(self) -> float:
        """Lowest validation loss so far."""
        return min((epoch.validation_loss for epoch in self.epochs), default=float("inf"))

    @property
    def n_since_best(self) -> int:
        """Epochs since the validation loss last improved."""
        bests = [epoch.number for epoch in self.epochs if epoch.is_best]
        return len(self.epochs) - (bests[-1] if bests else 0)


@dataclass(frozen=True)
class Run:
    """A trained head and what it says.

    Attributes
    ----------
    seed : int
    head : Head
        Restored to its best epoch, in evaluation mode, on the CPU.
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


class StoppedEarly(Cancelled):
    """A run was asked to stop after an epoch at least.

    Attributes
    ----------
    run : Run
        The best so far.
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run


def train_head(
    data: Dataset,
    recipe: Recipe,
    options: HeadOptions,
    seed: int,
    *,
    progress: Callable[[Epoch], None] = lambda _epoch: None,
    check: Callable[[], None] = lambda: None,
    checkpoint: Path | None = None,
    device: str = "cpu",
) -> Run:
    """Train one head with one seed (Pepino et al. 2021, section 3.2).

    Adam on cross-entropy over batches of utterances; stops when the validation loss has not
    improved for ``recipe.patience`` epochs, and restores the best epoch. The test part is read
    once, after that.

    Parameters
    ----------
    data : Dataset
    recipe : Recipe
    options : HeadOptions
    seed : int
    progress : callable
        Called after each epoch.
    check : callable
        Called before each step; when it raises `Cancelled` the run ends, and the checkpoint remains.
    checkpoint : Path or None
        Written after each epoch. One that is there is gone on from, with the same final result.
    device : str

    Raises
    ------
    StoppedEarly
        When asked to stop, with the best so far; `Cancelled` itself before the first epoch has ended.
    """
    state = start(recipe, options, seed, device)
    if checkpoint is not None and not load_checkpoint(checkpoint, state, Epoch):
        # A damaged one may have been restored in part.
        state = start(recipe, options, seed, device)
    try:
        _run_epochs(state, data, recipe, progress=progress, check=check, checkpoint=checkpoint)
    except Cancelled:
        if state.epochs:
            raise StoppedEarly(_finish(state, data)) from None
        raise
    return _finish(state, data)


def _run_epochs(
    state: State,
    data: Dataset,
    recipe: Recipe,
    *,
    progress: Callable[[Epoch], None],
    check: Callable[[], None],
    checkpoint: Path | None,
) -> None:
    while len(state.epochs) < recipe.max_epochs and state.n_since_best < recipe.patience:
        train_loss = _one_pass(state, data.train, recipe, check)
        logits = predict(state.head, data.validation)
        loss = _loss(logits, data.validation)
        if not (np.isfinite(train_loss) and np.isfinite(loss)):
            raise TrainingError(
                f"Training with seed {state.seed} went astray in epoch {len(state.epochs) + 1}: the loss is no number.",
                "Leave that seed out, or report it with the run's folder.",
            )
        is_best = loss < state.best_loss
        if is_best:
            state.best = copy.deepcopy(state.head.state_dict())
        number = len(state.epochs) + 1
        state.epochs.append(
            Epoch(state.seed, number, train_loss, loss, uar_of(logits, data.validation.classes), is_best)
        )
        if checkpoint is not None:
            save_checkpoint(checkpoint, state)
        progress(state.epochs[-1])


def _finish(state: State, data: Dataset) -> Run:
    """Restore the best epoch and let it speak; the test part is read here and nowhere else."""
    state.head.load_state_dict(state.best)
    state.head.eval().requires_grad_(False)
    validation, test = predict(state.head, data.validation), predict(state.head, data.test)
    return Run(state.seed, state.head.cpu(), tuple(state.epochs), validation, test)


def run_epochs(
    part: Part, recipe: Recipe, options: HeadOptions, seed: int, n_epochs: int, *, check: Callable[[], None]
) -> Head:
    """Train for a fixed number of epochs, with nobody to validate on; ``check`` as in `train_head`."""
    state = start(recipe, options, seed)
    for _ in range(n_epochs):
        _one_pass(state, part, recipe, check)
    return state.head.eval().requires_grad_(False)


def start(recipe: Recipe, options: HeadOptions, seed: int, device: str = "cpu") -> State:
    """Return the state before the first step; the seed decides weights, batches and dropout."""
    torch.manual_seed(seed)
    head = make_head(options).to(device)
    optimiser = torch.optim.Adam(head.parameters(), lr=recipe.learning_rate, fused=True)
    return State(seed, head, optimiser, np.random.default_rng(seed), copy.deepcopy(head.state_dict()))


def predict(head: Head, part: Part, batch_size: int = 32) -> npt.NDArray[np.float32]:
    """Logits (n_utterances, n_classes) of a part, in its order."""
    head.eval()
    with torch.inference_mode():
        rows = [head(batch.features, batch.lengths).cpu().numpy() for batch in part.batches(batch_size)]
    return np.concatenate(rows).astype(np.float32)


def uar_of(logits: npt.NDArray[np.float32], classes: npt.NDArray[np.integer]) -> float:
    """Unweighted average recall over the classes that are there."""
    right = logits.argmax(axis=1) == classes
    return float(np.mean([right[classes == c].mean() for c in np.unique(classes)]))


def _one_pass(state: State, part: Part, recipe: Recipe, check: Callable[[], None]) -> float:
    head = state.head.train()
    total = 0.0
    for batch in part.batches(recipe.batch_size, state.shuffle.permutation(len(part)).tolist()):
        check()
        state.optimiser.zero_grad(set_to_none=True)
        loss = cross_entropy(head(batch.features, batch.lengths), batch.classes)
        loss.backward()  # type: ignore[no-untyped-call]
        if recipe.clip is not None:
            clip_grad_value_(head.parameters(), recipe.clip)
        state.optimiser.step()
        total += float(loss.detach()) * len(batch.classes)
    return total / len(part)


def _loss(logits: npt.NDArray[np.float32], part: Part) -> float:
    return float(cross_entropy(torch.from_numpy(logits), torch.from_numpy(part.classes)))

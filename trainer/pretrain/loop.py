"""The pretraining run, top to bottom: batches, steps, probes, checkpoints; it goes on where it was."""

from __future__ import annotations

import json
import math
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ser_desktop.core.errors import TrainingError
from trainer.checkpoint import write_state
from trainer.pretrain.objectives import Batch, Objective
from trainer.pretrain.probe import Probe, Probed
from trainer.pretrain.recipes import PretrainRecipe
from trainer.pretrain.stretches import N_SAMPLES, Stretches

if TYPE_CHECKING:
    from transformers import Wav2Vec2Model

_LAST_RATE = 0.03


@dataclass(frozen=True)
class Measured:
    """A point of the loss curves.

    Attributes
    ----------
    step : int
    losses : dict
        Means since the point before.
    seconds : float
        Of training so far, without preparation and probes.
    probe : Probed or None
    is_best : bool
    """

    step: int
    losses: dict[str, float]
    seconds: float
    probe: Probed | None = None
    is_best: bool = False


@dataclass
class State:
    """Everything a run needs to go on."""

    model: Wav2Vec2Model
    objective: Objective
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0
    losses: dict[str, list[float]] = field(default_factory=dict)
    """Since the last point of the curve."""
    curve: list[Measured] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    @property
    def best_probe(self) -> float:
        """The best that decided so far."""
        return max((m.probe.deciding for m in self.curve if m.probe and m.is_best), default=-1.0)


def make_state(model: Wav2Vec2Model, objective: Objective, recipe: PretrainRecipe, device: str) -> State:
    """Return the state before the first step."""
    model.to(device).train()
    if device == "cpu":
        # Measured: the fused attention's backward pass takes a step from 1.2 to 1.5 s on two cores.
        model.set_attn_implementation("eager")
    objective.extra().to(device).train()
    ears = [p for name, p in model.named_parameters() if name.startswith("feature_")]
    rest = [p for name, p in model.named_parameters() if not name.startswith("feature_")]
    groups = [{"params": ears}, {"params": [*rest, *objective.extra().parameters()]}]
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, weight_decay=recipe.weight_decay)
    return State(model, objective, optimiser)


def pretrain(
    state: State,
    stretches: Stretches,
    recipe: PretrainRecipe,
    probe: Probe | None,
    checkpoint: Path,
    *,
    every: int,
    told: Callable[[State, int], None],
    measured: Callable[[Measured], None],
    check: Callable[[], None],
) -> State:
    """Train until the recipe's last step.

    Parameters
    ----------
    state : State
        As made, or as `restore` filled it.
    stretches : Stretches
    recipe : PretrainRecipe
    probe : Probe or None
        None: the last step is the best one.
    checkpoint : Path
        Written with every point of the curve.
    every : int
        Steps between points.
    told, measured : callable
        Hear of every step and of every point.
    check : callable
        May raise between two steps; what the checkpoint holds stays.

    Raises
    ------
    SaveError, TrainingError
    """
    started = time.monotonic() - state.seconds

    def measure_if_due() -> None:
        nonlocal started
        is_last, known = state.step == recipe.n_steps, state.curve[-1].step if state.curve else 0
        if state.step > known and (state.step % every == 0 or is_last):
            point = _measure(state, probe, check, is_last=is_last)
            save(checkpoint, state)
            measured(point)
            started = time.monotonic() - state.seconds

    # A run that was stopped while it probed has taken the step, but has not measured it.
    measure_if_due()
    for batch in _ahead(stretches, recipe, state.step, _device(state.model)):
        check()
        set_rates(state, recipe)
        for name, value in _step(state, recipe, batch).items():
            state.losses.setdefault(name, []).append(value)
        state.step += 1
        state.seconds = time.monotonic() - started
        told(state, recipe.n_steps)
        measure_if_due()
    return state


def set_rates(state: State, recipe: PretrainRecipe) -> None:
    """Set the learning rates of the coming step: warm-up, then a cosine to three percent."""
    step = state.step
    hearing = step < recipe.n_hear
    first, last = (0, recipe.n_hear) if hearing else (recipe.n_hear, recipe.n_steps)
    warm = min(1.0, (step - first + 1) / recipe.warm_up)
    done = (step - first) / max(1, last - first)
    ears = recipe.hear_rate if hearing else recipe.learning_rate
    # While only f₀ learns its rate falls to that of the rest, not to nothing.
    least = recipe.learning_rate / recipe.hear_rate if hearing else _LAST_RATE
    fall = least + (1 - least) * 0.5 * (1 + math.cos(math.pi * done))
    for group, rate in zip(state.optimiser.param_groups, (ears, recipe.learning_rate), strict=True):
        group["lr"] = rate * warm * fall


def _step(state: State, recipe: PretrainRecipe, batch: Batch) -> dict[str, float]:
    # Seeded by the step, so that a resumed run draws what an uninterrupted one would.
    torch.manual_seed(recipe.seed * 1_000_003 + batch.step)
    with torch.autocast(batch.samples.device.type, torch.bfloat16):
        losses = state.objective.losses(state.model, batch)
    if not bool(torch.isfinite(losses["loss"])):
        raise TrainingError(
            f"The loss of step {batch.step} is not a number.", "Delete the checkpoint and take a smaller learning rate."
        )
    state.optimiser.zero_grad(set_to_none=True)
    losses["loss"].backward()  # type: ignore[no-untyped-call]
    parameters = [p for group in state.optimiser.param_groups for p in group["params"]]
    nn.utils.clip_grad_norm_(parameters, recipe.clip_norm)
    state.optimiser.step()
    return {name: float(value.detach()) for name, value in losses.items()}


def _measure(state: State, probe: Probe | None, check: Callable[[], None], *, is_last: bool) -> Measured:
    probed = probe(state.model, check) if probe else None
    losses = {name: float(np.mean(values)) for name, values in state.losses.items()}
    state.losses = {}
    is_best = probed.deciding > state.best_probe if probed else is_last
    if is_best:
        state.best = {name: value.detach().cpu().clone() for name, value in state.model.state_dict().items()}
    point = Measured(state.step, losses, round(state.seconds, 1), probed, is_best)
    state.curve.append(point)
    return point


def _ahead(stretches: Stretches, recipe: PretrainRecipe, first: int, device: str) -> Iterator[Batch]:
    """Yield batches; the next one is made while the step before is computed."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(make_batch, stretches, recipe, first)
        for step in range(first, recipe.n_steps):
            batch = coming.result()
            if step + 1 < recipe.n_steps:
                coming = pool.submit(make_batch, stretches, recipe, step + 1)
            yield Batch(batch.samples.to(device), batch.chosen, batch.parts, batch.step, batch.rng)


def make_batch(stretches: Stretches, recipe: PretrainRecipe, step: int) -> Batch:
    """Return the batch of a step; it depends on nothing but seed and step."""
    n = len(stretches)
    places = np.arange(step * recipe.batch_size, (step + 1) * recipe.batch_size)
    chosen = np.array([np.random.default_rng([recipe.seed, int(p) // n]).permutation(n)[p % n] for p in places])
    samples = torch.from_numpy(np.stack([stretches.as_float(int(i))[:N_SAMPLES] for i in chosen]))
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
    changed = recipe.augmentation.apply(samples, generator)
    return Batch(
        changed, chosen, [stretches.parts[i] for i in chosen], step, np.random.default_rng([recipe.seed, step])
    )


def _device(model: Wav2Vec2Model) -> str:
    return str(model.device.type)


def save(path: Path, state: State) -> None:
    """Write a checkpoint; it is never half written.

    Raises
    ------
    SaveError
    """
    content = {
        "model": state.model.state_dict(),
        "extra": state.objective.extra().state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "step": state.step,
        "seconds": state.seconds,
        "losses": state.losses,
        "curve": json.dumps([as_json(m) for m in state.curve]),
        "best": state.best,
    }
    write_state(path, content)


def restore(path: Path, state: State) -> bool:
    """Fill a fresh state from a checkpoint; False, and nothing changed, where there is none or a damaged one."""
    if not path.is_file():
        return False
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
        curve = [from_json(m) for m in json.loads(content["curve"])]
    except (OSError, EOFError, pickle.UnpicklingError, RuntimeError, KeyError, ValueError, TypeError):
        return False
    state.model.load_state_dict(content["model"])
    state.objective.extra().load_state_dict(content["extra"])
    state.optimiser.load_state_dict(content["optimiser"])
    state.step, state.seconds, state.losses = content["step"], content["seconds"], content.get("losses", {})
    state.best, state.curve = content["best"], curve
    return True


def as_json(point: Measured) -> dict[str, Any]:
    """Return a point of the curve as plain values."""
    return {**vars(point), "probe": vars(point.probe) if point.probe else None}


def from_json(values: dict[str, Any]) -> Measured:
    """Return what `as_json` described."""
    return Measured(**{**values, "probe": Probed(**values["probe"]) if values["probe"] else None})

"""A run's state on disk, so that it can go on where it was."""

from __future__ import annotations

import pickle
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ser_desktop.core.errors import SaveError
from trainer.files import whole_file

if TYPE_CHECKING:
    from trainer.train import Epoch, State


def save_checkpoint(path: Path, state: State) -> None:
    """Write everything that the rest of the run depends on; the file is never half written.

    Raises
    ------
    SaveError
    """
    content = {
        "head": state.head.state_dict(),
        "best": state.best,
        "optimiser": state.optimiser.state_dict(),
        "shuffle": state.shuffle.bit_generator.state,
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "epochs": [asdict(epoch) for epoch in state.epochs],
    }
    write_state(path, content)


def write_state(path: Path, content: dict[str, Any]) -> None:
    """Write what a training goes on from; the file is never half written.

    Raises
    ------
    SaveError
    """
    try:
        with whole_file(path) as scratch, scratch.open("wb") as file:
            torch.save(content, file)
    except (OSError, RuntimeError) as error:
        raise SaveError(
            f"The training's state could not be written to «{path.parent}» ({error}).",
            "Free some space and run the same command again: it goes on where it was.",
        ) from error


def load_checkpoint(path: Path, state: State, epoch_type: type[Epoch]) -> bool:
    """Restore what `save_checkpoint` wrote.

    Returns
    -------
    is_restored : bool
        False where there is none, or a damaged one, which is removed; the state is then not to be used.
    """
    if not path.is_file():
        return False
    try:
        _restore(torch.load(path, weights_only=True, map_location="cpu"), state, epoch_type)
    except (OSError, EOFError, pickle.UnpicklingError, RuntimeError, KeyError, ValueError, TypeError):
        path.unlink(missing_ok=True)
        return False
    return True


def _restore(content: dict[str, Any], state: State, epoch_type: type[Epoch]) -> None:
    state.head.load_state_dict(content["head"])
    state.best = content["best"]
    state.optimiser.load_state_dict(content["optimiser"])
    state.shuffle.bit_generator.state = content["shuffle"]
    torch.set_rng_state(content["torch"])
    if content["cuda"]:
        torch.cuda.set_rng_state_all(content["cuda"])
    state.epochs = [epoch_type(**epoch) for epoch in content["epochs"]]

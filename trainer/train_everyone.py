"""A head for the shelf: trained on all speakers for a number of epochs that the folds have found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ser_desktop.core.heads import Head
from ser_desktop.core.normalise import Statistics
from ser_desktop.core.threads import threads_each
from trainer.data import Part
from trainer.gather import gather
from trainer.jobs import BATCHES_ALIVE
from trainer.prepared import PreparedRow
from trainer.splits import Split
from trainer.train import run_epochs


def train_on_everyone(
    ready: PreparedRow, seed: int, n_epochs: int, *, memory_bytes: int, check: Callable[[], None]
) -> tuple[Head, tuple[Statistics, ...]]:
    """Train a row on every utterance of its protocol.

    Parameters
    ----------
    ready : PreparedRow
    seed : int
    n_epochs : int
        There is nobody left to decide when to stop.
    memory_bytes : int
        What may be used for features.
    check : callable
        Called before each step and utterance; what it raises ends the training.

    Returns
    -------
    head : Head
        In evaluation mode.
    statistics : tuple of Statistics
        For the bundle, one per branch.
    """
    everyone = Split("everyone", ready.protocol.utterances(), (), ())
    protocol = replace(ready.protocol, splits=(everyone,))
    gathered = {
        source: gather(
            protocol, ready.extracted[source].files, ready.recipe.normalisation, lambda _done, _total: check()
        )
        for source in ready.gathered
    }
    whole = replace(ready, protocol=protocol, gathered=gathered)
    with threads_each(1):
        stored = whole.data(everyone)
        left = memory_bytes - round(BATCHES_ALIVE * stored.batch_bytes(whole.recipe.batch_size))
        part = Part(stored, "train", "cpu", max(0, left))
        head = run_epochs(part, whole.recipe, whole.options(), seed, n_epochs, check=check)
    return head, whole.reference(everyone)

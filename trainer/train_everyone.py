"""A head for the shelf: trained on all speakers for a number of epochs that the folds have found."""

from __future__ import annotations

from dataclasses import replace

import torch

from ser_desktop.core.heads import Head
from ser_desktop.core.normalise import Statistics
from trainer.data import MEMORY_BYTES, Part
from trainer.gather import gather
from trainer.prepared import PreparedRow
from trainer.protocols import Split
from trainer.train import run_epochs


def train_on_everyone(ready: PreparedRow, seed: int, n_epochs: int) -> tuple[Head, tuple[Statistics, ...]]:
    """Train a row on every utterance of its protocol.

    Parameters
    ----------
    ready : PreparedRow
    seed : int
    n_epochs : int
        There is nobody left to decide when to stop.

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
        source: gather(protocol, ready.extracted[source].files, ready.recipe.normalisation) for source in ready.gathered
    }
    whole = replace(ready, protocol=protocol, gathered=gathered)
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        data = Part(whole.data(everyone), "train", "cpu", MEMORY_BYTES)
        head = run_epochs(data, whole.recipe, whole.options(), seed, n_epochs)
    finally:
        torch.set_num_threads(n_threads)
    return head, whole.reference(everyone)

"""Ways to pretrain the compact encoder, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from trainer.pretrain.augment import Augmentation


class Aim(StrEnum):
    """What the loss is made of."""

    CONTRAST = "contrast"
    DISTIL = "distil"
    DISTIL_EMOTION = "distil-emotion"


@dataclass(frozen=True)
class PretrainRecipe:
    """How to pretrain.

    Attributes
    ----------
    name, title : str
    aim : Aim
    uses_labels : bool
        Whether emotions of training speakers are part of the loss; model cards say so.
    n_steps, batch_size : int
        Stretches of eight seconds; the learning rate falls to its end over the steps.
    hear : float
        Share of the steps in which only f₀ learns (with a teacher).
    emotion_from : float
        Share of the steps after which emotions join.
    emotion_weight : float
        Of the emotions' cross-entropy beside the distillation.
    hear_rate, learning_rate : float
        Adam's highest, for the steps in which only f₀ learns and for the rest.
    n_passes : int
        How often the recordings are joined anew.
    stretch_seed, seed : int
        Of the order in which recordings are joined, and of everything else.
    """

    name: str
    title: str
    aim: Aim
    uses_labels: bool = False
    n_steps: int = 3000
    batch_size: int = 8
    hear: float = 0.2
    emotion_from: float = 0.5
    emotion_weight: float = 0.1
    hear_rate: float = 3e-3
    learning_rate: float = 5e-4
    warm_up: int = 30
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    n_passes: int = 2
    stretch_seed: int = 1
    seed: int = 123
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def needs_teacher(self) -> bool:
        """Whether a teacher's layers are imitated."""
        return self.aim is not Aim.CONTRAST

    @property
    def n_hear(self) -> int:
        """Steps in which only f₀ learns."""
        return round(self.hear * self.n_steps) if self.needs_teacher else 0

    @property
    def emotion_step(self) -> int:
        """Step at which emotions join."""
        return round(self.emotion_from * self.n_steps)


PRETRAIN_RECIPES = {
    recipe.name: recipe
    for recipe in (
        PretrainRecipe(
            "contrastive",
            "wav2vec 2.0: which quantised sound was masked here?",
            Aim.CONTRAST,
            learning_rate=2e-4,
            warm_up=240,
        ),
        PretrainRecipe("distil", "the layers of a stronger frozen teacher", Aim.DISTIL),
        PretrainRecipe(
            "distil-emotion",
            "the teacher's layers, then also the emotions of RAVDESS actors 01–16",
            Aim.DISTIL_EMOTION,
            uses_labels=True,
        ),
    )
}
"""Every recipe that ``python -m trainer pretrain`` knows, by name."""

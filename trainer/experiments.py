"""Recipes and presets: frozen values that name features, head, normalisation and training settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from ser_desktop.core.features import FRAME_S, FeatureName
from ser_desktop.core.heads import HeadKind
from ser_desktop.core.normalise import Normalisation

SEEDS = (123, 1234, 2345, 3456, 4567)
"""The five seeds of Pepino et al. 2021."""

_ENCODERS = {"pt": "wav2vec2-base", "ft": "wav2vec2-base-960h", "compact": "compact"}
_LIVE_S = 8.0


class Preset(StrEnum):
    """Where text and released code disagree, which of them is followed."""

    PAPER = "paper"
    RELEASED_CODE = "released-code"


@dataclass(frozen=True)
class Recipe:
    """How to train a head. The defaults are the paper's text (section 3.2).

    Attributes
    ----------
    name : str
    title : str
        For model cards.
    features : tuple of FeatureName
        One per branch.
    head : HeadKind
    normalisation : Normalisation
    encoder : str or None
        Catalogue name of the encoder that encoder features need.
    head_s : float or None
        The head sees at most this much of an utterance; None is what the corpus says (5 s for RAVDESS).
    frame_s : float
    clip : float or None
        Gradients are cut to ± this value.
    copies : int
        Changed copies of every training utterance, as other microphones might have heard it (not in the paper).
    """

    name: str
    title: str
    features: tuple[FeatureName, ...]
    head: HeadKind
    normalisation: Normalisation
    encoder: str | None = None
    head_s: float | None = None
    frame_s: float = FRAME_S
    n_hidden: int = 128
    dropout: float = 0.2
    dropout_first: bool = False
    learning_rate: float = 1e-3
    clip: float | None = None
    batch_size: int = 32
    max_epochs: int = 100
    patience: int = 4
    copies: int = 0


def apply_preset(recipe: Recipe, preset: Preset) -> Recipe:
    """Return the recipe as the text or as the released code has it.

    The released code also computes eGeMAPS and spectrograms at each file's own rate; here they are
    computed at 16 kHz under both presets, because that is what a live microphone stream has.
    """
    if preset is Preset.PAPER:
        return recipe
    own_rate = recipe.learning_rate != Recipe.learning_rate
    return replace(
        recipe,
        learning_rate=recipe.learning_rate if own_rate else 1e-4,
        clip=1.0,
        dropout_first=True,
        batch_size=16 if recipe.head is HeadKind.LSTM else recipe.batch_size,
        frame_s=FRAME_S,
    )


def _recipes() -> dict[str, Recipe]:
    recipes = [
        Recipe(
            "egemaps",
            "eGeMAPS, dense head, global normalisation",
            (FeatureName.EGEMAPS,),
            HeadKind.DENSE,
            Normalisation.GLOBAL,
            # Live windows are 8 s long; no RAVDESS speech file is, so nothing is cut in training.
            head_s=_LIVE_S,
        )
    ]
    for normalisation in Normalisation:
        for features, frame_s in ((FeatureName.EGEMAPS, FRAME_S), (FeatureName.SPECTROGRAM, 0.010)):
            recipes.append(
                Recipe(
                    f"{features}-dense-{normalisation}",
                    f"{features}, dense head, {normalisation} normalisation",
                    (features,),
                    HeadKind.DENSE,
                    normalisation,
                    frame_s=frame_s,
                )
            )
    for (short, encoder), normalisation in product(_ENCODERS.items(), Normalisation):
        for features in (FeatureName.LOCAL, FeatureName.CONTEXTUAL, FeatureName.ALL_LAYERS):
            for head in (HeadKind.DENSE, HeadKind.LSTM):
                recipes.append(_encoder_recipe(short, encoder, (features,), head, normalisation))
        both = (FeatureName.ALL_LAYERS, FeatureName.EGEMAPS)
        recipes.append(_encoder_recipe(short, encoder, both, HeadKind.FUSION, normalisation))
    return {recipe.name: recipe for recipe in recipes}


def _encoder_recipe(
    short: str, encoder: str, features: tuple[FeatureName, ...], head: HeadKind, normalisation: Normalisation
) -> Recipe:
    stem = "" if head is HeadKind.FUSION else f"{features[0]}-"
    whose = "compact encoder" if short == "compact" else f"Wav2vec2-{short.upper()}"
    title = f"{whose} {' + '.join(features)}, {head} head, {normalisation} normalisation"
    name = f"{short}-{stem}{head}-{normalisation}"
    head_s = _LIVE_S if short == "compact" else None
    return Recipe(name, title, features, head, normalisation, encoder=encoder, head_s=head_s)


RECIPES: dict[str, Recipe] = _recipes()
"""Every recipe the command line knows, by name."""

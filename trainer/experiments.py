"""Recipes: each a frozen value that names features, head, normalisation and training settings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from ser_desktop.core.features import FRAME_S, FeatureName
from ser_desktop.core.heads import HeadKind
from ser_desktop.core.normalise import Normalisation

SEEDS = (123, 1234, 2345, 3456, 4567)
"""The five seeds of Pepino et al. 2021."""

_ENCODERS = {"pt": "wav2vec2-base", "ft": "wav2vec2-base-960h"}


@dataclass(frozen=True)
class Recipe:
    """How to train a bundle. The defaults are the paper's text (section 3.2).

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
    head_s : float
        The head sees at most this much of an utterance: 5 s (250 frames) for RAVDESS.
    frame_s : float
    """

    name: str
    title: str
    features: tuple[FeatureName, ...]
    head: HeadKind
    normalisation: Normalisation
    encoder: str | None = None
    head_s: float = 5.0
    frame_s: float = FRAME_S
    n_hidden: int = 128
    dropout: float = 0.2
    dropout_first: bool = False
    learning_rate: float = 1e-3
    batch_size: int = 32
    max_epochs: int = 100
    patience: int = 4


def _recipes() -> dict[str, Recipe]:
    recipes = [
        Recipe(
            "default",
            "eGeMAPS, dense head, global normalisation",
            (FeatureName.EGEMAPS,),
            HeadKind.DENSE,
            Normalisation.GLOBAL,
            # Live windows are 8 s long; no RAVDESS speech file is, so nothing is cut in training.
            head_s=8.0,
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
    title = f"Wav2vec2-{short.upper()} {' + '.join(features)}, {head} head, {normalisation} normalisation"
    return Recipe(f"{short}-{stem}{head}-{normalisation}", title, features, head, normalisation, encoder=encoder)


RECIPES: dict[str, Recipe] = _recipes()
"""Every recipe the command line knows, by name."""

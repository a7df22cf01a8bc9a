from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from ser_desktop.core.catalogue import ENCODERS
from ser_desktop.core.features import make_extractor
from ser_desktop.core.heads import HeadKind, HeadOptions, make_head
from ser_desktop.core.normalise import Normalisation
from tests.helpers.bundles import tiny_encoder
from trainer.experiments import RECIPES, SEEDS, Recipe

pytestmark = pytest.mark.filterwarnings("ignore")
EVERY_RECIPE = pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))


@EVERY_RECIPE
def test_a_recipe_makes_a_head_for_its_features(recipe: Recipe) -> None:
    encoder = tiny_encoder() if recipe.encoder else None
    specs = [make_extractor(name, encoder=encoder, hop_s=recipe.frame_s).spec for name in recipe.features]
    assert {spec.frame_s for spec in specs} == {recipe.frame_s}
    make_head(HeadOptions(recipe.head, tuple((s.n_layers, s.n_features) for s in specs), 7))


@EVERY_RECIPE
def test_a_recipe_names_an_encoder_exactly_when_it_needs_one(recipe: Recipe) -> None:
    assert (recipe.encoder is not None) is any(name.needs_encoder for name in recipe.features)
    assert recipe.encoder in {None, *(entry.name for entry in ENCODERS)}


@EVERY_RECIPE
def test_a_recipe_trains_as_the_paper_says(recipe: Recipe) -> None:
    assert (recipe.learning_rate, recipe.batch_size, recipe.max_epochs, recipe.patience) == (1e-3, 32, 100, 4)
    assert (recipe.n_hidden, recipe.dropout, recipe.dropout_first) == (128, 0.2, False)
    assert recipe.head_s == (8.0 if recipe.name == "default" else 5.0)


def test_every_row_of_the_papers_tables_has_a_recipe() -> None:
    rows = {"egemaps-dense-speaker", "spectrogram-dense-speaker", "pt-all-layers-dense-global", "pt-fusion-global"}
    rows |= {f"{e}-{f}-dense-speaker" for e in ("pt", "ft") for f in ("local", "contextual", "all-layers")}
    rows |= {"pt-all-layers-lstm-global", "pt-all-layers-lstm-speaker"}
    assert rows <= set(RECIPES)
    fusion = RECIPES["pt-fusion-global"]
    assert (fusion.head, fusion.normalisation) == (HeadKind.FUSION, Normalisation.GLOBAL)
    assert list(fusion.features) == ["all-layers", "egemaps"]


def test_names_are_unique_and_recipes_cannot_be_changed() -> None:
    assert [recipe.name for recipe in RECIPES.values()] == list(RECIPES)
    assert len({recipe.title for recipe in RECIPES.values()}) == len(RECIPES)
    with pytest.raises(FrozenInstanceError):
        RECIPES["default"].patience = 5  # type: ignore[misc]
    assert SEEDS == (123, 1234, 2345, 3456, 4567)

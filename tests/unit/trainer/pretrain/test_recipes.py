from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict, replace

import pytest

from trainer.pretrain.recipes import PRETRAIN_RECIPES, Aim


def test_every_recipe_is_found_by_its_own_name() -> None:
    assert {name: recipe.name for name, recipe in PRETRAIN_RECIPES.items()} == {
        name: name for name in ("contrastive", "distil", "distil-emotion")
    }
    assert len({recipe.aim for recipe in PRETRAIN_RECIPES.values()}) == len(Aim)


def test_only_the_contrast_needs_no_teacher() -> None:
    needy = {name for name, recipe in PRETRAIN_RECIPES.items() if recipe.needs_teacher}
    assert needy == {"distil", "distil-emotion"}


def test_only_the_recipe_with_emotions_says_that_it_uses_labels() -> None:
    for recipe in PRETRAIN_RECIPES.values():
        assert recipe.uses_labels == (recipe.aim is Aim.DISTIL_EMOTION)
        assert ("emotion" in recipe.title) == recipe.uses_labels


def test_the_recipes_hear_as_much_sound_as_each_other() -> None:
    recipes = PRETRAIN_RECIPES.values()
    assert len({(r.n_steps, r.batch_size, r.n_passes, r.stretch_seed, r.augmentation) for r in recipes}) == 1


def test_f0_learns_alone_for_a_share_of_the_steps_with_a_teacher() -> None:
    recipe = replace(PRETRAIN_RECIPES["distil"], n_steps=1000, hear=0.25)
    assert recipe.n_hear == 250
    assert replace(recipe, n_steps=10).n_hear == 2
    assert replace(recipe, aim=Aim.CONTRAST).n_hear == 0


def test_emotions_join_after_a_share_of_the_steps() -> None:
    recipe = replace(PRETRAIN_RECIPES["distil-emotion"], n_steps=1000, emotion_from=0.4)
    assert recipe.emotion_step == 400
    assert recipe.n_hear < recipe.emotion_step < recipe.n_steps


def test_recipes_are_frozen_and_can_be_written_down() -> None:
    recipe = PRETRAIN_RECIPES["distil"]
    with pytest.raises(FrozenInstanceError):
        recipe.n_steps = 1  # type: ignore[misc]
    written = json.loads(json.dumps(asdict(recipe)))
    assert written["aim"] == "distil"
    assert written["augmentation"]["snr_db"] == [5.0, 30.0]
    assert written != json.loads(json.dumps(asdict(replace(recipe, learning_rate=1e-4))))

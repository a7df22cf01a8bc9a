from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from ser_desktop.core.catalogue import ENCODERS
from ser_desktop.core.features import make_extractor
from ser_desktop.core.heads import HeadKind
from ser_desktop.core.heads import make_head as build_head
from ser_desktop.core.normalise import Normalisation
from tests.helpers.bundles import tiny_encoder
from trainer.experiments import RECIPES, SEEDS, Preset, Recipe, apply_preset
from trainer.prepared import head_options
from trainer.rows import ROWS, Row

pytestmark = pytest.mark.filterwarnings("ignore")
EVERY_RECIPE = pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
EVERY_ROW = pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))


@EVERY_RECIPE
def test_a_recipe_makes_a_head_for_its_features(recipe: Recipe) -> None:
    for preset in Preset:
        settled = apply_preset(recipe, preset)
        encoder = tiny_encoder() if settled.encoder else None
        specs = [make_extractor(name, encoder=encoder, hop_s=settled.frame_s).spec for name in settled.features]
        assert {spec.frame_s for spec in specs} == {settled.frame_s}
        build_head(head_options(settled, tuple((s.n_layers, s.n_features) for s in specs), 7))


@EVERY_RECIPE
def test_a_recipe_names_an_encoder_exactly_when_it_needs_one(recipe: Recipe) -> None:
    assert (recipe.encoder is not None) is any(name.needs_encoder for name in recipe.features)
    assert recipe.encoder in {None, *(entry.name for entry in ENCODERS)}


@EVERY_RECIPE
def test_the_preset_paper_trains_as_the_text_says(recipe: Recipe) -> None:
    settled = apply_preset(recipe, Preset.PAPER)
    assert (settled.learning_rate, settled.batch_size, settled.max_epochs, settled.patience) == (1e-3, 32, 100, 4)
    assert (settled.n_hidden, settled.dropout, settled.dropout_first, settled.clip) == (128, 0.2, False, None)
    is_for_live_windows = recipe.name == "egemaps" or recipe.encoder == "compact"
    assert settled.head_s == (8.0 if is_for_live_windows else None)
    assert settled.copies == 0


@EVERY_RECIPE
def test_the_preset_released_code_trains_as_the_code_does(recipe: Recipe) -> None:
    settled = apply_preset(recipe, Preset.RELEASED_CODE)
    assert (settled.learning_rate, settled.clip, settled.dropout_first, settled.frame_s) == (1e-4, 1.0, True, 0.02)
    assert settled.batch_size == (16 if recipe.head is HeadKind.LSTM else 32)
    assert (settled.max_epochs, settled.patience, settled.normalisation) == (100, 4, recipe.normalisation)


def test_only_the_papers_spectrogram_has_frames_of_10_ms() -> None:
    assert {r.name for r in RECIPES.values() if r.frame_s == 0.01} == {
        "spectrogram-dense-global",
        "spectrogram-dense-speaker",
    }


def test_names_are_unique_and_recipes_cannot_be_changed() -> None:
    assert [recipe.name for recipe in RECIPES.values()] == list(RECIPES)
    assert len({recipe.title for recipe in RECIPES.values()}) == len(RECIPES)
    with pytest.raises(FrozenInstanceError):
        RECIPES["egemaps"].patience = 5  # type: ignore[misc]
    assert SEEDS == (123, 1234, 2345, 3456, 4567)


@pytest.mark.parametrize(
    ("name", "ravdess", "iemocap"),
    [
        ("egemaps-dense-speaker", (57.0, 2.4), (52.4, 0.1)),
        ("spectrogram-dense-speaker", (44.5, 0.8), (49.8, 1.0)),
        ("pt-local-dense-speaker", (65.4, 1.7), (60.3, 0.7)),
        ("pt-contextual-dense-speaker", (69.0, 0.2), (58.5, 0.6)),
        ("pt-all-layers-dense-speaker", (84.3, 1.7), (67.2, 0.7)),
        ("ft-local-dense-speaker", (58.8, 2.7), (57.3, 1.0)),
        ("ft-contextual-dense-speaker", (37.5, 3.0), (44.6, 1.0)),
        ("ft-all-layers-dense-speaker", (68.7, 0.9), (63.8, 0.3)),
        ("pt-all-layers-dense-global", (75.7, 2.3), (65.8, 0.3)),
        ("pt-all-layers-lstm-global", (74.6, 3.7), (64.8, 1.9)),
        ("pt-fusion-global", (77.5, 1.0), (66.3, 0.7)),
        ("issa", (84.1, 1.2), (72.1, 0.9)),
    ],
)
def test_every_published_row_is_there_with_its_figures(
    name: str, ravdess: tuple[float, float], iemocap: tuple[float, float]
) -> None:
    row = ROWS[name]
    for corpus, figure in (("ravdess-both", ravdess), ("iemocap", iemocap)):
        assert (row.published[corpus].mean, row.published[corpus].sd) == figure


@EVERY_ROW
def test_a_row_trains_its_own_recipe(row: Row) -> None:
    assert row.recipe is RECIPES["pt-all-layers-dense-global" if row.issa else row.name]


def test_the_compact_encoder_has_rows_that_are_compared_with_nothing() -> None:
    rows = [row for row in ROWS.values() if row.recipe.encoder == "compact"]
    assert [row.name for row in rows] == [
        "compact-contextual-dense-global",
        "compact-all-layers-dense-global",
        "compact-all-layers-dense-speaker",
        "compact-fusion-global",
    ]
    for row in rows:
        assert (row.table, row.published, row.issa) == ("", {}, False)
        assert row.recipe.title.startswith("compact encoder ")


def test_the_lstm_row_is_compared_under_the_preset_whose_normalisation_it_had() -> None:
    text, code = ROWS["pt-all-layers-lstm-global"], ROWS["pt-all-layers-lstm-speaker"]
    assert text.recipe.normalisation is Normalisation.GLOBAL
    both = text.published_for("ravdess-both", Preset.PAPER)
    assert both is not None
    assert (both.mean, both.sd) == (74.6, 3.7)
    assert "released script ran speaker" in both.note
    assert text.published_for("ravdess-both", Preset.RELEASED_CODE) is None
    assert code.published_for("ravdess-both", Preset.RELEASED_CODE) == both
    # The authors' predictions come from the released script.
    assert text.published_for("ravdess", Preset.PAPER) is None
    speech = code.published_for("ravdess", Preset.RELEASED_CODE)
    assert speech is not None
    assert (speech.mean, speech.sd, speech.n_over_variance) == (72.2, 4.3, 4)
    assert code.published_for("ravdess-both", Preset.PAPER) is None


def test_speech_alone_is_compared_with_the_published_predictions_on_speech() -> None:
    published = ROWS["egemaps-dense-speaker"].published_for("ravdess", Preset.PAPER)
    assert published is not None
    assert (published.mean, published.sd) == (53.3, 1.4)
    assert "trained on speech + song" in published.note
    assert ROWS["issa"].published_for("ravdess", Preset.PAPER) is None

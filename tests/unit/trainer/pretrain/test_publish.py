from __future__ import annotations

import csv
import json
import re
import stat
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoFeatureExtractor, AutoModel, Wav2Vec2Model

from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.encoder import load_encoder
from ser_desktop.core.errors import SaveError
from tests.helpers.bundles import CPU
from tests.helpers.pretraining import N_FEATURES, N_LAYERS, shrink_encoder, small_encoder
from tests.helpers.sounds import speech_like
from trainer.pretrain.architecture import all_layers
from trainer.pretrain.loop import Measured
from trainer.pretrain.probe import Probed
from trainer.pretrain.publish import Story, encoder_card, publish
from trainer.pretrain.recipes import PRETRAIN_RECIPES

REBUILD = "python -m trainer pretrain --recipe distil --audio DATA/voices --out FOLDER"
CURVE = (
    Measured(2, {"layer 0": 0.75, "loss": 0.75}, 1.5, Probed(0.25, 0.125), is_best=True),
    Measured(4, {"layer 0": 0.5, "layer 1": 0.625, "loss": 0.5625}, 3.0, Probed(0.2, 0.1), is_best=False),
    Measured(5, {"layer 1": 0.5, "loss": 0.5}, 3.5, None, is_best=False),
)


def summary(recipe: str = "distil", **changes: Any) -> dict[str, Any]:
    own = {
        "recipe": json.loads(json.dumps(asdict(PRETRAIN_RECIPES[recipe]))),
        "n_recordings": 5518,
        "hours_of_audio": 5.02,
        "hours_heard": 53.33,
        "training_s": 3725,
        "device": "cpu",
        "n_threads": 2,
        "best_step": 2700,
        "last_losses": {"loss": 0.5},
        "probe_held_out": 0.717,
        "probe_everyone": 0.711,
        "made": "2026-11-23",
    }
    return {**own, **changes}


def story(recipe: str = "distil", licence: str = "CC BY-NC-SA 4.0", **changes: Any) -> Story:
    sources = ("RAVDESS (Livingstone & Russo 2018), CC BY-NC-SA 4.0", "our own voices, CC0")
    return Story(summary(recipe, **changes), CURVE, sources, licence, REBUILD)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.utils.logging import disable_progress_bar

    # Its bar leaves a thread behind.
    disable_progress_bar()
    shrink_encoder(monkeypatch)


@pytest.fixture
def weights() -> dict[str, Tensor]:
    model = small_encoder(seed=3)
    return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.fixture
def out(weights: dict[str, Tensor], tmp_path: Path) -> Path:
    publish(story(), weights, tmp_path / "encoder", [])
    return tmp_path / "encoder"


def test_transformers_opens_what_was_published(out: Path, weights: dict[str, Tensor]) -> None:
    for opened in (AutoModel, Wav2Vec2Model):
        model, report = opened.from_pretrained(out, local_files_only=True, output_loading_info=True)
        assert isinstance(model, Wav2Vec2Model)
        assert not report["missing_keys"]
        assert not report["unexpected_keys"]
        assert not report["mismatched_keys"]
        found = model.state_dict()
        assert found.keys() == weights.keys()
        for name in weights.keys() - {"masked_spec_embed"}:
            assert torch.equal(found[name].half(), weights[name].half()), name
        assert next(model.parameters()).dtype == torch.float16


def test_weights_are_stored_in_half_precision_and_nothing_is_masked(out: Path) -> None:
    stored = load_file(out / "model.safetensors")
    assert {value.dtype for value in stored.values()} == {torch.float16}
    assert torch.equal(stored["masked_spec_embed"], torch.zeros(N_FEATURES, dtype=torch.float16))
    assert json.loads((out / "config.json").read_text())["apply_spec_augment"] is False


def test_the_program_reads_from_it_what_was_trained(out: Path) -> None:
    samples = speech_like(1.0)
    read = load_encoder(out, CPU, "tests/small@1").layers(samples)
    trained = small_encoder(seed=3).eval().half().float()
    with torch.no_grad():
        expected = torch.stack(all_layers(trained, torch.from_numpy(samples)[None]))[:, 0]
    assert read.shape == (N_LAYERS, 47, N_FEATURES)
    np.testing.assert_allclose(read, expected, atol=1e-4)


def test_sound_is_prepared_by_doing_nothing(out: Path) -> None:
    extractor = AutoFeatureExtractor.from_pretrained(out, local_files_only=True)
    samples = speech_like(0.5)
    prepared = extractor(samples, sampling_rate=16_000, return_tensors="np")
    assert set(prepared) == {"input_values"}
    np.testing.assert_array_equal(prepared["input_values"][0], samples)


def test_checksums_are_those_of_the_files(out: Path) -> None:
    sums = json.loads((out / "checksums.json").read_text())
    assert sums == {
        name: file_sha256(out / name)
        for name in ("config.json", "preprocessor_config.json", "model.safetensors", "README.md")
    }


def test_the_folder_holds_what_it_should_and_everybody_may_read_it(out: Path) -> None:
    files = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert files == {
        "config.json",
        "preprocessor_config.json",
        "model.safetensors",
        "README.md",
        "checksums.json",
        "run/summary.json",
        "run/curve.csv",
        "run/curve.svg",
    }
    assert all(stat.S_IMODE((out / name).stat().st_mode) & 0o044 == 0o044 for name in files)
    for name in files - {"model.safetensors"}:
        content = (out / name).read_bytes()
        assert content.endswith(b"\n")
        assert b"\r" not in content
    assert json.loads((out / "run" / "summary.json").read_text()) == summary()


def test_the_same_run_is_published_in_the_same_bytes(out: Path, weights: dict[str, Tensor], tmp_path: Path) -> None:
    publish(story(), weights, tmp_path / "again", [])
    for name in ("config.json", "model.safetensors", "README.md", "run/curve.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes(), name


def test_publishing_again_replaces_what_was_there(out: Path, tmp_path: Path) -> None:
    other = small_encoder(seed=4).state_dict()
    publish(story("distil-emotion"), other, out, [])
    stored = load_file(out / "model.safetensors")
    key = "encoder.layers.0.attention.q_proj.weight"
    assert torch.equal(stored[key], other[key].half())
    assert json.loads((out / "checksums.json").read_text())["model.safetensors"] == file_sha256(
        out / "model.safetensors"
    )


def test_the_card_says_what_the_encoder_is_and_how_to_make_it_again(out: Path) -> None:
    card = (out / "README.md").read_text()
    n_parameters = sum(p.numel() for p in small_encoder().parameters())
    assert card.startswith("---\nlicense: cc-by-nc-sa-4.0\n")
    assert f"```\n{REBUILD}\n```" in card
    for fact in (
        f"{n_parameters / 1e6:.1f} million parameters, 5 transformer blocks of 64",
        f"{(out / 'model.safetensors').stat().st_size / 1e6:.1f} MB",
        "5518 recordings, 5.02 h; RAVDESS actors 21–24 are not among them",
        "  - RAVDESS (Livingstone & Russo 2018), CC BY-NC-SA 4.0",
        "  - our own voices, CC0",
        "3000 steps of 8 × 8 s (53.33 h heard) in 62 min on 2 processor cores",
        "**Licence of these weights:** CC BY-NC-SA 4.0.",
    ):
        assert fact in card, fact


def test_the_card_says_whose_labels_were_used() -> None:
    cards = {name: encoder_card(story(name), [], 0) for name in PRETRAIN_RECIPES}
    assert "The loss uses emotion labels** of RAVDESS speech, actors 01–16 only" in cards["distil-emotion"]
    assert "No label of any kind" not in cards["distil-emotion"]
    for name in ("distil", "contrastive"):
        assert "No label of any kind is used." in cards[name]
        assert "The loss uses emotion labels" not in cards[name]


def test_the_card_names_the_teacher_where_there_was_one() -> None:
    cards = {name: encoder_card(story(name), [], 0) for name in PRETRAIN_RECIPES}
    assert [name for name, card in cards.items() if "**Teacher:**" in card] == ["distil", "distil-emotion"]


def test_the_card_names_the_machine_and_other_licences() -> None:
    card = encoder_card(story(licence="CC0-1.0", device="cuda"), [], 0)
    assert "on one GPU" in card
    assert card.startswith("---\nlicense: other\n")
    assert "**Licence of these weights:** CC0-1.0." in card


def test_runs_are_compared_in_rows(weights: dict[str, Tensor], tmp_path: Path) -> None:
    files = []
    runs = {
        "contrastive": summary("contrastive", probe_held_out=0.301, probe_everyone=0.298, best_step=3000),
        "distil-emotion": summary("distil-emotion", probe_held_out=0.75, probe_everyone=None, training_s=4200),
        "distil": summary(),
    }
    for name, run in runs.items():
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps(run), encoding="utf-8")
    publish(story(), weights, tmp_path / "encoder", files)
    card = (tmp_path / "encoder" / "README.md").read_text()
    assert [line for line in card.splitlines() if re.match(r"\| (contrastive|distil)", line)] == [
        "| contrastive | 3000 × 8 | 53.33 h | 62 | 3000 | 30.1 | 29.8 |",
        "| distil | 3000 × 8 | 53.33 h | 62 | 2700 | 71.7 | 71.1 |",
        "| distil-emotion | 3000 × 8 | 53.33 h | 70 | 2700 | 75.0 | – |",
    ]


@pytest.mark.parametrize("other", ["steps", "batch", "recordings", "passes", "order"])
def test_only_runs_under_the_same_conditions_are_compared(
    weights: dict[str, Tensor], tmp_path: Path, other: str
) -> None:
    recipe = PRETRAIN_RECIPES["contrastive"]
    changed = {
        "steps": replace(recipe, n_steps=100),
        "batch": replace(recipe, batch_size=2),
        "passes": replace(recipe, n_passes=1),
        "order": replace(recipe, stretch_seed=2),
    }.get(other, recipe)
    n = 12 if other == "recordings" else 5518
    run = summary(recipe=recipe.name) | {"recipe": json.loads(json.dumps(asdict(changed))), "n_recordings": n}
    (tmp_path / "other.json").write_text(json.dumps(run), encoding="utf-8")
    (tmp_path / "own.json").write_text(json.dumps(summary()), encoding="utf-8")
    publish(story(), weights, tmp_path / "encoder", [tmp_path / "other.json", tmp_path / "own.json"])
    card = (tmp_path / "encoder" / "README.md").read_text()
    assert "| distil | 3000 × 8 |" in card
    assert "| contrastive |" not in card


def test_curves_are_a_table(out: Path) -> None:
    with (out / "run" / "curve.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["step", "seconds", "layer 0", "loss", "layer 1", "probe_held_out", "probe_everyone", "best"],
        ["2", "1.5", "0.75000", "0.75000", "", "0.2500", "0.1250", "1"],
        ["4", "3.0", "0.50000", "0.56250", "0.62500", "0.2000", "0.1000", "0"],
        ["5", "3.5", "", "0.50000", "0.50000", "", "", "0"],
    ]


def test_curves_are_a_figure(out: Path) -> None:
    root = ElementTree.fromstring((out / "run" / "curve.svg").read_text(encoding="utf-8"))  # noqa: S314
    assert root.tag.endswith("svg")
    assert len(list(root.iter())) > 50


def test_a_folder_that_cannot_be_written_is_named(weights: dict[str, Tensor], tmp_path: Path) -> None:
    (tmp_path / "encoder").write_text("a file stands in the way")
    with pytest.raises(SaveError, match="encoder"):
        publish(story(), weights, tmp_path / "encoder", [])

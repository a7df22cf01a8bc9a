"""Cache, data, training and the whole job on a small synthetic corpus."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ser_desktop.core.analysis import open_analyser
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.errors import SaveError
from ser_desktop.core.features import FRAME_S, FeatureName, FeatureSpec
from ser_desktop.core.heads import HeadKind, HeadOptions
from ser_desktop.core.labels import Emotion
from ser_desktop.core.normalise import Normalisation
from tests.helpers.bundles import tiny_encoder
from tests.helpers.corpora import write_small_ravdess
from trainer import __main__ as command_line
from trainer import cache as cache_room
from trainer.cache import FeatureCache
from trainer.corpora import ravdess
from trainer.corpora.ravdess import load_ravdess_speech
from trainer.data import Dataset, make_dataset
from trainer.experiments import RECIPES, SEEDS
from trainer.job import train_bundle
from trainer.protocols import Split, split_ravdess
from trainer.train import Epoch, train_head

pytestmark = pytest.mark.filterwarnings("ignore")


class Loudness:
    """Features that cost nothing: the level of each 20 ms, twice."""

    spec = FeatureSpec(FeatureName.EGEMAPS, 1, 2, FRAME_S, {"kind": "loudness"})

    def __init__(self) -> None:
        self.n_extracted = 0

    def extract(self, samples: FloatArray) -> FloatArray:
        self.n_extracted += 1
        frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
        level = np.log(frames.std(axis=1) + 1e-6)
        return np.stack([level, level**2], axis=1)[None].astype(np.float32)


class SilentListener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.epochs: list[Epoch] = []

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def extracted(self, done: int, total: int) -> None:
        assert done <= total

    def epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)


@pytest.fixture(scope="module")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus with späce")
    write_small_ravdess(folder)
    return folder


@pytest.fixture(autouse=True)
def _small_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ravdess, "N_PER_EMOTION", dict.fromkeys(Emotion, 24))


@pytest.fixture
def split(corpus_folder: Path) -> Split:
    return split_ravdess(load_ravdess_speech(corpus_folder))


@pytest.fixture
def dataset_of(split: Split, tmp_path: Path) -> Callable[[Normalisation], Dataset]:
    everyone = [u for part in split.parts().values() for u in part]
    features = FeatureCache(tmp_path / "cache", [Loudness()]).extract(everyone, lambda _done, _total: None)
    return lambda normalisation: make_dataset(split, features, normalisation, max_frames=250)


OPTIONS = HeadOptions(HeadKind.DENSE, ((1, 2),), 7, n_hidden=16)
RECIPE = replace(RECIPES["egemaps-dense-global"], max_epochs=12)


def test_features_are_extracted_once(split: Split, tmp_path: Path) -> None:
    first, second = Loudness(), Loudness()
    some = split.test[:4]
    calls: list[tuple[int, int]] = []
    before = FeatureCache(tmp_path, [first]).extract(some, lambda done, total: calls.append((done, total)))
    after = FeatureCache(tmp_path, [second]).extract(some, lambda _done, _total: None)
    assert (first.n_extracted, second.n_extracted) == (4, 0)
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    identity = some[0].identity
    np.testing.assert_array_equal(before[identity].load()[0], after[identity].load()[0])


def test_an_interrupted_extraction_goes_on_and_a_full_disk_is_said(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: object, _array: object, allow_pickle: bool = True) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    extractor = Loudness()
    cache = FeatureCache(tmp_path, [extractor])
    cache.extract(split.test[:2], lambda _done, _total: None)
    with monkeypatch.context() as patch:
        patch.setattr(cache_room.np, "save", full)
        with pytest.raises(SaveError, match=r"No space left on device.*so far is kept"):
            cache.extract(split.test[:4], lambda _done, _total: None)
    assert not list(tmp_path.glob(".features-*")), "a half file was left"
    cache.extract(split.test[:4], lambda _done, _total: None)
    assert extractor.n_extracted == 5


def test_global_statistics_come_from_the_training_speakers_alone(
    dataset_of: Callable[[Normalisation], Dataset],
) -> None:
    data = dataset_of(Normalisation.GLOBAL)
    frames = [b for i in range(len(data.train)) for b in data.train._prepared(i)[0][0]]
    assert np.mean(frames, axis=0) == pytest.approx(0, abs=1e-3)
    assert np.std(frames, axis=0) == pytest.approx(1, abs=1e-3)


def test_speaker_statistics_come_from_each_speaker_also_in_the_test_part(
    dataset_of: Callable[[Normalisation], Dataset],
) -> None:
    data = dataset_of(Normalisation.SPEAKER)
    for speaker in ("actor23", "actor24"):
        rows = [i for i, u in enumerate(data.test.utterances) if u.speaker == speaker]
        frames = np.concatenate([data.test._prepared(i)[0][0] for i in rows])
        np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-3)
        np.testing.assert_allclose(frames.std(axis=0), 1, atol=1e-3)
    assert data.reference[0].mean.shape == (1, 2)


def test_the_same_seed_gives_the_same_head_and_another_one_does_not(
    dataset_of: Callable[[Normalisation], Dataset],
) -> None:
    data = dataset_of(Normalisation.GLOBAL)
    one, same, other = (train_head(data, RECIPE, OPTIONS, seed) for seed in (123, 123, 1234))
    np.testing.assert_array_equal(one.test_logits, same.test_logits)
    assert not np.allclose(one.test_logits, other.test_logits)


def test_it_learns_stops_early_and_restores_the_best_epoch(dataset_of: Callable[[Normalisation], Dataset]) -> None:
    data = dataset_of(Normalisation.GLOBAL)
    recipe = replace(RECIPE, max_epochs=60, learning_rate=0.02, patience=3)
    run = train_head(data, recipe, OPTIONS, 123)
    assert run.best.validation_uar > 0.3, "chance is 0.14"
    assert len(run.epochs) < 60
    assert len(run.epochs) - run.best.number == 3
    classes = torch.from_numpy(data.validation.classes)
    loss = torch.nn.functional.cross_entropy(torch.from_numpy(run.validation_logits), classes)
    assert float(loss) == pytest.approx(run.best.validation_loss, rel=1e-4)


def test_the_command_trains_a_bundle_with_card_predictions_and_configuration(
    corpus_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundle"
    arguments = ["train", "--corpus", "ravdess", "--data", str(corpus_folder), "--recipe", "default"]
    assert command_line.main([*arguments, "--out", str(out), "--seed", "7", "--seed", "8"]) == 0
    printed = capsys.readouterr().out
    assert "epoch   1" in printed
    assert "Test UAR" in printed
    analyser = open_analyser(out, "cpu")
    results = analyser.bundle.config.results
    assert results.seeds == (7, 8)
    assert len(results.test_uar) == 2
    card = (out / "README.md").read_text()
    for words in ("RAVDESS speech", "CC BY-NC-SA 4.0", "actors 01–20", "--seed 7 --seed 8", "Intended use", "not sure"):
        assert words in card
    with (out / "run" / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * (16 + 16)
    right = [r["truth"] == r["answer"] for r in rows if r["part"] == "test" and r["seed"] == "7"]
    assert np.mean(right) == pytest.approx(results.test_wa[0], abs=1e-6)
    resolved = json.loads((out / "run" / "config.json").read_text())
    assert resolved["recipe"]["learning_rate"] == 1e-3
    assert (out / "run" / "epochs.csv").exists()


@pytest.mark.parametrize("name", ["pt-all-layers-dense-speaker", "pt-all-layers-lstm-global", "pt-fusion-global"])
def test_every_head_trains_on_encoder_layers(corpus_folder: Path, tmp_path: Path, name: str) -> None:
    recipe = replace(RECIPES[name], max_epochs=1)
    train_bundle(
        "ravdess",
        corpus_folder,
        recipe,
        out=tmp_path / "bundle",
        seeds=(1,),
        cache=tmp_path / "cache",
        listener=SilentListener(),
        open_encoder=lambda _name: tiny_encoder(),
    )
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.config.encoder == "tests/tiny@1"
    assert bundle.config.head_kind is recipe.head
    weights = bundle.head.layer_weights()
    assert weights is not None
    assert sum(weights) == pytest.approx(1.0, abs=1e-5)


def test_a_recipe_whose_encoder_is_missing_says_how_to_get_it(
    corpus_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "--corpus", "ravdess", "--data", str(corpus_folder), "--recipe", "pt-fusion-global"]
    assert command_line.main([*arguments, "--out", str(tmp_path / "bundle")]) == 1
    assert "hf download facebook/wav2vec2-base" in capsys.readouterr().err.replace("\n", " ")
    assert not (tmp_path / "bundle").exists()


def test_the_help_explains_every_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["train", "--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in RECIPES)
    assert SEEDS == (123, 1234, 2345, 3456, 4567)

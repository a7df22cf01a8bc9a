from __future__ import annotations

import io
import json
import pickle
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ser_desktop.core import bundle as bundle_room
from ser_desktop.core import paths
from ser_desktop.core.bundle import load_bundle, save_bundle
from ser_desktop.core.catalogue import ENCODERS
from ser_desktop.core.errors import BundleError, SaveError
from ser_desktop.core.features import FRAME_S, FeatureName, FeatureSpec
from ser_desktop.core.heads import Head, HeadKind, HeadOptions, make_head
from ser_desktop.core.normalise import NeutralOffset, Normalisation, Statistics
from tests.helpers.bundles import EGEMAPS, change_config, mend_checksums, small_config, write_bundle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


RESULTS = asdict(small_config().results)


def refused(folder: Path, sentence: str) -> None:
    with pytest.raises(BundleError, match=sentence) as caught:
        load_bundle(folder)
    assert caught.value.fix, "it must say what to do"


def change_weights(folder: Path, **changes: torch.Tensor | None) -> None:
    file = folder / "model.safetensors"
    tensors = load_file(file)
    for name, value in changes.items():
        key = name.replace("__", ".")
        if value is None:
            del tensors[key]
        else:
            tensors[key] = value
    save_file(tensors, file)
    mend_checksums(folder)


def test_a_bundle_survives_the_disk(folder: Path) -> None:
    bundle = load_bundle(folder)
    again = load_bundle(folder)
    assert bundle.config == small_config()
    features, lengths = [torch.randn(1, 30, 25)], torch.tensor([30])
    assert torch.equal(bundle.head(features, lengths), again.head(features, lengths))
    assert not bundle.head.training


@pytest.mark.parametrize("folder", [paths.default_bundle(), paths.spare_bundle()], ids=lambda f: f.name)
def test_a_shipped_bundle_is_whole_and_small(folder: Path) -> None:
    bundle = load_bundle(folder)
    assert bundle.config.labels[0] == "neutral"
    assert len(bundle.config.results.seeds) == 5
    assert sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) < 2_000_000


def test_the_default_bundle_listens_to_the_encoder_that_comes_along_and_the_spare_one_to_none() -> None:
    default, spare = load_bundle(paths.default_bundle()), load_bundle(paths.spare_bundle())
    assert default.config.encoder == ENCODERS[0].identity
    assert default.config.features[0].n_layers == 6
    assert spare.config.encoder is None
    assert {config.normalisation for config in (default.config, spare.config)} == {Normalisation.GLOBAL}


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    refused(tmp_path / "nothing here", "no model at .*nothing here")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "README.md", "checksums.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refused(folder, f"has no {name}")


def test_truncated_weights_are_refused(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    refused(folder, "cut short or altered")
    mend_checksums(folder)
    refused(folder, "damaged")


def test_weights_altered_by_one_byte_are_refused(folder: Path) -> None:
    file = folder / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)
    refused(folder, "altered")


@pytest.mark.parametrize("disguise", ["torch", "pickle"])
def test_a_pickle_in_disguise_is_refused_unopened(folder: Path, disguise: str) -> None:
    file = folder / "model.safetensors"
    if disguise == "torch":
        torch.save({"a": torch.zeros(1)}, file)
    else:
        file.write_bytes(pickle.dumps({"a": 1}))
    mend_checksums(folder)
    refused(folder, "pickle in disguise")


def test_a_folder_with_only_a_pickle_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    refused(folder, "has no model.safetensors. It holds pytorch_model.bin, a Python pickle")


def test_a_file_that_points_outside_is_refused(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.safetensors"
    (folder / "model.safetensors").rename(outside)
    (folder / "model.safetensors").symlink_to(outside)
    refused(folder, "points outside the folder")


def test_checksums_of_other_places_are_refused(folder: Path) -> None:
    file = folder / "checksums.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "../secret": "00"}))
    refused(folder, r"names «\.\./secret»")


def test_a_wrong_label_count_is_refused(folder: Path) -> None:
    change_config(folder, id2label={"0": "calm", "1": "angry"})
    refused(folder, "its 2 labels")


@pytest.mark.parametrize("labels", [{"0": "calm"}, {"0": "calm", "1": "calm", "2": "angry"}])
def test_labels_that_cannot_be_told_apart_are_refused(folder: Path, labels: dict[str, str]) -> None:
    change_config(folder, id2label=labels)
    refused(folder, "at least two different labels")


def feature(**changes: object) -> list[dict[str, object]]:
    spec = {"name": "egemaps", "n_layers": 1, "n_features": 25, "frame_s": 0.02, "configuration": {}}
    return [{**spec, **changes}]


def test_a_wrong_feature_dimension_is_refused(folder: Path) -> None:
    change_config(folder, features=feature(n_features=23))
    refused(folder, r"mean of egemaps should be \(1, 23\)")


def test_a_wrong_layer_count_is_refused(folder: Path) -> None:
    change_config(folder, features=feature(n_layers=13))
    refused(folder, r"should be \(13, 25\)")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"schema_version": 99}, "format 99"),
        ({"head_kind": "transformer"}, "not usable"),
        ({"head_kind": "fusion"}, "does not take 1 feature branches"),
        ({"encoder": "someone/model@1"}, "names an encoder without encoder features"),
        ({"window_s": 0.0}, "makes no sense"),
        ({"decision": {"temperature": -1, "threshold": 0.5}}, "makes no sense"),
        ({"n_hidden": "many"}, "n_hidden should be a positive whole number"),
        ({"features": feature(name="telepathy")}, "not usable"),
        ({"dropout": 5}, "makes no sense"),
        ({"n_hidden": 10**13}, "up to 65536"),
        ({"encoder": ["x"]}, "encoder"),
        ({"id2label": {"0": "calm", "1": None, "2": "angry"}}, "should be words"),
        ({"id2label": {"0": "calm", "1": " ", "2": "angry"}}, "should be words"),
        ({"results": {**RESULTS, "test_uar": [float("nan")]}}, "reports no result"),
        ({"results": {**RESULTS, "test_uar": []}}, "reports no result"),
    ],
)
def test_a_contract_that_makes_no_sense_is_refused(folder: Path, changes: dict[str, object], sentence: str) -> None:
    change_config(folder, **changes)
    refused(folder, sentence)


def test_a_missing_field_is_named(folder: Path) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_text())
    del config["normalisation"]
    file.write_text(json.dumps(config))
    mend_checksums(folder)
    refused(folder, "the field 'normalisation' is missing")


@pytest.mark.parametrize("text", ["{", "[1, 2]", "\x00"])
def test_a_contract_that_is_not_an_object_is_refused(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    mend_checksums(folder)
    refused(folder, "config.json")


def test_weights_that_are_not_numbers_are_refused(folder: Path) -> None:
    change_weights(folder, head__classify__bias=torch.tensor([0.0, float("nan"), 0.0]))
    refused(folder, "classify.bias holds values that are not numbers")


def test_missing_and_foreign_weights_are_named(folder: Path) -> None:
    change_weights(folder, head__classify__bias=None)
    refused(folder, "classify.bias is missing")
    change_weights(folder, head__classify__bias=torch.zeros(3), head__extra=torch.zeros(1))
    refused(folder, "extra does not belong there")


def test_a_full_disk_leaves_the_old_bundle_in_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Path, *_arguments: object, **_options: object) -> int:
        raise OSError(28, "No space left on device")

    config = small_config()
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(SaveError, match="No space left"):
        save_bundle(folder, config, make_head(config.head_options()), [], "card")
    assert load_bundle(folder).config == config
    assert np.isfinite(load_bundle(folder).statistics[0].mean).all()


def test_a_giant_head_is_refused_before_its_memory_is_claimed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_shapes(options: HeadOptions) -> Head:
        assert torch.empty(0).device.type == "meta", "65 536² weights would be 17 GB"
        return make_head(options)

    change_config(folder, n_hidden=65_536)
    monkeypatch.setattr(bundle_room, "make_head", only_shapes)
    refused(folder, r"has shape \(3, 16\), but its 3 labels and its features need \(3, 65536\)")


@pytest.mark.parametrize("name", ["config.json", "checksums.json"])
def test_json_nested_without_end_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("[" * 100_000)
    if name == "config.json":
        mend_checksums(folder)
    refused(folder, f"{name} of «bundle» is not valid JSON")


@pytest.mark.parametrize("name", ["config.json", "README.md", "checksums.json"])
def test_no_file_may_point_outside(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).rename(tmp_path / "outside")
    (folder / name).symlink_to(tmp_path / "outside")
    refused(folder, f"{name} points outside the folder")


@pytest.mark.parametrize("text", ["", "not JSON", "[]"])
def test_checksums_that_are_none_are_refused(folder: Path, text: str) -> None:
    (folder / "checksums.json").write_text(text)
    refused(folder, r"checksums\.json")


def test_a_checksum_that_is_left_out_is_refused(folder: Path) -> None:
    file = folder / "checksums.json"
    sums = json.loads(file.read_text())
    del sums["model.safetensors"]
    file.write_text(json.dumps(sums))
    refused(folder, r"model\.safetensors .* its checksum differs")


@pytest.mark.parametrize("name", ["config.json", "README.md"])
def test_every_file_is_covered_by_its_checksum(folder: Path, name: str) -> None:
    (folder / name).write_text((folder / name).read_text() + " ")
    refused(folder, f"{name} of the model bundle «bundle» was cut short or altered")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_kind_of_pickle_is_run(folder: Path, tmp_path: Path, protocol: int) -> None:
    witness = tmp_path / "it was run"
    (folder / "model.safetensors").write_bytes(pickle.dumps(Trap(witness), protocol))
    mend_checksums(folder)
    refused(folder, "pickle in disguise|damaged")
    assert not witness.exists()


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[Path, ...]]:
        return Path.touch, (self.witness,)


def test_the_trap_would_spring(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Trap(tmp_path / "run")))  # noqa: S301
    assert (tmp_path / "run").exists()


@pytest.mark.parametrize(("which", "value"), [("mean", float("nan")), ("std", float("inf")), ("std", 0.0)])
def test_statistics_that_cannot_be_used_are_refused(folder: Path, which: str, value: float) -> None:
    change_weights(folder, **{f"statistics__0__{which}": torch.full((1, 25), value)})
    refused(folder, "the statistics of egemaps are not usable numbers")


def test_layer_weights_of_another_encoder_are_refused(tmp_path: Path) -> None:
    spec = FeatureSpec(FeatureName.ALL_LAYERS, 13, 32, FRAME_S, {"encoder": "tests/tiny@1"})
    config = small_config((spec, EGEMAPS), HeadKind.FUSION, "tests/tiny@1")
    folder = write_bundle(tmp_path / "bundle", config)
    change_weights(folder, head__reduce__0__alpha=torch.ones(12))
    refused(folder, r"the list of layer weights has shape \(12,\).*need \(13,\)")


def test_numbers_of_another_kind_are_converted(folder: Path) -> None:
    change_weights(folder, head__classify__bias=torch.tensor([1.0, 2.0, 3.0], dtype=torch.float16))
    bias = load_bundle(folder).head.state_dict()["classify.bias"]
    assert bias.dtype == torch.float32
    assert bias.tolist() == [1.0, 2.0, 3.0]


def test_a_saved_model_says_the_same_as_before(tmp_path: Path) -> None:
    config = small_config()
    head = make_head(config.head_options()).eval()
    random = np.random.default_rng(5)
    mean, std = random.normal(size=(1, 25)).astype(np.float32), np.full((1, 25), 2.0, np.float32)
    save_bundle(tmp_path / "bundle", config, head, [Statistics(mean, std)], "card")
    loaded = load_bundle(tmp_path / "bundle")
    features, lengths = [torch.randn(1, 30, 25)], torch.tensor([30])
    assert torch.equal(loaded.head(features, lengths), head(features, lengths))
    np.testing.assert_array_equal(loaded.statistics[0].mean, mean)
    np.testing.assert_array_equal(loaded.statistics[0].std, std)


def with_offset(folder: Path, n_features: int = 25, ratio: float = 1.5) -> Path:
    config = small_config()
    shape = (1, n_features)
    offset = NeutralOffset(*(np.full(shape, value, np.float32) for value in (0.25, ratio, 0.5, 0.0)))
    statistics = Statistics(np.zeros((1, 25), np.float32), np.ones((1, 25), np.float32), offset)
    save_bundle(folder, config, make_head(config.head_options()), [statistics], "card")
    return folder


def test_what_neutral_speech_lacks_is_saved_with_the_statistics(tmp_path: Path) -> None:
    (statistics,) = load_bundle(with_offset(tmp_path / "bundle")).statistics
    assert statistics.neutral is not None
    assert (statistics.neutral.shift == 0.25).all()
    assert (statistics.neutral.ratio == 1.5).all()
    assert (statistics.neutral.mean_slope == 0.5).all()
    assert (statistics.neutral.std_slope == 0.0).all()
    (without,) = load_bundle(write_bundle(tmp_path / "older")).statistics
    assert without.neutral is None


@pytest.mark.parametrize(("n_features", "ratio", "why"), [(24, 1.5, "should be"), (25, 0.0, "not usable numbers")])
def test_an_unusable_offset_is_refused(tmp_path: Path, n_features: int, ratio: float, why: str) -> None:
    refused(with_offset(tmp_path / "bundle", n_features, ratio), why)


def test_names_and_signs_survive_on_a_computer_with_another_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_on_windows(encoding: str | None, _stacklevel: int = 2) -> str:
        return encoding or "cp1252"

    config = replace(small_config(labels=("calm", "wütend", "angry")), name="RAVDESS · größer")
    with monkeypatch.context() as patch:
        patch.setattr(io, "text_encoding", as_on_windows)
        folder = write_bundle(tmp_path / "bundle", config)
    assert load_bundle(folder).config == config


def test_a_header_whose_length_looks_like_a_pickle_is_no_pickle(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    n = int.from_bytes(content[:8], "little")
    # Lengths of 640, 896 … bytes begin with 0x80 0x02, 0x80 0x03 …; headers may be padded with spaces.
    padded = next(k for k in (0x280, 0x380, 0x480, 0x580) if k >= n)
    weights.write_bytes(padded.to_bytes(8, "little") + content[8 : 8 + n] + b" " * (padded - n) + content[8 + n :])
    mend_checksums(folder)
    assert load_bundle(folder).config.labels == ("calm", "angry", "happy")

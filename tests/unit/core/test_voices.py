"""Calibrated voices on disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core import paths
from ser_desktop.core.errors import CorpusError, SaveError, UserFacingError, VoiceError
from ser_desktop.core.features import FeatureName, FeatureSpec
from ser_desktop.core.normalise import Statistics
from ser_desktop.core.voices import (
    DESCRIPTION,
    STATISTICS,
    Voice,
    VoiceInfo,
    delete_voice,
    key_of,
    list_voices,
    load_voice,
    save_voice,
)
from tests.helpers.bundles import EGEMAPS

LAYERS = FeatureSpec(FeatureName.ALL_LAYERS, 3, 4, configuration={"encoder": "tests/tiny@1"})
MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)


def statistics(spec: FeatureSpec, seed: int = 0) -> Statistics:
    random = np.random.default_rng(seed)
    shape = (spec.n_layers, spec.n_features)
    return Statistics(
        random.normal(size=shape).astype(np.float32), random.uniform(0.5, 2, size=shape).astype(np.float32)
    )


def voice(name: str = "Anna", *specs: FeatureSpec) -> Voice:
    found = {key_of(spec): statistics(spec) for spec in specs or (EGEMAPS, LAYERS)}
    encoders = tuple(str(s.configuration["encoder"]) for s in specs or (LAYERS,) if "encoder" in s.configuration)
    return Voice(VoiceInfo(name, 21.4, MONDAY, encoders), found)


def folder(name: str = "Anna") -> Path:
    return paths.voices_folder() / name


def test_a_voice_comes_back_as_it_was_saved() -> None:
    save_voice(voice())
    found = load_voice("Anna")
    assert found.info == voice().info
    for key, own in voice().statistics.items():
        np.testing.assert_array_equal(found.statistics[key].mean, own.mean)
        np.testing.assert_array_equal(found.statistics[key].std, own.std)


def test_nothing_but_statistics_and_their_description_is_kept() -> None:
    save_voice(voice())
    assert sorted(path.name for path in folder().iterdir()) == [STATISTICS, DESCRIPTION]
    assert [path.name for path in paths.voices_folder().iterdir()] == ["Anna"]
    assert sum(path.stat().st_size for path in folder().iterdir()) < 4000


def test_recording_a_voice_again_replaces_it() -> None:
    save_voice(voice())
    save_voice(voice("Anna", EGEMAPS))
    assert list(load_voice("Anna").statistics) == [key_of(EGEMAPS)]
    assert [path.name for path in paths.voices_folder().iterdir()] == ["Anna"]


def test_statistics_fit_a_model_in_the_order_of_its_branches() -> None:
    found = voice().statistics_for((LAYERS, EGEMAPS))
    assert found is not None
    assert [s.mean.shape for s in found] == [(3, 4), (1, 25)]


@pytest.mark.parametrize(("name", "layer"), [(FeatureName.LOCAL, 0), (FeatureName.CONTEXTUAL, 2)])
def test_models_that_read_one_layer_get_that_layer(name: FeatureName, layer: int) -> None:
    own = voice()
    one = FeatureSpec(name, 1, 4, configuration={"encoder": "tests/tiny@1"})
    found = own.statistics_for((one,))
    assert found is not None
    np.testing.assert_array_equal(found[0].mean, own.statistics[key_of(LAYERS)].mean[layer : layer + 1])


def test_a_voice_says_nothing_about_another_encoder() -> None:
    other = FeatureSpec(FeatureName.ALL_LAYERS, 3, 4, configuration={"encoder": "tests/tiny@2"})
    assert voice().statistics_for((other,)) is None
    assert voice().statistics_for((EGEMAPS, other)) is None


def test_the_length_of_frames_does_not_matter() -> None:
    fine, coarse = (FeatureSpec(FeatureName.SPECTROGRAM, 1, 257, frame_s, {"bins": 512}) for frame_s in (0.01, 0.02))
    assert voice("Anna", fine).statistics_for((coarse,)) is not None


def test_voices_are_listed_by_name_and_damaged_ones_too() -> None:
    for name in ("bob", "Anna", "Carla"):
        save_voice(voice(name))
    (folder("Carla") / DESCRIPTION).write_text("{")
    anna, bob, carla = list_voices()
    assert isinstance(anna, VoiceInfo)
    assert isinstance(bob, VoiceInfo)
    assert (anna.name, anna.speech_s, anna.recorded_at, anna.encoders) == ("Anna", 21.4, MONDAY, ("tests/tiny@1",))
    assert bob.name == "bob"
    assert carla == "Carla"


def test_there_are_no_voices_at_first() -> None:
    assert list_voices() == []


def test_a_deleted_voice_leaves_nothing_behind() -> None:
    save_voice(voice())
    delete_voice("Anna")
    assert list_voices() == []
    assert list(paths.voices_folder().iterdir()) == []
    delete_voice("Anna")


def damage(how: str) -> None:
    file = folder() / DESCRIPTION
    value = json.loads(file.read_text())
    match how:
        case "statistics altered":
            data = bytearray((folder() / STATISTICS).read_bytes())
            data[-1] ^= 1
            (folder() / STATISTICS).write_bytes(bytes(data))
            return
        case "statistics missing":
            (folder() / STATISTICS).unlink()
            return
        case "a newer format":
            value["schema_version"] = 2
        case "no format":
            del value["schema_version"]
        case "more features than there are":
            value["features"].append(["spectrogram", {}])
        case "no list":
            value = [1]
    file.write_text(json.dumps(value))


@pytest.mark.parametrize(
    "how",
    [
        "statistics altered",
        "statistics missing",
        "a newer format",
        "no format",
        "more features than there are",
        "no list",
    ],
)
def test_a_damaged_voice_is_refused_with_what_to_do(how: str) -> None:
    save_voice(voice())
    damage(how)
    with pytest.raises(VoiceError, match="Anna") as refused:
        load_voice("Anna")
    assert refused.value.fix


def test_deviations_that_would_divide_by_zero_are_refused() -> None:
    broken = {key_of(EGEMAPS): Statistics(np.zeros((1, 25), np.float32), np.zeros((1, 25), np.float32))}
    save_voice(Voice(VoiceInfo("Anna", 20.0, MONDAY), broken))
    with pytest.raises(VoiceError, match="damaged"):
        load_voice("Anna")


def test_a_voice_that_is_not_there_says_where_to_record_it() -> None:
    with pytest.raises(VoiceError, match=r"no voice «Anna».*My voice"):
        load_voice("Anna")


@pytest.mark.parametrize("name", ["../secrets", "a/b", "", ".hidden", "x" * 41, "C:"])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    for act in (load_voice, delete_voice):
        with pytest.raises(UserFacingError):
            act(name)
    with pytest.raises((CorpusError, VoiceError)):
        save_voice(voice(name))


def test_a_folder_that_cannot_be_written_is_named_and_the_old_voice_stays() -> None:
    paths.data_folder().mkdir(parents=True)
    paths.voices_folder().write_text("a file where the folder should be")
    with pytest.raises(SaveError, match="could not be written"):
        save_voice(voice())

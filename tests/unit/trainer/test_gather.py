from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.normalise import Normalisation
from trainer.corpora import Utterance
from trainer.gather import EVERYONE, gather
from trainer.splits import Protocol, Split
from trainer.stored import map_features, save_features

# Every speaker has a level of its own, so that statistics of the wrong people show.
LEVELS = {"t1": 0.0, "t2": 10.0, "v1": 100.0, "x1": 1000.0}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    random = np.random.default_rng(0)
    found = {}
    for speaker, level in LEVELS.items():
        for i in range(4):
            file = found[f"{speaker}-{i}"] = tmp_path / f"{speaker}-{i}.npy"
            save_features(file, random.normal(level, 2.0, size=(2, 20 + 7 * i, 4)).astype(np.float32))
    return found


def part(letter: str) -> tuple[Utterance, ...]:
    speakers = [s for s in LEVELS if s.startswith(letter)]
    return tuple(Utterance(f"{s}-{i}", Path(s), s, "calm") for s in speakers for i in range(4))


def protocol(*splits: Split) -> Protocol:
    return Protocol("made up", "", ("calm",), splits or (Split("fold-1", part("t"), part("v"), part("x")),))


def frames(files: dict[str, Path], *speakers: str) -> np.ndarray:
    chosen = [map_features(file) for name, file in files.items() if name.split("-")[0] in speakers]
    return np.concatenate(chosen, axis=1).astype(np.float64)


def test_global_statistics_are_those_of_the_training_speakers_alone(files: dict[str, Path]) -> None:
    found = gather(protocol(), files, Normalisation.GLOBAL)
    training = frames(files, "t1", "t2")
    (statistics,) = found.by_split["fold-1"].values()
    assert list(found.by_split["fold-1"]) == [EVERYONE]
    np.testing.assert_allclose(statistics.mean, training.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(statistics.std, training.std(axis=1), rtol=1e-4)
    assert found.reference["fold-1"] is statistics


def test_each_fold_has_global_statistics_of_its_own(files: dict[str, Path]) -> None:
    other = Split("fold-2", part("x"), part("v"), part("t"))
    found = gather(protocol(Split("fold-1", part("t"), part("v"), part("x")), other), files, Normalisation.GLOBAL)
    assert found.reference["fold-1"].mean.max() < 20
    assert found.reference["fold-2"].mean.min() > 900


def test_speaker_statistics_are_each_speakers_own_for_test_speakers_too(files: dict[str, Path]) -> None:
    found = gather(protocol(), files, Normalisation.SPEAKER)
    assert set(found.by_split["fold-1"]) == set(LEVELS)
    np.testing.assert_allclose(found.by_split["fold-1"]["x1"].mean, frames(files, "x1").mean(axis=1), rtol=1e-4)


def test_a_bundle_gets_the_average_training_speaker(files: dict[str, Path]) -> None:
    found = gather(protocol(), files, Normalisation.SPEAKER)
    means = [frames(files, speaker).mean(axis=1) for speaker in ("t1", "t2")]
    np.testing.assert_allclose(found.reference["fold-1"].mean, np.mean(means, axis=0), rtol=1e-3)


def test_dimensions_that_never_change_are_counted(files: dict[str, Path]) -> None:
    for file in files.values():
        values = np.array(map_features(file), dtype=np.float32)
        values[..., 1] = 3.0
        save_features(file, values)
    assert gather(protocol(), files, Normalisation.GLOBAL).n_constant == 2


def test_features_that_never_change_at_all_are_refused(files: dict[str, Path]) -> None:
    for file in files.values():
        save_features(file, np.ones((2, 30, 4), np.float32))
    with pytest.raises(CorpusError, match="never change"):
        gather(protocol(), files, Normalisation.GLOBAL)


def test_training_speakers_neutral_speech_is_set_beside_all_their_speech(files: dict[str, Path]) -> None:
    def mixed(letter: str) -> tuple[Utterance, ...]:
        return tuple(replace(u, emotion="neutral") if u.identity.endswith("0") else u for u in part(letter))

    split = Split("fold-1", mixed("t"), mixed("v"), mixed("x"))
    offset = gather(protocol(split), files, Normalisation.SPEAKER).reference["fold-1"].neutral
    assert offset is not None
    shifts = []
    for speaker in ("t1", "t2"):
        neutral = map_features(files[f"{speaker}-0"]).astype(np.float64)
        shifts.append(frames(files, speaker).mean(axis=1) - neutral.mean(axis=1))
    np.testing.assert_allclose(offset.shift, np.mean(shifts, axis=0), atol=5e-3)
    assert gather(protocol(split), files, Normalisation.GLOBAL).reference["fold-1"].neutral is None


def test_without_neutral_speech_there_is_no_offset(files: dict[str, Path]) -> None:
    assert gather(protocol(), files, Normalisation.SPEAKER).reference["fold-1"].neutral is None

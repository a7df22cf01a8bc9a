from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_desktop.core.errors import AudioFileError, CorpusError, SaveError
from tests.helpers.extractors import MeanAndIndex
from tests.helpers.sounds import speech_like
from trainer.cache import CachedFeatures, FeatureCache
from trainer.corpora.utterance import Utterance


def utterance(folder: Path, name: str = "a", seconds: float = 1.0, seed: int = 0) -> Utterance:
    file = folder / f"{name}.wav"
    sf.write(file, speech_like(seconds, seed=seed), 16_000, subtype="FLOAT")
    return Utterance(name, file, "someone", "calm")


def extract(cache: FeatureCache, *utterances: Utterance) -> dict[str, CachedFeatures]:
    return cache.extract(utterances, lambda _done, _total: None)


def test_what_comes_back_is_what_was_extracted(tmp_path: Path) -> None:
    extractor = MeanAndIndex()
    found = extract(FeatureCache(tmp_path / "cache", [extractor]), utterance(tmp_path))
    (branch,) = found["a"].load()
    np.testing.assert_array_equal(branch, extractor.extract(speech_like(1.0)))
    assert branch.dtype == np.float32


def test_layers_are_kept_in_half_precision_and_given_back_in_single(tmp_path: Path) -> None:
    extractor = MeanAndIndex(n_layers=3)
    found = extract(FeatureCache(tmp_path / "cache", [extractor]), utterance(tmp_path))
    (branch,) = found["a"].load()
    assert branch.dtype == np.float32
    np.testing.assert_allclose(branch, extractor.extract(speech_like(1.0)), rtol=2**-11, atol=1e-7)


def test_a_file_whose_content_changed_is_extracted_again(tmp_path: Path) -> None:
    extractor = MeanAndIndex()
    cache = FeatureCache(tmp_path / "cache", [extractor])
    before = extract(cache, utterance(tmp_path, seed=1))["a"].load()
    after = extract(cache, utterance(tmp_path, seed=2))["a"].load()
    assert extractor.n_extracted == 2
    assert not np.array_equal(before[0], after[0])


def test_a_renamed_file_is_recognised(tmp_path: Path) -> None:
    extractor = MeanAndIndex()
    cache = FeatureCache(tmp_path / "cache", [extractor])
    extract(cache, utterance(tmp_path, "a"), utterance(tmp_path, "b"))
    assert extractor.n_extracted == 1


def test_another_configuration_has_features_of_its_own(tmp_path: Path) -> None:
    one, other = MeanAndIndex(rate_hz=16_000), MeanAndIndex(rate_hz=48_000)
    for extractor in (one, other):
        extract(FeatureCache(tmp_path / "cache", [extractor]), utterance(tmp_path))
    assert (one.n_extracted, other.n_extracted) == (1, 1)


def test_only_the_branch_that_is_missing_is_extracted(tmp_path: Path) -> None:
    first, second = MeanAndIndex(branch=1), MeanAndIndex(branch=2)
    extract(FeatureCache(tmp_path / "cache", [first]), utterance(tmp_path))
    found = extract(FeatureCache(tmp_path / "cache", [first, second]), utterance(tmp_path))
    assert (first.n_extracted, second.n_extracted) == (1, 1)
    assert len(found["a"].load()) == 2


def test_a_recording_that_is_too_short_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"short\.wav» is shorter than 0\.1 s"):
        extract(FeatureCache(tmp_path / "cache", [MeanAndIndex()]), utterance(tmp_path, "short", seconds=0.05))


def test_a_recording_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    bad = utterance(tmp_path, "bad")
    bad.path.write_bytes(b"noise")
    with pytest.raises(AudioFileError, match=r"bad\.wav"):
        extract(FeatureCache(tmp_path / "cache", [MeanAndIndex()]), bad)


def test_a_cache_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(SaveError, match=r"could not be written to «.*cache».*--cache"):
        extract(FeatureCache(tmp_path / "cache", [MeanAndIndex()]), utterance(tmp_path))

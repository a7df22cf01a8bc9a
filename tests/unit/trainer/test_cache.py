from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.backends import TorchBackend
from ser_desktop.core.device import BackendName
from ser_desktop.core.encoder import Encoder, Spare
from ser_desktop.core.features import Egemaps, FeatureName, Spectrogram
from tests.helpers.bundles import CPU, tiny_model
from tests.helpers.corpora import copies_of, utterance
from tests.helpers.sounds import speech_like
from tests.helpers.training import SPECTRA, extract_here
from trainer import cache as cache_room
from trainer.cache import Extracted, extract
from trainer.contents import read_contents
from trainer.corpora import Utterance
from trainer.features import Source
from trainer.sound import load_utterance
from trainer.stored import map_features
from trainer.workers import Workers


def extract_copies(utterances: list[Utterance], cache: Path, source: Source = SPECTRA) -> Extracted:
    """As `Material.augment` names their contents."""
    contents, _ = read_contents(utterances)
    contents = {
        u.identity: f"{contents[u.identity]}~{u.copy}v1" if u.copy else contents[u.identity] for u in utterances
    }
    return extract(
        source, utterances, contents, cache, workers=Workers(1), encoder=None, progress=lambda _done, _total: None
    )


def files_in(folder: Path) -> dict[str, float]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.npy")}


def test_what_is_stored_is_what_the_extractor_says(tmp_path: Path) -> None:
    found = extract_here(SPECTRA, [utterance(tmp_path)], tmp_path / "cache")
    expected = Spectrogram(0.02).extract(speech_like(1.0))
    np.testing.assert_allclose(map_features(found.files["a"]), expected, rtol=2**-10, atol=1e-6)
    assert found.spec == Spectrogram(0.02).spec


def test_egemaps_are_extracted_by_opensmile_itself(tmp_path: Path) -> None:
    found = extract_here(Source(FeatureName.EGEMAPS, 0.02), [utterance(tmp_path)], tmp_path / "cache")
    expected = Egemaps().extract(speech_like(1.0))
    np.testing.assert_allclose(map_features(found.files["a"]), expected, rtol=2**-10, atol=1e-4)


def test_nothing_is_extracted_twice(tmp_path: Path) -> None:
    some = [utterance(tmp_path, str(i), seed=i) for i in range(3)]
    extract_here(SPECTRA, some[:2], tmp_path / "cache")
    before = files_in(tmp_path / "cache")
    extract_here(SPECTRA, some, tmp_path / "cache")
    after = files_in(tmp_path / "cache")
    assert len(after) == 3
    assert {name: after[name] for name in before} == before


def test_a_file_whose_content_changed_is_extracted_again(tmp_path: Path) -> None:
    one = extract_here(SPECTRA, [utterance(tmp_path, seed=1)], tmp_path / "cache")
    two = extract_here(SPECTRA, [utterance(tmp_path, seed=2)], tmp_path / "cache")
    assert one.files["a"] != two.files["a"]


def test_the_same_recording_under_two_names_is_extracted_once(tmp_path: Path) -> None:
    found = extract_here(SPECTRA, [utterance(tmp_path, "a"), utterance(tmp_path, "b")], tmp_path / "cache")
    assert found.files["a"] == found.files["b"]


def test_another_configuration_has_features_of_its_own(tmp_path: Path) -> None:
    a = utterance(tmp_path)
    sources = [SPECTRA, Source(FeatureName.SPECTROGRAM, 0.01), Source(FeatureName.SPECTROGRAM, 0.02, None, 0.5)]
    files = {extract_here(source, [a], tmp_path / "cache").files["a"] for source in sources}
    assert len(files) == 3


def test_utterances_are_cut_before_extraction(tmp_path: Path) -> None:
    cut = extract_here(Source(FeatureName.SPECTROGRAM, 0.02, None, 0.5), [utterance(tmp_path)], tmp_path / "cache")
    expected = Spectrogram(0.02).extract(speech_like(1.0)[:8000])
    np.testing.assert_allclose(map_features(cut.files["a"]), expected, rtol=2**-10, atol=1e-6)


def test_stretches_of_one_file_have_features_of_their_own(tmp_path: Path) -> None:
    whole = utterance(tmp_path, seconds=2.0)
    parts = [
        Utterance(str(i), whole.path, "x", "calm", start_s=start, end_s=start + 0.8)
        for i, start in enumerate((0.0, 1.0))
    ]
    found = extract_here(SPECTRA, parts, tmp_path / "cache")
    expected = Spectrogram(0.02).extract(speech_like(2.0)[16_000:28_800])
    np.testing.assert_allclose(map_features(found.files["1"]), expected, rtol=2**-10, atol=1e-6)
    assert found.files["0"] != found.files["1"]


@pytest.mark.parametrize("damage", ["cut", "altered", "empty"])
def test_a_damaged_file_is_extracted_again_and_that_is_told(tmp_path: Path, damage: str) -> None:
    a = utterance(tmp_path)
    file = extract_here(SPECTRA, [a], tmp_path / "cache").files["a"]
    good = file.read_bytes()
    bad = {"cut": good[:500], "altered": good[:300] + b"\xff" + good[301:], "empty": b""}[damage]
    file.write_bytes(bad)
    found = extract_here(SPECTRA, [a], tmp_path / "cache")
    assert found.n_mended == 1
    assert file.read_bytes() == good


def test_what_cannot_be_used_is_listed_and_the_rest_is_kept(tmp_path: Path) -> None:
    good, short = utterance(tmp_path, "good"), utterance(tmp_path, "short", seconds=0.05)
    contents, _ = read_contents([good, short])
    broken = utterance(tmp_path, "broken", seed=9)
    contents["broken"] = "0" * 32
    broken.path.write_bytes(b"noise")
    found = extract(
        SPECTRA,
        [good, short, broken],
        contents,
        tmp_path / "cache",
        workers=Workers(1),
        encoder=None,
        progress=lambda _done, _total: None,
    )
    assert list(found.files) == ["good"]
    assert "shorter than 0.1 s" in found.unusable["short"]
    assert "broken.wav" in found.unusable["broken"]


def test_features_that_are_not_numbers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nowhere:
        spec = Spectrogram(0.02).spec

        def extract(self, samples: np.ndarray) -> np.ndarray:
            return np.full((1, 5, 257), np.nan, np.float32)

    cache_room._extractors.clear()
    monkeypatch.setattr(cache_room, "open_extractor", lambda *_: Nowhere())
    found = extract_here(SPECTRA, [utterance(tmp_path)], tmp_path / "cache")
    cache_room._extractors.clear()
    assert "are not numbers" in found.unusable["a"]
    assert not list((tmp_path / "cache").glob("*"))


def test_progress_counts_every_utterance(tmp_path: Path) -> None:
    some = [utterance(tmp_path, str(i), seed=i) for i in range(10)]
    contents, _ = read_contents(some)
    told: list[tuple[int, int]] = []
    for _ in range(2):
        told.clear()
        extract(
            SPECTRA,
            some,
            contents,
            tmp_path / "cache",
            workers=Workers(1),
            encoder=None,
            progress=lambda done, total: told.append((done, total)),
        )
        assert told[-1] == (10, 10)
        assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_several_processes_extract_the_same_as_one(tmp_path: Path) -> None:
    some = [utterance(tmp_path, str(i), seed=i) for i in range(20)]
    contents, _ = read_contents(some)
    workers = Workers(2)
    try:
        many: Extracted = extract(
            SPECTRA, some, contents, tmp_path / "many", workers=workers, encoder=None, progress=lambda _d, _t: None
        )
    finally:
        workers.close()
    one = extract_here(SPECTRA, some, tmp_path / "one")
    for identity, file in many.files.items():
        assert file.read_bytes() == one.files[identity].read_bytes()
    assert len(many.files) == len(list((tmp_path / "many").glob("*.npy"))) == 20


def test_features_of_copies_are_those_of_changed_sound_under_names_of_their_own(tmp_path: Path) -> None:
    a = utterance(tmp_path)
    found = extract_copies([a, *copies_of(a)], tmp_path / "cache")
    assert len(set(found.files.values())) == 3
    for one in (a, *copies_of(a)):
        expected = Spectrogram(0.02).extract(load_utterance(one))
        np.testing.assert_allclose(map_features(found.files[one.identity]), expected, rtol=2**-10, atol=1e-6)


def test_what_is_stored_of_a_recording_serves_with_and_without_copies(tmp_path: Path) -> None:
    a = utterance(tmp_path)
    alone = extract_here(SPECTRA, [a], tmp_path / "cache")
    before = files_in(tmp_path / "cache")
    with_copies = extract_copies([a, *copies_of(a)], tmp_path / "cache")
    assert with_copies.files["a"] == alone.files["a"]
    after = files_in(tmp_path / "cache")
    assert {name: after[name] for name in before} == before
    assert len(after) == 3


def test_copies_are_the_same_in_each_extraction(tmp_path: Path) -> None:
    a = utterance(tmp_path)
    one, two = (extract_copies([a, *copies_of(a)], tmp_path / name) for name in ("one", "two"))
    for identity, file in one.files.items():
        assert file.name == two.files[identity].name
        assert file.read_bytes() == two.files[identity].read_bytes()


def test_a_copy_of_what_is_too_short_is_refused_as_it_is(tmp_path: Path) -> None:
    short = utterance(tmp_path, seconds=0.05)
    found = extract_copies([short, *copies_of(short)], tmp_path / "cache")
    assert set(found.unusable) == {"a", "a~1", "a~2"}


class LostSoon(TorchBackend):
    """Computes so many batches and then never again."""

    def __init__(self, n_good: int) -> None:
        super().__init__(tiny_model(), CPU, BackendName.FLOAT32)
        self.name = BackendName.BFLOAT16
        self._left = n_good

    def layers(self, waveforms: FloatArray) -> FloatArray:
        self._left -= 1
        if self._left < 0:
            raise RuntimeError("the card fell off the bus")
        return super().layers(waveforms)


def test_when_another_backend_takes_over_all_features_come_from_it(tmp_path: Path) -> None:
    some = [utterance(tmp_path, str(i), seed=i) for i in range(12)]
    contents, _ = read_contents(some)
    source = Source(FeatureName.ALL_LAYERS, 0.02, "tiny")

    def extract_with(encoder: Encoder, cache: Path) -> Extracted:
        return extract(
            source, some, contents, cache, workers=Workers(1), encoder=encoder, progress=lambda _done, _total: None
        )

    spare = Spare(CPU, lambda: TorchBackend(tiny_model(), CPU, BackendName.FLOAT32))
    encoder = Encoder(tiny_model(), CPU, "tests/tiny@1", backend=LostSoon(5), spares=[spare])
    found = extract_with(encoder, tmp_path / "cache")
    wanted = extract_with(Encoder(tiny_model(), CPU, "tests/tiny@1"), tmp_path / "other")
    assert len(found.files) == 12
    for identity, file in found.files.items():
        assert file.name == wanted.files[identity].name, "named after the backend that computed it"
        assert file.read_bytes() == wanted.files[identity].read_bytes()

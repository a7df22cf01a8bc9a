from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import pytest

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import SHARED_6
from tests.helpers.corpora import (
    APPLE_DOUBLE,
    N_SMALL_NEMO,
    N_SMALL_SPEECH,
    write_recording,
    write_small_nemo,
    write_small_ravdess,
)
from tests.helpers.data import nemo_folder, ravdess_folder
from trainer.contents import read_contents
from trainer.corpora import Corpus, ReadOptions, nemo, ravdess
from trainer.leaks import check_protocol
from trainer.protocols import PROTOCOLS

N_SPEECH = 24 * 8
N_PUBLISHED = nemo.N_FILES


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nEMO für alle")
    assert write_small_nemo(folder) == N_SMALL_NEMO
    return folder


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("RAVDESS")
    assert write_small_ravdess(folder) == N_SPEECH
    return folder


@pytest.fixture(autouse=True)
def _small_counts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("data") is None:
        monkeypatch.setattr(nemo, "N_FILES", N_SMALL_NEMO)
        monkeypatch.setattr(ravdess, "N_SPEECH", N_SMALL_SPEECH)


@pytest.fixture
def copied(small: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small, tmp_path / "corpus")


def read(*places: Path, accept_counts: bool = False) -> Corpus:
    return nemo.read_alone(ReadOptions(places, accept_counts=accept_counts))


def read_both(*places: Path, accept_counts: bool = False) -> Corpus:
    return nemo.read_with_ravdess(ReadOptions(places, accept_counts=accept_counts))


def test_a_file_is_read_by_its_name(small: Path) -> None:
    one = next(u for u in read(small).utterances if u.identity == "KD0_fear_2")
    assert (one.speaker, one.emotion, one.session, one.sentence) == ("KD0", "fearful", "nEMO", "nEMO 2")
    assert one.path == small / "KD0_fear_2.wav"
    assert (one.start_s, one.end_s, one.copy) == (0.0, None, 0)


@pytest.mark.parametrize(
    ("name", "emotion"),
    [
        ("anger", "angry"),
        ("fear", "fearful"),
        ("happiness", "happy"),
        ("neutral", "neutral"),
        ("sadness", "sad"),
        ("surprised", "surprised"),
    ],
)
def test_its_names_of_the_emotions_become_ours(small: Path, name: str, emotion: str) -> None:
    assert {str(u.emotion) for u in read(small).utterances if f"_{name}_" in u.identity} == {emotion}


def test_a_complete_corpus_is_sorted_and_says_so(small: Path) -> None:
    corpus = read(small)
    assert (corpus.key, corpus.name, corpus.licence) == ("nemo", "nEMO", "CC BY-NC-SA 4.0")
    assert corpus.is_complete
    assert corpus.notes == ()
    identities = [u.identity for u in corpus.utterances]
    assert identities == sorted(identities)
    assert {u.emotion for u in corpus.utterances} == set(SHARED_6)


def test_the_whole_corpus_has_as_many_files_as_published() -> None:
    assert N_PUBLISHED == 4481


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".WAV"])
def test_it_may_be_stored_in_any_of_the_usual_formats(tmp_path: Path, suffix: str) -> None:
    write_small_nemo(tmp_path, speakers=("EB0",), n_sentences=1, suffix=suffix)
    assert len(read(tmp_path, accept_counts=True).utterances) == 6


def test_it_may_be_packed_or_lie_in_folders_within_folders(small: Path, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "nemo.zip", "w") as archive:
        for i, path in enumerate(sorted(small.iterdir())):
            archive.write(path, f"nEMO/samples/part {i % 3}/{path.name}")
    packed = nemo.read_alone(ReadOptions((tmp_path / "nemo.zip",), tmp_path / "scratch"))
    assert [u.identity for u in packed.utterances] == [u.identity for u in read(small).utterances]
    assert packed.is_complete


@pytest.mark.parametrize(
    "name",
    [
        "EB0_calm_1.wav",
        "EB0_anger_one.wav",
        "EB0_anger.wav",
        "eb0_anger_9.wav",
        "EB0_anger_9_again.wav",
        "EB0_anger_9.mp3",
        "data.tsv",
        "03-01-05-01-01-01-23.wav",
    ],
)
def test_other_files_are_left_alone(copied: Path, name: str) -> None:
    write_recording(copied / "x.wav").rename(copied / name)
    (copied / "._EB0_anger_1.wav").write_bytes(APPLE_DOUBLE)
    assert len(read(copied).utterances) == N_SMALL_NEMO


def test_an_incomplete_corpus_is_refused_with_what_to_do(copied: Path) -> None:
    for path in copied.glob("KS0_*"):
        path.unlink()
    with pytest.raises(CorpusError, match="holds 36 utterances of nEMO instead of 48") as caught:
        read(copied)
    assert str(copied) in caught.value.what
    assert "CC BY-NC-SA 4.0" in caught.value.fix
    assert "--accept-counts" in caught.value.fix


def test_an_incomplete_corpus_may_be_taken_and_goes_by_another_name(copied: Path) -> None:
    for path in copied.glob("KS0_*"):
        path.unlink()
    corpus = read(copied, accept_counts=True)
    assert corpus.name == "nEMO (incomplete: 3 of 9 speakers, 36 files)"
    assert not corpus.is_complete
    assert corpus.notes == ("Not the complete corpus: it holds 36 utterances of nEMO instead of 48.",)


def test_nothing_at_all_is_refused_even_if_the_counts_are_accepted(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="holds 0 utterances of nEMO"):
        read(tmp_path, accept_counts=True)


def test_a_complete_corpus_stays_complete_when_counts_are_accepted(small: Path) -> None:
    assert read(small, accept_counts=True).is_complete


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_two_copies_are_refused(copied: Path, suffix: str) -> None:
    first = copied / "EB0_anger_1.wav"
    second = copied / "more" / f"EB0_anger_1{suffix}"
    second.parent.mkdir()
    second.write_bytes(first.read_bytes())
    with pytest.raises(CorpusError, match="is there twice") as caught:
        read(copied)
    assert str(first) in caught.value.what
    assert str(second) in caught.value.what
    assert "one copy of the corpus" in caught.value.fix


def test_naming_a_folder_twice_is_refused(small: Path) -> None:
    with pytest.raises(CorpusError, match="is there twice"):
        read(small, small)


def test_a_missing_folder_says_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="There is no folder or zip file") as caught:
        read(tmp_path / "none")
    assert "nEMO is free to download" in caught.value.fix


def test_ravdess_and_nemo_are_read_together_from_two_places(small: Path, spoken: Path) -> None:
    corpus = read_both(spoken, small)
    assert (corpus.key, corpus.name) == ("ravdess-nemo", "RAVDESS speech + nEMO")
    assert corpus.is_complete
    assert corpus.notes == ()
    assert set(corpus.utterances) == {*ravdess.read_speech(ReadOptions((spoken,))).utterances, *read(small).utterances}
    identities = [u.identity for u in corpus.utterances]
    assert identities == sorted(identities)
    assert len(set(identities)) == N_SPEECH + N_SMALL_NEMO
    assert read_both(small, spoken) == corpus


def test_ravdess_and_nemo_may_lie_in_one_folder(copied: Path) -> None:
    write_small_ravdess(copied)
    assert len(read_both(copied).utterances) == N_SPEECH + N_SMALL_NEMO
    assert len(read(copied).utterances) == N_SMALL_NEMO
    assert len(ravdess.read_speech(ReadOptions((copied,))).utterances) == N_SPEECH


def test_together_they_see_as_much_of_an_utterance_as_ravdess_alone(small: Path, spoken: Path) -> None:
    alone, both = ravdess.read_speech(ReadOptions((spoken,))), read_both(spoken, small)
    assert (both.head_s, both.encoder_s) == (alone.head_s, alone.encoder_s)


def test_only_nemo_bears_the_sign_that_tells_them_apart(small: Path, spoken: Path) -> None:
    for utterance in read_both(spoken, small).utterances:
        assert (utterance.session == nemo.SESSION) is not utterance.speaker.startswith("actor")


@pytest.mark.parametrize(("gone", "said"), [("KS0_*", "utterances of nEMO"), ("Actor_07/*", "utterances instead of")])
def test_together_they_are_incomplete_when_either_is(copied: Path, gone: str, said: str) -> None:
    write_small_ravdess(copied)
    for path in copied.rglob(gone):
        path.unlink()
    with pytest.raises(CorpusError, match=said):
        read_both(copied)
    corpus = read_both(copied, accept_counts=True)
    assert not corpus.is_complete
    assert len(corpus.notes) == 1
    assert said in corpus.notes[0]
    assert corpus.name.count("incomplete") == 1


@pytest.mark.parametrize("absent", ["ravdess", "nemo"])
def test_one_without_the_other_is_not_both(small: Path, spoken: Path, absent: str) -> None:
    with pytest.raises(CorpusError, match="holds 0 utterances"):
        read_both(small if absent == "ravdess" else spoken, accept_counts=True)


@pytest.mark.data
def test_the_real_six_speakers_are_taken_only_when_their_counts_are_accepted() -> None:
    folder = nemo_folder()
    if folder is None:
        pytest.skip("nEMO is not beside the project (see $SER_TEST_DATA)")
    with pytest.raises(CorpusError, match="holds 2865 utterances of nEMO instead of 4481"):
        read(folder)
    corpus = read(folder, accept_counts=True)
    assert corpus.name == "nEMO (incomplete: 6 of 9 speakers, 2865 files)"
    counts = {"EB0": 539, "IC0": 540, "KD0": 540, "KS0": 540, "MK0": 450, "MP0": 256}
    assert Counter(u.speaker for u in corpus.utterances) == counts
    counts = {"neutral": 540, "happy": 480, "sad": 499, "angry": 479, "fearful": 467, "surprised": 400}
    assert Counter(str(u.emotion) for u in corpus.utterances) == counts


@pytest.mark.data
def test_no_real_recording_is_in_two_parts_of_any_protocol_of_both() -> None:
    ours, theirs = ravdess_folder(), nemo_folder()
    if ours is None or theirs is None:
        pytest.skip("RAVDESS and nEMO are not both beside the project (see $SER_TEST_DATA)")
    corpus = read_both(ours, theirs, accept_counts=True)
    contents, unreadable = read_contents(corpus.utterances)
    assert unreadable == {}
    protocols = {name: maker(corpus, contents) for name, maker in PROTOCOLS["ravdess-nemo"].items()}
    for protocol in protocols.values():
        check_protocol(protocol, contents)
    sizes = {name: [tuple(map(len, s.parts().values())) for s in p.splits] for name, p in protocols.items()}
    assert sizes["fixed"] == [(1200 + 2865, 120, 120)]
    assert sizes["to-nemo"] == [(1040, 104, 2865)]
    assert sizes["to-ravdess"] == [(2865 - 256, 256, 104)]
    assert [test for _train, _validation, test in sizes["to-nemo-speakers"]] == [1079, 1080, 706]

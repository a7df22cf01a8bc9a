from __future__ import annotations

import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

from ser_desktop.core.errors import CorpusError
from tests.helpers.corpora import (
    APPLE_DOUBLE,
    N_SMALL_SONG,
    N_SMALL_SPEECH,
    write_small_ravdess,
    write_small_ravdess_song,
)
from tests.helpers.data import data_folder, ravdess_folder
from trainer.contents import read_contents
from trainer.corpora import ReadOptions, ravdess
from trainer.ravdess_protocols import ravdess_fixed, ravdess_issa

N_SPEECH, N_SONG = 24 * 8, 23 * 6


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("RAVDESS für alle")
    assert write_small_ravdess(folder) == N_SPEECH
    assert write_small_ravdess_song(folder) == N_SONG
    return folder


@pytest.fixture(autouse=True)
def _small_counts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("data") is None:
        monkeypatch.setattr(ravdess, "N_SPEECH", N_SMALL_SPEECH)
        monkeypatch.setattr(ravdess, "N_SONG", N_SMALL_SONG)


@pytest.fixture
def speech(both: Path, tmp_path: Path) -> Path:
    return shutil.copytree(both / "Audio_Speech", tmp_path / "corpus")


def test_a_file_is_read_by_its_name(both: Path) -> None:
    corpus = ravdess.read_speech(ReadOptions((both,)))
    one = next(u for u in corpus.utterances if u.identity == "03-01-05-01-01-01-23")
    assert (one.speaker, one.emotion, one.style, one.sentence) == ("actor23", "angry", "speech", "statement 01")
    assert one.path == both / "Audio_Speech" / "Actor_23" / "03-01-05-01-01-01-23.flac"
    assert (one.start_s, one.end_s) == (0.0, None)


def test_a_complete_corpus_is_sorted_and_says_so(both: Path) -> None:
    corpus = ravdess.read_speech(ReadOptions((both,)))
    assert (corpus.key, corpus.name, corpus.licence) == ("ravdess", "RAVDESS speech", "CC BY-NC-SA 4.0")
    assert corpus.is_complete
    assert corpus.notes == ()
    assert corpus.head_s == 5.0
    identities = [u.identity for u in corpus.utterances]
    assert identities == sorted(identities)


def test_speech_song_and_both_are_told_apart(both: Path) -> None:
    options = ReadOptions((both,))
    speech, song, all_ = ravdess.read_speech(options), ravdess.read_song(options), ravdess.read_both(options)
    assert [len(c.utterances) for c in (speech, song, all_)] == [N_SPEECH, N_SONG, N_SPEECH + N_SONG]
    assert {u.style for u in song.utterances} == {"song"}
    assert {u.style for u in all_.utterances} == {"speech", "song"}
    assert [c.key for c in (speech, song, all_)] == ["ravdess", "ravdess-song", "ravdess-both"]
    assert set(all_.utterances) == {*speech.utterances, *song.utterances}


def test_speech_and_song_may_be_in_two_places(both: Path) -> None:
    apart = ravdess.read_both(ReadOptions((both / "Audio_Song", both / "Audio_Speech")))
    assert apart.utterances == ravdess.read_both(ReadOptions((both,))).utterances


def test_the_level_of_the_folder_does_not_matter(both: Path) -> None:
    options = [ReadOptions((place,)) for place in (both, both / "Audio_Speech")]
    first, *others = (ravdess.read_speech(o).utterances for o in options)
    assert len(first) == N_SPEECH
    assert all(other == first for other in others)


def test_a_folder_of_one_actor_is_refused(both: Path) -> None:
    with pytest.raises(CorpusError, match="holds 8 utterances instead of 192") as caught:
        ravdess.read_speech(ReadOptions((both / "Audio_Speech" / "Actor_01",)))
    assert "holds all actors" in caught.value.fix


def test_zip_files_are_read_like_folders(both: Path, tmp_path: Path) -> None:
    places = []
    for part in ("Audio_Speech", "Audio_Song"):
        places.append(tmp_path / f"{part}.zip")
        with ZipFile(places[-1], "w") as archive:
            for file in (both / part).rglob("*.flac"):
                archive.write(file, Path("some wrapper") / file.relative_to(both))
    corpus = ravdess.read_both(ReadOptions(tuple(places), tmp_path / "cache"))
    assert [u.identity for u in corpus.utterances] == [
        u.identity for u in ravdess.read_both(ReadOptions((both,))).utterances
    ]
    assert all(u.path.is_relative_to(tmp_path / "cache") for u in corpus.utterances)


@pytest.mark.parametrize(
    "name",
    [
        "notes.wav",
        "03-01-01-01-01-01.wav",
        "01-01-01-01-01-01-01.wav",
        "02-01-01-01-01-01-01.wav",
        "03-03-01-01-01-01-01.wav",
        "03-01-09-01-01-01-01.wav",
        "03-01-01-01-01-01-01.txt",
        "._03-01-01-01-01-01-01.flac",
    ],
)
def test_other_files_are_left_alone(speech: Path, name: str) -> None:
    (speech / name).write_bytes(APPLE_DOUBLE)
    corpus = ravdess.read_speech(ReadOptions((speech,)))
    assert len(corpus.utterances) == N_SPEECH
    assert name not in {u.path.name for u in corpus.utterances}


def test_endings_in_capitals_are_read(speech: Path) -> None:
    file = next(speech.rglob("03-01-05-*-09.flac"))
    file.rename(file.with_suffix(".FLAC"))
    assert len(ravdess.read_speech(ReadOptions((speech,))).utterances) == N_SPEECH


def test_a_missing_file_is_counted_for_the_user(speech: Path) -> None:
    next(speech.rglob("03-01-05-*.flac")).unlink()
    with pytest.raises(CorpusError, match=r"191 utterances instead of 192 \(angry: 23 instead of 24\)") as caught:
        ravdess.read_speech(ReadOptions((speech,)))
    assert "1188976" in caught.value.fix
    assert "Audio_Speech_Actors_01-24.zip" in caught.value.fix
    assert "--accept-counts" in caught.value.fix


def test_an_extra_actor_is_counted_for_the_user(speech: Path) -> None:
    original = next(speech.rglob("03-01-05-*-24.flac"))
    (speech / "03-01-05-01-01-01-25.flac").write_bytes(original.read_bytes())
    with pytest.raises(CorpusError, match="angry: 25 instead of 24"):
        ravdess.read_speech(ReadOptions((speech,)))


def test_wrong_counts_that_add_up_are_refused(speech: Path) -> None:
    angry = next(speech.rglob("03-01-05-*-24.flac"))
    angry.rename(angry.with_name("03-01-06-01-01-02-24.flac"))
    with pytest.raises(CorpusError, match="angry: 23 instead of 24, fearful: 25 instead of 24"):
        ravdess.read_speech(ReadOptions((speech,)))


def test_accepted_counts_are_noted_everywhere(speech: Path) -> None:
    next(speech.rglob("03-01-05-*.flac")).unlink()
    corpus = ravdess.read_speech(ReadOptions((speech,), accept_counts=True))
    assert len(corpus.utterances) == 191
    assert not corpus.is_complete
    assert corpus.name == "RAVDESS speech (incomplete: 191 files)"
    assert len(corpus.notes) == 1
    assert "angry: 23 instead of 24" in corpus.notes[0]


@pytest.mark.parametrize("accept", [False, True])
def test_an_empty_folder_is_refused_whatever_is_accepted(tmp_path: Path, accept: bool) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="holds 0 utterances"):
        ravdess.read_speech(ReadOptions((tmp_path / "empty",), accept_counts=accept))


def test_song_is_not_taken_for_speech(both: Path) -> None:
    with pytest.raises(CorpusError, match="holds 0 utterances instead of 192"):
        ravdess.read_speech(ReadOptions((both / "Audio_Song",), accept_counts=True))


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
def test_two_copies_are_refused(speech: Path, suffix: str) -> None:
    original = next(speech.rglob("*.flac"))
    copy = speech / "copies" / (original.stem + suffix)
    copy.parent.mkdir()
    copy.write_bytes(original.read_bytes())
    with pytest.raises(CorpusError, match="is there twice") as caught:
        ravdess.read_speech(ReadOptions((speech,)))
    assert str(original) in caught.value.what
    assert str(copy) in caught.value.what


def test_naming_a_folder_twice_is_refused(speech: Path) -> None:
    with pytest.raises(CorpusError, match="is there twice"):
        ravdess.read_speech(ReadOptions((speech, speech)))


def test_a_missing_folder_says_where_to_get_the_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="There is no folder or zip file") as caught:
        ravdess.read_both(ReadOptions((tmp_path / "none",)))
    assert "zenodo.org" in caught.value.fix
    assert "Audio_Song_Actors_01-24.zip" in caught.value.fix


@pytest.mark.data
def test_the_real_speech_has_its_golden_counts_and_the_papers_split() -> None:
    corpus = ravdess.read_speech(ReadOptions((_real_speech(),)))
    assert len(corpus.utterances) == 1440
    assert corpus.is_complete
    (split,) = ravdess_fixed(corpus, {}).splits
    assert [len(part) for part in split.parts().values()] == [1200, 120, 120]


@pytest.mark.data
def test_the_real_twins_of_actor_07_stay_together() -> None:
    corpus = ravdess.read_speech(ReadOptions((_real_speech(),)))
    contents, unreadable = read_contents(corpus.utterances)
    assert unreadable == {}
    twins = {"03-01-03-01-02-01-07", "03-01-03-01-02-02-07"}
    assert len({contents[identity] for identity in twins}) == 1
    assert len(set(contents.values())) == 1439
    for split in ravdess_issa(corpus, contents).splits:
        assert len(twins & {u.identity for u in split.test}) in {0, 2}


@pytest.mark.data
def test_the_truncated_song_is_taken_only_when_its_counts_are_accepted() -> None:
    song = data_folder() / "ravdess_song_2s"
    if not song.is_dir():
        pytest.skip("RAVDESS song is not beside the project (see $SER_TEST_DATA)")
    with pytest.raises(CorpusError, match="holds 1009 utterances instead of 1012"):
        ravdess.read_song(ReadOptions((song,)))
    corpus = ravdess.read_song(ReadOptions((song,), accept_counts=True))
    assert len(corpus.utterances) == 1009
    assert corpus.name == "RAVDESS song (incomplete: 1009 files)"
    assert "actor18" not in {u.speaker for u in corpus.utterances}


def _real_speech() -> Path:
    folder = ravdess_folder()
    if folder is None:
        pytest.skip("RAVDESS is not beside the project (see $SER_TEST_DATA)")
    return folder

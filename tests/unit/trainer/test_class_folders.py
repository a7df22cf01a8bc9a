from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ser_desktop.core.errors import CorpusError
from tests.helpers.corpora import APPLE_DOUBLE, write_class_folders, write_recording
from trainer.corpora import ReadOptions, class_folders
from trainer.corpora.utterance import Utterance


def read(*places: Path, pattern: str = "") -> dict[str, Utterance]:
    corpus = class_folders.read(ReadOptions(places, speaker_pattern=pattern))
    return {u.identity: u for u in corpus.utterances}


def test_the_first_folder_is_the_emotion_and_the_second_the_speaker(tmp_path: Path) -> None:
    root = tmp_path / "meine Aufnahmen"
    assert write_class_folders(root, ("anna", "Jürgen K."), ("angry", "überrascht"), n_each=2) == 8
    corpus = class_folders.read(ReadOptions((root,)))
    assert (corpus.key, corpus.name) == ("folder", "«meine Aufnahmen»")
    assert corpus.is_complete
    assert [u.identity for u in corpus.utterances] == [
        f"{emotion}/{speaker}/{number}.wav"
        for emotion in ("angry", "überrascht")
        for speaker in ("Jürgen K.", "anna")
        for number in (1, 2)
    ]
    last = corpus.utterances[-1]
    assert (last.emotion, last.speaker, last.path) == ("überrascht", "anna", root / "überrascht" / "anna" / "2.wav")


def test_folders_below_the_speaker_belong_to_the_speaker(tmp_path: Path) -> None:
    write_recording(tmp_path / "angry" / "anna" / "monday" / "1.wav")
    (found,) = read(tmp_path).values()
    assert (found.emotion, found.speaker, found.identity) == ("angry", "anna", "angry/anna/monday/1.wav")


@pytest.mark.parametrize("name", ["angry/anna/notes.txt", "angry/anna/._1.wav", "angry/anna/cover.jpg", "loose.wav"])
def test_other_files_are_left_alone(tmp_path: Path, name: str) -> None:
    n = write_class_folders(tmp_path)
    (tmp_path / name).write_bytes(APPLE_DOUBLE)
    assert len(read(tmp_path)) == n
    assert name not in read(tmp_path)


@pytest.mark.parametrize("ending", [".flac", ".ogg", ".WAV", ".mp3"])
def test_every_ending_that_can_be_read_is_listed(tmp_path: Path, ending: str) -> None:
    write_recording(tmp_path / "angry" / "anna" / f"1{ending}")
    assert list(read(tmp_path)) == [f"angry/anna/1{ending}"]


def test_recordings_without_a_speaker_are_refused(tmp_path: Path) -> None:
    write_class_folders(tmp_path)
    for name in ("angry/x.wav", "calm/y.wav"):
        write_recording(tmp_path / name)
    with pytest.raises(CorpusError, match=r"who speaks in 2 recordings \(«angry/x\.wav» is one\)") as caught:
        read(tmp_path)
    assert "--speaker-pattern" in caught.value.fix


def test_a_level_less_is_refused(tmp_path: Path) -> None:
    write_class_folders(tmp_path)
    with pytest.raises(CorpusError, match="Nobody can tell who speaks in 6 recordings"):
        read(tmp_path / "angry")


def test_recordings_without_any_folder_are_none(tmp_path: Path) -> None:
    write_recording(tmp_path / "1.wav")
    with pytest.raises(CorpusError, match="There are no recordings in folders below") as caught:
        read(tmp_path)
    assert "FOLDER/emotion/speaker" in caught.value.fix


def test_an_absent_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="There is no folder or zip file"):
        read(tmp_path / "none")


def test_a_pattern_finds_the_speaker_in_the_file_name(tmp_path: Path) -> None:
    for name in ("angry/anna_1.wav", "angry/ben_1.wav", "calm/anna_2.wav"):
        write_recording(tmp_path / name)
    found = read(tmp_path, pattern=r"([^_/]+)_[^/]*$")
    assert {i: u.speaker for i, u in found.items()} == {
        "angry/anna_1.wav": "anna",
        "angry/ben_1.wav": "ben",
        "calm/anna_2.wav": "anna",
    }


def test_the_pattern_that_the_error_suggests_works(tmp_path: Path) -> None:
    write_recording(tmp_path / "angry" / "anna_1.wav")
    with pytest.raises(CorpusError) as caught:
        read(tmp_path)
    suggested = caught.value.fix.split("example '")[1].split("'")[0]
    assert [u.speaker for u in read(tmp_path, pattern=suggested).values()] == ["anna"]


def test_a_pattern_goes_before_the_second_folder(tmp_path: Path) -> None:
    write_recording(tmp_path / "angry" / "monday" / "anna_1.wav")
    assert [u.speaker for u in read(tmp_path, pattern=r"/([a-z]+)_\d").values()] == ["anna"]


@pytest.mark.parametrize("pattern", [r"(nobody)_", r"angry/(x)?", r"angry/()"])
def test_a_pattern_that_finds_nobody_is_refused(tmp_path: Path, pattern: str) -> None:
    write_recording(tmp_path / "angry" / "anna" / "1.wav")
    with pytest.raises(CorpusError, match="Nobody can tell who speaks in 1 recordings"):
        read(tmp_path, pattern=pattern)


@pytest.mark.parametrize("pattern", ["(unclosed", "anna", "*"])
def test_a_pattern_that_is_none_is_refused(tmp_path: Path, pattern: str) -> None:
    write_recording(tmp_path / "angry" / "anna" / "1.wav")
    with pytest.raises(CorpusError, match="not a usable --speaker-pattern") as caught:
        read(tmp_path, pattern=pattern)
    assert "one group in parentheses" in caught.value.fix


def test_two_places_become_one_corpus(tmp_path: Path) -> None:
    write_class_folders(tmp_path / "one", speakers=("anna",))
    write_class_folders(tmp_path / "two", speakers=("ben",))
    assert {u.speaker for u in read(tmp_path / "one", tmp_path / "two").values()} == {"anna", "ben"}


def test_two_places_with_a_common_file_are_refused(tmp_path: Path) -> None:
    for place in ("one", "two"):
        write_class_folders(tmp_path / place, speakers=("anna",))
    with pytest.raises(CorpusError, match=r"«angry/anna/1\.wav» is there twice"):
        read(tmp_path / "one", tmp_path / "two")


def test_a_zip_file_is_read_like_a_folder(tmp_path: Path) -> None:
    write_class_folders(tmp_path / "corpus")
    place = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "corpus"))
    corpus = class_folders.read(ReadOptions((place,), tmp_path / "cache"))
    assert [u.identity for u in corpus.utterances] == list(read(tmp_path / "corpus"))


def test_a_zip_file_with_its_own_folder_around_is_read_alike(tmp_path: Path) -> None:
    write_class_folders(tmp_path / "here" / "corpus")
    place = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "here"))
    corpus = class_folders.read(ReadOptions((place,), tmp_path / "cache"))
    assert {(u.emotion, u.speaker) for u in corpus.utterances} == {
        (emotion, speaker) for emotion in ("angry", "calm") for speaker in ("anna", "ben", "carl")
    }


def test_hidden_folders_are_no_emotions(tmp_path: Path) -> None:
    write_class_folders(tmp_path)
    write_recording(tmp_path / ".Trash-1000" / "files" / "1.wav")
    assert {u.emotion for u in read(tmp_path).values()} == {"angry", "calm"}

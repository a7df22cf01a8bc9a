from __future__ import annotations

from pathlib import Path

import pytest

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import Emotion
from tests.helpers.corpora import (
    APPLE_DOUBLE,
    write_recording,
    write_small_nemo,
    write_small_ravdess,
    write_small_ravdess_song,
)
from tests.helpers.data import data_folder, ravdess_folder
from trainer.pretrain.recordings import HELD_OUT_ACTORS, PROBE_ACTORS, find_recordings

N_SPOKEN_EACH = 8


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("RAVDESS für alle")
    write_small_ravdess(folder)
    write_small_ravdess_song(folder)
    return folder


def test_the_actors_of_validation_and_test_are_no_recordings(corpus: Path) -> None:
    found = find_recordings([corpus])
    assert {r.speaker for r in found.recordings} == {f"actor{i:02d}" for i in range(1, 21)}
    assert not {path.path.stem[-2:] for path in found.recordings} & {"21", "22", "23", "24"}
    assert found.n_held_out == 4 * (N_SPOKEN_EACH + 6)


@pytest.mark.parametrize("actor", [21, 22, 23, 24])
def test_the_actors_of_the_test_are_left_out_whatever_folder_is_named(corpus: Path, actor: int) -> None:
    alone = [corpus / "Audio_Speech" / f"Actor_{actor}", corpus / "Audio_Song" / f"Actor_{actor}"]
    with pytest.raises(CorpusError, match="no audio to train on"):
        find_recordings(alone)
    beside = find_recordings([*alone, corpus / "Audio_Speech" / "Actor_01"])
    assert {r.speaker for r in beside.recordings} == {"actor01"}
    assert beside.n_held_out == N_SPOKEN_EACH + 6


@pytest.mark.parametrize(
    "name",
    [
        "03-01-05-01-01-01-23.wav",
        "03-02-05-01-01-01-23.FLAC",
        "03-01-05-01-01-01-23.mp3",
        "03-01-05-01-01-01-23.ogg",
        "01-01-05-01-01-01-23.wav",
        "02-01-05-01-01-01-23.aiff",
    ],
)
def test_an_actor_of_the_test_is_known_in_any_coding_and_from_the_videos(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"only its name is read")
    write_recording(tmp_path / "somebody.wav")
    found = find_recordings([tmp_path])
    assert [r.path.name for r in found.recordings] == ["somebody.wav"]
    assert found.n_held_out == 1


def test_spoken_recordings_have_an_emotion_with_calm_among_neutral(corpus: Path) -> None:
    found = find_recordings([corpus / "Audio_Speech" / "Actor_03"])
    assert [r.emotion for r in found.recordings] == [
        Emotion.NEUTRAL,
        Emotion.NEUTRAL,
        Emotion.HAPPY,
        Emotion.SAD,
        Emotion.ANGRY,
        Emotion.FEARFUL,
        Emotion.DISGUST,
        Emotion.SURPRISED,
    ]


def test_songs_have_a_speaker_and_no_emotion(corpus: Path) -> None:
    found = find_recordings([corpus / "Audio_Song"])
    assert len(found.recordings) == 19 * 6
    assert all(r.speaker and r.emotion is None for r in found.recordings)


def test_emotions_are_taught_of_the_first_sixteen_actors_alone(corpus: Path) -> None:
    found = find_recordings([corpus / "Audio_Speech"])
    taught = {r.speaker for r in found.recordings if r.taught is not None}
    assert taught == {f"actor{i:02d}" for i in range(1, 17)}
    probed = [r for r in found.recordings if r.speaker in PROBE_ACTORS]
    assert len(probed) == 4 * N_SPOKEN_EACH
    assert all(r.emotion is not None and r.taught is None for r in probed)
    assert not HELD_OUT_ACTORS & PROBE_ACTORS


def test_other_recordings_have_neither_speaker_nor_emotion(tmp_path: Path) -> None:
    n = write_small_nemo(tmp_path)
    found = find_recordings([tmp_path])
    assert len(found.recordings) == n
    assert {(r.speaker, r.emotion, r.taught) for r in found.recordings} == {("", None, None)}


def test_recordings_come_in_the_order_of_the_folders_then_of_the_names(tmp_path: Path) -> None:
    for name in ("b/2.wav", "b/1.wav", "a/9.ogg", "a/deep/3.flac"):
        write_recording(tmp_path / name)
    found = find_recordings([tmp_path / "b", tmp_path / "a"])
    assert [str(r.path.relative_to(tmp_path)) for r in found.recordings] == [
        "b/1.wav",
        "b/2.wav",
        "a/9.ogg",
        "a/deep/3.flac",
    ]


def test_what_is_no_sound_is_left_alone(tmp_path: Path) -> None:
    write_recording(tmp_path / "voice.wav")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "a folder.wav").mkdir()
    (tmp_path / "._voice.wav").write_bytes(APPLE_DOUBLE)
    assert [r.path.name for r in find_recordings([tmp_path]).recordings] == ["voice.wav"]


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere") as caught:
        find_recordings([tmp_path, tmp_path / "nowhere"])
    assert "--audio" in caught.value.fix


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "silence").mkdir()
    with pytest.raises(CorpusError, match="silence"):
        find_recordings([tmp_path / "silence"])


@pytest.mark.data
@pytest.mark.skipif(ravdess_folder() is None, reason="RAVDESS is not here")
def test_of_the_real_corpus_twenty_actors_are_left() -> None:
    found = find_recordings([data_folder() / "ravdess"])
    assert {r.speaker for r in found.recordings} == {f"actor{i:02d}" for i in range(1, 21)}
    assert (len(found.recordings), found.n_held_out) == (20 * 60, 4 * 60)

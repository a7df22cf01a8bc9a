from __future__ import annotations

from pathlib import Path

import pytest

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import RAVDESS_7, Emotion
from tests.helpers.corpora import write_small_ravdess
from tests.helpers.data import ravdess_folder
from trainer.corpora import ravdess
from trainer.corpora.ravdess import load_ravdess_speech
from trainer.protocols import split_ravdess


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_small_ravdess(tmp_path / "corpus")
    monkeypatch.setattr(ravdess, "N_PER_EMOTION", dict.fromkeys(Emotion, 24))
    return tmp_path / "corpus"


def test_files_are_found_at_any_level_and_read_by_their_names(small: Path) -> None:
    corpus = load_ravdess_speech(small)
    assert len(corpus.utterances) == 192
    first = corpus.utterances[0]
    assert (first.identity, first.speaker, first.emotion) == ("03-01-01-01-01-01-01", "actor01", "neutral")
    assert corpus.utterances == load_ravdess_speech(small / "Audio_Speech").utterances


def test_song_and_other_files_are_left_alone(small: Path) -> None:
    (small / "03-02-01-01-01-01-01.flac").write_bytes(b"song")
    (small / "notes.wav").write_bytes(b"other")
    assert len(load_ravdess_speech(small).utterances) == 192


def test_an_incomplete_corpus_is_counted_for_the_user(small: Path) -> None:
    next(small.rglob("03-01-05-*.flac")).unlink()
    with pytest.raises(CorpusError, match="angry: 23 instead of 24") as caught:
        load_ravdess_speech(small)
    assert "1188976" in caught.value.fix


def test_two_copies_are_refused(small: Path) -> None:
    original = next(small.rglob("*.flac"))
    (small / original.name).write_bytes(original.read_bytes())
    with pytest.raises(CorpusError, match="is there twice"):
        load_ravdess_speech(small)


def test_a_missing_folder_says_where_to_get_the_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"zenodo\.org"):
        load_ravdess_speech(tmp_path / "none")


def test_the_split_is_the_papers(small: Path) -> None:
    split = split_ravdess(load_ravdess_speech(small))
    assert split.labels == RAVDESS_7
    assert {u.speaker for u in split.validation} == {"actor21", "actor22"}
    assert {u.speaker for u in split.test} == {"actor23", "actor24"}
    assert len({u.speaker for u in split.train}) == 20
    assert "calm" not in {u.emotion for part in split.parts().values() for u in part}


@pytest.mark.data
def test_the_real_corpus_has_its_golden_counts() -> None:
    folder = ravdess_folder()
    if folder is None:
        pytest.skip("RAVDESS is not beside the project (see $SER_TEST_DATA)")
    split = split_ravdess(load_ravdess_speech(folder))
    assert [len(part) for part in split.parts().values()] == [1200, 120, 120]

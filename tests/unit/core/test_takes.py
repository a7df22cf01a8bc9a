from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from ser_desktop.core import paths
from ser_desktop.core.errors import CorpusError, SaveError
from ser_desktop.core.takes import (
    BACKGROUND,
    Judgement,
    as_take,
    check_name,
    create_corpus,
    judge_take,
    list_corpora,
    open_corpus,
)
from tests.helpers.disks import cramped_disk
from tests.helpers.sounds import noise, speech_like
from trainer.corpora import ReadOptions, class_folders

VOICE = speech_like(1.0).astype(np.float32)


def test_a_corpus_is_made_found_and_opened_again() -> None:
    made = create_corpus("Meine  Stimme", "Jürgen K.")
    assert made.speaker == "Jürgen K"
    assert create_corpus("Anna .", "me").folder.name == "Anna"
    assert (made.title, made.counts()["happy"]) == ("Meine Stimme", 0)
    assert list_corpora() == [paths.recordings_folder() / name for name in ("Anna", "Meine Stimme")]
    assert open_corpus(made.folder) == made
    with pytest.raises(CorpusError, match="already"):
        create_corpus("meine stimme", "me")


def test_takes_are_what_the_trainer_reads_as_a_corpus() -> None:
    corpus = create_corpus("voice", "me")
    for label in ("happy", BACKGROUND):
        for _ in range(3):
            corpus.add(label, VOICE)
    assert corpus.is_ready
    read = class_folders.read(ReadOptions((corpus.folder,)))
    assert [u.identity for u in read.utterances][:3] == [f"background/me/take-00{i}.wav" for i in (1, 2, 3)]
    assert {u.speaker for u in read.utterances} == {"me"}
    samples, rate = sf.read(read.utterances[0].path)
    assert rate == 16_000
    assert np.abs(samples - VOICE).max() < 1e-4


def test_every_class_that_was_begun_needs_three_takes() -> None:
    corpus = create_corpus("voice", "me")
    for label, n in (("happy", 3), ("sad", 2)):
        for _ in range(n):
            corpus.add(label, VOICE)
    assert not corpus.is_ready
    corpus.add("sad", VOICE)
    assert corpus.is_ready
    corpus.add("angry", VOICE)
    assert not corpus.is_ready


def test_the_last_take_can_be_deleted_and_its_number_is_free() -> None:
    corpus = create_corpus("voice", "me")
    first, second = corpus.add("happy", VOICE), corpus.add("happy", VOICE)
    corpus.remove_last("happy")
    assert corpus.takes("happy") == [first]
    assert corpus.add("happy", VOICE) == second


def test_another_emotion_is_remembered() -> None:
    corpus = create_corpus("voice", "me").with_class("bored ä")
    assert open_corpus(corpus.folder).classes[-1] == "bored ä"
    with pytest.raises(CorpusError, match="«BORED ä» already"):
        corpus.with_class("BORED ä")


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "x" * 41, "a\x00b", "C:"])
def test_names_that_are_no_folders_are_refused(name: str) -> None:
    with pytest.raises(CorpusError):
        check_name(name)


def described(**changes: Any) -> str:
    return json.dumps({"schema_version": 1, "title": "voice", "speaker": "me", "classes": ["happy"]} | changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "{}",
        described(classes=[]),
        described(classes="happy"),
        described(classes=["happy", "HAPPY"]),
        described(classes=["a/b"]),
        described(title="../elsewhere"),
        described(prompts=3),
    ],
)
def test_a_damaged_description_is_told_and_the_takes_stay(text: str) -> None:
    corpus = create_corpus("voice", "me")
    take = corpus.add("happy", VOICE)
    (corpus.folder / "corpus.json").write_text(text)
    with pytest.raises(CorpusError, match=r"corpus\.json» is damaged .* recordings are beside it"):
        open_corpus(corpus.folder)
    assert take.is_file()


def test_a_description_of_a_later_version_is_not_called_damaged() -> None:
    corpus = create_corpus("voice", "me")
    (corpus.folder / "corpus.json").write_text(described(schema_version=9))
    with pytest.raises(CorpusError, match="has format 9; this program reads format 1"):
        open_corpus(corpus.folder)


def test_sentences_to_say_are_remembered_and_may_be_missing() -> None:
    corpus = create_corpus("voice", "me", ("Guten Tag.", "Schönes Wetter."))
    assert open_corpus(corpus.folder).prompts == ("Guten Tag.", "Schönes Wetter.")
    (corpus.folder / "corpus.json").write_text(described())
    assert open_corpus(corpus.folder).prompts == ()


def test_no_take_is_written_over_another() -> None:
    corpus = create_corpus("voice", "me")
    first = corpus.add("happy", VOICE)
    for name in ("take-999.wav", "take-1000.wav", "take-of a friend.wav"):
        first.with_name(name).write_bytes(b"kept")
    assert corpus.add("happy", VOICE).name == "take-1001.wav"
    assert first.with_name("take-1000.wav").read_bytes() == b"kept"
    assert corpus.counts()["happy"] == 4


def test_a_take_that_cannot_be_written_is_told_and_leaves_nothing() -> None:
    corpus = create_corpus("voice", "me")
    with pytest.raises(SaveError, match=r"File too large\)\. Free some space, then press Keep again"), cramped_disk():
        corpus.add("happy", VOICE)
    assert not list((corpus.folder / "happy" / "me").iterdir())


def test_a_folder_that_may_not_be_written_to_is_not_called_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    # A real read-only folder does not stop tests that run as root.
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(SaveError, match=r"Permission denied\)\. Allow this program to write there, then try again"):
        create_corpus("voice", "me")


@pytest.mark.parametrize(
    ("samples", "label", "judgement"),
    [
        (VOICE, "happy", Judgement.GOOD),
        (VOICE[:4000], "happy", Judgement.SHORT),
        (np.zeros(16_000, np.float32), "happy", Judgement.SILENT),
        (speech_like(1.0, level=0.0006).astype(np.float32), "happy", Judgement.QUIET),
        (np.clip(40 * VOICE, -1, 1), "happy", Judgement.CLIPPED),
        (noise(1.0, 0.001), "happy", Judgement.NO_VOICE),
        (noise(1.0, 0.001), BACKGROUND, Judgement.GOOD),
    ],
)
def test_a_take_is_judged(samples: np.ndarray, label: str, judgement: Judgement) -> None:
    assert judge_take(samples, label) is judgement


def test_blocks_of_another_rate_become_one_take_at_16_khz(tmp_path: Path) -> None:
    blocks = [np.full(441, 0.1, np.float32)] * 100
    assert len(as_take(blocks, 44_100)) == pytest.approx(16_000, abs=2)
    assert len(as_take([], 44_100)) == 0
    assert not list(tmp_path.rglob("*.wav"))

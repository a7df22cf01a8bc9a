"""Names of people, emotions and files as people write them, and faults that concern many files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_desktop.core.errors import Cancelled
from tests.helpers.corpora import write_recording, write_table
from trainer.checks.corpus_check import CorpusCheck, check_corpus
from trainer.checks.findings import Finding, Level, Remedy
from trainer.corpora import ReadOptions


def write(root: Path, speakers: tuple[str, ...], emotions: tuple[str, ...], n_each: int = 3) -> Path:
    seed = 0
    for emotion in emotions:
        for speaker in speakers:
            for number in range(n_each):
                write_recording(root / emotion / speaker / f"{number}.wav", seed=seed, seconds=0.6)
                seed += 1
    return root


def check(place: Path, key: str = "folder", *, protocol: str = "", **options: object) -> CorpusCheck:
    read = ReadOptions((place,), place.parent / "scratch", **options)  # type: ignore[arg-type]
    skip = bool(options.get("skip_missing"))
    return check_corpus(key, read, protocol, lambda _done, _total: None, skip_unreadable=skip).check


def saying(report: CorpusCheck, words: str) -> list[Finding]:
    return [f for f in report.findings if words in f"{f.text} {f.fix}"]


def test_a_name_in_capitals_and_small_letters_is_asked_about(tmp_path: Path) -> None:
    report = check(write(tmp_path / "corpus", ("Anna", "anna", "ben", "cem"), ("angry", "calm")))
    (finding,) = saying(report, "Is that one person?")
    assert finding.level is Level.WARNING
    assert "«Anna», «anna»" in finding.text
    assert report.can_train, "perhaps they are two people"
    assert {"Anna", "anna"} <= set(report.counts)


def test_an_emotion_under_two_names_is_asked_about(tmp_path: Path) -> None:
    report = check(write(tmp_path / "corpus", ("anna", "ben", "cem"), ("angry", "Angry ", "calm")))
    (finding,) = saying(report, "Is that one emotion?")
    assert "«Angry », «angry»" in finding.text
    assert "give it one name" in finding.fix
    assert "One voice" not in finding.fix


def test_different_names_are_not_asked_about(tmp_path: Path) -> None:
    report = check(write(tmp_path / "corpus", ("anna", "anne", "hanna"), ("angry", "calm")))
    assert saying(report, "Is that one") == []


def test_spaces_braces_and_letters_of_all_languages_are_names_like_any_other(tmp_path: Path) -> None:
    speakers, emotions = ("Jürgen K.", "Łucja {2}", "李 明"), ("wütend [laut]", "спокойный")
    root = write(tmp_path / "meine Aufnahmen – 2026 %s", speakers, emotions)
    strange = root / "спокойный" / "李 明" / "Aufnahme {0} «neu».wav"
    sf.write(strange, np.zeros(9600, np.float32), 16_000)
    report = check(root)
    assert report.can_train
    assert report.corpus == "«meine Aufnahmen – 2026 %s»"
    assert set(report.counts) == set(speakers)
    assert report.split is not None
    assert report.split.labels == tuple(sorted(emotions))
    (finding,) = saying(report, "only silence")
    assert finding.text == "«спокойный/李 明/Aufnahme {0} «neu».wav» holds only silence."


def test_one_emotion_is_refused_with_its_name(tmp_path: Path) -> None:
    report = check(write(tmp_path / "corpus", ("anna", "ben", "cem"), ("angry",)))
    (finding,) = saying(report, "the one emotion angry")
    assert (finding.level, report.can_train, report.split) == (Level.ERROR, False, None)
    assert report.counts == {name: {"angry": 3} for name in ("anna", "ben", "cem")}


def test_many_files_with_a_fault_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    root = write(tmp_path / "corpus", ("anna", "ben", "cem"), ("angry", "calm"), n_each=8)
    silent = sorted(root.rglob("*.wav"))[:25]
    for i, path in enumerate(silent):
        # Unlike in length, so that they are no copies of one another.
        sf.write(path, np.zeros(9600 + i, np.float32), 16_000)
    (finding,) = saying(check(root), "only silence")
    assert finding.text == "25 recordings hold only silence."
    assert finding.files == tuple(path.relative_to(root).as_posix() for path in silent[:20])


def test_a_recording_with_several_faults_is_named_for_each(tmp_path: Path) -> None:
    root = write(tmp_path / "corpus", ("anna", "ben", "cem"), ("angry", "calm"))
    sf.write(root / "calm" / "ben" / "1.wav", np.zeros(800, np.float32), 8_000)
    report = check(root)
    for words in ("only silence", "shorter than 0.3 s", "less than 16 000 samples"):
        (finding,) = saying(report, words)
        assert finding.files == ("calm/ben/1.wav",)
    assert report.rates_hz == {"8000": 1, "16000": 17}


def test_several_unreadable_files_are_one_error_with_a_reason(tmp_path: Path) -> None:
    root = write(tmp_path / "corpus", ("anna", "ben", "cem"), ("angry", "calm"))
    for name in ("angry/anna/0.wav", "calm/cem/2.wav"):
        (root / name).write_bytes(b"")
    report = check(root)
    (finding,) = saying(report, "cannot be used")
    assert finding.text.startswith("2 recordings cannot be used. «angry/anna/0.wav» cannot be used: «0.wav» is empty")
    assert finding.files == ("angry/anna/0.wav", "calm/cem/2.wav")
    assert (report.n_utterances, report.is_complete) == (18, False)
    assert report.duration_s == pytest.approx(16 * 0.6, abs=0.01), "what cannot be read has no length"


def test_a_file_that_breaks_off_behind_a_sound_header_is_left_out_of_the_division_too(tmp_path: Path) -> None:
    root = write(tmp_path / "corpus", ("anna", "ben", "cem"), ("angry", "calm"))
    samples = np.full(9600, 0.1, np.float32)
    samples[5000:] = np.nan
    sf.write(root / "calm" / "ben" / "1.wav", samples, 16_000, subtype="FLOAT")
    (finding,) = saying(check(root), "values that are not numbers")
    assert (finding.level, finding.files) == (Level.ERROR, ("calm/ben/1.wav",))
    report = check(root, skip_missing=True)
    assert report.counts["ben"] == {"angry": 3, "calm": 2}
    assert report.split is not None
    assert sum(fold.sizes["test"] for fold in report.split.folds) == 17


def test_a_corpus_of_unreadable_files_is_refused_even_when_they_may_be_left_out(tmp_path: Path) -> None:
    root = write(tmp_path / "corpus", ("anna", "ben", "cem"), ("angry", "calm"))
    for path in root.rglob("*.wav"):
        path.write_bytes(b"no sound")
    report = check(root, skip_missing=True)
    assert (report.can_train, report.split, report.lengths_s, report.counts) == (False, None, (), {})


def test_leaving_out_what_cannot_be_read_may_leave_one_person(tmp_path: Path) -> None:
    root = write(tmp_path / "corpus", ("anna", "ben", "cem"), ("angry", "calm"), n_each=4)
    for path in [*root.rglob("ben/*.wav"), *root.rglob("cem/*.wav")]:
        path.write_bytes(b"no sound")
    report = check(root, skip_missing=True)
    assert report.can_train
    assert report.split is not None
    assert report.split.speaker_dependent
    assert saying(report, "by anna alone")


def test_copies_with_two_emotions_of_one_person_are_a_contradiction_not_a_leak(tmp_path: Path) -> None:
    root = write(tmp_path / "corpus", ("anna", "ben", "cem"), ("angry", "calm"))
    shutil.copy(root / "angry" / "ben" / "0.wav", root / "calm" / "ben" / "0.wav")
    report = check(root)
    (finding,) = saying(report, "the same sound with different emotions")
    assert finding.files == ("angry/ben/0.wav", "calm/ben/0.wav")
    assert report.can_train
    assert not saying(report, "copies of one another")


def test_a_table_whose_recordings_are_missing_may_be_taken_without_them(tmp_path: Path) -> None:
    rows = [
        {"file": f"{speaker} {emotion} {i}.wav", "emotion": emotion, "speaker": speaker}
        for speaker in ("anna", "ben", "cem")
        for emotion in ("angry", "calm")
        for i in range(2)
    ]
    table = write_table(tmp_path, rows)
    (tmp_path / "ben calm 1.wav").unlink()
    report = check(table, "csv")
    (finding,) = [f for f in report.findings if f.level is Level.ERROR]
    assert finding.remedy is Remedy.SKIP_UNREADABLE
    assert "ben calm 1.wav" in f"{finding.text} {finding.files}"
    assert not report.can_train
    without = check(table, "csv", skip_missing=True)
    assert without.can_train
    assert without.counts["ben"] == {"angry": 2, "calm": 1}


def test_a_stop_ends_the_look(tmp_path: Path) -> None:
    root = write(tmp_path / "corpus", ("anna", "ben", "cem"), ("angry", "calm"))
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        check_corpus("folder", ReadOptions((root,)), "", stop, skip_unreadable=False)
    assert told == [(i, 18) for i in range(1, 5)]

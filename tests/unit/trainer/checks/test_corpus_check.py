"""Corpora with planted faults: each is found, said with a fix, and nothing is written beside the recordings."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from tests.helpers.corpora import write_class_folders, write_recording, write_small_ravdess
from tests.helpers.sounds import speech_like
from trainer.checks.corpus_check import CorpusCheck, check_corpus
from trainer.checks.findings import Finding, Level, Remedy
from trainer.corpora import ReadOptions

SPEAKERS = ("anna", "ben", "cem")
EMOTIONS = ("angry", "happy")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    root = tmp_path / "meine Stimmen, ä"
    write_class_folders(root, SPEAKERS, EMOTIONS, n_each=3)
    # Two tenths of a second are enough for most tests, not for a corpus without faults.
    for i, file in enumerate(sorted(root.rglob("*.wav"))):
        write_recording(file, seed=100 + i, seconds=0.6)
    return root


def check(root: Path, key: str = "folder", *, skip_unreadable: bool = False, **options: object) -> CorpusCheck:
    read = ReadOptions((root,), root.parent / "scratch", **options)  # type: ignore[arg-type]
    return check_corpus(key, read, "", lambda _done, _total: None, skip_unreadable=skip_unreadable).check


def found(report: CorpusCheck, words: str) -> Finding:
    matching = [f for f in report.findings if words in f"{f.text} {f.fix}"]
    assert matching, f"nothing says «{words}»: {[f.text for f in report.findings]}"
    return matching[0]


def tone(level: float, seconds: float = 0.6, rate: int = 16_000) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        t = np.arange(round(seconds * rate)) / rate
        sf.write(path, (level * np.sin(2 * np.pi * 220 * t)).astype(np.float32), rate)

    return write


def test_a_corpus_without_faults_can_be_trained_on(corpus: Path) -> None:
    report = check(corpus)
    assert report.can_train
    assert report.n_utterances == 18
    assert report.counts == {speaker: {"angry": 3, "happy": 3} for speaker in SPEAKERS}
    assert report.rates_hz == {"16000": 18}
    assert report.duration_s == pytest.approx(18 * 0.6, abs=0.01)
    assert report.lengths_s == pytest.approx((0.6, 0.6, 0.6), abs=0.01)
    assert report.split is not None
    assert not report.split.speaker_dependent
    for fold in report.split.folds:
        everybody = [name for names in fold.speakers.values() for name in names]
        assert sorted(everybody) == sorted(set(everybody))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (tone(0.0), "only silence"),
        (tone(0.0012), "very quiet"),
        (tone(1.4), "cut off at full level"),
        (tone(0.1, seconds=0.15), "shorter than 0.3 s"),
        (tone(0.1, rate=8_000), "less than 16 000 samples"),
    ],
)
def test_a_recording_that_sounds_bad_is_named(corpus: Path, spoil: Callable[[Path], None], words: str) -> None:
    spoil(corpus / "happy" / "ben" / "2.wav")
    finding = found(check(corpus), words)
    assert finding.level is Level.WARNING
    assert finding.files == ("happy/ben/2.wav",)
    assert finding.fix


def test_an_unreadable_file_stands_against_training_until_it_is_left_out(corpus: Path) -> None:
    (corpus / "happy" / "ben" / "2.wav").write_bytes(b"RIFF no sound at all")
    report = check(corpus)
    finding = found(report, "cannot be used")
    assert (finding.level, finding.remedy, finding.files) == (
        Level.ERROR,
        Remedy.SKIP_UNREADABLE,
        ("happy/ben/2.wav",),
    )
    assert not report.can_train
    without = check(corpus, skip_unreadable=True)
    assert without.can_train
    assert found(without, "cannot be used").level is Level.WARNING
    assert without.counts["ben"] == {"angry": 3, "happy": 2}


def test_one_speaker_is_divided_by_recordings_and_told_so(corpus: Path) -> None:
    for speaker in ("ben", "cem"):
        for emotion in EMOTIONS:
            shutil.rmtree(corpus / emotion / speaker)
    report = check(corpus)
    assert report.can_train
    assert report.split is not None
    assert (report.split.protocol, report.split.speaker_dependent) == ("recordings", True)
    assert "not how it does with others" in found(report, "by anna alone").fix


def test_without_folders_of_people_one_can_say_that_it_is_one_person(tmp_path: Path) -> None:
    root = tmp_path / "takes"
    for i, emotion in enumerate(EMOTIONS * 4):
        write_recording(root / emotion / f"{i}.wav", seed=i, seconds=0.6)
    finding = found(check(root), "who speaks")
    assert (finding.level, finding.remedy) == (Level.ERROR, Remedy.ONE_SPEAKER)
    report = check(root, speaker="me")
    assert report.can_train
    assert list(report.counts) == ["me"]


def test_the_same_recording_of_two_people_is_a_leak(corpus: Path) -> None:
    shutil.copy(corpus / "happy" / "ben" / "2.wav", corpus / "happy" / "anna" / "2.wav")
    report = check(corpus)
    assert not report.can_train
    assert found(report, "are the same recording").level is Level.ERROR
    assert found(report, "copies of one another").files == ("happy/anna/2.wav", "happy/ben/2.wav")


def test_the_same_sound_with_two_emotions_is_contradictory(corpus: Path) -> None:
    shutil.copy(corpus / "happy" / "ben" / "2.wav", corpus / "angry" / "ben" / "2.wav")
    assert found(check(corpus), "the same sound with different emotions").level is Level.WARNING


def test_one_person_under_two_names_is_asked_about(corpus: Path) -> None:
    (corpus / "angry" / "ben").rename(corpus / "angry" / "Ben ")
    assert "would be in training and test" in found(check(corpus), "Is that one person? «Ben », «ben»").fix


def test_the_wrong_level_of_folders_is_told(corpus: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    corpus.rename(outer / "inner")
    report = check(outer)
    assert not report.can_train
    assert "Or name the folder in it" in found(report, "the one emotion inner").fix


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    report = check(tmp_path)
    assert (report.n_utterances, report.can_train, report.split) == (0, False, None)
    assert found(report, "no recordings").level is Level.ERROR


def test_few_and_uneven_recordings_are_told(corpus: Path) -> None:
    for i in range(40):
        write_recording(corpus / "angry" / "anna" / f"more {i}.wav", seed=500 + i, seconds=0.6)
    report = check(corpus)
    assert report.can_train
    assert found(report, "49 recordings of angry and 9 of happy").level is Level.WARNING


def test_nothing_is_written_beside_the_recordings(corpus: Path) -> None:
    before = sorted(corpus.rglob("*"))
    corpus.chmod(0o500)
    try:
        assert check(corpus).can_train
    finally:
        corpus.chmod(0o700)
    assert sorted(corpus.rglob("*")) == before


def test_an_incomplete_ravdess_must_be_accepted_first(tmp_path: Path) -> None:
    write_small_ravdess(tmp_path / "part")
    report = check(tmp_path / "part", "ravdess")
    finding = found(report, "instead of 1440")
    assert (finding.level, finding.remedy, report.can_train) == (Level.ERROR, Remedy.ACCEPT_COUNTS, False)
    accepted = check(tmp_path / "part", "ravdess", accept_counts=True)
    assert accepted.can_train
    assert not accepted.is_complete
    assert accepted.split is not None
    assert accepted.split.protocol == "fixed"


def test_a_ravdess_without_its_test_actors_is_divided_otherwise(tmp_path: Path) -> None:
    for actor in (1, 2, 3, 4):
        for emotion in (1, 3, 5):
            name = f"03-01-{emotion:02d}-01-01-01-{actor:02d}.wav"
            sf.write(tmp_path / name, speech_like(0.6, seed=10 * actor + emotion).astype(np.float32), 16_000)
    report = check(tmp_path, "ravdess", accept_counts=True)
    assert report.can_train
    assert report.split is not None
    assert report.split.protocol == "folds"
    assert found(report, "own division is not possible").level is Level.WARNING


def test_what_is_wrong_comes_before_what_is_only_remarkable(corpus: Path) -> None:
    (corpus / "happy" / "ben" / "2.wav").write_bytes(b"no sound")
    shutil.copy(corpus / "happy" / "ben" / "1.wav", corpus / "happy" / "ben" / "3.wav")
    levels = [finding.level for finding in check(corpus).findings]
    assert levels == sorted(levels, key=list(Level).index)
    assert levels[0] is Level.ERROR
    assert levels[-1] is Level.NOTE

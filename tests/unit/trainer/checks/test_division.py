"""How a corpus would be divided: the numbers of every fold, and the sentences where it cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers.utterances import all_different, nemo_like, ravdess_like, spoken_by
from trainer.checks.division import SplitCheck, divide
from trainer.checks.findings import Finding, Level
from trainer.corpora import Corpus
from trainer.splits import Protocol


def divided(corpus: Corpus, wanted: str = "") -> tuple[Protocol, SplitCheck, list[Finding]]:
    protocol, split, findings = divide(corpus, all_different(corpus), wanted)
    assert protocol is not None
    assert split is not None
    return protocol, split, findings


def refused(corpus: Corpus, wanted: str = "") -> list[Finding]:
    protocol, split, findings = divide(corpus, all_different(corpus), wanted)
    assert (protocol, split) == (None, None)
    return findings


def without(corpus: Corpus, *speakers: str) -> Corpus:
    left = tuple(u for u in corpus.utterances if u.speaker not in speakers)
    return replace(corpus, utterances=left, is_complete=False)


def test_the_folds_are_told_as_they_are() -> None:
    corpus = spoken_by({"anna": 10, "ben": 8, "cem": 6, "dora": 4, "eva": 4})
    protocol, split, findings = divided(corpus)
    assert (split.protocol, split.labels, split.speaker_dependent) == ("folds", ("angry", "calm"), False)
    assert split.text == protocol.text
    assert [fold.name for fold in split.folds] == [f"fold-{i}" for i in range(1, 6)]
    for told, fold in zip(split.folds, protocol.splits, strict=True):
        assert told.sizes == {part: len(utterances) for part, utterances in fold.parts().items()}
        assert sum(told.sizes.values()) == 32
        assert sorted(name for names in told.speakers.values() for name in names) == [
            "anna",
            "ben",
            "cem",
            "dora",
            "eva",
        ]
    assert findings == []


@pytest.mark.parametrize(("n", "is_told"), [(3, True), (4, False)])
def test_a_test_by_very_few_people_is_only_a_tendency(n: int, is_told: bool) -> None:
    _, _, findings = divided(spoken_by({f"s{i}": 8 for i in range(n)}))
    assert [f.text.startswith(f"Only {n} people test") for f in findings] == [True] * is_told


@pytest.mark.parametrize(
    ("speakers", "whom"), [(("ben",), "by ben alone"), (("ben", "anna"), "by two people (anna and ben)")]
)
def test_one_or_two_people_are_divided_by_recordings(speakers: tuple[str, ...], whom: str) -> None:
    _, split, (finding,) = divided(spoken_by(dict.fromkeys(speakers, 20)))
    assert (split.protocol, split.speaker_dependent, len(split.folds)) == ("recordings", True, 5)
    assert finding.level is Level.WARNING
    assert whom in finding.text
    assert "Add recordings of other people" in finding.fix
    for fold in split.folds:
        assert set(fold.speakers.values()) == {tuple(sorted(speakers))}


def test_who_asks_for_folds_of_speakers_is_not_given_folds_of_recordings() -> None:
    (finding,) = refused(spoken_by({"anna": 20, "ben": 20}), "folds")
    assert finding.level is Level.ERROR
    assert "holds 2 speaker(s) (anna, ben)" in finding.text
    assert "--protocol recordings" in finding.fix


def test_folds_of_recordings_may_be_asked_for_with_any_number_of_people() -> None:
    _, split, findings = divided(spoken_by({f"s{i}": 10 for i in range(6)}), "recordings")
    assert (split.protocol, split.speaker_dependent) == ("recordings", True)
    assert findings == []


def test_every_speaker_may_be_left_out_in_turn() -> None:
    corpus = spoken_by({f"s{i}": 4 for i in range(7)})
    _, split, _ = divided(corpus, "speakers")
    assert [fold.speakers["test"] for fold in split.folds] == [(f"s{i}",) for i in range(7)]


@pytest.mark.parametrize("speakers", [("anna",), ("anna", "ben"), ("anna", "ben", "cem")])
def test_one_emotion_cannot_be_told_from_nothing(speakers: tuple[str, ...]) -> None:
    findings = refused(spoken_by(dict.fromkeys(speakers, 10), ("angry",)))
    assert findings[-1].level is Level.ERROR
    assert "the one emotion angry" in findings[-1].text
    assert "Add recordings of another emotion" in findings[-1].fix


def test_an_emotion_with_two_recordings_by_one_person_is_refused_with_its_name() -> None:
    corpus = spoken_by({"me": 20})
    rare = tuple(replace(u, emotion="happy") if u.identity in {"me-000", "me-002"} else u for u in corpus.utterances)
    findings = refused(replace(corpus, utterances=rare))
    assert [f.level for f in findings] == [Level.WARNING, Level.ERROR]
    assert (findings[-1].text.count("2 recording(s) of happy"), findings[-1].fix) == (1, "Add recordings of happy.")


def test_there_are_as_many_folds_of_recordings_as_the_rarest_emotion_allows() -> None:
    corpus = spoken_by({"me": 40})
    angry = [u.identity for u in corpus.utterances if u.emotion == "angry"]
    fewer = replace(corpus, utterances=tuple(u for u in corpus.utterances if u.identity not in angry[3:]))
    protocol, split, _ = divided(fewer)
    assert len(split.folds) == 3
    for part in ("train", "validation", "test"):
        assert [sum(u.emotion == "angry" for u in fold.parts()[part]) for fold in protocol.splits] == [1, 1, 1]


def test_an_emotion_that_one_person_alone_has_cannot_be_learned_when_that_person_tests() -> None:
    corpus = spoken_by({f"s{i}": 8 for i in range(4)})
    own = tuple(replace(u, emotion="happy") if u.identity == "s1-000" else u for u in corpus.utterances)
    (finding,) = refused(replace(corpus, utterances=own))
    assert finding.level is Level.ERROR
    assert "has no utterance of happy" in finding.text
    assert "Add recordings of it by more people" in finding.fix


def test_a_whole_ravdess_is_divided_as_in_the_paper() -> None:
    _, split, (finding,) = divided(ravdess_like())
    (fold,) = split.folds
    assert (split.protocol, fold.sizes) == ("fixed", {"train": 320, "validation": 32, "test": 32})
    assert (fold.speakers["validation"], fold.speakers["test"]) == (("actor21", "actor22"), ("actor23", "actor24"))
    assert finding.text.startswith("Only 2 people test")


@pytest.mark.parametrize("absent", [("actor23", "actor24"), ("actor21", "actor22")])
def test_a_ravdess_without_its_last_actors_is_divided_by_folds_of_speakers(absent: tuple[str, str]) -> None:
    _, split, findings = divided(without(ravdess_like(), *absent))
    assert (split.protocol, len(split.folds)) == ("folds", 5)
    assert findings[0].level is Level.WARNING
    assert "own division is not possible" in findings[0].text
    assert "published figures" in findings[0].fix
    tested = [name for fold in split.folds for name in fold.speakers["test"]]
    assert sorted(tested) == [f"actor{i:02d}" for i in range(1, 25) if f"actor{i:02d}" not in absent]


def test_who_asks_for_the_division_of_the_paper_is_not_given_another() -> None:
    (finding,) = refused(without(ravdess_like(), "actor23", "actor24"), "fixed")
    assert finding.level is Level.ERROR
    assert "The test part of fold-1 is empty" in finding.text


def test_two_actors_are_too_few_for_any_division_of_ravdess() -> None:
    kept = {f"actor{i:02d}" for i in range(1, 25)} - {"actor01", "actor02"}
    findings = refused(without(ravdess_like(), *kept))
    assert findings[-1].level is Level.ERROR
    assert "2 speaker(s) (actor01, actor02)" in findings[-1].text


def test_sentences_that_train_and_test_are_told_but_allowed() -> None:
    _, _, findings = divided(nemo_like())
    shared = [f for f in findings if "say a sentence that is also trained on" in f.text]
    assert len(shared) == 5
    assert {f.level for f in shared} == {Level.WARNING}


def test_the_same_recording_by_two_people_is_refused_and_both_files_are_named() -> None:
    corpus = spoken_by({"anna": 8, "ben": 8, "cem": 8})
    contents = all_different(corpus)
    contents["anna-002"] = contents["ben-004"]
    protocol, split, (finding,) = divide(corpus, contents, "")
    assert (protocol, split, finding.level) == (None, None, Level.ERROR)
    assert "«anna-002»" in finding.text
    assert "«ben-004»" in finding.text

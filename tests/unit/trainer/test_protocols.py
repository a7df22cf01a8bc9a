from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import IEMOCAP_4, RAVDESS_7, RAVDESS_8
from tests.helpers.corpora import N_SMALL_IEMOCAP, write_iemocap
from tests.helpers.utterances import (
    all_different,
    assert_no_speaker_is_shared,
    both_like,
    nemo_like,
    ravdess_like,
    speakers_of,
    spoken_by,
)
from trainer.corpora import CORPORA, Corpus, ReadOptions, iemocap
from trainer.leaks import check_protocol
from trainer.protocols import (
    PROTOCOLS,
    Maker,
    iemocap_issa,
    iemocap_sessions,
    leave_one_speaker_out,
    own_protocol,
    speaker_folds,
)
from trainer.ravdess_protocols import ravdess_fixed, ravdess_issa, ravdess_six_folds
from trainer.splits import Protocol


def speakers_by_fold(protocol: Protocol) -> list[list[str]]:
    return [sorted({u.speaker for u in split.test}) for split in protocol.splits]


def assert_everyone_tests_and_validates_once(protocol: Protocol, corpus: Corpus) -> None:
    everyone = sorted(u.identity for u in corpus.utterances)
    assert sorted(u.identity for split in protocol.splits for u in split.test) == everyone
    assert sorted(u.identity for split in protocol.splits for u in split.validation) == everyone
    for split in protocol.splits:
        assert sorted(u.identity for part in split.parts().values() for u in part) == everyone


@pytest.fixture
def small_iemocap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    monkeypatch.setattr(iemocap, "N_PER_EMOTION", N_SMALL_IEMOCAP)
    return iemocap.read(ReadOptions((write_iemocap(tmp_path),)))


def test_the_fixed_split_of_ravdess_is_the_papers() -> None:
    protocol = ravdess_fixed(ravdess_like(), {})
    assert (protocol.name, protocol.labels, protocol.speaker_dependent) == ("fixed", RAVDESS_7, False)
    (split,) = protocol.splits
    assert [sorted({u.speaker for u in part}) for part in split.parts().values()] == [
        [f"actor{i:02d}" for i in range(1, 21)],
        ["actor21", "actor22"],
        ["actor23", "actor24"],
    ]
    assert [len(part) for part in split.parts().values()] == [320, 32, 32]


def test_the_fixed_split_of_ravdess_merges_calm_into_neutral() -> None:
    (split,) = ravdess_fixed(ravdess_like(), {}).splits
    assert Counter(str(u.emotion) for u in split.test) == {
        **{str(label): 4 for label in RAVDESS_7},
        "neutral": 8,
    }
    merged = next(u for u in split.test if u.identity == "03-01-02-01-01-01-23")
    assert merged.emotion == "neutral"


def test_six_folds_of_actors_test_everybody_once() -> None:
    corpus = ravdess_like()
    protocol = ravdess_six_folds(corpus, {})
    assert (protocol.name, protocol.labels, protocol.speaker_dependent) == ("six-folds", RAVDESS_7, False)
    assert speakers_by_fold(protocol) == [[f"actor{i:02d}" for i in range(k, k + 4)] for k in range(1, 25, 4)]
    assert [speakers_of(split)["validation"] for split in protocol.splits] == [
        speakers_of(split)["test"] for split in (*protocol.splits[1:], protocol.splits[0])
    ]
    assert_everyone_tests_and_validates_once(protocol, corpus)
    assert_no_speaker_is_shared(protocol)
    assert check_protocol(protocol, all_different(corpus)) == ()
    assert "calm" not in {u.emotion for u in protocol.utterances()}


def test_what_nobody_sings_is_no_class_of_song() -> None:
    sung = tuple(u for u in ravdess_like().utterances if u.emotion not in {"disgust", "surprised"})
    song = replace(ravdess_like(), key="ravdess-song", utterances=sung)
    for maker in (ravdess_fixed, ravdess_six_folds):
        assert maker(song, {}).labels == ("neutral", "happy", "sad", "angry", "fearful")


def test_ravdess_after_issa_keeps_calm_and_mixes_actors_in_random_folds() -> None:
    corpus = ravdess_like()
    protocol = ravdess_issa(corpus, all_different(corpus))
    assert (protocol.name, protocol.labels, protocol.speaker_dependent) == ("issa", RAVDESS_8, True)
    assert [split.name for split in protocol.splits] == [f"fold-{i}" for i in range(1, 6)]
    assert_everyone_tests_and_validates_once(protocol, corpus)
    assert [len(split.test) for split in protocol.splits] == [77, 77, 77, 77, 76]
    for split in protocol.splits:
        assert len({u.speaker for u in split.test}) > 15, "random, not by actors"
        assert {u.emotion for u in split.test} == set(RAVDESS_8)


def test_ravdess_after_issa_keeps_identical_recordings_together() -> None:
    corpus = ravdess_like()
    contents = all_different(corpus)
    groups = [
        [u.identity for u in corpus.utterances if u.speaker == actor and u.emotion == "happy"]
        for actor in ("actor07", "actor11", "actor19")
    ]
    for first, *others in groups:
        contents.update(dict.fromkeys(others, contents[first]))
    protocol = ravdess_issa(corpus, contents)
    assert_everyone_tests_and_validates_once(protocol, corpus)
    for split in protocol.splits:
        for part in split.parts().values():
            identities = {u.identity for u in part}
            assert all(len(identities & set(group)) in {0, 2} for group in groups)


def test_the_random_folds_are_the_same_on_every_machine() -> None:
    corpus = ravdess_like()
    protocol = ravdess_issa(corpus, all_different(corpus))
    drawn = "\n".join(u.identity for split in protocol.splits for u in split.test)
    assert hashlib.sha256(drawn.encode()).hexdigest()[:16] == "684515661f33b315"


def test_the_random_folds_do_not_depend_on_what_the_digests_are() -> None:
    corpus = ravdess_like()
    other = {u.identity: str(i) for i, u in enumerate(corpus.utterances)}
    assert ravdess_issa(corpus, other) == ravdess_issa(corpus, all_different(corpus))


def test_iemocap_leaves_one_session_out(small_iemocap: Corpus) -> None:
    protocol = iemocap_sessions(small_iemocap, {})
    assert (protocol.name, protocol.labels, protocol.speaker_dependent) == ("sessions", IEMOCAP_4, False)
    sessions = [[{u.session for u in part} for part in split.parts().values()] for split in protocol.splits]
    assert [(validation, test) for _train, validation, test in sessions] == [
        ({f"Session{i % 5 + 1}"}, {f"Session{i}"}) for i in range(1, 6)
    ]
    assert all(len(train) == 3 for train, _validation, _test in sessions)
    assert_everyone_tests_and_validates_once(protocol, small_iemocap)
    assert_no_speaker_is_shared(protocol)


def test_iemocap_as_released_shares_no_speaker_either(tmp_path: Path) -> None:
    corpus = iemocap.read(ReadOptions((write_iemocap(tmp_path),), as_released=True, accept_counts=True))
    assert_no_speaker_is_shared(iemocap_sessions(corpus, {}))


def test_iemocap_with_two_sessions_cannot_be_divided(tmp_path: Path) -> None:
    corpus = iemocap.read(ReadOptions((write_iemocap(tmp_path, n_sessions=2),), accept_counts=True))
    with pytest.raises(CorpusError, match="needs three sessions; there are 2"):
        iemocap_sessions(corpus, {})


def test_iemocap_after_issa_is_improvised_with_full_agreement(small_iemocap: Corpus) -> None:
    protocol = iemocap_issa(small_iemocap, {})
    assert protocol.name == "issa"
    assert not protocol.speaker_dependent
    turns = ("F000", "F002", "M001", "M002", "M004")
    assert [u.identity for u in protocol.utterances()] == [
        f"Ses0{i}F_impro01_{turn}" for i in range(1, 6) for turn in turns
    ]
    assert all(len(split.test) == 5 for split in protocol.splits)
    assert_no_speaker_is_shared(protocol)


def test_turns_that_nobody_rated_are_no_full_agreement(small_iemocap: Corpus) -> None:
    unrated = tuple(replace(u, agreement=None) if u.session == "Session1" else u for u in small_iemocap.utterances)
    protocol = iemocap_issa(replace(small_iemocap, utterances=unrated), {})
    assert {u.session for u in protocol.utterances()} == {f"Session{i}" for i in range(2, 6)}


@pytest.mark.parametrize(("n_speakers", "n_folds"), [(3, 3), (4, 4), (5, 5), (6, 5), (17, 5)])
def test_there_are_five_folds_or_as_many_as_speakers(n_speakers: int, n_folds: int) -> None:
    corpus = spoken_by({f"s{i:02d}": 4 + i % 3 for i in range(n_speakers)})
    protocol = speaker_folds(corpus, {})
    assert len(protocol.splits) == n_folds
    assert_everyone_tests_and_validates_once(protocol, corpus)
    assert_no_speaker_is_shared(protocol)
    assert all(part for split in protocol.splits for part in split.parts().values())


def test_folds_of_speakers_have_like_sizes() -> None:
    corpus = spoken_by({"a": 60, "b": 10, "c": 50, "d": 40, "e": 30, "f": 20, "g": 20, "h": 10})
    assert [len(split.test) for split in speaker_folds(corpus, {}).splits] == [60, 50, 50, 40, 40]


def test_folds_of_speakers_are_the_same_on_every_machine() -> None:
    sizes = {"zoë": 4, "anna": 4, "Ben": 4, "carl": 6, "dora": 2, "emil": 2, "fritz": 8}
    corpus = spoken_by(sizes)
    expected = [["fritz"], ["carl"], ["Ben", "dora"], ["anna", "emil"], ["zoë"]]
    assert speakers_by_fold(speaker_folds(corpus, {})) == expected
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(corpus.utterances))
        shuffled = tuple(corpus.utterances[i] for i in order)
        assert speaker_folds(replace(corpus, utterances=shuffled), {}) == speaker_folds(corpus, {})


def test_every_speaker_is_left_out_once() -> None:
    corpus = spoken_by({f"s{i}": 2 * i for i in range(1, 8)})
    protocol = leave_one_speaker_out(corpus, {})
    assert protocol.name == "speakers"
    assert sorted(speakers_by_fold(protocol)) == [[f"s{i}"] for i in range(1, 8)]
    assert all(len({u.speaker for u in split.validation}) == 1 for split in protocol.splits)
    assert_everyone_tests_and_validates_once(protocol, corpus)
    assert_no_speaker_is_shared(protocol)


def test_labels_are_sorted_and_counted_in_the_text() -> None:
    protocol = speaker_folds(spoken_by(dict.fromkeys("abcd", 6), ("sad", "angry", "überrascht")), {})
    assert protocol.labels == ("angry", "sad", "überrascht")
    assert protocol.text == "4 folds of speakers, the next one validates; 3 classes"


@pytest.mark.parametrize("maker", [speaker_folds, leave_one_speaker_out])
@pytest.mark.parametrize("names", [("anna",), ("anna", "ben")])
def test_one_or_two_speakers_are_refused(maker: Maker, names: tuple[str, ...]) -> None:
    with pytest.raises(CorpusError, match=rf"«mine» holds {len(names)} speaker.*{', '.join(names)}") as caught:
        maker(spoken_by(dict.fromkeys(names, 4)), {})
    assert "other people" in caught.value.fix


@pytest.mark.parametrize("maker", [speaker_folds, leave_one_speaker_out])
def test_one_class_is_refused(maker: Maker) -> None:
    with pytest.raises(CorpusError, match="holds the one emotion angry; telling emotions apart needs two"):
        maker(spoken_by(dict.fromkeys("abc", 4), ("angry",)), {})


def test_without_leaves_utterances_out_everywhere() -> None:
    corpus = spoken_by(dict.fromkeys("abcde", 4))
    gone = {"a-000", "c-003"}
    protocol = speaker_folds(corpus, {})
    smaller = protocol.without(gone)
    assert [u.identity for u in smaller.utterances()] == [
        u.identity for u in corpus.utterances if u.identity not in gone
    ]
    assert (smaller.name, smaller.text, smaller.labels) == (protocol.name, protocol.text, protocol.labels)
    assert protocol.utterances() == corpus.utterances


def test_every_corpus_has_a_protocol_of_its_own() -> None:
    assert PROTOCOLS.keys() == CORPORA.keys()
    assert {key: own_protocol(key) for key in PROTOCOLS} == {
        "ravdess": "fixed",
        "ravdess-song": "fixed",
        "ravdess-both": "fixed",
        "nemo": "folds",
        "ravdess-nemo": "fixed",
        "iemocap": "sessions",
        "folder": "folds",
        "csv": "folds",
        "audformat": "folds",
    }


def test_every_protocol_goes_by_the_name_it_is_asked_for(small_iemocap: Corpus) -> None:
    corpora = {
        "ravdess": ravdess_like(),
        "nemo": nemo_like(),
        "ravdess-nemo": both_like(),
        "iemocap": small_iemocap,
        "csv": spoken_by(dict.fromkeys("abcde", 4)),
    }
    for key, corpus in corpora.items():
        for name, maker in PROTOCOLS[key].items():
            assert maker(corpus, all_different(corpus)).name == name

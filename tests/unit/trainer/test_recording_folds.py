from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ser_desktop.core.errors import CorpusError
from tests.helpers.utterances import all_different, spoken_by
from trainer.leaks import check_protocol
from trainer.recording_folds import recording_folds


def test_every_emotion_is_in_every_part_and_the_protocol_says_whom_it_knows() -> None:
    corpus = spoken_by({"me": 40}, ("angry", "calm", "happy", "sad"))
    protocol = recording_folds(corpus, all_different(corpus))
    assert protocol.speaker_dependent
    assert len(protocol.splits) == 5
    for split in protocol.splits:
        assert {part: Counter(u.emotion for u in us) for part, us in split.parts().items()} == {
            "train": dict.fromkeys(protocol.labels, 6),
            "validation": dict.fromkeys(protocol.labels, 2),
            "test": dict.fromkeys(protocol.labels, 2),
        }
    tested = [u.identity for split in protocol.splits for u in split.test]
    assert sorted(tested) == [u.identity for u in corpus.utterances]
    assert check_protocol(protocol, all_different(corpus)) == ()


def test_the_division_is_the_same_every_time() -> None:
    corpus = spoken_by({"me": 20})
    contents = all_different(corpus)
    assert recording_folds(corpus, contents) == recording_folds(corpus, contents)


def test_identical_recordings_and_those_of_a_session_stay_together() -> None:
    corpus = spoken_by({"me": 24})
    contents = all_different(corpus)
    first, _, third, *_ = (u.identity for u in corpus.utterances)
    contents[third] = contents[first]
    in_sessions = tuple(
        replace(u, session="monday") if u.identity in {"me-004", "me-006", "me-008"} else u for u in corpus.utterances
    )
    protocol = recording_folds(replace(corpus, utterances=in_sessions), contents)
    for together in ({first, third}, {"me-004", "me-006", "me-008"}):
        folds = [split.name for split in protocol.splits if together & {u.identity for u in split.test}]
        assert len(folds) == 1


def test_too_few_recordings_are_refused() -> None:
    corpus = spoken_by({"me": 5})
    with pytest.raises(CorpusError, match=r"holds 2 recording\(s\) of calm; one must train"):
        recording_folds(corpus, all_different(corpus))
    only = spoken_by({"me": 5}, ("angry",))
    with pytest.raises(CorpusError, match="the one emotion angry"):
        recording_folds(only, all_different(only))


def test_a_session_of_several_emotions_stays_together_with_what_it_shares() -> None:
    corpus = spoken_by({"me": 32})
    in_sessions = tuple(replace(u, session=f"s{i // 4}") for i, u in enumerate(corpus.utterances[:-4]))
    contents = all_different(corpus)
    # One of two identical recordings is of no session.
    contents["me-031"] = contents["me-000"]
    protocol = recording_folds(replace(corpus, utterances=(*in_sessions, *corpus.utterances[-4:])), contents)
    for first in range(0, 28, 4):
        session = {f"me-{i:03d}" for i in range(first, first + 4)} | ({"me-031"} if first == 0 else set())
        parts = [session & {u.identity for u in split.test} for split in protocol.splits]
        assert [part for part in parts if part] == [session]
    assert check_protocol(protocol, contents) == ()

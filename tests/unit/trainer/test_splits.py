from __future__ import annotations

import pytest

from tests.helpers.utterances import spoken_by
from trainer.protocols import speaker_folds
from trainer.splits import Protocol, original, rotate, with_copies


@pytest.fixture
def protocol() -> Protocol:
    return speaker_folds(spoken_by(dict.fromkeys("abcd", 4)), {})


@pytest.mark.parametrize("n_copies", [1, 2, 5])
def test_every_training_utterance_has_so_many_copies(protocol: Protocol, n_copies: int) -> None:
    for before, after in zip(protocol.splits, with_copies(protocol, n_copies).splits, strict=True):
        assert len(after.train) == (1 + n_copies) * len(before.train)
        assert set(before.train) <= set(after.train)
        for utterance in before.train:
            copies = [u for u in after.train if u.copy and original(u) == utterance.identity]
            assert [u.copy for u in copies] == list(range(1, n_copies + 1))
            assert {(u.path, u.speaker, u.emotion) for u in copies} == {
                (utterance.path, utterance.speaker, utterance.emotion)
            }


def test_nobody_else_is_copied(protocol: Protocol) -> None:
    for before, after in zip(protocol.splits, with_copies(protocol, 3).splits, strict=True):
        assert after.name == before.name
        assert after.validation == before.validation
        assert after.test == before.test
    assert protocol == speaker_folds(spoken_by(dict.fromkeys("abcd", 4)), {}), "nor is the protocol itself changed"


def test_copies_have_identities_of_their_own_and_stand_in_order(protocol: Protocol) -> None:
    for split in with_copies(protocol, 12).splits:
        identities = [u.identity for u in split.train]
        assert identities == sorted(set(identities))


def test_the_original_of_a_copy_is_found_and_that_of_an_original_is_itself(protocol: Protocol) -> None:
    everyone = {u.identity for u in protocol.utterances()}
    for utterance in with_copies(protocol, 12).utterances():
        assert original(utterance) in everyone
        assert (original(utterance) == utterance.identity) is (utterance.copy == 0)


def test_a_protocol_with_copies_says_so(protocol: Protocol) -> None:
    more = with_copies(protocol, 2)
    assert more.text == f"{protocol.text}; 2 changed copies of every training utterance"
    assert (more.name, more.labels, more.speaker_dependent) == (protocol.name, protocol.labels, False)


def test_everybody_tests_once_and_the_next_one_validates() -> None:
    folds = [spoken_by({name: 3}).utterances for name in "abc"]
    for i, split in enumerate(rotate(folds)):
        parts = (split.test, split.validation, split.train)
        assert parts == (folds[i], folds[(i + 1) % 3], folds[(i + 2) % 3])

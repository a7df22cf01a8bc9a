from __future__ import annotations

from collections import Counter

import pytest

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import RAVDESS_7, SHARED_6
from tests.helpers.utterances import (
    all_different,
    assert_no_speaker_is_shared,
    both_like,
    nemo_like,
    ravdess_like,
    speakers_of,
)
from trainer.corpora import Utterance
from trainer.joint_protocols import nemo_to_ravdess, ravdess_to_nemo, ravdess_to_nemo_speakers, ravdess_with_nemo
from trainer.leaks import check_protocol
from trainer.protocols import PROTOCOLS, Maker
from trainer.ravdess_protocols import ravdess_fixed

ACTORS = [f"actor{i:02d}" for i in range(1, 25)]
TRAINING, VALIDATION, TESTED = set(ACTORS[:20]), set(ACTORS[20:22]), set(ACTORS[22:])
NEMO = {"EB0", "IC0", "KD0", "KS0", "MK0"}
MAKERS = PROTOCOLS["ravdess-nemo"]
EVERY_PROTOCOL = pytest.mark.parametrize("maker", MAKERS.values(), ids=list(MAKERS))


def without_disgust(utterances: tuple[Utterance, ...]) -> list[str]:
    return [u.identity for u in utterances if u.emotion != "disgust"]


@EVERY_PROTOCOL
def test_no_speaker_is_in_two_parts(maker: Maker) -> None:
    assert_no_speaker_is_shared(maker(both_like(), {}))


@EVERY_PROTOCOL
def test_nobody_finds_a_leak_or_a_missing_class(maker: Maker) -> None:
    corpus = both_like()
    warnings = check_protocol(maker(corpus, all_different(corpus)), all_different(corpus))
    assert all("say a sentence that is also trained on" in warning for warning in warnings)


@EVERY_PROTOCOL
def test_every_part_is_made_of_labels_and_sorted(maker: Maker) -> None:
    protocol = maker(both_like(), {})
    for split in protocol.splits:
        for part in split.parts().values():
            assert {u.emotion for u in part} <= set(protocol.labels)
            identities = [u.identity for u in part]
            assert identities == sorted(set(identities))


@pytest.mark.parametrize("maker", [ravdess_to_nemo, ravdess_to_nemo_speakers, nemo_to_ravdess])
def test_the_test_actors_of_ravdess_are_never_touched_when_corpora_are_crossed(maker: Maker) -> None:
    protocol = maker(both_like(), {})
    assert {u.speaker for u in protocol.utterances()}.isdisjoint(TESTED)
    assert protocol.labels == SHARED_6
    assert "6 shared classes" in protocol.text


@EVERY_PROTOCOL
def test_calm_is_merged_into_neutral(maker: Maker) -> None:
    found = {u.identity: u.emotion for u in maker(both_like(), {}).utterances()}
    calm = [emotion for identity, emotion in found.items() if identity.startswith("03-01-02-")]
    assert calm
    assert set(calm) == {"neutral"}


def test_with_nemo_ravdess_validates_and_tests_as_ever() -> None:
    alone, both = ravdess_fixed(ravdess_like(), {}), ravdess_with_nemo(both_like(), {})
    assert (both.name, both.labels) == (alone.name, alone.labels) == ("fixed", RAVDESS_7)
    (own,), (more,) = alone.splits, both.splits
    assert more.validation == own.validation
    assert more.test == own.test
    assert set(more.train) == {*own.train, *nemo_like().utterances}
    assert both.text == f"{alone.text}; all of nEMO trains too"


def test_from_ravdess_to_nemo_tests_on_all_of_nemo() -> None:
    protocol = ravdess_to_nemo(both_like(), {})
    (split,) = protocol.splits
    assert protocol.name == "to-nemo"
    assert speakers_of(split) == {"train": TRAINING, "validation": VALIDATION, "test": NEMO}
    assert split.test == nemo_like().utterances
    (own,) = ravdess_fixed(ravdess_like(), {}).splits
    assert [u.identity for u in split.train] == without_disgust(own.train)
    assert [u.identity for u in split.validation] == without_disgust(own.validation)


def test_from_nemo_to_ravdess_tests_on_its_validation_actors() -> None:
    protocol = nemo_to_ravdess(both_like(), {})
    (split,) = protocol.splits
    assert protocol.name == "to-ravdess"
    assert speakers_of(split) == {"train": NEMO - {"MK0"}, "validation": {"MK0"}, "test": VALIDATION}
    assert "speaker MK0 validates" in protocol.text
    (own,) = ravdess_fixed(ravdess_like(), {}).splits
    assert [u.identity for u in split.test] == without_disgust(own.validation)


@pytest.mark.parametrize(
    ("speakers", "tested"),
    [
        (("EB0", "IC0", "KD0", "KS0", "MK0"), [{"EB0", "IC0"}, {"KD0", "KS0"}, {"MK0"}]),
        (("EB0", "IC0", "KD0", "KS0"), [{"EB0", "IC0"}, {"KD0", "KS0"}]),
        (("MP0", "EB0", "KD0"), [{"EB0", "KD0"}, {"MP0"}]),
    ],
)
def test_nemos_speakers_are_left_out_two_at_a_time(speakers: tuple[str, ...], tested: list[set[str]]) -> None:
    protocol = ravdess_to_nemo_speakers(both_like(speakers), {})
    assert protocol.name == "to-nemo-speakers"
    assert [split.name for split in protocol.splits] == [f"fold-{i}" for i in range(1, len(tested) + 1)]
    for split, out in zip(protocol.splits, tested, strict=True):
        assert speakers_of(split) == {
            "train": TRAINING | (set(speakers) - out),
            "validation": VALIDATION,
            "test": out,
        }


def test_everybody_in_nemo_is_tested_once() -> None:
    protocol = ravdess_to_nemo_speakers(both_like(), {})
    tested = Counter(u.identity for split in protocol.splits for u in split.test)
    assert tested == Counter(u.identity for u in nemo_like().utterances)
    assert len({split.validation for split in protocol.splits}) == 1, "the same people decide when to stop"


def test_a_single_speaker_of_nemo_cannot_both_train_and_validate() -> None:
    corpus = both_like(("EB0",))
    with pytest.raises(CorpusError, match="The train part of fold-1 is empty"):
        check_protocol(nemo_to_ravdess(corpus, {}), all_different(corpus))

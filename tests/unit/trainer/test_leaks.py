from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ser_desktop.core.errors import CorpusError
from tests.helpers.corpora import write_recording
from trainer.contents import read_contents
from trainer.corpora.utterance import Utterance
from trainer.leaks import check_protocol
from trainer.splits import Protocol, Split

LABELS = ("angry", "calm")


@pytest.fixture
def split(tmp_path: Path) -> Split:
    """A speaker per part, an utterance per emotion, nothing shared."""

    def part(name: str, seed: int) -> tuple[Utterance, ...]:
        files = {label: f"{name}/{label}.wav" for label in LABELS}
        for i, file in enumerate(files.values()):
            write_recording(tmp_path / file, seed=seed + i, seconds=2.0)
        return tuple(
            Utterance(file, tmp_path / file, f"{name}er", label, sentence=f"{name} says {label}")
            for label, file in files.items()
        )

    return Split("fold-1", part("train", 0), part("validation", 10), part("test", 20))


def check(*splits: Split, speaker_dependent: bool = False) -> tuple[str, ...]:
    protocol = Protocol("made-up", "", LABELS, splits, speaker_dependent)
    contents, unreadable = read_contents(protocol.utterances())
    assert unreadable == {}
    return check_protocol(protocol, contents)


def stretches(path: Path, speaker: str, *times: tuple[float, float | None]) -> tuple[Utterance, ...]:
    """Stretches of one recording, the emotions in turn."""
    return tuple(
        Utterance(f"{path.name}@{start}-{end}", path, speaker, LABELS[i % 2], start_s=start, end_s=end)
        for i, (start, end) in enumerate(times)
    )


def one_recording(
    path: Path,
    train: Sequence[tuple[float, float | None]],
    validation: Sequence[tuple[float, float | None]],
    test: Sequence[tuple[float, float | None]],
) -> Split:
    return Split(
        "fold-1", stretches(path, "anna", *train), stretches(path, "ben", *validation), stretches(path, "carl", *test)
    )


def test_a_clean_protocol_passes_without_a_word(split: Split) -> None:
    assert check(split) == ()


@pytest.mark.parametrize(
    ("part", "other"),
    [("train", "validation"), ("train", "test"), ("validation", "test")],
)
def test_a_shared_speaker_is_refused(split: Split, part: str, other: str) -> None:
    parts = split.parts()
    leaked = replace(parts[other][0], speaker=parts[part][0].speaker)
    with pytest.raises(CorpusError, match=f"Speaker {part}er is in both the {part} and the {other} part of fold-1"):
        check(replace(split, **{other: (leaked, *parts[other][1:])}))


def test_a_leak_in_a_later_fold_is_found(split: Split) -> None:
    leaked = tuple(replace(u, speaker="trainer") for u in split.test)
    with pytest.raises(CorpusError, match="both the train and the test part of fold-2"):
        check(split, replace(split, name="fold-2", test=leaked))


def test_a_speaker_may_train_in_one_fold_and_test_in_another(split: Split) -> None:
    assert check(split, Split("fold-2", split.test, split.train, split.validation)) == ()


def test_a_protocol_may_share_speakers_on_purpose(split: Split) -> None:
    shared = tuple(replace(u, speaker="trainer") for u in split.test)
    assert check(replace(split, test=shared), speaker_dependent=True) == ()


@pytest.mark.parametrize("speaker_dependent", [False, True])
def test_the_same_recording_under_two_names_is_refused(split: Split, speaker_dependent: bool) -> None:
    shutil.copy(split.train[1].path, split.test[0].path)
    with pytest.raises(CorpusError, match="are the same recording") as caught:
        check(split, speaker_dependent=speaker_dependent)
    assert "«train/calm.wav» (train) and «test/angry.wav» (test) of fold-1" in caught.value.what


def test_the_same_recording_in_validation_and_test_is_refused(split: Split) -> None:
    shutil.copy(split.validation[0].path, split.test[0].path)
    with pytest.raises(CorpusError, match=r"\(validation\) and .* \(test\) of fold-1 are the same recording"):
        check(split)


def test_twins_within_a_part_are_no_leak(split: Split) -> None:
    shutil.copy(split.train[0].path, split.train[1].path)
    assert check(split) == ()


def test_stretches_that_do_not_overlap_are_no_leak(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "dialogue.wav", seconds=3.0)
    clean = one_recording(path, [(0, 0.5), (0.5, 1)], [(2.0, 2.5), (2.5, None)], [(1, 1.5), (1.5, 2.0)])
    assert check(clean) == ()


@pytest.mark.parametrize(
    "leak",
    [(0.9, 1.5), (0.2, 0.3), (0.0, None), (0.99, None), (0.0, 2.0), (0.5, 1.0)],
    ids=["end", "inside", "whole file", "open end", "around", "the same"],
)
def test_overlapping_stretches_of_a_file_are_refused(tmp_path: Path, leak: tuple[float, float | None]) -> None:
    path = write_recording(tmp_path / "dialogue.wav", seconds=3.0)
    elsewhere = stretches(write_recording(tmp_path / "other.wav", seed=1, seconds=3.0), "ben", (0, 1), (1, 2))
    clean = Split("fold-1", stretches(path, "anna", (0, 0.5), (0.5, 1)), elsewhere, stretches(path, "carl", (1, 2)))
    check(clean)
    with pytest.raises(CorpusError, match=r"dialogue.wav@.* are the same recording"):
        check(replace(clean, test=stretches(path, "carl", (1, 2), leak)))


def test_overlapping_stretches_of_two_copies_are_refused(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "dialogue.wav", seconds=3.0)
    copy = Path(shutil.copy(path, tmp_path / "copy.wav"))
    elsewhere = stretches(write_recording(tmp_path / "other.wav", seed=1, seconds=3.0), "ben", (0, 1), (1, 2))
    train = stretches(path, "anna", (0, 0.5), (0.5, 1))
    check(Split("fold-1", train, elsewhere, stretches(copy, "carl", (1, 2))))
    with pytest.raises(CorpusError, match=r"copy\.wav@.* are the same recording"):
        check(Split("fold-1", train, elsewhere, stretches(copy, "carl", (0.9, 2))))


def test_shared_sentences_only_warn(split: Split) -> None:
    shared = tuple(replace(u, sentence="statement 01") for u in split.train)
    tested = (replace(split.test[0], sentence="statement 01"), split.test[1])
    assert check(replace(split, train=shared, test=tested)) == (
        "1 of the 2 test utterances of fold-1 say a sentence that is also trained on.",
    )


def test_unknown_sentences_are_not_shared(split: Split) -> None:
    parts = {name: tuple(replace(u, sentence="") for u in part) for name, part in split.parts().items()}
    assert check(replace(split, **parts)) == ()


def test_each_fold_warns_once(split: Split) -> None:
    said = tuple(replace(u, sentence="statement 01") for u in split.train)
    tested = tuple(replace(u, sentence="statement 01") for u in split.test)
    one = replace(split, train=said, test=tested)
    assert [warning.split(" of ")[2][:6] for warning in check(one, one, replace(one, name="fold-2"))] == [
        "fold-1",
        "fold-2",
    ]


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_an_empty_part_is_refused(split: Split, part: str) -> None:
    with pytest.raises(CorpusError, match=f"The {part} part of fold-1 is empty") as caught:
        check(replace(split, **{part: ()}))
    assert caught.value.fix


def test_a_class_that_nobody_trains_is_refused(split: Split) -> None:
    with pytest.raises(CorpusError, match="training part of fold-1 has no utterance of calm"):
        check(replace(split, train=split.train[:1]))


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_class_that_cannot_be_measured_is_told(split: Split, part: str) -> None:
    warnings = check(replace(split, **{part: split.parts()[part][:1]}))
    assert warnings == (f"The {part} part of fold-1 has no utterance of calm.",)

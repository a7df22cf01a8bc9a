from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ser_desktop.core.errors import CorpusError
from trainer.corpora.utterance import Utterance
from trainer.protocols import Split, check_split


@pytest.fixture
def split(tmp_path: Path) -> Split:
    def part(name: str) -> tuple[Utterance, ...]:
        utterances = []
        for emotion in ("calm", "angry"):
            file = tmp_path / f"{name}-{emotion}.wav"
            file.write_text(file.name)
            utterances.append(Utterance(file.stem, file, f"speaker of {name}", emotion))
        return tuple(utterances)

    return Split("made up", ("calm", "angry"), part("train"), part("validation"), part("test"))


def test_a_clean_split_passes(split: Split) -> None:
    check_split(split)


def test_a_shared_speaker_is_refused(split: Split) -> None:
    leaked = (replace(split.test[0], speaker="speaker of train"), split.test[1])
    with pytest.raises(CorpusError, match="speaker of train is in both the train and the test part"):
        check_split(replace(split, test=leaked))


def test_the_same_recording_on_both_sides_is_refused(split: Split) -> None:
    split.test[0].path.write_bytes(split.train[1].path.read_bytes())
    with pytest.raises(CorpusError, match="are the same recording"):
        check_split(split)


def test_a_class_that_cannot_be_measured_is_refused(split: Split) -> None:
    with pytest.raises(CorpusError, match="validation part has no utterance of angry"):
        check_split(replace(split, validation=split.validation[:1]))

"""Who trains, who validates, who tests; and the check that nobody does two of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ser_desktop.core.bundle import file_sha256
from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import RAVDESS_7, Emotion, merge_calm
from trainer.corpora.utterance import Corpus, Utterance


@dataclass(frozen=True)
class Split:
    """Utterances of a speaker-independent experiment.

    Attributes
    ----------
    protocol : str
        In words, for the model card.
    labels : tuple of str
        Class order.
    train, validation, test : tuple of Utterance
    """

    protocol: str
    labels: tuple[str, ...]
    train: tuple[Utterance, ...]
    validation: tuple[Utterance, ...]
    test: tuple[Utterance, ...]

    def parts(self) -> dict[str, tuple[Utterance, ...]]:
        """Return the three parts by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def split_ravdess(corpus: Corpus) -> Split:
    """Split as Pepino et al. 2021: actors 01–20, 21–22 and 23–24; calm merged into neutral."""

    def actors(first: int, last: int) -> tuple[Utterance, ...]:
        names = {f"actor{i:02d}" for i in range(first, last + 1)}
        chosen = (u for u in corpus.utterances if u.speaker in names)
        return tuple(replace(u, emotion=merge_calm(Emotion(u.emotion))) for u in chosen)

    split = Split(
        "actors 01–20 train, 21–22 validation, 23–24 test; 7 classes, calm merged into neutral; speech only",
        RAVDESS_7,
        train=actors(1, 20),
        validation=actors(21, 22),
        test=actors(23, 24),
    )
    check_split(split)
    return split


def check_split(split: Split) -> None:
    """Refuse a split that leaks or cannot be evaluated.

    Raises
    ------
    CorpusError
        If a part is empty, a class is missing from one, or two parts share a speaker or a file's bytes.
    """
    seen_speakers: dict[str, str] = {}
    seen_bytes: dict[str, tuple[str, Utterance]] = {}
    for part, utterances in split.parts().items():
        missing = set(split.labels) - {u.emotion for u in utterances}
        if missing:
            raise CorpusError(f"The {part} part has no utterance of {', '.join(sorted(missing))}.")
        for speaker in sorted({u.speaker for u in utterances}):
            other = seen_speakers.setdefault(speaker, part)
            if other != part:
                raise CorpusError(f"Speaker {speaker} is in both the {other} and the {part} part.")
        for utterance in utterances:
            other, twin = seen_bytes.setdefault(file_sha256(utterance.path), (part, utterance))
            if other != part:
                raise CorpusError(
                    f"«{twin.identity}» ({other}) and «{utterance.identity}» ({part}) are the same recording."
                )


PROTOCOLS: dict[str, Callable[[Corpus], Split]] = {"ravdess": split_ravdess}
"""The paper's protocol of each corpus."""

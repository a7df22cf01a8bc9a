"""What every corpus turns into."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Utterance:
    """One recording of one speaker with one emotion.

    Attributes
    ----------
    identity : str
        Unique within the corpus, stable between machines.
    path : Path
    speaker : str
    emotion : str
    """

    identity: str
    path: Path
    speaker: str
    emotion: str


@dataclass(frozen=True)
class Corpus:
    """A checked corpus.

    Attributes
    ----------
    name : str
        For model cards.
    licence : str
    utterances : tuple of Utterance
        Sorted by identity.
    """

    name: str
    licence: str
    utterances: tuple[Utterance, ...]

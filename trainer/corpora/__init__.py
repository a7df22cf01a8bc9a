"""Corpora: each becomes a list of checked utterances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trainer.corpora import audformat_database, class_folders, iemocap, nemo, ravdess, table
from trainer.corpora.utterance import Corpus, ReadOptions, Utterance


@dataclass(frozen=True)
class CorpusKind:
    """A kind of corpus the trainer reads.

    Attributes
    ----------
    title : str
        For people.
    read : callable
        From `ReadOptions` to a `Corpus`.
    """

    title: str
    read: Callable[[ReadOptions], Corpus]


CORPORA: dict[str, CorpusKind] = {
    "ravdess": CorpusKind("RAVDESS speech, 1440 files", ravdess.read_speech),
    "ravdess-song": CorpusKind("RAVDESS song, 1012 files", ravdess.read_song),
    "ravdess-both": CorpusKind("RAVDESS speech and song, as in the paper", ravdess.read_both),
    "iemocap": CorpusKind("IEMOCAP, four classes", iemocap.read),
    "nemo": CorpusKind("nEMO, Polish, six classes", nemo.read_alone),
    "ravdess-nemo": CorpusKind("RAVDESS speech and nEMO", nemo.read_with_ravdess),
    "folder": CorpusKind("a folder per emotion, in it a folder per speaker", class_folders.read),
    "csv": CorpusKind("a CSV table with file, emotion, speaker[, start, end]", table.read),
    "audformat": CorpusKind("an audformat database", audformat_database.read),
}
"""Corpora by the name the command line knows."""

__all__ = ["CORPORA", "Corpus", "CorpusKind", "ReadOptions", "Utterance"]

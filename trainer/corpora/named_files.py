"""Corpora whose file names say who speaks and how."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ser_desktop.core.errors import CorpusError
from trainer.corpora.archive import as_folder
from trainer.corpora.utterance import ReadOptions, Utterance


def collect(options: ReadOptions, hint: str, parse: Callable[[Path], Utterance | None]) -> tuple[Utterance, ...]:
    """List the files below folders or in zip files whose names are understood, sorted by identity.

    Parameters
    ----------
    options : ReadOptions
    hint : str
        How to get the corpus, for an error's sentence.
    parse : callable
        From a path to its utterance, None if it is none of the corpus.

    Raises
    ------
    CorpusError
        If a place is absent or a file is there twice.
    """
    found: dict[str, Utterance] = {}
    for place in options.data:
        for path in sorted(as_folder(place, options.scratch, hint).rglob("*")):
            utterance = parse(path)
            if utterance is None:
                continue
            if utterance.identity in found:
                raise CorpusError(
                    f"«{path.name}» is there twice: «{found[utterance.identity].path}» and «{path}».",
                    "Name folders that together hold one copy of the corpus.",
                )
            found[utterance.identity] = utterance
    return tuple(found[identity] for identity in sorted(found))

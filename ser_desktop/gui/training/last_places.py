"""Where recordings of each kind were last, for the wizard and the paper's page alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ser_desktop.core import paths
from ser_desktop.core.remembered import merge, read


def last_places(corpus: str) -> tuple[Path, ...]:
    """Return where a corpus was last, nothing where it is no more.

    Parameters
    ----------
    corpus : str
        As the trainer names it. Parts of one corpus mostly lie together: where one was never named, the place of
        another part is returned.
    """
    known = _read()
    family = corpus.split("-", maxsplit=1)[0]
    parts = [corpus, *(name for name in known if name.split("-", maxsplit=1)[0] == family and name != corpus)]
    for name in parts:
        places = tuple(Path(place) for place in known.get(name, ()))
        if places and all(place.exists() for place in places):
            return places
    return ()


def remember_places(corpus: str, places: Sequence[Path]) -> None:
    """Keep where a corpus is; a disk that cannot be written is no reason to complain."""
    merge(paths.corpora_file(), **{corpus: [str(place.absolute()) for place in places]})


def _read() -> dict[str, list[str]]:
    stored = read(paths.corpora_file())
    return {str(name): [str(p) for p in places] for name, places in stored.items() if isinstance(places, list)}

"""Where recordings of each kind were last, for the wizard and the paper's page alike."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from ser_desktop.core import paths
from ser_desktop.core.settings import write_atomically

_log = logging.getLogger(__name__)


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
    try:
        known = {**_read(), corpus: [str(place.absolute()) for place in places]}
        write_atomically(paths.corpora_file(), json.dumps(known, indent=1))
    except OSError:
        _log.warning("the place of the recordings could not be remembered", exc_info=True)


def _read() -> dict[str, list[str]]:
    try:
        stored = json.loads(paths.corpora_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {str(name): [str(p) for p in places] for name, places in stored.items() if isinstance(places, list)}

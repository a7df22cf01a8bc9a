"""From what people name or drop, files and folders, to the sound files in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ser_desktop.core.audio import FILE_SUFFIXES, file_info
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.sound_formats import CONVERTIBLE_SUFFIXES

SUFFIXES = frozenset((*FILE_SUFFIXES, *CONVERTIBLE_SUFFIXES))
"""Endings that are looked for in folders: also of sound that must be converted first, so that it is named."""


@dataclass(frozen=True)
class FoundFile:
    """A file to analyse, or what is wrong with it.

    Attributes
    ----------
    path : Path
    duration_s : float
        Length in seconds, 0 where something is wrong.
    problem : str
        A sentence; empty where nothing is wrong so far.
    """

    path: Path
    duration_s: float = 0.0
    problem: str = ""


def find_sound_files(places: Iterable[Path], check: Callable[[], None] = lambda: None) -> Iterator[FoundFile]:
    """Yield files as they were named, and for folders all sound files in them, at any level, by name.

    Hidden files and folders are passed over, and links to folders are not followed. A folder that cannot be read or
    holds no sound file is yielded itself, with its problem, and the search goes on.

    Parameters
    ----------
    places : iterable of Path
    check : callable
        Called often; what it raises ends the search.

    Yields
    ------
    FoundFile
        Not yet looked at: see `look_at`.
    """
    for place in places:
        check()
        if not place.is_dir():
            yield FoundFile(place)
            continue
        n_found = 0
        for found in _in_folder(place, check):
            n_found += 1
            yield found
        if not n_found:
            yield FoundFile(place, problem=f"«{place}» holds no sound files (WAV, FLAC, OGG or MP3).")


def _in_folder(folder: Path, check: Callable[[], None]) -> Iterator[FoundFile]:
    refused: list[OSError] = []
    for name, folders, files in os.walk(folder, onerror=refused.append):
        check()
        yield from _refusals(refused)
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for file in sorted(files):
            if not file.startswith(".") and os.path.splitext(file)[1].lower() in SUFFIXES:  # noqa: PTH122 (thousands)
                yield FoundFile(Path(name, file))
    yield from _refusals(refused)


def _refusals(errors: list[OSError]) -> Iterator[FoundFile]:
    while errors:
        error = errors.pop(0)
        yield FoundFile(
            Path(str(error.filename)),
            problem=f"The folder «{error.filename}» cannot be read ({error.strerror or error}). "
            "Check its permissions, or whether its disk is connected.",
        )


def look_at(found: FoundFile) -> FoundFile:
    """Read a file's header, where nothing is known to be wrong with it."""
    if found.problem:
        return found
    try:
        return FoundFile(found.path, file_info(found.path).duration_s)
    except UserFacingError as error:
        return FoundFile(found.path, problem=str(error))

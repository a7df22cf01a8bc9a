"""What a look at a corpus finds, each with what can be done about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

_SHOWN = 20


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Remedy(StrEnum):
    """What the trainer can be told to do about a finding; its command line has an option of that name."""

    NONE = ""
    ACCEPT_COUNTS = "accept-counts"
    SKIP_UNREADABLE = "skip-unreadable"
    ONE_SPEAKER = "speaker"


@dataclass(frozen=True)
class Finding:
    """Something people should know about their recordings.

    Attributes
    ----------
    level : Level
        With an error nothing can be trained.
    text, fix : str
        What is the matter, and what to do.
    remedy : Remedy
        What the trainer can do instead.
    files : tuple of str
        The first few that it is about.
    """

    level: Level
    text: str
    fix: str = ""
    remedy: Remedy = Remedy.NONE
    files: tuple[str, ...] = ()


def about(files: Sequence[str], one: str, many: str, fix: str, level: Level = Level.WARNING) -> list[Finding]:
    """Return a finding about some files, none about no files; ``many`` has a place for their number."""
    if not files:
        return []
    text = one.format(files[0]) if len(files) == 1 else many.format(len(files))
    return [Finding(level, text, fix, files=tuple(files[:_SHOWN]))]


def alike(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Return groups of names that differ only in case, spaces and the like."""
    groups: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        letters = unicodedata.normalize("NFC", name).casefold()
        key = "".join(c for c in letters if c.isalnum()) or name
        groups.setdefault(key, []).append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]

"""Which kind of corpus somebody has dropped or chosen, and what a table's first lines hold."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ser_desktop.core.errors import CorpusError

_RAVDESS = re.compile(r"03-(0[12])-0[1-8]-0[12]-0[12]-0[12]-\d\d\.(wav|flac)$", re.IGNORECASE)
_SESSION = re.compile(r"(^|/)Session[1-5]/", re.IGNORECASE)
_LOOKED_AT = 20_000
_SEVERAL = {"01": "ravdess", "02": "ravdess-song"}


def guess_corpus(path: Path) -> str:
    """Return the trainer's name of what is likely to lie there, "" where nobody can tell.

    Parameters
    ----------
    path : Path
        A folder, a zip file or a table.
    """
    if path.suffix.lower() in {".csv", ".tsv"}:
        return "csv"
    if not path.is_dir() and not zipfile.is_zipfile(path):
        return ""
    channels: set[str] = set()
    has_sessions = False
    for name in islice(_names(path), _LOOKED_AT):
        match = _RAVDESS.search(name)
        if match:
            channels.add(match.group(1))
        has_sessions = has_sessions or bool(_SESSION.search(name))
    if channels:
        return _SEVERAL[channels.pop()] if len(channels) == 1 else "ravdess-both"
    if has_sessions:
        return "iemocap"
    return "audformat" if path.is_dir() and (path / "db.yaml").is_file() else "folder"


def _names(path: Path) -> Iterator[str]:
    if path.is_dir():
        yield from (p.relative_to(path).as_posix() for p in path.rglob("*"))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield from archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return


@dataclass(frozen=True)
class TableHead:
    """The first lines of a table.

    Attributes
    ----------
    columns : tuple of str
    rows : tuple of tuple of str
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_table(path: Path) -> str:
    """Return a table's text.

    Raises
    ------
    CorpusError
        If it cannot be read, or is not UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"The table «{path}» cannot be read ({error}).", "Name a CSV file in UTF-8.") from error


def delimiter_of(text: str) -> str:
    """Return what separates a table's cells, as its first line tells."""
    return max(",;\t", key=text.split("\n", 1)[0].count)


def table_head(path: Path, n_rows: int = 5) -> TableHead:
    """Read the first lines of a table.

    Raises
    ------
    CorpusError
        If it cannot be read or has no columns.
    """
    text = read_table(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), skipinitialspace=True)
    try:
        rows = [tuple(cell.strip() for cell in row) for row in islice(reader, n_rows + 1) if row]
    except csv.Error as error:
        raise CorpusError(
            f"The table «{path}» cannot be read ({error}).", "Look for a quote that is never closed."
        ) from error
    if not rows or len(rows[0]) < 2:
        raise CorpusError(f"The table «{path}» has no columns.", "Its first line must name them.")
    return TableHead(rows[0], tuple(rows[1:]))


_USUAL = {
    "file": ("file", "path", "filename", "filepath", "wav", "audio", "recording"),
    "emotion": ("emotion", "label", "class", "category", "target"),
    "speaker": ("speaker", "speaker_id", "spk", "actor", "person", "subject", "name"),
    "start": ("start", "begin", "onset", "start_s"),
    "end": ("end", "stop", "offset", "end_s"),
}


def guess_columns(columns: Iterable[str]) -> dict[str, str]:
    """Return which column is likely to be which of ours, by usual names."""
    theirs = {column.strip().casefold(): column for column in columns}
    found = {}
    for ours, usual in _USUAL.items():
        match = next((theirs[name] for name in usual if name in theirs), None)
        if match is not None:
            found[ours] = match
    return found

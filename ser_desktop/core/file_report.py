"""What was heard in sound files as CSV or JSON, a row per file or per window, written as it comes.

Nothing but the row at hand is kept in memory, and a file is either the old one or the whole new one.
"""

from __future__ import annotations

import contextlib
import csv
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TextIO

from ser_desktop.core.errors import SaveError
from ser_desktop.core.files import FILE_HOP_S, FileAnalysis
from ser_desktop.core.prediction import Prediction


class ReportFormat(StrEnum):
    """How a report is written; also the ending of its file."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True)
class ReportRow:
    """One file of a report.

    Attributes
    ----------
    path : Path
    analysis : FileAnalysis or None
        None where there is a problem.
    bundle : str
        Name of the model that answered.
    error : str
        What is wrong, in a sentence.
    """

    path: Path
    analysis: FileAnalysis | None = None
    bundle: str = ""
    error: str = ""


class ReportWriter(Protocol):
    """Writes rows to an open text file."""

    def add(self, row: ReportRow) -> None:
        """Write one file's row or rows."""

    def end(self, *, is_complete: bool) -> None:
        """Write what comes last."""


class CsvReport:
    """A table: a row per file, or per window.

    Parameters
    ----------
    out : TextIO
        Opened with ``newline=""``.
    labels : iterable of str
        All classes that a model of the report knows; each has a column.
    has_windows : bool
        A row for each window instead of one for each file.
    """

    def __init__(self, out: TextIO, labels: Iterable[str], *, has_windows: bool = False) -> None:
        self._writer = csv.writer(out)
        self._labels = tuple(labels)
        self._has_windows = has_windows
        about = ("start_s", "end_s") if has_windows else ("duration_s",)
        shares = () if has_windows else ("speech_share", "n_windows")
        self._writer.writerow(
            ["file", *about, "state", "label", "certainty", *shares, *self._labels, "bundle", "error"]
        )

    def add(self, row: ReportRow) -> None:
        """See `ReportWriter`."""
        analysis = row.analysis
        if analysis is None:
            n_empty = (5 if self._has_windows else 6) + len(self._labels) + 1
            self._writer.writerow([row.path, *[""] * n_empty, row.error])
        elif self._has_windows:
            for window in analysis.windows:
                times = (f"{window.start_s:.3f}", f"{window.end_s:.3f}")
                self._writer.writerow([row.path, *times, *self._answer(window), *self._chances(window), row.bundle, ""])
        else:
            shares = (f"{analysis.windows.speech_share:.4f}", len(analysis.windows))
            answer = analysis.answer
            about = [row.path, f"{analysis.duration_s:.3f}", *self._answer(answer), *shares]
            self._writer.writerow([*about, *self._chances(answer), row.bundle, ""])

    def end(self, *, is_complete: bool) -> None:
        """See `ReportWriter`; a table needs no end."""

    @staticmethod
    def _answer(answer: Prediction) -> tuple[str, str, str]:
        certainty = f"{answer.certainty:.6f}" if answer.probabilities else ""
        return str(answer.state), answer.label or "", certainty

    def _chances(self, answer: Prediction) -> list[str]:
        chances = dict(zip(answer.labels, answer.probabilities, strict=False))
        return [f"{chances[name]:.6f}" if name in chances else "" for name in self._labels]


class JsonReport:
    """One JSON object; its list ``files`` grows file by file.

    Parameters
    ----------
    out : TextIO
    hop_s : float
        From one window to the next.
    has_windows : bool
        Whether each file carries the list of its windows.
    """

    def __init__(self, out: TextIO, hop_s: float = FILE_HOP_S, *, has_windows: bool = False) -> None:
        self._out = out
        self._has_windows = has_windows
        self._is_first = True
        out.write(f'{{"format": "ser-desktop files", "version": 1, "hop_s": {hop_s:g}, "files": [')

    def add(self, row: ReportRow) -> None:
        """See `ReportWriter`."""
        self._out.write("\n" if self._is_first else ",\n")
        self._is_first = False
        for piece in self._pieces(row):
            self._out.write(piece)

    def end(self, *, is_complete: bool) -> None:
        """See `ReportWriter`; ``complete`` tells whether somebody stopped it."""
        self._out.write(f'\n], "complete": {json.dumps(is_complete)}}}\n')

    def _pieces(self, row: ReportRow) -> Iterator[str]:
        if row.analysis is None:
            yield _dumps({"file": str(row.path), "error": row.error})
            return
        whole = _dumps(_summary(row, row.analysis))
        if not self._has_windows:
            yield whole
            return
        yield f'{whole[:-1]}, "windows": ['
        for i, window in enumerate(row.analysis.windows):
            yield f"{',' if i else ''}\n {_dumps(window.as_json())}"
        yield "]}"


def _summary(row: ReportRow, analysis: FileAnalysis) -> dict[str, Any]:
    answer = analysis.answer.as_json()
    return {
        "file": str(row.path),
        "duration_s": round(analysis.duration_s, 3),
        "state": answer["state"],
        "label": answer["label"],
        "certainty": round(analysis.answer.certainty, 6) if analysis.answer.probabilities else None,
        "probabilities": answer["probabilities"],
        "speech_share": round(analysis.windows.speech_share, 4),
        "n_windows": len(analysis.windows),
        "bundle": row.bundle,
    }


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def make_report(
    out: TextIO,
    form: ReportFormat,
    labels: Iterable[str],
    hop_s: float = FILE_HOP_S,
    *,
    has_windows: bool = False,
) -> ReportWriter:
    """Begin a report in an open text file."""
    if form is ReportFormat.CSV:
        return CsvReport(out, labels, has_windows=has_windows)
    return JsonReport(out, hop_s, has_windows=has_windows)


class ReportFile:
    """A report on its way to a file, which takes its place when it is finished.

    Parameters
    ----------
    path : Path
        Where it shall lie; what is there now stays until then.
    form, labels, hop_s, has_windows
        See `make_report`.

    Raises
    ------
    SaveError
        If nothing can be written there; also from its methods.
    """

    def __init__(
        self,
        path: Path,
        form: ReportFormat,
        labels: Iterable[str],
        hop_s: float = FILE_HOP_S,
        *,
        has_windows: bool = False,
    ) -> None:
        self.path = path
        self.n_rows = 0
        self._scratch = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        try:
            if path.is_dir():
                raise IsADirectoryError(None, "it is a folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            # newline="": tables bring their own line ends. Names that are no Unicode are written as escapes.
            self._out = self._scratch.open("x", encoding="utf-8", newline="", errors="backslashreplace")
            self._report = make_report(self._out, form, labels, hop_s, has_windows=has_windows)
        except OSError as error:
            raise self._failure(error) from error

    def add(self, row: ReportRow) -> None:
        """Write one file's row or rows."""
        try:
            self._report.add(row)
        except OSError as error:
            raise self._failure(error) from error
        self.n_rows += 1

    def finish(self) -> None:
        """Let it take its place."""
        self._end(self.path, is_complete=True)

    def keep_part(self) -> Path | None:
        """Keep what was written so far beside its place and return where, None if there is nothing to keep."""
        if not self.n_rows:
            self.discard()
            return None
        part = self.path.with_name(f"{self.path.stem}.partial{self.path.suffix}")
        self._end(part, is_complete=False)
        return part

    def discard(self) -> None:
        """Leave nothing behind."""
        self._out.close()
        self._scratch.unlink(missing_ok=True)

    def _end(self, path: Path, *, is_complete: bool) -> None:
        try:
            self._report.end(is_complete=is_complete)
            self._out.close()
            self._scratch.replace(path)
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> SaveError:
        if hasattr(self, "_out"):
            # Closing writes what is left, which fails again on a full disk.
            with contextlib.suppress(OSError):
                self._out.close()
            self._scratch.unlink(missing_ok=True)
        return SaveError(
            f"The report could not be saved to «{self.path}» ({error.strerror or error}).",
            "Choose another place or free some space, and save again.",
        )


def save_report(path: Path, rows: Iterable[ReportRow], labels: Iterable[str], *, has_windows: bool = False) -> None:
    """Write all rows; the ending of the file decides between JSON and CSV.

    Raises
    ------
    SaveError
        If it cannot be written; an old file survives.
    """
    form = ReportFormat.JSON if path.suffix.lower() == ".json" else ReportFormat.CSV
    report = ReportFile(path, form, labels, has_windows=has_windows)
    for row in rows:
        report.add(row)
    report.finish()

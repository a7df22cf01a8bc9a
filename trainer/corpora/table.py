"""A CSV table: ``file, emotion, speaker`` and, if there are any, ``start, end, session, sentence``."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

from ser_desktop.core.corpus_guess import delimiter_of, read_table
from ser_desktop.core.errors import CorpusError
from trainer.corpora.utterance import Corpus, ReadOptions, Utterance, seconds

REQUIRED = ("file", "emotion", "speaker")
OPTIONAL = ("start", "end", "session", "sentence")
_HINT = f"The first line names the columns {', '.join(REQUIRED)} and, if wanted, {', '.join(OPTIONAL)} (seconds)."


def read(options: ReadOptions) -> Corpus:
    """Read one or more tables; relative files are relative to their table.

    Raises
    ------
    CorpusError
        With the line's number, if the table or a row in it is not usable.
    """
    found: dict[str, Utterance] = {}
    missing: list[str] = []
    for table in options.data:
        for number, row in _rows(table, options.columns):
            utterance = _utterance(table, number, row)
            if utterance.identity in found:
                raise CorpusError(f"«{table}», line {number}: {utterance.identity} is there twice.", "Remove one.")
            if not utterance.path.is_file():
                missing.append(f"line {number}: «{row['file']}»")
                continue
            found[utterance.identity] = utterance
    if missing and not options.skip_missing:
        shown = "; ".join(missing[:5]) + ("; …" if len(missing) > 5 else "")
        raise CorpusError(
            f"{len(missing)} of the files that «{options.data[0]}» names do not exist ({shown}).",
            "Correct the paths (they are relative to the table), or leave them out with --skip-unreadable.",
        )
    if not found:
        raise CorpusError(f"«{options.data[0]}» holds no rows.", _HINT)
    notes = (f"Left out, not there: {'; '.join(missing)}.",) if missing else ()
    utterances = tuple(found[identity] for identity in sorted(found))
    return Corpus("csv", f"«{options.data[0].stem}»", "that of your recordings", utterances, notes=notes)


def _rows(table: Path, columns: dict[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    text = read_table(table)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), skipinitialspace=True)
    try:
        yield from _named(table, reader, columns)
    except csv.Error as error:
        raise CorpusError(
            f"The table «{table}» cannot be read after line {reader.line_num} ({error}).",
            "Look for a quote that is never closed.",
        ) from error


def _named(table: Path, reader: csv.DictReader[str], columns: dict[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    ours = {columns.get(name, name): name for name in (*REQUIRED, *OPTIONAL)}
    absent = [theirs for theirs, name in ours.items() if name in REQUIRED and theirs not in (reader.fieldnames or ())]
    if absent:
        raise CorpusError(
            f"The table «{table}» has no column {', '.join(absent)} (it has {', '.join(reader.fieldnames or ())}).",
            f"{_HINT} Other names are told with --column file=NAME.",
        )
    for row in reader:
        if row.get(None):
            raise CorpusError(
                f"«{table}», line {reader.line_num}: there are more cells than columns.",
                "Put cells that hold the delimiter in quotes.",
            )
        named = {name: (row.get(theirs) or "").strip() for theirs, name in ours.items()}
        if any(named.values()):
            yield reader.line_num, named


def _utterance(table: Path, number: int, row: dict[str, str]) -> Utterance:
    empty = [name for name in REQUIRED if not row[name]]
    if empty:
        raise CorpusError(f"«{table}», line {number}: {', '.join(empty)} is empty.", _HINT)
    start_s = _seconds(table, number, row["start"]) or 0.0
    end_s = _seconds(table, number, row["end"])
    if start_s < 0:
        raise CorpusError(f"«{table}», line {number}: it starts before the recording ({start_s:g} s).", _HINT)
    if end_s is not None and end_s <= start_s:
        raise CorpusError(f"«{table}», line {number}: it ends ({end_s} s) before it starts ({start_s} s).", _HINT)
    stretch = "" if end_s is None and start_s == 0 else f"@{seconds(start_s)}-{seconds(end_s)}"
    return Utterance(
        row["file"] + stretch,
        table.parent / row["file"],
        row["speaker"],
        row["emotion"],
        session=row["session"],
        sentence=row["sentence"],
        start_s=start_s,
        end_s=end_s,
    )


def _seconds(table: Path, number: int, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
        if not math.isfinite(value):
            raise ValueError  # noqa: TRY301 (said below)
        return value  # noqa: TRY300 (the check belongs to the reading)
    except ValueError:
        raise CorpusError(f"«{table}», line {number}: «{text}» is not a number of seconds.", _HINT) from None

"""A CSV table: ``file, emotion, speaker`` and, if there are any, ``start, end, session, sentence``."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from ser_desktop.core.errors import CorpusError
from trainer.corpora.utterance import Corpus, ReadOptions, Utterance

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
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"The table «{table}» cannot be read ({error}).", "Name a CSV file in UTF-8.") from error
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter, skipinitialspace=True)
    ours = {columns.get(name, name): name for name in (*REQUIRED, *OPTIONAL)}
    absent = [theirs for theirs, name in ours.items() if name in REQUIRED and theirs not in (reader.fieldnames or ())]
    if absent:
        raise CorpusError(
            f"The table «{table}» has no column {', '.join(absent)} (it has {', '.join(reader.fieldnames or ())}).",
            f"{_HINT} Other names are told with --column file=NAME.",
        )
    for row in reader:
        named = {name: (row.get(theirs) or "").strip() for theirs, name in ours.items()}
        if any(named.values()):
            yield reader.line_num, named


def _utterance(table: Path, number: int, row: dict[str, str]) -> Utterance:
    empty = [name for name in REQUIRED if not row[name]]
    if empty:
        raise CorpusError(f"«{table}», line {number}: {', '.join(empty)} is empty.", _HINT)
    start_s = _seconds(table, number, row["start"]) or 0.0
    end_s = _seconds(table, number, row["end"])
    if start_s < 0 or (end_s is not None and end_s <= start_s):
        raise CorpusError(f"«{table}», line {number}: it ends ({end_s} s) before it starts ({start_s} s).", _HINT)
    stretch = "" if end_s is None and start_s == 0 else f"@{start_s:g}-{'' if end_s is None else f'{end_s:g}'}"
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
        return float(text.replace(",", "."))
    except ValueError:
        raise CorpusError(f"«{table}», line {number}: «{text}» is not a number of seconds.", _HINT) from None

"""The table of results in a document, made from reports and put between two marks."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ser_desktop.core.errors import SaveError, TrainingError
from trainer.experiments import Preset
from trainer.report import table_line
from trainer.rows import ROWS, Row

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
_HEADER = "| features, head, normalisation | row | preset | UAR % | WA % | published UAR % | difference [95 %] |"


def results_table(reports: Sequence[Path]) -> str:
    """Return the rows of several reports as one Markdown text, a table per corpus and protocol.

    Raises
    ------
    TrainingError
        If a file is no report.
    """
    lines: list[str] = []
    for path in reports:
        report = _read(path)
        # The study of calibrated voices has tables of its own.
        if report.get("kind") == "calibration":
            continue
        groups: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
        for row in report["rows"]:
            groups.setdefault((row["corpus"], row["protocol"], row["n_test"]), []).append(row)
        for rows in groups.values():
            lines += _table(rows, report["corpus_key"], report["missing"])
    return "\n".join(lines).strip() + "\n"


def _table(rows: Sequence[dict[str, Any]], corpus_key: str, missing: dict[str, str]) -> list[str]:
    first = rows[0]
    seeds = " or ".join(", ".join(map(str, s)) for s in sorted({tuple(row["seeds"]) for row in rows}))
    lines = [
        f"**{first['corpus']}** – {first['protocol']}; {first['n_test']} test utterances; seeds {seeds}.",
        "",
        _HEADER,
        "|---" * 7 + "|",
        *(table_line(row) for row in rows),
    ]
    notes = {row["published_note"]: None for row in rows}
    # Rows that were not run stand beside those of the protocol that their figures were published with.
    if any(row["published_mean"] is not None for row in rows):
        there = {row["row"] for row in rows}
        for name in (n for n, why in missing.items() if n not in there and "encoder" in why):
            line, note = _needs_encoder(ROWS[name], corpus_key)
            lines.append(line)
            notes[note] = None
    return [*lines, "", *(f"Published figures: {note}." for note in notes if note), ""]


def replace_table(document: Path, table: str) -> None:
    """Put a table between the marks of a document.

    Raises
    ------
    TrainingError
        If the marks are not there.
    SaveError
    """
    try:
        text = document.read_text(encoding="utf-8")
        marked = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
        if not marked.search(text):
            raise TrainingError(f"«{document}» has no place for the table.", f"Put {BEGIN} and {END} where it belongs.")
        document.write_text(marked.sub(lambda _: f"{BEGIN}\n\n{table}\n{END}", text), encoding="utf-8", newline="\n")
    except OSError as error:
        raise SaveError(f"«{document}» could not be written ({error}).") from error


def _needs_encoder(row: Row, corpus_key: str) -> tuple[str, str]:
    published = row.published_for(corpus_key, row.published_preset or Preset.PAPER)
    beside = f"{published.mean:.1f} ± {published.sd:.1f}" if published else "–"
    issa = ", setup of Issa et al." if row.issa else ""
    line = f"| {row.recipe.title}{issa} | `{row.name}` | | needs the encoder | | {beside} | |"
    return line, published.note if published else ""


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        kind = value.get("kind") if isinstance(value, dict) else None
        value["studies" if kind == "calibration" else "rows"], value["missing"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"«{path}» is no report ({error!r}).", "Name report.json of a run.") from error
    return value  # type: ignore[no-any-return]

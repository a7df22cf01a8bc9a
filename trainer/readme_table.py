"""The table of results in a document, made from reports and put between two marks."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ser_desktop.core.errors import SaveError, TrainingError
from trainer.report import table_line
from trainer.rows import ROWS

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
_HEADER = "| features, head, normalisation | row | preset | UAR % | WA % | published UAR % | difference [95 %] |"


def results_table(reports: Sequence[Path]) -> str:
    """Return the rows of several reports as one Markdown text, a table per corpus and protocol.

    Raises
    ------
    TrainingError
        If a file is no report.
    """
    groups: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    missing: dict[str, str] = {}
    notes: dict[str, None] = {}
    for path in reports:
        report = _read(path)
        for row in report["rows"]:
            groups.setdefault((row["corpus"], row["protocol"], row["n_test"]), []).append(row)
            if row["published_note"]:
                notes[row["published_note"]] = None
        missing.update({name: why for name, why in report["missing"].items() if "encoder" in why})
    lines: list[str] = []
    for (corpus, protocol, n_test), rows in groups.items():
        seeds = sorted({tuple(row["seeds"]) for row in rows})
        said = " or ".join(", ".join(map(str, s)) for s in seeds)
        lines += [f"**{corpus}** – {protocol}; {n_test} test utterances; seeds {said}.", "", _HEADER, "|---" * 7 + "|"]
        lines += [table_line(row) for row in rows]
        if rows[0]["corpus"] == "RAVDESS speech":
            lines += [_needs_encoder(name, "ravdess") for name in missing]
        lines.append("")
    lines += [f"Published figures: {note}." for note in notes]
    return "\n".join(lines).strip() + "\n"


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


def _needs_encoder(name: str, corpus: str) -> str:
    row = ROWS[name]
    published = row.published.get(corpus)
    beside = f"{published.mean:.1f} ± {published.sd:.1f}" if published else "–"
    issa = ", setup of Issa et al." if row.issa else ""
    return f"| {row.recipe.title}{issa} | `{name}` | | needs the encoder | | {beside} | |"


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        value["rows"], value["missing"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"«{path}» is no report ({error!r}).", "Name report.json of a run.") from error
    return value  # type: ignore[no-any-return]

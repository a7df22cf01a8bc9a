"""Score any file of predictions: a CSV with the columns ``file, target, prediction``."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from ser_desktop.core.errors import TrainingError
from trainer import metrics

COLUMNS = ("file", "target", "prediction")


def score_file(path: Path) -> dict[str, Any]:
    """Score a file of predictions; of a file with a column ``part`` only the test rows.

    Returns
    -------
    scores : dict
        ``n``, ``labels``, ``uar``, ``wa`` and ``recalls`` in percent, ``confusion`` (rows: target).

    Raises
    ------
    TrainingError
        If the file is not such a table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            absent = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(
            f"«{path}» cannot be read ({error}).", f"A CSV with {', '.join(COLUMNS)} is needed."
        ) from error
    if absent:
        raise TrainingError(f"«{path}» has no column {', '.join(absent)}.", f"It needs {', '.join(COLUMNS)}.")
    if rows and "part" in rows[0]:
        rows = [row for row in rows if row["part"] == "test"]
    for number, row in enumerate(rows, start=2):
        if not row["target"] or not row["prediction"]:
            raise TrainingError(
                f"«{path}», row {number} ({row['file']}): target or prediction is empty.", "Fill it in."
            )
    if not rows:
        raise TrainingError(f"«{path}» holds no predictions.", f"It needs rows with {', '.join(COLUMNS)}.")
    # A class that is only ever answered counts as an answer, not as a class with a recall.
    labels = sorted({row["target"] for row in rows})
    names = [*labels, *sorted({row["prediction"] for row in rows} - set(labels))]
    truth = np.array([names.index(row["target"]) for row in rows])
    answers = np.array([names.index(row["prediction"]) for row in rows])
    scores = metrics.score(truth, answers, len(names))
    recalls = {label: 100 * scores.recalls[i] for i, label in enumerate(labels)}
    return {
        "n": len(rows),
        "labels": names,
        "uar": float(np.mean(list(recalls.values()))),
        "wa": 100 * scores.wa,
        "recalls": recalls,
        "confusion": [list(row) for row in scores.confusion],
    }


def as_text(scores: dict[str, Any]) -> str:
    """Return the scores as lines for a terminal."""
    width = max(len(name) for name in scores["labels"]) + 2
    head = " " * width + "".join(f"{name:>{width}}" for name in scores["labels"]) + f"{'recall %':>{width}}"
    lines = [f"{scores['n']} predictions: UAR {scores['uar']:.1f} %, WA {scores['wa']:.1f} %", "", head]
    for name, counts in zip(scores["labels"], scores["confusion"], strict=True):
        recall = f"{scores['recalls'][name]:.1f}" if name in scores["recalls"] else "–"
        lines.append(f"{name:<{width}}" + "".join(f"{n:>{width}}" for n in counts) + f"{recall:>{width}}")
    return "\n".join([*lines, "", "Rows: target. Columns: prediction."])

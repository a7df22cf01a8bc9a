"""What the trainer says about corpora and results, as small as it can be."""

from __future__ import annotations

import json
from typing import Any

from ser_desktop.core.training_folder import Order, TrainingFolder, TrainingKind

LABELS = ["happy", "sad"]


def finding(level: str, remedy: str = "", text: str = "Something is the matter.") -> dict[str, Any]:
    return {"level": level, "text": text, "fix": "Mend it, or add --option.", "remedy": remedy, "files": ["a.wav"]}


def check_event(*findings: dict[str, Any]) -> dict[str, Any]:
    """What a look at a corpus of three people tells."""
    can_train = all(f["level"] != "error" for f in findings)
    people = ["anna", "ben", "cem"]
    parts = dict(zip(("train", "validation", "test"), ([p] for p in people), strict=True))
    fold = {"name": "fold-1", "sizes": dict.fromkeys(parts, 8), "speakers": parts}
    split = {
        "protocol": "folds",
        "text": "3 folds",
        "labels": LABELS,
        "speaker_dependent": False,
        "folds": [fold] * 3,
    }
    report = {
        "corpus": "«mine»",
        "licence": "",
        "is_complete": True,
        "n_utterances": 24,
        "duration_s": 48.0,
        "lengths_s": [1.0, 2.0, 3.0],
        "counts": {name: {"happy": 4, "sad": 4} for name in people},
        "rates_hz": {"16000": 24},
        "findings": list(findings),
        "split": split if can_train else None,
        "can_train": can_train,
    }
    return {"event": "check", "report": report}


def estimate_event(recipe: str, encoder: str = "") -> dict[str, Any]:
    seconds = None if encoder else 100.0
    missing = f"The speech encoder {encoder} is not installed." if encoder else ""
    return {
        "event": "estimate",
        "recipe": recipe,
        "seconds": seconds,
        "n_bytes": 5_000_000,
        "missing": missing,
        "encoder": encoder,
    }


def row(**changes: Any) -> dict[str, Any]:
    """A row of a report."""
    value = {
        "row": "egemaps",
        "table": "",
        "title": "egemaps, dense, global",
        "head": "dense",
        "normalisation": "global",
        "corpus": "«mine»",
        "protocol": "3 folds",
        "speaker_dependent": False,
        "warnings": [],
        "n_speakers": 3,
        "preset": "paper",
        "seeds": [1, 2],
        "n_test": 24,
        "uar_mean": 75.0,
        "uar_sd": 2.0,
        "wa_mean": 76.0,
        "wa_sd": 3.0,
        "published_mean": None,
        "published_sd": None,
        "published_note": "",
        "difference": None,
        "labels": LABELS,
        "recalls": [{"mean": 80.0, "sd": 1.0}, {"mean": 70.0, "sd": 3.0}],
        "confusion": [[20, 4], [7, 17]],
        "layer_weights": [],
    }
    return {**value, **changes}


def order(title: str = "Mine", kind: TrainingKind = TrainingKind.MODEL, day: int = 1) -> Order:
    return Order(title, kind, f"2026-01-{day:02d}T10:00:00+01:00", ("train", "--out", "x"), {"Recipe": "Quick"})


def tell(folder: TrainingFolder, *events: dict[str, Any]) -> None:
    """Append events as a trainer would."""
    with folder.events_file.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def finish(folder: TrainingFolder, kind: TrainingKind, *rows: dict[str, Any], missing: dict[str, str]) -> None:
    """Leave the results of a training that is done."""
    run = folder.run(kind)
    run.mkdir(parents=True, exist_ok=True)
    report = {"rows": list(rows), "missing": missing}
    (run / "report.json").write_text(json.dumps(report), encoding="utf-8")
    (run / "report.md").write_text("# A report\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", encoding="utf-8")
    tell(folder, {"event": "done", "out": "x"})

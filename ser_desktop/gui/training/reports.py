"""What a finished training's report says, for the pages that show it."""

from __future__ import annotations

import json
import re
from typing import Any

from ser_desktop.core.training_folder import Order, TrainingFolder, TrainingKind

UNREADABLE = (OSError, ValueError, KeyError, IndexError, TypeError)
"""What reading a damaged report raises."""

_STOPPED = re.compile(r"; stopped[^;]*")


def read_row(folder: TrainingFolder) -> dict[str, Any]:
    """Return the only row of a model's report; raises what a damaged file raises, see `UNREADABLE`."""
    text = (folder.run(TrainingKind.MODEL) / "report.json").read_text(encoding="utf-8")
    row: dict[str, Any] = json.loads(text)["rows"][0]
    # What the page needs must be there, or the file is not what it seems.
    for name in ("uar_mean", "labels", "recalls", "confusion", "layer_weights", "warnings", "n_speakers", "head"):
        row[name]
    return row


def was_stopped(row: dict[str, Any]) -> bool:
    """Whether a training was ended by hand before it had learned all it could."""
    return bool(_STOPPED.search(str(row["protocol"])))


def division(row: dict[str, Any]) -> str:
    """Return how recordings were divided, whether or not the training came to its end."""
    return _STOPPED.sub("", str(row["protocol"]))


def comparable(row: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two results were measured on the same recordings in the same way."""
    same = all(row[key] == other[key] for key in ("corpus", "labels", "n_test", "n_speakers"))
    return same and division(row) == division(other)


def planned_seeds(order: Order) -> int:
    """Return how many times a training was to learn from the beginning, 0 where its order does not say."""
    return order.arguments.count("--seed")

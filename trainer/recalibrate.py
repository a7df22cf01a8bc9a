"""A bundle's calibration made anew from the predictions that lie beside it: nothing is trained, weights stay."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ser_desktop.core.bundle import CARD_FILE, load_bundle, save_contract
from ser_desktop.core.bundle_config import BundleConfig
from ser_desktop.core.errors import SaveError, TrainingError
from trainer.calibration import calibration_section, choose_decision, draw_calibration, reliability_of
from trainer.records import PREDICTIONS, Predictions

HEADING = "## How sure it is"


def recalibrate(folder: Path) -> BundleConfig:
    """Choose temperature and threshold by today's rule, count and draw, and write contract and card.

    Parameters
    ----------
    folder : Path
        A bundle that `trainer.export` wrote, with its ``run/predictions.csv``.

    Raises
    ------
    BundleError
        If it is no sound bundle.
    TrainingError
        If its predictions are missing or do not belong to it.
    SaveError
    """
    bundle = load_bundle(folder)
    parts = read_parts(folder / "run", bundle.config.labels)
    decision = choose_decision(parts["validation"])
    counted = reliability_of(parts["test"], decision) if "test" in parts else ()
    config = replace(bundle.config, decision=decision, results=replace(bundle.config.results, reliability=counted))
    card = with_section((folder / CARD_FILE).read_text(encoding="utf-8"), calibration_section(parts, decision))
    try:
        draw_calibration(parts, decision, folder / "run")
    except OSError as error:
        raise SaveError(f"The figures could not be written to «{folder}» ({error}).", "Free some space.") from error
    save_contract(folder, config, card)
    return config


def read_parts(run: Path, labels: Sequence[str]) -> dict[str, Predictions]:
    """Read the validation and test predictions of a bundle's own head; of one trained on everyone, all validation.

    Raises
    ------
    TrainingError
    """
    try:
        chosen = json.loads((run / "config.json").read_text(encoding="utf-8"))["chosen"]
        with (run / PREDICTIONS).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if chosen is not None:
            rows = [r for r in rows if (r["seed"], r["fold"]) == (str(chosen["seed"]), chosen["fold"])]
        names = ("validation",) if chosen is None else ("validation", "test")
        return {name: _predictions([r for r in rows if r["part"] == name], labels) for name in names}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"The predictions in «{run}» cannot be used ({error!r}).", "Export the bundle from its run again."
        ) from error


def with_section(card: str, section: Sequence[str]) -> str:
    """Put a section in the place of the one of the same heading.

    Raises
    ------
    TrainingError
        If the card has none.
    """
    head, mark, rest = card.partition(f"{HEADING}\n")
    if not mark:
        raise TrainingError(f"The card has no section «{HEADING[3:]}».", "Export the bundle from its run again.")
    _, following, tail = rest.partition("\n## ")
    text = "\n".join(section)
    return f"{head}{text}\n{following}{tail}"


def _predictions(rows: Sequence[dict[str, Any]], labels: Sequence[str]) -> Predictions:
    if not rows:
        raise ValueError("there are none of the head in the bundle")
    names = [str(label) for label in labels]
    return Predictions(
        tuple(row["file"] for row in rows),
        tuple(row["speaker"] for row in rows),
        np.array([names.index(row["target"]) for row in rows], dtype=np.int64),
        np.array([[row[f"logit_{name}"] for name in names] for row in rows], dtype=np.float32),
    )

"""What a finished (row, preset, fold, seed) leaves on disk, and what is read back for every table."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.torch import load_file, save_file
from torch import Tensor

from ser_desktop.core.bundle import head_tensors
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.errors import SaveError, TrainingError
from ser_desktop.core.heads import Head, HeadOptions, make_head
from ser_desktop.core.normalise import NeutralOffset, Statistics
from trainer.data import Dataset, Part
from trainer.train import Epoch, Run

RESULT, EPOCHS, PREDICTIONS, WEIGHTS = "result.json", "epochs.csv", "predictions.csv", "head.safetensors"


@dataclass(frozen=True)
class Predictions:
    """What a head said about one part.

    Attributes
    ----------
    files, speakers : tuple of str
    truth : (n_utterances,) int64
    logits : (n_utterances, n_classes) float32
    """

    files: tuple[str, ...]
    speakers: tuple[str, ...]
    truth: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32]

    @property
    def answers(self) -> npt.NDArray[np.int64]:
        """Index of the likeliest class, (n_utterances,)."""
        return np.asarray(self.logits.argmax(axis=1), dtype=np.int64)


@dataclass(frozen=True)
class JobRecord:
    """A finished run.

    Attributes
    ----------
    folder : Path
    fold : str
    seed : int
    best_epoch, n_epochs : int
    validation_uar, validation_loss : float
    layer_weights : tuple of float or None
    stopped : bool
        It was told to stop before its patience had run out.
    validation, test : Predictions
    """

    folder: Path
    fold: str
    seed: int
    best_epoch: int
    n_epochs: int
    validation_uar: float
    validation_loss: float
    layer_weights: tuple[float, ...] | None
    stopped: bool
    validation: Predictions = field(repr=False)
    test: Predictions = field(repr=False)


def write_job(
    folder: Path,
    run: Run,
    data: Dataset,
    *,
    fold: str,
    labels: Sequence[str],
    reference: Sequence[Statistics],
    stopped: bool = False,
) -> None:
    """Write a finished run; its folder appears only when it is complete.

    Raises
    ------
    SaveError
    """
    result = {
        "fold": fold,
        "seed": run.seed,
        "best_epoch": run.best.number,
        "n_epochs": len(run.epochs),
        "stopped": stopped,
        "validation_uar": run.best.validation_uar,
        "validation_loss": run.best.validation_loss,
        "layer_weights": run.head.layer_weights(),
    }
    rows = [
        row
        for name, part, logits in (
            ("validation", data.validation, run.validation_logits),
            ("test", data.test, run.test_logits),
        )
        for row in _prediction_rows(name, part, labels, logits)
    ]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unfinished-") as name:
            scratch = Path(name) / "job"
            scratch.mkdir()
            write_csv(scratch / EPOCHS, [asdict(epoch) for epoch in run.epochs])
            write_csv(scratch / PREDICTIONS, rows)
            save_file(head_tensors(run.head, reference), scratch / WEIGHTS)
            sums = {name: file_sha256(scratch / name) for name in (EPOCHS, PREDICTIONS, WEIGHTS)}
            (scratch / RESULT).write_text(json.dumps({**result, "sha256": sums}, indent=1) + "\n", encoding="utf-8")
            # Without its result.json a folder that is there is worth nothing, and in the way.
            shutil.rmtree(folder, ignore_errors=True)
            scratch.replace(folder)
    except OSError as error:
        raise SaveError(
            f"A result could not be written to «{folder}» ({error}).",
            "Free some space and run the same command again: it goes on where it was.",
        ) from error


def read_job(folder: Path, labels: Sequence[str]) -> JobRecord:
    """Read what `write_job` wrote.

    Raises
    ------
    TrainingError
        If it was altered.
    """
    try:
        result = json.loads((folder / RESULT).read_text(encoding="utf-8"))
        altered = [name for name, digest in result["sha256"].items() if file_sha256(folder / name) != digest]
        if altered:
            raise ValueError(f"{', '.join(altered)} was altered")  # noqa: TRY301 (said below)
        weights = result["layer_weights"]
        return JobRecord(
            folder,
            str(result["fold"]),
            int(result["seed"]),
            int(result["best_epoch"]),
            int(result["n_epochs"]),
            float(result["validation_uar"]),
            float(result["validation_loss"]),
            None if weights is None else tuple(float(w) for w in weights),
            bool(result["stopped"]),
            _read_predictions(folder / PREDICTIONS, "validation", labels),
            _read_predictions(folder / PREDICTIONS, "test", labels),
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise TrainingError(
            f"The result in «{folder}» is damaged ({error!r}).",
            "Delete that folder and run the same command again: it is made anew.",
        ) from error


def read_epochs(folder: Path) -> list[Epoch]:
    """Read the epochs of a finished run."""
    with (folder / EPOCHS).open(encoding="utf-8", newline="") as file:
        return [
            Epoch(
                int(row["seed"]),
                int(row["number"]),
                float(row["train_loss"]),
                float(row["validation_loss"]),
                float(row["validation_uar"]),
                row["is_best"] == "True",
            )
            for row in csv.DictReader(file)
        ]


def read_head(folder: Path, options: HeadOptions) -> tuple[Head, tuple[Statistics, ...]]:
    """Load the head of a finished run, in evaluation mode, and the statistics it was trained with."""
    tensors = load_file(folder / WEIGHTS)
    head = make_head(options)
    head.load_state_dict({n.removeprefix("head."): v for n, v in tensors.items() if n.startswith("head.")})
    statistics = tuple(_statistics(tensors, i) for i in range(len(options.branches)))
    return head.eval().requires_grad_(False), statistics


def _statistics(tensors: dict[str, Tensor], i: int) -> Statistics:
    neutral = None
    if f"neutral.{i}.shift" in tensors:
        names = ("shift", "ratio", "mean_slope", "std_slope")
        neutral = NeutralOffset(*(tensors[f"neutral.{i}.{name}"].numpy() for name in names))
    return Statistics(tensors[f"statistics.{i}.mean"].numpy(), tensors[f"statistics.{i}.std"].numpy(), neutral)


def write_csv(path: Path, rows: Sequence[dict[str, object]]) -> None:
    """Write rows; a field that some rows lack is empty there."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _prediction_rows(
    name: str, part: Part, labels: Sequence[str], logits: npt.NDArray[np.float32]
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for sample, row in zip(part.samples, logits, strict=True):
        said: dict[str, object] = {
            "part": name,
            "file": sample.identity,
            "speaker": sample.speaker,
            "target": str(labels[sample.label]),
            "prediction": str(labels[int(np.argmax(row))]),
        }
        # Nine digits give every float32 back exactly.
        said.update({f"logit_{label}": f"{value:.9g}" for label, value in zip(labels, row, strict=True)})
        rows.append(said)
    return rows


def _read_predictions(path: Path, part: str, labels: Sequence[str]) -> Predictions:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == part]
    names = [str(label) for label in labels]
    return Predictions(
        tuple(row["file"] for row in rows),
        tuple(row["speaker"] for row in rows),
        np.array([names.index(row["target"]) for row in rows], dtype=np.int64),
        np.array([[row[f"logit_{name}"] for name in names] for row in rows], dtype=np.float32),
    )

"""``python -m trainer calibrate-study``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ser_desktop.core.errors import Cancelled, SaveError, TrainingError
from trainer.commands import make_plan, training_device
from trainer.corpora import CORPORA
from trainer.events import Countdown, Done, Listener, Notice, Stage
from trainer.experiments import RECIPES, Preset
from trainer.files import whole_file
from trainer.prepared import PreparedRow
from trainer.reproduce import Reproduction
from trainer.rows import ROWS, Row
from trainer.voice_study.report import NOTES, StudiedRow, as_markdown, row_as_json
from trainer.voice_study.study import study
from trainer.workers import Workers

RESULT, REPORT = "calibration.json", "calibration.md"
SCHEMA_VERSION = 1
STUDIED = tuple(
    f"{stem}-{normalisation}"
    for stem in ("egemaps-dense", "compact-all-layers-dense", "compact-fusion", "pt-all-layers-dense", "pt-fusion")
    for normalisation in ("global", "speaker")
)
"""Recipes that are set side by side; those whose encoder is missing are named."""

_N_DRAWS = 10


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add the sub-command's own options."""
    parser = commands.add_parser(
        "calibrate-study",
        help="measure what calibrating a voice gains",
        description="Train heads with speaker normalisation, and let them judge speakers whose statistics come from "
        "the training speakers, from all their recordings, or from some seconds of neutral or mixed speech. Heads with "
        "global normalisation stand beside them. Run the same command again after an interruption: it goes on.",
    )
    parser.add_argument(
        "--protocol",
        nargs="+",
        choices=("fixed", "six-folds"),
        default=["fixed"],
        help="fixed: actors 21–22 validate, 23–24 test; six-folds: all 24 do, in turn (default: fixed)",
    )
    parser.add_argument(
        "--recipes",
        nargs="+",
        choices=sorted(RECIPES),
        metavar="NAME",
        default=list(STUDIED),
        help=f"recipes of `train` (default: {', '.join(STUDIED)})",
    )
    parser.add_argument("--seeds", nargs="+", type=int, metavar="N", help="these seeds instead of the paper's five")
    parser.add_argument(
        "--draws", type=int, default=_N_DRAWS, metavar="N", help=f"draws of each calibration ({_N_DRAWS})"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs/calibration"),
        metavar="FOLDER",
        help="where results go (default: runs/calibration)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON instead of tables")
    parser.set_defaults(augment=None)
    return parser


def run_command(options: argparse.Namespace, workers: Workers, listener: Listener) -> None:
    """Train what is missing, ask the heads, write and print what was found.

    Raises
    ------
    CorpusError, TrainingError, SaveError, Cancelled
    """
    if not options.data:
        raise TrainingError("The recordings of RAVDESS speech are needed.", "Name them with --data PATH.")
    options.cache = options.cache or options.out / ".cache"
    found: list[dict[str, Any]] = []
    missing: dict[str, str] = {}
    for name in options.protocol:
        study_, absent = _study(options, name, workers, listener)
        found.append(study_)
        missing |= absent
    value = {
        "schema_version": SCHEMA_VERSION,
        "kind": "calibration",
        "unit": "percent",
        "studies": found,
        "notes": list(NOTES),
        "missing": missing,
    }
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    try:
        for file, content in ((RESULT, text), (REPORT, as_markdown(value))):
            with whole_file(options.out / file) as scratch:
                scratch.write_text(content, encoding="utf-8", newline="\n")
    except OSError as error:
        raise SaveError(f"The result could not be written to «{options.out}» ({error}).", "Free some space.") from error
    if options.events == "text":
        print(text if options.json else as_markdown(value))
    listener(Done(str(options.out)))


def _study(
    options: argparse.Namespace, protocol: str, workers: Workers, listener: Listener
) -> tuple[dict[str, Any], dict[str, str]]:
    rows = tuple(ROWS.get(name) or Row(name, "", RECIPES[name]) for name in options.recipes)
    run = options.out / protocol
    chosen = argparse.Namespace(**{**vars(options), "protocol": protocol})
    plan = make_plan(chosen, "ravdess", rows, (Preset.PAPER,), run, seeds=options.seeds)
    reproduction = Reproduction(plan, workers, listener, device=training_device())
    prepared = reproduction.run()
    if not prepared:
        raise TrainingError(next(iter(reproduction.missing.values()), "There is nothing to study."))
    studied = []
    for ready in prepared:
        listener(Stage("calibration", f"Calibrated voices: {ready.row.name}, {protocol}"))
        tick = Countdown("calibration", listener)

        def count(done: int, total: int, tick: Countdown = tick) -> None:
            if workers.is_stopping:
                raise Cancelled
            tick(done, total)

        results = study(ready, run, plan.seeds, n_draws=options.draws, progress=count)
        studied.append(_described(ready, results))
        _tell(studied[-1], listener)
    described = {
        "corpus": CORPORA["ravdess"].title,
        "protocol": {"name": protocol, "text": prepared[0].protocol.text},
        "seeds": list(plan.seeds),
        "n_draws": options.draws,
        "rows": [row_as_json(row) for row in studied],
    }
    return described, reproduction.missing


def _described(ready: PreparedRow, results: Any) -> StudiedRow:
    specs = [branch.spec for branch in ready.branches]
    encoders = [str(spec.configuration["encoder"]) for spec in specs if spec.name.needs_encoder]
    return StudiedRow(
        ready.row.name,
        ready.recipe.title,
        str(ready.recipe.head),
        str(ready.recipe.normalisation),
        tuple(str(spec.name) for spec in specs),
        encoders[0] if encoders else "",
        results,
    )


def _tell(studied: StudiedRow, listener: Listener) -> None:
    for part, found in row_as_json(studied)["parts"].items():
        best = ", ".join(f"{key} {figures['uar_mean']:.1f}" for key, figures in found.items())
        listener(Notice(f"{studied.row}, {part}: UAR % {best}"))

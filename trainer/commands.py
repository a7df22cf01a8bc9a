"""What the sub-commands do."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ser_desktop.core.catalogue import ENCODERS
from ser_desktop.core.errors import TrainingError
from trainer import export, score
from trainer.corpora import ReadOptions
from trainer.events import Done, Listener, Notice, RowDone, RowsListed, Stage
from trainer.experiments import RECIPES, SEEDS, Preset
from trainer.readme_table import replace_table, results_table
from trainer.recalibrate import recalibrate
from trainer.report import write_report
from trainer.reproduce import Plan, Reproduction
from trainer.results import RowResult
from trainer.rows import ROWS, Row
from trainer.run_folder import require_run
from trainer.workers import Workers

FEATURES_SHARE = 0.8
"""Of the memory a run may use, what features may take; the rest is for everything else."""


def reproduce(options: argparse.Namespace, workers: Workers, listener: Listener) -> None:
    """Run rows and write the report."""
    rows = tuple(with_augmentation(ROWS[name], options) for name in options.rows or ROWS)
    presets = tuple(dict.fromkeys(Preset(p) for p in options.preset or [Preset.PAPER]))
    out = options.out or Path("runs") / f"reproduce-{options.corpus}"
    plan = make_plan(options, options.corpus, rows, presets, out, seeds=options.seeds)
    Reproduction(plan, workers, listener, device=training_device()).run()
    report(plan.out, listener)


def train(options: argparse.Namespace, workers: Workers, listener: Listener) -> None:
    """Train one recipe and write the bundle of the best run; of an earlier, stopped training if that is asked for."""
    preset = Preset((options.preset or [Preset.PAPER])[0])
    chosen = {"learning_rate": options.learning_rate, "patience": options.patience}
    recipe = replace(RECIPES[options.recipe], **{name: value for name, value in chosen.items() if value is not None})
    row = with_augmentation(Row(options.recipe, "", recipe), options)
    run = options.out / ".run"
    plan = make_plan(options, options.corpus, (row,), (preset,), run, seeds=options.seed)
    if not options.keep_best:
        reproduction = Reproduction(plan, workers, listener, device=training_device())
        reproduction.run()
        if reproduction.missing:
            # Here it is the only thing that was asked for: not a note but a failure.
            raise TrainingError(reproduction.missing[row.name])
    folder, info = require_run(run)
    results = write_report(folder, info, best_so_far=options.keep_best)
    result = next((r for r in results if (r.row, r.preset) == (row.name, str(preset))), None)
    if result is None:
        raise TrainingError("No epoch has ended yet: there is nothing to keep.", "Let the training go on for a while.")
    asked_for = replace(result, records=tuple(r for r in result.records if r.seed in plan.seeds))
    record = export.choose_record(asked_for, None, None)
    listener(Stage("report", f"Writing «{options.out}»"))
    export.export_record(info, result, record, options.out, rebuild=rebuild_command(options, result))
    listener(row_done(result))
    listener(Notice(f"The bundle holds seed {record.seed} of {record.fold}, the best on its validation speakers."))
    listener(Done(str(options.out)))


def report(run: Path, listener: Listener) -> None:
    """Make a run's report anew from its stored predictions."""
    folder, info = require_run(run)
    listener(Stage("report", f"Writing the report of «{run}»"))
    for result in write_report(folder, info):
        listener(row_done(result))
    listener(Done(str(run)))


def recalibrate_bundle(folder: Path, listener: Listener) -> None:
    """Make the calibration of a bundle anew from the predictions beside it."""
    listener(Stage("report", f"Writing «{folder}»"))
    decision = recalibrate(folder).decision
    listener(Notice(f"The temperature is {decision.temperature:.2f}, the threshold {decision.threshold:.2f}."))
    listener(Done(str(folder)))


def list_rows(options: argparse.Namespace, listener: Listener) -> None:
    """Tell every row with its table, needs and published figures."""
    rows = [describe_row(row) for row in ROWS.values()]
    if options.events == "json":
        listener(RowsListed(tuple(rows)))
        return
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        published = ", ".join(f"{k} {v['mean']:.1f} ± {v['sd']:.1f}" for k, v in row["published"].items())
        print(f"{row['row']:28s} {row['table'] or '–':12s} {row['title']}")
        needs = f"needs {row['encoder']} ({'installed' if row['is_installed'] else 'not installed'})"
        print(f"{'':28s} {needs if row['encoder'] else 'needs no encoder'}; published UAR: {published or 'none'}")


def describe_row(row: Row) -> dict[str, Any]:
    """Return a row as ``--list --json`` prints it."""
    encoder = row.recipe.encoder
    entry = next((e for e in ENCODERS if e.name == encoder), None)
    return {
        "row": row.name,
        "table": row.table,
        "title": row.recipe.title,
        "features": [str(name) for name in row.recipe.features],
        "head": str(row.recipe.head),
        "normalisation": str(row.recipe.normalisation),
        "encoder": encoder,
        "is_installed": entry.is_installed() if entry else True,
        "install": entry.install_command() if entry and not (entry.is_shipped or entry.is_installed()) else None,
        "protocol": "issa" if row.issa else "the corpus's own",
        "published_preset": row.published_preset,
        "published": {k: vars(v) for k, v in row.published.items()},
    }


def print_scores(path: Path, *, as_json: bool) -> None:
    """Print the scores of any file of predictions."""
    scores = score.score_file(path)
    print(json.dumps(scores, ensure_ascii=False) if as_json else score.as_text(scores))


def print_table(reports: Sequence[Path], document: Path | None) -> None:
    """Print a table of reports, or put it into a document."""
    table = results_table(reports)
    if document is None:
        print(table)
    else:
        replace_table(document, table)


def make_plan(
    options: argparse.Namespace,
    corpus: str,
    rows: tuple[Row, ...],
    presets: tuple[Preset, ...],
    out: Path,
    *,
    seeds: Sequence[int] | None,
) -> Plan:
    """Return what the command line asks for; features go beside the results unless it says otherwise."""
    cache = options.cache or out / ".cache"
    return Plan(
        corpus,
        read_options(options, corpus, cache, presets),
        rows,
        presets,
        out,
        cache,
        tuple(seeds or SEEDS),
        options.protocol or "",
        options.skip_unreadable,
        int(FEATURES_SHARE * 1e9 * options.memory),
        options.name or "",
        options.backend,
    )


def with_augmentation(row: Row, options: argparse.Namespace) -> Row:
    """Return a row with the changed copies that the command line asks for; published figures know none."""
    if not options.augment:
        return row
    return replace(row, recipe=replace(row.recipe, copies=options.augment), published={})


def read_options(options: argparse.Namespace, corpus: str, scratch: Path, presets: Sequence[Preset]) -> ReadOptions:
    """Return what the command line says about reading the corpus.

    Raises
    ------
    TrainingError
        If presets that read IEMOCAP differently are asked for in one run.
    """
    as_released = Preset.RELEASED_CODE in presets
    if corpus == "iemocap" and as_released and len(presets) > 1:
        raise TrainingError(
            "The presets read IEMOCAP differently (speakers, and 5473 utterances instead of 5531).",
            "Run them one by one, each with an --out of its own.",
        )
    columns = dict(column.split("=", 1) for column in options.column or [])
    return ReadOptions(
        tuple(options.data),
        scratch,
        options.accept_counts,
        options.skip_unreadable,
        as_released and corpus == "iemocap",
        options.speaker_pattern or "",
        options.speaker or "",
        columns,
        options.table or "",
    )


def row_done(result: RowResult) -> RowDone:
    """Return the event that tells a row's result."""
    return RowDone(
        result.row,
        result.preset,
        result.corpus,
        result.protocol.words,
        result.seeds,
        round(result.uar[0], 3),
        round(result.uar[1], 3),
        round(result.wa[0], 3),
        round(result.wa[1], 3),
        result.published.mean if result.published else None,
        result.published.sd if result.published else None,
        result.published.note if result.published else "",
    )


def training_device() -> str:
    """Return "cuda" where a GPU passes its first computation, else "cpu"."""
    from ser_desktop.core.device import DeviceKind, choose_device

    return "cuda" if choose_device().kind is DeviceKind.CUDA else "cpu"


def rebuild_command(options: argparse.Namespace, result: RowResult) -> str:
    """Return the command that makes a bundle again."""
    words = ["python -m trainer train", f"--corpus {options.corpus}", "--data PATH", f"--recipe {options.recipe}"]
    words += [f"--preset {result.preset}"] if result.preset != Preset.PAPER else []
    words += [f"--learning-rate {options.learning_rate:g}"] if options.learning_rate is not None else []
    words += [f"--patience {options.patience}"] if options.patience is not None else []
    words += reading_options(options)
    words += ["--out FOLDER", *(f"--seed {seed}" for seed in result.seeds)]
    return " ".join(words)


def reading_options(options: argparse.Namespace) -> list[str]:
    """Return the options that decided how the corpus was read, as typed."""
    words = [f"--protocol {options.protocol}"] if options.protocol else []
    words += [f"--augment {options.augment}"] if options.augment else []
    words += [f"--name {shlex.quote(options.name)}"] if options.name else []
    words += ["--accept-counts"] if options.accept_counts else []
    words += ["--skip-unreadable"] if options.skip_unreadable else []
    words += [f"--speaker-pattern {shlex.quote(options.speaker_pattern)}"] if options.speaker_pattern else []
    words += [f"--speaker {shlex.quote(options.speaker)}"] if options.speaker else []
    words += [f"--column {shlex.quote(column)}" for column in options.column or []]
    return words + ([f"--table {shlex.quote(options.table)}"] if options.table else [])

"""What the sub-commands do with a finished run: bundles, cards, robustness."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.device import AUTO
from ser_desktop.core.errors import Cancelled, TrainingError
from trainer import export
from trainer.card import Beside
from trainer.commands import make_plan, read_options, reading_options
from trainer.events import Countdown, Done, Listener, Notice, Stage
from trainer.experiments import RECIPES, Preset
from trainer.material import Material
from trainer.metrics import mean_and_sd
from trainer.protocols import own_protocol
from trainer.reproduce import Reproduction
from trainer.results import RowResult, read_results
from trainer.robustness import endure, read_robustness, write_robustness
from trainer.rows import ROWS, Row
from trainer.run_folder import RunFolder, RunInfo, fingerprint, require_run
from trainer.workers import Workers


def export_bundle(options: argparse.Namespace, workers: Workers, listener: Listener) -> None:
    """Write the bundle of a run, or of a head trained again on everyone; as ONNX if asked for."""
    folder, info = require_run(options.run)
    # Both are the run's.
    options.protocol = options.augment = None
    result = export.choose_row(folder, info, options.row, options.preset, best_so_far=options.best_so_far)
    listener(Stage("report", f"Writing «{options.out}»"))
    command = (
        f"{_made_by(folder, info, result)}\npython -m trainer export RUN --row {result.row} --preset {result.preset}"
    )
    if options.refit:
        words = [command, "--refit --data PATH", *reading_options(options), "--out FOLDER"]
        _refit(options, folder, result, workers, listener, rebuild=" ".join(words))
    else:
        record = export.choose_record(result, options.seed, options.fold)
        command += f" --seed {record.seed} --fold {record.fold} --out FOLDER"
        command += " --beside OTHER-RUN" if options.beside else ""
        beside = [found for run in options.beside or () for found in _beside(run, result)]
        export.export_record(info, result, record, options.out, rebuild=command, beside=beside)
        listener(Notice(f"The bundle holds seed {record.seed} of {record.fold}."))
    if options.onnx:
        from ser_desktop.core.catalogue import find_encoder
        from ser_desktop.core.encoder import load_model
        from trainer.onnx_export import export_onnx

        bundle = load_bundle(options.out)
        needed = bundle.config.encoder
        model = None if needed is None else load_model(find_encoder(needed).folder)
        parity = export_onnx(bundle, model, options.out / "onnx")
        listener(Notice(f"ONNX: the largest difference of a probability from the app's is {parity.largest:.1e}."))
    listener(Done(str(options.out)))


def _beside(run: Path, result: RowResult) -> list[Beside]:
    """Return what another run has of the same row, with the command that makes it."""
    folder, info = require_run(run)
    found = []
    for other in read_results(folder, info):
        if (other.row, other.preset) == (result.row, result.preset):
            found.append(Beside(other, _run_command(info, other)))
    return found


def _made_by(folder: RunFolder, info: RunInfo, result: RowResult) -> str:
    """Return the commands that made a row of a run, and what was measured on it since."""
    incomplete = "" if info.is_complete else " --accept-counts"
    name = "" if info.is_complete else f" --name {shlex.quote(info.corpus)}"
    commands = [f"{_run_command(info, result)}{name} --out RUN"]
    if read_robustness(folder.path, f"{result.row}@{result.preset}"):
        commands.append(f"python -m trainer robustness RUN --row {result.row} --data PATH{incomplete}")
    return "\n".join(commands)


def _run_command(info: RunInfo, result: RowResult) -> str:
    """Return the command that makes a row of a run."""
    is_row = result.row in ROWS
    words = [f"python -m trainer {'reproduce' if is_row else 'train'} --corpus {info.corpus_key} --data PATH"]
    words += [f"--rows {result.row}" if is_row else f"--recipe {result.row}"]
    words += [f"--preset {result.preset}"] if result.preset != Preset.PAPER else []
    protocol, copies = result.protocol.name, _copies(info, result)
    is_own = protocol == own_protocol(info.corpus_key) or (is_row and ROWS[result.row].issa)
    words += [] if is_own else [f"--protocol {protocol}"]
    words += [f"--augment {copies}"] if copies else []
    words += [] if info.is_complete else ["--accept-counts"]
    return " ".join(words)


def _copies(info: RunInfo, result: RowResult) -> int:
    """Return how many changed copies of every training utterance a row was trained on."""
    return int(info.rows[f"{result.row}@{result.preset}"]["recipe"].get("copies", 0))


def _backend(info: RunInfo, result: RowResult) -> str:
    """Return how the layers were computed that a row was trained on."""
    return str(info.rows[f"{result.row}@{result.preset}"].get("backend", AUTO))


def robustness(options: argparse.Namespace, workers: Workers, listener: Listener) -> None:
    """Measure rows of a run on test recordings that are quieter, noisier, coded or narrower."""
    from trainer.features import open_encoder

    folder, info = require_run(options.run)
    results = [
        result
        for result in read_results(folder, info)
        if options.row in {None, result.row} and options.preset in {None, result.preset}
        if result.normalisation == "global" or options.row is not None
    ]
    if not results:
        raise TrainingError(f"«{options.run}» has no finished row of that description.", "Name one with --row NAME.")
    if not options.data:
        raise TrainingError("The test recordings are needed.", "Name them with --data PATH.")
    material = Material(
        info.corpus_key,
        read_options(options, info.corpus_key, folder.path / ".cache", [Preset(r.preset) for r in results]),
        skip_unreadable=options.skip_unreadable,
        listener=listener,
    )
    material.divide(result.protocol.name for result in results)
    if fingerprint(material.corpus, material.contents) != info.fingerprint:
        raise TrainingError("The recordings are not those of the run.", "Name the data that the run was made from.")
    for result in results:
        config = export.contract(info, result, result.records[0].validation, result.seeds[0])
        encoder = open_encoder(config.encoder, _backend(info, result), n_at_once=1) if config.encoder else None
        listener(Stage("robustness", f"Changed test recordings: {result.row}, {result.preset}"))
        tick = Countdown("robustness", listener)

        def count(done: int, total: int, tick: Countdown = tick) -> None:
            if workers.is_stopping:
                raise Cancelled
            tick(done, total)

        found = endure(result, config, material.protocols[result.protocol.name], encoder, progress=count)
        write_robustness(folder.path, f"{result.row}@{result.preset}", found)
        for endured in found:
            mean, sd = mean_and_sd([100 * uar for uar in endured.uar])
            listener(Notice(f"{result.row} {result.preset}, {endured.condition}: test UAR {mean:.1f} ± {sd:.1f} %"))
    listener(Done(str(options.run)))


def _refit(
    options: argparse.Namespace,
    folder: RunFolder,
    result: RowResult,
    workers: Workers,
    listener: Listener,
    *,
    rebuild: str,
) -> None:
    from trainer.train_everyone import train_on_everyone

    folder, info = require_run(folder.path)
    if not options.data:
        raise TrainingError("Training on all speakers needs the recordings.", "Name them with --data PATH.")
    if any(record.stopped for record in result.records):
        raise TrainingError(
            "A stopped run does not know for how many epochs to train on all speakers.",
            "Let it end first: run the same `reproduce` or `train` again.",
        )
    row = ROWS.get(result.row) or Row(result.row, "", RECIPES[result.row])
    row = replace(row, recipe=replace(row.recipe, copies=_copies(info, result)))
    options.protocol = "" if row.issa else result.protocol.name
    plan = make_plan(options, info.corpus_key, (row,), (Preset(result.preset),), folder.path, seeds=result.seeds)
    reproduction = Reproduction(plan, workers, listener)
    prepared = reproduction.prepare()
    if not prepared:
        raise TrainingError(reproduction.missing[row.name])
    n_epochs = export.median_epochs(result)
    listener(Stage("train", f"Training on all speakers, {n_epochs} epochs"))

    def check() -> None:
        if workers.is_stopping:
            raise Cancelled

    seed = result.seeds[0]
    trained = train_on_everyone(prepared[0], seed, n_epochs, memory_bytes=plan.memory_bytes, check=check)
    export.export_refitted(info, result, trained, options.out, n_epochs=n_epochs, rebuild=rebuild)

"""From a run to a bundle that the app opens: the best head, a named one, or one trained again on everyone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ser_desktop.core.bundle import save_bundle
from ser_desktop.core.bundle_config import BundleConfig, Results
from ser_desktop.core.errors import SaveError, TrainingError
from ser_desktop.core.features import FeatureName, FeatureSpec
from ser_desktop.core.heads import Head, HeadKind
from ser_desktop.core.normalise import Normalisation, Statistics
from trainer.calibration import choose_decision, draw_calibration, reliability_of
from trainer.card import Beside, Evidence, model_card
from trainer.records import JobRecord, Predictions, read_epochs, read_head, write_csv
from trainer.results import RowResult, read_results
from trainer.robustness import read_robustness
from trainer.run_folder import RunFolder, RunInfo

MIN_WINDOW_S = 1.0


def choose_row(
    folder: RunFolder, info: RunInfo, row: str | None, preset: str | None, *, best_so_far: bool = False
) -> RowResult:
    """Return the row to export: the named one, or the only one.

    Parameters
    ----------
    folder : RunFolder
    info : RunInfo
    row, preset : str or None
    best_so_far : bool
        Count what stopped runs have left, too.

    Raises
    ------
    TrainingError
        If it is not there or not unique.
    """
    results = read_results(folder, info, best_so_far=best_so_far)
    chosen = [r for r in results if row in {None, r.row} and preset in {None, r.preset}]
    if len(chosen) != 1:
        there = ", ".join(f"{r.row} ({r.preset})" for r in results) or "none yet"
        raise TrainingError(
            f"«{folder.path}» has {len(chosen)} finished rows of that description; finished are: {there}.",
            "Name one with --row NAME and --preset NAME.",
        )
    return chosen[0]


def choose_record(result: RowResult, seed: int | None, fold: str | None) -> JobRecord:
    """Return the named run, or of those that fit the best one on its validation speakers.

    Raises
    ------
    TrainingError
        If there is none.
    """
    fitting = [r for r in result.records if seed in {None, r.seed} and fold in {None, r.fold}]
    if not fitting:
        there = ", ".join(f"{r.fold} seed {r.seed}" for r in result.records)
        raise TrainingError(f"There is no such run of {result.row}; finished are: {there}.", "Name one of these.")
    return max(fitting, key=lambda r: (r.validation_uar, -r.validation_loss))


def export_record(
    info: RunInfo, result: RowResult, record: JobRecord, out: Path, *, rebuild: str, beside: Sequence[Beside] = ()
) -> BundleConfig:
    """Write the bundle of one run; the card also holds what `trainer.robustness` left in that run.

    Raises
    ------
    SaveError
    """
    config = contract(info, result, record.validation, record.seed)
    counted = reliability_of(record.test, config.decision)
    config = replace(config, results=replace(config.results, reliability=counted))
    head, statistics = read_head(record.folder, config.head_options())
    how = (
        f"The bundle holds seed {record.seed} of {record.fold}, chosen by validation UAR. "
        "The test speakers chose nothing."
    )
    if any(r.stopped for r in result.records):
        how += " Training was stopped by hand; the heads are the best until then."
    run = record.folder.parents[3]
    endured = read_robustness(run, f"{result.row}@{result.preset}")
    evidence = Evidence(config, result, record, record.validation, rebuild, how, endured, beside)
    _write(out, info, evidence, head, statistics)
    return config


def export_refitted(
    info: RunInfo,
    result: RowResult,
    trained: tuple[Head, Sequence[Statistics]],
    out: Path,
    *,
    n_epochs: int,
    rebuild: str,
) -> BundleConfig:
    """Write the bundle of a head that was trained again on all speakers.

    Temperature and threshold come from the validation predictions of all runs; the test figures are
    those of the runs, because nobody is left to test this head on.

    Raises
    ------
    SaveError
    """
    validation = Predictions(
        tuple(f for r in result.records for f in r.validation.files),
        tuple(s for r in result.records for s in r.validation.speakers),
        np.concatenate([r.validation.truth for r in result.records]),
        np.concatenate([r.validation.logits for r in result.records]),
    )
    config = contract(info, result, validation, result.seeds[0])
    text = f"{config.results.protocol}; this head was then trained on all speakers for {n_epochs} epochs"
    config = replace(config, results=replace(config.results, protocol=text))
    how = (
        f"The bundle holds a head that was trained again on all speakers for {n_epochs} epochs, the median of the "
        "runs above, with the first seed. Nobody is left to test it on: the figures are those of the runs."
    )
    _write(out, info, Evidence(config, result, None, validation, rebuild, how), *trained)
    return config


def median_epochs(result: RowResult) -> int:
    """Epochs for training on everyone: the median of the best epochs found."""
    return max(1, round(float(np.median([record.best_epoch for record in result.records]))))


def feature_specs(resolved: dict[str, Any]) -> tuple[FeatureSpec, ...]:
    """Return the feature specifications of a row as its run stored them."""
    return tuple(FeatureSpec(**{**spec, "name": FeatureName(spec["name"])}) for spec in resolved["features"])


def contract(info: RunInfo, result: RowResult, validation: Predictions, seed: int) -> BundleConfig:
    """Return the contract of a row's bundle; the validation predictions decide temperature and threshold."""
    resolved = info.rows[f"{result.row}@{result.preset}"]
    recipe, features = resolved["recipe"], feature_specs(resolved)
    encoders = [spec.configuration["encoder"] for spec in features if "encoder" in spec.configuration]
    return BundleConfig(
        name=f"{info.corpus} · {recipe['title']}",
        labels=result.protocol.labels,
        head_kind=HeadKind(recipe["head"]),
        n_hidden=recipe["n_hidden"],
        dropout=recipe["dropout"],
        dropout_first=recipe["dropout_first"],
        features=features,
        encoder=str(encoders[0]) if encoders else None,
        normalisation=Normalisation(recipe["normalisation"]),
        window_s=resolved["head_s"],
        min_window_s=MIN_WINDOW_S,
        decision=choose_decision(validation),
        results=_results(result, seed),
        licence=info.licence,
    )


def _results(result: RowResult, seed: int) -> Results:
    validation = []
    for one in result.seeds:
        uars = [record.validation_uar for record in result.records if record.seed == one]
        validation.append(round(float(np.mean(uars)), 6))
    return Results(
        corpus=result.corpus,
        protocol=result.protocol.words,
        seeds=result.seeds,
        seed=seed,
        test_uar=tuple(round(s.uar, 6) for s in result.scores),
        test_wa=tuple(round(s.wa, 6) for s in result.scores),
        validation_uar=tuple(validation),
        n_test=result.n_test,
    )


def _write(out: Path, info: RunInfo, evidence: Evidence, head: Head, statistics: Sequence[Statistics]) -> None:
    save_bundle(out, evidence.config, head, statistics, model_card(evidence))
    result, place = evidence.result, out / "run"
    key = f"{result.row}@{result.preset}"
    resolved = {
        **info.rows[key],
        "corpus": info.corpus_key,
        "fingerprint": info.fingerprint,
        "protocol": asdict(result.protocol),
        "preset": result.preset,
        "seeds": list(result.seeds),
        "chosen": None if evidence.chosen is None else {"seed": evidence.chosen.seed, "fold": evidence.chosen.fold},
        "environment": info.environment,
    }
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / "config.json").write_text(json.dumps(resolved, indent=1) + "\n", encoding="utf-8")
        write_csv(
            place / "epochs.csv",
            [{"fold": r.fold, **asdict(epoch)} for r in result.records for epoch in read_epochs(r.folder)],
        )
        write_csv(place / "predictions.csv", [row for r in result.records for row in _predictions(result, r)])
        draw_calibration(evidence.parts(), evidence.config.decision, place)
    except OSError as error:
        raise SaveError(
            f"The run's records could not be written to «{place}» ({error}).", "Free some space."
        ) from error


def _predictions(result: RowResult, record: JobRecord) -> list[dict[str, object]]:
    labels = result.protocol.labels
    rows: list[dict[str, object]] = []
    for part, said in (("validation", record.validation), ("test", record.test)):
        for file, speaker, truth, logits in zip(said.files, said.speakers, said.truth, said.logits, strict=True):
            start: dict[str, object] = {"seed": record.seed, "fold": record.fold, "part": part, "file": file}
            start |= {"speaker": speaker, "target": labels[truth], "prediction": labels[int(logits.argmax())]}
            rows.append(start | {f"logit_{label}": f"{v:.5f}" for label, v in zip(labels, logits, strict=True)})
    return rows

"""Results of a run's rows, computed from the stored predictions and from nothing else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import stats

from ser_desktop.core.errors import TrainingError
from trainer import metrics
from trainer.experiments import Preset, apply_preset
from trainer.records import JobRecord, Predictions, read_job
from trainer.rows import ROWS, Published, Row
from trainer.run_folder import ProtocolInfo, RunFolder, RunInfo


@dataclass(frozen=True)
class Difference:
    """Ours minus published, in percent, with its 95 % interval over seeds (Welch); one seed has none."""

    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class RowResult:
    """One row under one preset.

    Attributes
    ----------
    row, preset : str
    corpus_key, corpus : str
    protocol : ProtocolInfo
    seeds : tuple of int
        Those that have finished every fold.
    records : tuple of JobRecord
        Of these seeds.
    scores : tuple of Scores
        One per seed, on the test predictions of all folds together.
    published : Published or None
    features : tuple of str
    normalisation, head : str
    """

    row: str
    preset: str
    corpus_key: str
    corpus: str
    protocol: ProtocolInfo
    seeds: tuple[int, ...]
    records: tuple[JobRecord, ...] = field(repr=False)
    scores: tuple[metrics.Scores, ...]
    published: Published | None
    features: tuple[str, ...]
    normalisation: str
    head: str

    @property
    def uar(self) -> tuple[float, float]:
        """Mean and population standard deviation over seeds, in percent."""
        return metrics.mean_and_sd([100 * s.uar for s in self.scores])

    @property
    def wa(self) -> tuple[float, float]:
        """As `uar`, of the weighted accuracy."""
        return metrics.mean_and_sd([100 * s.wa for s in self.scores])

    @property
    def n_test(self) -> int:
        """Test utterances of all folds together."""
        return sum(sum(row) for row in self.scores[0].confusion)

    def confusion(self) -> list[list[int]]:
        """Confusion matrix summed over seeds; rows are the truth."""
        return [[int(n) for n in row] for row in np.sum([s.confusion for s in self.scores], axis=0)]

    def recalls(self) -> list[tuple[float, float]]:
        """Mean and standard deviation over seeds of each class's recall, in percent."""
        return [
            metrics.mean_and_sd([100 * s.recalls[i] for s in self.scores]) for i in range(len(self.protocol.labels))
        ]

    def difference(self) -> Difference | None:
        """Ours minus published; the interval speaks of seeds only, not of other test speakers."""
        if self.published is None:
            return None
        ours, n = np.array([100 * s.uar for s in self.scores]), len(self.scores)
        mean = float(ours.mean() - self.published.mean)
        if n < 2:
            return Difference(mean)
        variances = ours.var(ddof=1) / n, self.published.sd**2 / self.published.n_over_variance
        total = sum(variances)
        freedom = total**2 / (variances[0] ** 2 / (n - 1) + variances[1] ** 2 / 4) if total > 0 else 1.0
        half = float(stats.t.ppf(0.975, freedom) * np.sqrt(total))
        return Difference(mean, mean - half, mean + half)


def read_results(folder: RunFolder, info: RunInfo, *, best_so_far: bool = False) -> list[RowResult]:
    """Read every row that has at least one complete seed, in the paper's order.

    Parameters
    ----------
    folder : RunFolder
    info : RunInfo
    best_so_far : bool
        Count what stopped jobs have left, too, and rows that have not come to their last fold.

    Raises
    ------
    TrainingError
        If a stored result is damaged.
    """
    order = list(ROWS)
    keys = sorted(info.rows, key=lambda k: (order.index(_name(k)) if _name(k) in order else len(order), k))
    results = (_read_row(folder, info, key, best_so_far=best_so_far) for key in keys)
    return [result for result in results if result is not None]


def pooled(records: list[JobRecord]) -> Predictions:
    """Join the test predictions of a seed's folds."""
    tests = [record.test for record in records]
    return Predictions(
        tuple(f for t in tests for f in t.files),
        tuple(s for t in tests for s in t.speakers),
        np.concatenate([t.truth for t in tests]),
        np.concatenate([t.logits for t in tests]),
    )


def _read_row(folder: RunFolder, info: RunInfo, key: str, *, best_so_far: bool) -> RowResult | None:
    name, preset = key.split("@")
    resolved = info.rows[key]
    protocol = info.protocols[resolved["protocol"]]
    by_seed: dict[int, list[JobRecord]] = defaultdict(list)
    for job in folder.finished(name, preset, best_so_far=best_so_far):
        record = read_job(job, protocol.labels)
        _check_parts(record, protocol)
        by_seed[record.seed].append(record)
    wanted = {name for name, *_ in protocol.folds}
    if best_so_far and by_seed:
        wanted = max(({r.fold for r in records} for records in by_seed.values()), key=len)
    complete = {seed: by_seed[seed] for seed in info.seeds if {r.fold for r in by_seed[seed]} == wanted}
    protocol = _only_folds(protocol, wanted, [r for records in complete.values() for r in records])
    if not complete:
        return None
    tests = [pooled(records) for records in complete.values()]
    row = ROWS.get(name)
    is_published = row is not None and _is_published_protocol(row.issa, protocol)
    may_compare = is_published and info.is_complete and not _is_altered(resolved["recipe"], row, Preset(preset))
    return RowResult(
        name,
        preset,
        info.corpus_key,
        info.corpus,
        protocol,
        tuple(complete),
        tuple(record for records in complete.values() for record in records),
        tuple(metrics.score(t.truth, t.answers, len(protocol.labels)) for t in tests),
        row.published_for(info.corpus_key, Preset(preset)) if row is not None and may_compare else None,
        tuple(spec["name"] for spec in resolved["features"]),
        resolved["recipe"]["normalisation"],
        resolved["recipe"]["head"],
    )


def _only_folds(protocol: ProtocolInfo, names: set[str], records: list[JobRecord]) -> ProtocolInfo:
    """Say that a stopped run has come so far and not to its end."""
    folds = tuple(fold for fold in protocol.folds if fold[0] in names)
    if len(folds) < len(protocol.folds):
        text = f"{protocol.text}; stopped: {len(folds)} of {len(protocol.folds)} folds"
    elif any(record.stopped for record in records):
        text = f"{protocol.text}; stopped before its end"
    else:
        return protocol
    return replace(protocol, text=text, folds=folds)


def _check_parts(record: JobRecord, protocol: ProtocolInfo) -> None:
    """Refuse predictions that are not those of the fold's whole validation and test parts."""
    sizes = {name: (n_validation, n_test) for name, _, n_validation, n_test in protocol.folds}
    found = len(record.validation.files), len(record.test.files)
    finite = all(np.isfinite(said.logits).all() for said in (record.validation, record.test))
    if found != sizes.get(record.fold) or record.fold != record.folder.parent.name or not finite:
        raise TrainingError(
            f"The result in «{record.folder}» does not hold the predictions of {record.fold}.",
            "Delete that folder and run the same command again: it is made anew.",
        )


def _is_altered(resolved: dict[str, Any], row: Row | None, preset: Preset) -> bool:
    """Say whether a row was trained otherwise than the published one: with changed copies, or other settings."""
    if row is None:
        return False
    own = apply_preset(row.recipe, preset)
    wanted = {"copies": own.copies, "learning_rate": own.learning_rate, "patience": own.patience}
    return any(resolved.get(name, value) != value for name, value in wanted.items())


def _is_published_protocol(issa: bool, protocol: ProtocolInfo) -> bool:
    return protocol.name == "issa" if issa else protocol.name in {"fixed", "sessions"}


def _name(key: str) -> str:
    return key.split("@", maxsplit=1)[0]

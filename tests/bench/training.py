"""Training speed: all seeds of a row by the trainer, against a plain PyTorch loop, in one run."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ser_desktop.core.heads import HeadKind, HeadOptions
from ser_desktop.core.normalise import Statistics
from tests.helpers.plain_training import PlainRun, ReplayedDropout, train_plainly
from trainer.data import MEMORY_BYTES, Sample, StoredBranch, TrainingData
from trainer.experiments import RECIPES, SEEDS, Recipe
from trainer.jobs import Job, train_all
from trainer.records import read_job
from trainer.stored import save_features
from trainer.workers import Workers

Figures = dict[str, float | str]

# What RAVDESS speech looks like: 1440 utterances of 3.7 s, 7 classes.
N_CLASSES = 7
_SIZES = {"egemaps": ((1, 25), 1200, 120, 10), "all-layers": ((13, 768), 96, 32, 1)}


def make_features(folder: Path, shape: tuple[int, int], n_train: int, n_other: int) -> TrainingData:
    """Random features with the lengths of RAVDESS speech; classes differ in their level."""
    random = np.random.default_rng(0)
    samples = []
    for i in range(n_train + 2 * n_other):
        n_frames = int(np.clip(random.normal(185, 20), 140, 250))
        values = random.standard_normal((shape[0], n_frames, shape[1]), dtype=np.float32) + 0.1 * (i % N_CLASSES)
        save_features(folder / f"{i}.npy", values)
        samples.append(Sample(str(i), "", i % N_CLASSES, (StoredBranch(folder / f"{i}.npy", 0, shape[0]),)))
    parts = {
        "train": tuple(samples[:n_train]),
        "validation": tuple(samples[n_train : n_train + n_other]),
        "test": tuple(samples[n_train + n_other :]),
    }
    ones = Statistics(np.full(shape, 0.3, np.float32), np.ones(shape, np.float32))
    return TrainingData(parts, {"": (ones,)}, max_frames=250)


def training(features: str = "egemaps", n_repeats: int = 3) -> Figures:
    """Five seeds of a Dense row for a number of epochs; medians of several repeats, side by side.

    The plain loop keeps prepared utterances in memory where they fit, as the trainer does.
    """
    shape, n_train, n_other, n_epochs = _SIZES[features]
    recipe = replace(RECIPES["egemaps-dense-global"], max_epochs=n_epochs, patience=n_epochs)
    options = HeadOptions(HeadKind.DENSE, (shape,), N_CLASSES)
    keep = features == "egemaps"
    workers = Workers(len(os.sched_getaffinity(0)))
    ours_s, plain_s = [], []
    try:
        with tempfile.TemporaryDirectory() as name:
            data = make_features(Path(name), shape, n_train, n_other)
            # The processes are there already when rows are trained: they have extracted the features.
            list(workers.run(_warm_up, list(range(workers.n))))
            for repeat in range(n_repeats):
                out = Path(name) / f"run-{repeat}"
                began = time.perf_counter()
                _train_all(workers, out, data, recipe, options)
                ours_s.append(time.perf_counter() - began)
                began = time.perf_counter()
                for seed in SEEDS:
                    train_plainly(data, recipe, options, seed, keep=keep)
                plain_s.append(time.perf_counter() - began)
            # Rounding grows from step to step: after one epoch the results are equal, after many alike.
            once = replace(recipe, max_epochs=1)
            _train_all(workers, Path(name) / "once", data, once, options)
            differences = {
                n: max(
                    _difference(folder, s, train_plainly(data, r, options, s, keep=keep, dropout=ReplayedDropout))
                    for s in SEEDS
                )
                for n, folder, r in (("one_epoch", Path(name) / "once", once), ("all_epochs", out, recipe))
            }
    finally:
        workers.close()
    ours, plain = statistics.median(ours_s), statistics.median(plain_s)
    return {
        "features": features,
        "seeds": len(SEEDS),
        "epochs": n_epochs,
        "processes": workers.n,
        "threads_of_the_plain_loop": torch.get_num_threads(),
        "ours_s": round(ours, 2),
        "plain_s": round(plain, 2),
        "ratio_to_plain_loop": round(plain / ours, 2),
        "ratio_worst_repeat": round(min(p / o for p, o in zip(plain_s, ours_s, strict=True)), 2),
        **{f"logit_difference_{n}": value for n, value in differences.items()},
    }


def _warm_up(n: int) -> int:
    time.sleep(0.5)
    return n


def _train_all(workers: Workers, out: Path, data: TrainingData, recipe: Recipe, options: HeadOptions) -> None:
    labels = tuple(str(i) for i in range(N_CLASSES))
    memory = MEMORY_BYTES // workers.n
    jobs = [
        Job(out / f"seed-{seed}", "bench", "paper", "fold-1", seed, recipe, options, labels, data, "cpu", memory)
        for seed in SEEDS
    ]
    jobs = [replace(job, data=replace(data, reference=next(iter(data.statistics.values())))) for job in jobs]
    list(train_all(workers, jobs))


def _difference(out: Path, seed: int, plain: PlainRun) -> float:
    record = read_job(out / f"seed-{seed}", tuple(str(i) for i in range(N_CLASSES)))
    return float(np.abs(record.test.logits - plain.test_logits).max())

"""Memory of statistics and training on features larger than they may be kept."""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

from ser_desktop.core.heads import HeadKind, HeadOptions
from ser_desktop.core.normalise import Normalisation
from tests.bench.training import N_CLASSES, make_features
from trainer.commands import FEATURES_SHARE
from trainer.corpora import Utterance
from trainer.data import TrainingData
from trainer.experiments import RECIPES, SEEDS
from trainer.gather import EVERYONE, gather
from trainer.jobs import Job, run_job
from trainer.reproduce import processes_at_once
from trainer.splits import Protocol, Split
from trainer.workers import Workers

SHAPE = (13, 768)
_BYTES_PER_UTTERANCE = 185 * SHAPE[0] * SHAPE[1] * 2


def memory(
    gigabytes: float, limit_gb: float = 2.0, n_workers: int | None = None, folder: Path | None = None
) -> dict[str, float]:
    """Gather statistics and train one epoch on generated layers of a base-size encoder.

    Parameters
    ----------
    gigabytes : float
        Size of the stored features; as single precision numbers they are twice as large.
    limit_gb : float
        As ``--memory``.
    n_workers : int or None
    folder : Path or None
        Where the features are written for the time being.
    """
    n_train = max(64, round(gigabytes * 1e9 / _BYTES_PER_UTTERANCE) - 32)
    workers = Workers(n_workers or len(os.sched_getaffinity(0)))
    try:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            data = make_features(Path(name), SHAPE, n_train, 16)
            size = 32 * 250 * SHAPE[0] * SHAPE[1] * 4
            workers.shrink(processes_at_once(size, workers.n, int(FEATURES_SHARE * 1e9 * limit_gb)))
            processes = {os.getpid(), *(pid for _, pid in workers.run(_process, list(range(workers.n))))}
            before = {pid: _kilobytes(pid, "VmRSS") for pid in processes}
            watch = _Watch(processes)
            _train(workers, Path(name) / "run", data, int(FEATURES_SHARE * 1e9 * limit_gb))
            peak = watch.stop()
            stored = sum(file.stat().st_size for file in Path(name).glob("*.npy"))
            grown = {pid: _kilobytes(pid, "VmHWM") - before[pid] for pid in processes}
    finally:
        workers.close()
    return {
        "stored_gb": round(stored / 1e9, 3),
        "limit_gb": limit_gb,
        "processes": workers.n,
        "peak_growth_gb": round((peak - sum(before.values())) * 1024 / 1e9, 3),
        "sum_of_peaks_gb": round(sum(grown.values()) * 1024 / 1e9, 3),
    }


def _train(workers: Workers, out: Path, data: TrainingData, memory_bytes: int) -> None:
    parts = {
        name: tuple(
            Utterance(s.identity, s.branches[0].file, f"{name}{i % 5}", str(s.label)) for i, s in enumerate(part)
        )
        for name, part in data.parts.items()
    }
    split = Split("fold-1", parts["train"], parts["validation"], parts["test"])
    files = {s.identity: s.branches[0].file for part in data.parts.values() for s in part}
    labels = tuple(str(i) for i in range(N_CLASSES))
    found = gather(Protocol("made up", "", labels, (split,)), files, Normalisation.GLOBAL)
    reference = (found.by_split["fold-1"][EVERYONE],)
    data = replace(data, statistics={EVERYONE: reference}, reference=reference)
    recipe = replace(RECIPES["pt-all-layers-dense-global"], max_epochs=1)
    options = HeadOptions(HeadKind.DENSE, (SHAPE,), N_CLASSES)
    jobs = [
        Job(
            out / f"seed-{s}",
            "bench",
            "paper",
            "fold-1",
            s,
            recipe,
            options,
            labels,
            data,
            "cpu",
            memory_bytes // workers.n,
        )
        for s in SEEDS[: max(2, workers.n)]
    ]
    list(workers.run(run_job, jobs))


class _Watch:
    """Adds up what all processes have resident, every few milliseconds."""

    def __init__(self, processes: set[int]) -> None:
        self._processes = processes
        self._peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> int:
        self._done.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._done.wait(0.01):
            self._peak = max(self._peak, sum(_kilobytes(pid, "VmRSS") for pid in self._processes))


def _process(_n: int) -> int:
    import time

    import trainer.jobs  # noqa: F401 (what a job loads counts as loaded)

    time.sleep(0.5)
    return os.getpid()


def _kilobytes(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    return 0

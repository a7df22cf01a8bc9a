"""One (row, preset, fold, seed) as a task for a worker process."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from ser_desktop.core.errors import Cancelled
from ser_desktop.core.heads import HeadOptions
from trainer.data import MEMORY_BYTES, Dataset, TrainingData
from trainer.events import EpochEnded
from trainer.experiments import Recipe
from trainer.records import write_job
from trainer.train import Epoch, Run, StoppedEarly, train_head
from trainer.workers import current_worker

BATCHES_ALIVE = 1.5
"""Memory of a training step over that of its input, for inputs so large that it matters."""


@dataclass(frozen=True)
class Job:
    """What to train, and where its result goes.

    Attributes
    ----------
    folder : Path
        Appears when the job is finished.
    row, preset, fold : str
    seed : int
    recipe : Recipe
    options : HeadOptions
    labels : tuple of str
    data : TrainingData
    device : str
    memory_bytes : int
        What this process may use for features; what does not fit is read again each time.
    """

    folder: Path
    row: str
    preset: str
    fold: str
    seed: int
    recipe: Recipe
    options: HeadOptions
    labels: tuple[str, ...]
    data: TrainingData
    device: str = "cpu"
    memory_bytes: int = MEMORY_BYTES

    @property
    def checkpoint(self) -> Path:
        """Where the unfinished job keeps its state."""
        return self.folder.parent / f".{self.folder.name}.checkpoint"

    @property
    def best_so_far(self) -> Path:
        """Where a stopped job leaves what it would have given if it had ended there."""
        return self.folder.parent / f".{self.folder.name}.best"


# The last split this process prepared: the seeds of a fold follow one another.
_prepared: dict[tuple[Path, str], Dataset] = {}


def forget_data() -> None:
    """Free the split that this process prepared last."""
    _prepared.clear()


def run_job(job: Job) -> Path:
    """Train, predict, write; goes on from the job's checkpoint if there is one.

    Raises
    ------
    Cancelled
        When the run is to stop; the checkpoint remains.
    SaveError
    """
    worker = current_worker()
    data = _dataset(job)

    def tell(epoch: Epoch) -> None:
        worker.tell(EpochEnded(job.row, job.preset, job.fold, **vars(epoch)))

    shutil.rmtree(job.best_so_far, ignore_errors=True)
    try:
        run = train_head(
            data,
            job.recipe,
            job.options,
            job.seed,
            progress=tell,
            check=worker.check,
            checkpoint=job.checkpoint,
            device=job.device,
        )
    except StoppedEarly as stopped:
        _write(job.best_so_far, job, stopped.run, data)
        raise Cancelled from None
    _write(job.folder, job, run, data)
    job.checkpoint.unlink(missing_ok=True)
    return job.folder


def _write(folder: Path, job: Job, run: Run, data: Dataset) -> None:
    stopped = folder != job.folder
    reference = job.data.reference
    write_job(folder, run, data, fold=job.fold, labels=job.labels, reference=reference, stopped=stopped)


def _dataset(job: Job) -> Dataset:
    key = (job.folder.parent, job.device)
    if key not in _prepared:
        _prepared.clear()
        left = job.memory_bytes - round(BATCHES_ALIVE * job.data.batch_bytes(job.recipe.batch_size))
        _prepared[key] = Dataset(job.data, job.device, max(0, left))
    return _prepared[key]

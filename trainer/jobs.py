"""One (row, preset, fold, seed) as a task for a worker process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ser_desktop.core.errors import Cancelled
from ser_desktop.core.heads import HeadOptions
from trainer.data import MEMORY_BYTES, Dataset, TrainingData
from trainer.events import EpochEnded
from trainer.experiments import Recipe
from trainer.records import write_job
from trainer.train import Epoch, Run, StoppedEarly, train_head
from trainer.workers import Batch, Workers, current_worker

BATCHES_ALIVE = 1.5
"""Memory of a training step over that of its input, for inputs so large that it matters."""

_TURN_S = 5.0
_FEW = 4


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
    slice_s : float or None
        After so long the job lets others go on and waits for its next turn.
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
    slice_s: float | None = None

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


def train_all(workers: Workers, jobs: Sequence[Job]) -> Iterator[Job]:
    """Run jobs in the workers' processes, and yield them as they finish.

    When they are few and do not come out even, they take turns: five seeds on two processors then
    take as long as two and a half, not as three.

    Raises
    ------
    Cancelled, SaveError, TrainingError
    """
    take_turns = len(jobs) % workers.n > 0 and len(jobs) < _FEW * workers.n
    batch = Batch(workers, run_job)
    for job in jobs:
        batch.add(replace(job, slice_s=_TURN_S) if take_turns else job)
    for job, is_finished in batch.finish():
        if is_finished:
            yield job
        else:
            batch.add(job)


class _TurnOver(Exception):  # noqa: N818 (it is no error)
    """The job has had its turn."""


def run_job(job: Job) -> bool:
    """Train, predict, write; goes on from the job's checkpoint if there is one.

    Returns
    -------
    is_finished : bool
        False when the job's turn was over before it was.

    Raises
    ------
    Cancelled
        When the run is to stop; the checkpoint remains.
    SaveError
    """
    worker = current_worker()
    data = _dataset(job)

    began = time.monotonic()

    def tell(epoch: Epoch) -> None:
        worker.tell(EpochEnded(job.row, job.preset, job.fold, **vars(epoch)))
        # The checkpoint has been written by now.
        if job.slice_s is not None and time.monotonic() - began > job.slice_s:
            raise _TurnOver

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
    except _TurnOver:
        return False
    except StoppedEarly as stopped:
        _write(job.best_so_far, job, stopped.run, data)
        raise Cancelled from None
    _write(job.folder, job, run, data)
    job.checkpoint.unlink(missing_ok=True)
    return True


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

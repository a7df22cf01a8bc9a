"""Processes that extract and train: one thread each, so that results do not depend on their number."""

from __future__ import annotations

import concurrent.futures
import ctypes
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any, Generic, TypeVar

import torch

from ser_desktop.core.errors import Cancelled, TrainingError
from ser_desktop.core.threads import threads_each

T = TypeVar("T")
R = TypeVar("R")

_POLL_S = 0.05
_LATEST_S = 10.0
_MOST_ON_WINDOWS = 61
# Tensors of some megabytes come and go with every step. Unless glibc keeps their memory, the kernel
# clears it anew each time, which takes as long as the computation.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
_current: Worker | None = None


class Worker:
    """What a task sees of the process it runs in.

    Parameters
    ----------
    events, stop
        A queue to the main process, and a shared flag that it sets.
    """

    def __init__(self, events: Any, stop: Any) -> None:
        self._events = events
        self._stop = stop
        self.n_told = 0

    def tell(self, event: object) -> None:
        """Send a frozen value to the main process."""
        self.n_told += 1
        self._events.put((os.getpid(), event))

    def check(self) -> None:
        """Raise `Cancelled` when the main process wants to stop."""
        if self._stop.value:
            raise Cancelled


@dataclass(frozen=True)
class Said(Generic[R]):
    """A task's result, and how much its process has told by then.

    Attributes
    ----------
    result : object
    teller : int
        The process.
    n_told : int
        Events since the process began.
    """

    result: R
    teller: int
    n_told: int


def current_worker() -> Worker:
    """Return the worker that the running task belongs to."""
    if _current is None:
        raise RuntimeError("tasks run inside Workers")
    return _current


def default_number() -> int:
    """Return the number of processors this process may use."""
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(n, _MOST_ON_WINDOWS) if sys.platform == "win32" else n


class Workers:
    """A pool of processes; with one worker the tasks run right here.

    Parameters
    ----------
    n : int
    listen : callable
        Called in this process with every value that a task tells.
    """

    def __init__(self, n: int, listen: Callable[[object], None] = lambda _event: None) -> None:
        self.n = n
        self._listen = listen
        self._context = multiprocessing.get_context("spawn")
        self._pool: ProcessPoolExecutor | None = None
        self._n_heard: Counter[int] = Counter()
        self._events: Any = self._context.Queue() if n > 1 else queue.SimpleQueue()
        # A plain byte in shared memory: an event's lock could be held by the very code that a signal
        # interrupts, or by a process that the system ends.
        self._stop: Any = self._context.RawValue(ctypes.c_bool, False)

    def stop(self) -> None:
        """Ask the tasks to stop after their current step; safe in a signal handler."""
        self._stop.value = True

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return bool(self._stop.value)

    def run(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[T, R]]:
        """Yield (task, result) as they finish, in any order.

        Raises
        ------
        Cancelled
            After `stop`, once the tasks have stopped.
        TrainingError
            If the system ended a process.
        """
        batch = Batch(self, function)
        for task in tasks:
            batch.add(task)
        yield from batch.finish()

    def shrink(self, n: int) -> None:
        """Go on with no more than ``n`` processes, for tasks that need much memory."""
        if n < self.n:
            # An idle process would keep what its last task has loaded.
            self.close()
            self.n = n

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def deliver(self) -> None:
        """Hand what the tasks told to the listener."""
        while True:
            try:
                teller, event = self._events.get_nowait()
            except queue.Empty:
                return
            self._n_heard[teller] += 1
            self._listen(event)

    def deliver_all(self, said: Said[R]) -> R:
        """Hand everything to the listener that was told before a result, and return the result."""
        end = time.monotonic() + _LATEST_S
        # Results and events come on different ways; on a busy machine a result may be the faster one.
        while self._n_heard[said.teller] < said.n_told and time.monotonic() < end:
            self.deliver()
            time.sleep(_POLL_S / 10)
        return said.result

    def submit(self, function: Callable[[T], R], task: T) -> Future[Said[R]]:
        """Start a task in the pool."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.n, self._context, initializer=_start_worker, initargs=(self._events, self._stop)
            )
        with _environment(_KEEP_MEMORY):
            return self._pool.submit(_run_task, function, task)

    def run_here(self, function: Callable[[T], R], task: T) -> R:
        """Run a task in this process as a worker would."""
        global _current  # noqa: PLW0603 (one per process, as in a worker)
        previous, _current = _current, Worker(_Direct(self._listen), self._stop)
        try:
            with threads_each(1):
                return function(task)
        finally:
            _current = previous


class Batch(Generic[T, R]):
    """Tasks that are added one by one and run meanwhile.

    Parameters
    ----------
    workers : Workers
    function : callable
    """

    def __init__(self, workers: Workers, function: Callable[[T], R]) -> None:
        self._workers = workers
        self._function = function
        self._waiting: deque[T] = deque()
        self._futures: dict[Future[Said[R]], T] = {}

    def add(self, task: T) -> None:
        """Add a task; with several workers it starts as soon as one is free."""
        self._waiting.append(task)
        self._top_up()

    def finish(self) -> Iterator[tuple[T, R]]:
        """Yield (task, result) until all are done. See `Workers.run`."""
        try:
            yield from self._here() if self._workers.n == 1 else self._there()
        except BrokenProcessPool as error:
            # A signal to the whole group also ends processes that are only starting.
            if self._workers.is_stopping:
                raise Cancelled from None
            raise TrainingError(
                "The system ended a training process, probably for lack of memory.",
                "Run the same command again: it goes on where it was. --workers 1 needs the least memory.",
            ) from error
        finally:
            # After an error the others stop, too, before anybody lets go of the run's folder.
            if self._futures:
                self._workers.stop()
                concurrent.futures.wait(self._futures)
            self._workers.deliver()
        if self._workers.is_stopping:
            raise Cancelled

    def _here(self) -> Iterator[tuple[T, R]]:
        while self._waiting and not self._workers.is_stopping:
            task = self._waiting.popleft()
            yield task, self._workers.run_here(self._function, task)

    def _there(self) -> Iterator[tuple[T, R]]:
        while self._futures:
            done = concurrent.futures.wait(self._futures, _POLL_S, concurrent.futures.FIRST_COMPLETED).done
            for future in done:
                task, said = self._futures.pop(future), future.result()
                self._top_up()
                result = self._workers.deliver_all(said)
                self._workers.deliver()
                yield task, result
            self._workers.deliver()

    def _top_up(self) -> None:
        while (
            self._workers.n > 1
            and self._waiting
            and len(self._futures) < self._workers.n
            and not self._workers.is_stopping
        ):
            task = self._waiting.popleft()
            self._futures[self._workers.submit(self._function, task)] = task


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables for processes that start meanwhile; what the user has set stays."""
    added = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


class _Direct:
    """Stands where the queue would when tasks run in the main process."""

    def __init__(self, listen: Callable[[object], None]) -> None:
        self._listen = listen

    def put(self, said: tuple[int, object]) -> None:
        """Hand an event over at once."""
        self._listen(said[1])


def _run_task(function: Callable[[T], R], task: T) -> Said[R]:
    """Run a task in a worker process."""
    result = function(task)
    return Said(result, os.getpid(), current_worker().n_told)


def _start_worker(events: Any, stop: Any) -> None:
    """Prepare a fresh process: one thread, no signals of its own, no life without its parent."""
    global _current  # noqa: PLW0603 (set once, when the process starts)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(1)
    _current = Worker(events, stop)
    threading.Thread(target=_die_with_parent, name="parent-watch", daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)

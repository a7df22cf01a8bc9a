"""A training that a window follows from outside: its events in a file, its end on request, its turn among others."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ser_desktop.core.errors import Cancelled, SaveError
from ser_desktop.core.training_folder import QUEUE, TrainingFolder
from trainer.events import GO_ON, STOPPED, Event, Failure, Listener, Stage, as_json

_POLL_S = 0.2
_NICENESS = 10


class EventFile:
    """Appends events to a file, each with its time (``at``, seconds since 1970).

    Those that find no room on the disk are lost, the work is not.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        # A process that was killed may have left half a line.
        self._is_torn = self._file.tell() > 0

    def __call__(self, event: Event) -> None:
        """Write one line."""
        told = {**as_json(event), "at": round(time.time(), 2)}
        line = json.dumps(told, ensure_ascii=False).encode() + b"\n"
        start = b"\n" if self._is_torn else b""
        try:
            self._is_torn = self._file.write(start + line) != len(start + line)
        except OSError:
            self._is_torn = True

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def followed(path: Path) -> Iterator[Listener]:
    """Work in a training's folder, and yield the listener that writes its events there.

    One training works at a time among those in the same place; the others wait for their turn. A stop that
    is asked for arrives as SIGTERM does, even if it was asked for while this process was starting; whoever
    starts it takes earlier requests back (`TrainingFolder.begin`).

    Parameters
    ----------
    path : Path
        The training's folder.

    Raises
    ------
    Cancelled
        If a stop is asked for while another training works.
    TrainingError, SaveError
    """
    folder = TrainingFolder(path)
    if hasattr(os, "nice"):
        # Whoever records meanwhile comes first.
        os.nice(_NICENESS)
    with folder.kept_alive():
        try:
            events = EventFile(folder.events_file)
        except OSError as error:
            raise SaveError(f"«{folder.events_file}» cannot be written ({error}).", "Free some space.") from error
        try:
            with _turn(folder, events), _stopping(folder):
                yield events
        finally:
            events.close()
            folder.stop_file.unlink(missing_ok=True)


@contextmanager
def _turn(folder: TrainingFolder, listener: Listener) -> Iterator[None]:
    lock = FileLock(folder.path.parent / ".turn", timeout=0)
    has_told = False
    while not lock.is_locked:
        try:
            lock.acquire()
        except Timeout:
            if not has_told:
                listener(Stage(QUEUE, "Waiting for another training to end"))
                has_told = True
            if folder.stop_file.exists():
                listener(Failure("Stopped before its turn.", GO_ON, STOPPED))
                raise Cancelled from None
            time.sleep(_POLL_S)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _stopping(folder: TrainingFolder) -> Iterator[None]:
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_POLL_S):
            # While the process still starts, a signal would end it without a word.
            if folder.stop_file.exists() and signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
                signal.raise_signal(signal.SIGTERM)
                return

    thread = threading.Thread(target=watch, name="stop-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()

"""The folder of a training that outlives the window that began it: what was asked for, what it tells, how to stop it.

::

    TRAINING/training.json     what was asked for
    TRAINING/events.jsonl      what the trainer tells, one JSON object per line
    TRAINING/trainer.log       what it and its libraries print
    TRAINING/stop              there while the trainer is to stop
    TRAINING/.alive            locked as long as a trainer works here
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ser_desktop.core.errors import SaveError, TrainingError

SCHEMA_VERSION = 1
QUEUE = "queue"
"""Stage of a training that waits for another one to end."""

_STOPPED_CODES = (3, 130)
_PROBED_S = 5.0
_TAIL_BYTES = 65_536


class TrainingKind(StrEnum):
    """What a training makes."""

    MODEL = "model"
    PAPER = "paper"


class TrainingState(StrEnum):
    """How a training stands, as its folder tells it."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Order:
    """What was asked for.

    Attributes
    ----------
    title : str
        For people, who may change it.
    kind : TrainingKind
    created : str
        Date and time, ISO 8601.
    arguments : tuple of str
        Of ``python -m trainer``; the same ones go on after an interruption.
    words : dict
        What people chose, in words, by heading.
    extract_s, train_s : float
        What listening and learning were expected to take, 0 where nobody knew.
    """

    title: str
    kind: TrainingKind
    created: str
    arguments: tuple[str, ...]
    words: dict[str, str] = field(default_factory=dict)
    extract_s: float = 0.0
    train_s: float = 0.0


class TrainingFolder:
    """Paths of a training, and how it stands.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events_file = path / "events.jsonl"
        self.log_file = path / "trainer.log"
        self.stop_file = path / "stop"

    @property
    def bundle(self) -> Path:
        """Folder of the trained bundle."""
        return self.path / "model"

    def run(self, kind: TrainingKind) -> Path:
        """Folder of the run: reports and every result."""
        return self.bundle / ".run" if kind is TrainingKind.MODEL else self.path / "run"

    # ---- what was asked for

    def read(self) -> Order:
        """Read what was asked for.

        Raises
        ------
        TrainingError
            If that is damaged or was written by a later version of the program.
        """
        file = self.path / "training.json"
        try:
            value = json.loads(file.read_text(encoding="utf-8"))
            version = value.pop("schema_version")
            if version != SCHEMA_VERSION:
                raise TrainingError(
                    f"«{file}» has format {version!r}; this program reads format {SCHEMA_VERSION}.",
                    "Use the version of the program that wrote it.",
                )
            if not isinstance(value["arguments"], list):
                raise TypeError("arguments are no list")  # noqa: TRY301 (said below)
            kind, arguments = TrainingKind(value["kind"]), tuple(str(word) for word in value["arguments"])
            words = {str(heading): str(text) for heading, text in value["words"].items()}
            expected = float(value.get("extract_s", 0.0)), float(value.get("train_s", 0.0))
            return Order(str(value["title"]), kind, str(value["created"]), arguments, words, *expected)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TrainingError(
                f"«{file}» is damaged ({type(error).__name__}: {error}).", "Delete this training, or open its folder."
            ) from error

    def write(self, order: Order) -> None:
        """Write what is asked for; the folder appears with it.

        Raises
        ------
        SaveError
        """
        text = json.dumps({"schema_version": SCHEMA_VERSION, **asdict(order)}, indent=1, ensure_ascii=False)
        scratch = self.path / ".training.json"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            scratch.write_text(text + "\n", encoding="utf-8")
            scratch.replace(self.path / "training.json")
        except OSError as error:
            raise SaveError(f"«{self.path}» cannot be written ({error}).", "Free some space.") from error

    def rename(self, title: str) -> None:
        """Give the training another name.

        Raises
        ------
        TrainingError, SaveError
        """
        self.write(replace(self.read(), title=title))

    # ---- how it stands

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Show that a trainer works here as long as this lasts, however it ends.

        Raises
        ------
        TrainingError
            If another one does so already.
        SaveError
            If the folder cannot be written.
        """
        lock = FileLock(self.path / ".alive", timeout=_PROBED_S)
        try:
            lock.acquire()
        except Timeout:
            raise TrainingError(f"A trainer works in «{self.path}» already.", "Wait for it to end.") from None
        except OSError as error:
            raise SaveError(f"«{self.path}» cannot be written ({error}).", "Name another folder.") from error
        try:
            yield
        finally:
            lock.release()

    def is_alive(self) -> bool:
        """Whether a trainer works here now."""
        if not self.path.is_dir():
            # The lock would make it anew.
            return False
        lock = FileLock(self.path / ".alive", timeout=0)
        try:
            with lock:
                return False
        except Timeout:
            return True
        except OSError:
            # A folder that cannot be written has no trainer.
            return False

    def state(self) -> TrainingState:
        """How the training stands."""
        last = self._last_events()
        if self.is_alive():
            stages = [event["stage"] for event in last if event.get("event") == "stage"]
            return TrainingState.QUEUED if stages[-1:] == [QUEUE] else TrainingState.RUNNING
        end = last[-1] if last else {}
        if end.get("event") == "done":
            return TrainingState.DONE
        if end.get("event") != "error":
            return TrainingState.INTERRUPTED
        return TrainingState.STOPPED if end.get("code") in _STOPPED_CODES else TrainingState.FAILED

    def begin(self) -> None:
        """Note that a trainer is being started: what was told before is no longer how it stands.

        Raises
        ------
        SaveError
        """
        try:
            self.stop_file.unlink(missing_ok=True)
            with self.events_file.open("ab") as file:
                file.write(b'\n{"event": "begin"}\n')
        except OSError as error:
            raise SaveError(f"«{self.events_file}» cannot be written ({error}).", "Free some space.") from error

    def ask_to_stop(self) -> None:
        """Let the trainer stop after its current step.

        Raises
        ------
        SaveError
        """
        try:
            self.stop_file.touch()
        except OSError as error:
            raise SaveError(
                f"The trainer in «{self.path}» cannot be told to stop ({error}).", "Free some space."
            ) from error

    def _last_events(self) -> list[dict[str, Any]]:
        """Return the latest events; one that is being written, or was never finished, is left out."""
        try:
            with self.events_file.open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - _TAIL_BYTES))
                lines = file.read().splitlines()
        except OSError:
            return []
        return [event for event in map(parse_event, lines) if event is not None]


class EventReader:
    """Reads a training's events as they come.

    Parameters
    ----------
    folder : TrainingFolder
    """

    def __init__(self, folder: TrainingFolder) -> None:
        self._file = folder.events_file
        self._position = 0
        self._rest = b""

    def read(self) -> list[dict[str, Any]]:
        """Return the events since the last call."""
        try:
            with self._file.open("rb") as file:
                file.seek(self._position)
                new = file.read()
        except OSError:
            return []
        self._position += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        return [event for event in map(parse_event, lines) if event is not None]


def parse_event(line: bytes) -> dict[str, Any] | None:
    """Return a line of events as an object, None where it is damaged."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None

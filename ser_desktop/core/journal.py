"""What comes back of a recording that was not saved: answers, gaps and words, in a file until it is saved."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from ser_desktop.core.errors import SessionFileError
from ser_desktop.core.markers import Marker
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.session import Gap, Session
from ser_desktop.core.session_file import (
    gap_as_json,
    head_as_json,
    marker_as_json,
    session_from,
    window_as_json,
)

_FORMAT = "ser-desktop journal"
_VERSION = 1


@dataclass(frozen=True)
class Interrupted:
    """A recording that ended without being saved, be it for a crash. Use it in one thread.

    Attributes
    ----------
    path : Path
    session : Session
        What was answered and written until then.
    lock : FileLock
        While it is held, no other window offers the recording.
    """

    path: Path
    session: Session
    lock: FileLock

    def write(self, markers: list[Marker], note: str) -> None:
        """Append the words there are now; those before no longer count.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        words = _line({"markers": [marker_as_json(marker) for marker in markers]}) + _line({"note": note})
        # One that never reached the disk has no head, and cannot begin here.
        with self.path.open("r+b") as file:
            file.seek(0, os.SEEK_END)
            # What a crash cut off is not continued.
            file.write(f"\n{words}".encode())
            file.flush()
            os.fsync(file.fileno())

    def release(self) -> None:
        """Let the next start offer it."""
        self.lock.release()

    def discard(self) -> None:
        """Remove it from the disk: it was saved, or nobody wants it."""
        self.path.unlink(missing_ok=True)
        self.lock.release()
        Path(_lock_of(self.path)).unlink(missing_ok=True)


class Journal:
    """Lines of JSON: a head, then answers, gaps, markers and note as they come. Use it in one thread.

    A lock beside the file tells other windows that its program lives; the system lifts it when the
    program dies.

    Parameters
    ----------
    folder : Path
    session : Session
        Its head is written with the first answer.
    """

    def __init__(self, folder: Path, session: Session) -> None:
        started_at = session.started_at or datetime.now().astimezone()
        self.path = folder / f"{started_at:%Y%m%d-%H%M%S-%f}-{os.getpid()}.journal"
        self._head = {"format": _FORMAT, "version": _VERSION, **head_as_json(session)}
        self._lines: list[str] = []
        self._length_s = 0.0
        self._markers: list[Marker] = []
        self._note = ""
        self._file: IO[bytes] | None = None
        self._lock = FileLock(_lock_of(self.path))

    def add_answer(self, prediction: Prediction) -> None:
        """Remember an answer until `flush`."""
        self._length_s = prediction.end_s
        self._add({"window": window_as_json(prediction)})

    def add_gap(self, gap: Gap) -> None:
        """Remember a gap."""
        self._add({"gap": gap_as_json(gap)})

    def set_markers(self, markers: list[Marker]) -> None:
        """Remember all markers; what was said about them before no longer counts."""
        self._markers = markers
        self._add({"markers": [marker_as_json(marker) for marker in markers]})

    def set_note(self, note: str) -> None:
        """Remember what was written about the whole recording."""
        if note != self._note:
            self._note = note
            self._add({"note": note})

    def flush(self) -> None:
        """Write what was remembered, and let it reach the disk.

        Raises
        ------
        OSError
            It stays remembered.
        """
        if not self._lines:
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
            self._file = self.path.open("ab")
            self._lines.insert(0, _line(self._head))
        self._file.write("".join(self._lines).encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._lines.clear()

    @property
    def length_s(self) -> float:
        """Until the end of the last answer; 0 while there is none."""
        return self._length_s

    @property
    def has_words(self) -> bool:
        """Whether somebody has marked or written something."""
        return bool(self._markers or self._note)

    def leave(self, session: Session) -> Interrupted:
        """Let the file lie, still locked: the recording ended without being saved."""
        with contextlib.suppress(OSError, Timeout):
            self.flush()
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
        return Interrupted(self.path, session, self._lock)

    def remove(self) -> None:
        """Take the file away: the recording was closed or saved."""
        self._lines.clear()
        if self._file is None:
            return
        # A full disk refuses what is left to write, which nobody needs any more.
        with contextlib.suppress(OSError):
            self._file.close()
        self._file = None
        self.path.unlink(missing_ok=True)
        self._lock.release()
        Path(_lock_of(self.path)).unlink(missing_ok=True)

    def _add(self, value: dict[str, Any]) -> None:
        self._lines.append(_line(value))


def find_interrupted(folder: Path) -> list[Interrupted]:
    """Read the recordings in a folder that no window holds, and hold them; the newest first.

    Those without a single answer are removed; one that cannot be read at all is left where it is.
    """
    found = []
    for path in sorted(folder.glob("*.journal"), reverse=True):
        lock = FileLock(_lock_of(path))
        with contextlib.suppress(Timeout, OSError, SessionFileError):
            lock.acquire(timeout=0)
            interrupted = Interrupted(path, read_journal(path), lock)
            if interrupted.session.history:
                found.append(interrupted)
                continue
            interrupted.discard()
        lock.release()
    return found


def read_journal(path: Path) -> Session:
    """Return what a journal holds, none of it stored in a session file; lines that were cut are left out.

    Raises
    ------
    SessionFileError
        If not even its head can be read.
    """
    values: list[dict[str, Any]] = []
    for line in path.read_bytes().splitlines():
        # The last line may have been cut; so may others, if the disk was full for a while.
        with contextlib.suppress(ValueError):
            value = json.loads(line)
            if isinstance(value, dict):
                values.append(value)
    if not values or values[0].get("format") != _FORMAT or values[0].get("version") != _VERSION:
        raise SessionFileError(f"«{path}» is no journal of this version.")
    head, *rest = values
    head["gaps"] = [*head.get("gaps", ()), *(value["gap"] for value in rest if "gap" in value)]
    head["markers"] = next(
        (value["markers"] for value in reversed(rest) if "markers" in value), head.get("markers", [])
    )
    head["note"] = next((value["note"] for value in reversed(rest) if "note" in value), head.get("note", ""))
    # What could not be written at first was written again.
    try:
        windows = {float(value["window"]["end_s"]): value["window"] for value in rest if "window" in value}
    except (KeyError, TypeError, ValueError) as error:
        raise SessionFileError(f"«{path}» is damaged ({error}).") from error
    session = session_from(head, [windows[end_s] for end_s in sorted(windows)], path.name)
    session.stored = ((), "")
    return session


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _lock_of(path: Path) -> str:
    return f"{path}.lock"

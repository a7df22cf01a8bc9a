"""One request for the rest of a file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_desktop import __version__
from ser_desktop.core.errors import DownloadError, first_line

if TYPE_CHECKING:
    from io import BufferedWriter

_TIMEOUT_S = 10.0
_BEYOND_END = 416
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})

Check = Callable[[], None]
"""Raises `Cancelled` when the work is to stop."""


@dataclass(frozen=True)
class RemoteFile:
    """A file somewhere else.

    Attributes
    ----------
    url : str
    name : str
        What it is called here.
    digest : str
        ``sha256:…`` or ``md5:…`` in hexadecimal digits.
    n_bytes : int or None
    """

    url: str
    name: str
    digest: str
    n_bytes: int | None = None


@dataclass(frozen=True)
class Progress:
    """How far a download is.

    Attributes
    ----------
    name : str
        Of the file.
    n_done : int
    n_total : int or None
    bytes_per_s : float
        Over the last seconds; 0 while nothing comes.
    waiting : str
        Why nothing comes, empty while something does.
    """

    name: str
    n_done: int
    n_total: int | None
    bytes_per_s: float = 0.0
    waiting: str = ""

    @property
    def left_s(self) -> float | None:
        """Seconds that it will take at this speed, None where nobody can tell."""
        if self.n_total is None or self.bytes_per_s <= 0:
            return None
        return (self.n_total - self.n_done) / self.bytes_per_s


Listener = Callable[[Progress], None]


class Interrupted(Exception):  # noqa: N818 (not an error yet: there may be another try)
    """A request did not bring all that is missing.

    Parameters
    ----------
    why : str
        For people.
    is_final : bool
        Another try would end the same way.
    wait_s : float or None
        How long the server asks to wait.
    fix : str
    """

    def __init__(self, why: str, *, is_final: bool = False, wait_s: float | None = None, fix: str = "") -> None:
        super().__init__(why)
        self.is_final = is_final
        self.wait_s = wait_s
        self.fix = fix


def ask(file: RemoteFile, part: Path, listener: Listener, check: Check) -> None:
    """Make one request for the rest of a file and append what comes.

    Parameters
    ----------
    file : RemoteFile
    part : Path
        What has arrived before.
    listener, check : callable

    Raises
    ------
    Interrupted
        If not everything came.
    OSError
        If it cannot be written.
    """
    n_before = size_of(part)
    with _stream(file.url, n_before) as response:
        if response.status_code == _BEYOND_END:
            # What has arrived is longer than the file: it is something else.
            part.unlink(missing_ok=True)
            raise Interrupted("what has arrived does not fit the file on the server")
        n_total = _judge(response, n_before, file)
        with part.open("ab" if response.status_code == 206 else "wb") as out:
            pace = _Pace(file.name, n_before if response.status_code == 206 else 0, n_total, listener)
            _write(response, out, pace, check)
        if n_total is not None and pace.n_done < n_total:
            raise Interrupted("the server ended the connection early")


def ask_json(url: str) -> Any:
    """Return what a server says in JSON.

    Raises
    ------
    DownloadError
    """
    fix = "Check the network connection and try again."
    try:
        with _stream(url, 0) as response, _network():
            if response.status_code != 200:
                raise DownloadError(f"«{url}» could not be read (answer {response.status_code}).", fix)
            return json.loads(response.read())
    except (Interrupted, ValueError) as error:
        raise DownloadError(f"«{url}» could not be read: {first_line(error)}.", fix) from error


def _write(response: Any, out: BufferedWriter, pace: _Pace, check: Check) -> None:
    try:
        for chunk in _chunks(response):
            check()
            out.write(chunk)
            pace.add(len(chunk))
    finally:
        out.flush()
        os.fsync(out.fileno())


def _chunks(response: Any) -> Iterator[bytes]:
    """Yield what comes; a failure of the network is an interruption, one of the disk is not."""
    with _network():
        yield from response.iter_raw()


@contextmanager
def _network() -> Iterator[None]:
    from huggingface_hub.errors import HTTPError, OfflineModeIsEnabled

    try:
        yield
    except OfflineModeIsEnabled as error:
        fix = "Unset HF_HUB_OFFLINE, or import the files from a folder."
        raise Interrupted("HF_HUB_OFFLINE forbids to use the network", is_final=True, fix=fix) from error
    except HTTPError as error:
        raise Interrupted(first_line(error)) from error


@contextmanager
def _stream(url: str, n_before: int) -> Iterator[Any]:
    """Open a request; proxies and the system's certificates apply as to everything of the hub's library."""
    from huggingface_hub.utils import get_session

    # Not the library's own headers: they carry a token and what else runs here, and ask the server what to tell.
    headers = {"User-Agent": f"ser-desktop/{__version__}", "Accept-Encoding": "identity"}
    if n_before:
        headers["Range"] = f"bytes={n_before}-"
    with _network():
        context = get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT_S, follow_redirects=True)
        response = context.__enter__()
    try:
        yield response
    finally:
        context.__exit__(None, None, None)


def _judge(response: Any, n_before: int, file: RemoteFile) -> int | None:
    """Return the size of the whole file, as the answer tells it."""
    status = int(response.status_code)
    if status == 206:
        start, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        if start.partition("-")[0] != str(n_before):
            raise Interrupted("the server sent another part than was asked for", is_final=True)
        return int(total) if total.isdigit() else file.n_bytes
    if status == 200:
        length = response.headers.get("Content-Length", "")
        return int(length) if length.isdigit() else file.n_bytes
    if status in _BUSY:
        after = response.headers.get("Retry-After", "")
        raise Interrupted(f"the server is busy (answer {status})", wait_s=float(after) if after.isdigit() else None)
    reasons = {401: "the server wants a password", 403: "the server refuses", 404: "it is no longer there"}
    fix = "It may have moved: update the program, or import the files from a folder."
    raise Interrupted(f"{reasons.get(status, 'the server answers')} (answer {status})", is_final=True, fix=fix)


class _Pace:
    """Counts bytes and tells how fast they come, a few times a second."""

    _TOLD_EVERY_S, _WINDOW_S = 0.2, 4.0

    def __init__(self, name: str, n_done: int, n_total: int | None, listener: Listener) -> None:
        self.n_done = n_done
        self._name, self._n_total, self._listener = name, n_total, listener
        self._marks = [(time.monotonic(), n_done)]
        self._told_s = 0.0

    def add(self, n: int) -> None:
        self.n_done += n
        now = time.monotonic()
        if now - self._told_s < self._TOLD_EVERY_S and self.n_done != self._n_total:
            return
        self._told_s = now
        self._marks = [m for m in self._marks if now - m[0] < self._WINDOW_S] or self._marks[-1:]
        self._marks.append((now, self.n_done))
        first_s, n_first = self._marks[0]
        speed = (self.n_done - n_first) / (now - first_s) if now > first_s else 0.0
        self._listener(Progress(self._name, self.n_done, self._n_total, speed))


def size_of(path: Path) -> int:
    """Bytes of a file, 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0

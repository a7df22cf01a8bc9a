"""Files from the network: resumed where they broke off, checked against a pinned checksum, whole or not there."""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from ser_desktop.core.errors import DownloadError, SaveError
from ser_desktop.core.transfer import Check, Interrupted, Listener, Progress, RemoteFile, ask, size_of

_SPARE_BYTES = 50_000_000
_PATIENCE = 5
_LONGEST_WAIT_S = 60.0
_log = logging.getLogger(__name__)


def fetch(file: RemoteFile, folder: Path, listener: Listener = lambda _p: None, check: Check = lambda: None) -> Path:
    """Download a file into a folder, where it appears under its name when it is whole and what was published.

    What has arrived stays beside it for the next try. Several processes may fetch the same file: one works, the
    others wait for it.

    Parameters
    ----------
    file : RemoteFile
    folder : Path
    listener : callable
        Hears of progress a few times a second.
    check : callable

    Returns
    -------
    path : Path

    Raises
    ------
    DownloadError
        If the server refuses, the network stays away or something else arrives than was published.
    SaveError
        If the disk is full or the folder cannot be written.
    Cancelled
    """
    from filelock import FileLock, Timeout

    target, part = folder / file.name, folder / f"{file.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f".{file.name}.lock")
        while True:
            check()
            try:
                with lock.acquire(timeout=0.2):
                    if not target.is_file() or not is_as_published(target, file.digest, check):
                        _fill(file, part, listener, check)
                        _finish(file, part, target, check)
                    return target
            except Timeout:
                listener(Progress(file.name, 0, file.n_bytes, waiting="another process is fetching it"))
    except OSError as error:
        raise SaveError(
            f"«{file.name}» could not be written to «{folder}» ({error.strerror or error}).",
            "Free some space or allow writing there, and try again: what has arrived is kept.",
        ) from error


def is_as_published(path: Path, digest: str, check: Check = lambda: None) -> bool:
    """Whether a file has a checksum."""
    kind, _, wanted = digest.partition(":")
    found = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as content:
        while chunk := content.read(1 << 22):
            check()
            found.update(chunk)
    return found.hexdigest() == wanted


def _finish(file: RemoteFile, part: Path, target: Path, check: Check) -> None:
    if not is_as_published(part, file.digest, check):
        part.unlink()
        raise DownloadError(
            f"What arrived as «{file.name}» is not what was published: its checksum differs. It was removed.",
            "Try again; if it happens again, something between here and the server changes files.",
        )
    part.replace(target)


def _fill(file: RemoteFile, part: Path, listener: Listener, check: Check) -> None:
    """Ask for what is missing until nothing is; every answer that brings something renews the patience."""
    if file.n_bytes is not None and size_of(part) > file.n_bytes:
        part.unlink()
    failures = 0
    while file.n_bytes is None or size_of(part) < file.n_bytes:
        before = size_of(part)
        require_space(file.name, (file.n_bytes or 0) - before, part.parent)
        try:
            ask(file, part, listener, check)
        except Interrupted as trouble:
            failures = 0 if size_of(part) > before else failures + 1
            if failures >= _PATIENCE or trouble.is_final:
                raise _given_up(file, part, trouble) from trouble
            _log.info("download of %s interrupted: %s", file.name, trouble)
            wait_s = min(2.0 ** (failures - 1), 15.0) if trouble.wait_s is None else trouble.wait_s
            standing = Progress(file.name, size_of(part), file.n_bytes, waiting=str(trouble))
            _sleep(min(wait_s, _LONGEST_WAIT_S), check, lambda: listener(standing))  # noqa: B023 (called at once)
        else:
            return


def _given_up(file: RemoteFile, part: Path, trouble: Interrupted) -> DownloadError:
    n_done = size_of(part)
    kept = f" {n_done / 1e6:.0f} MB have arrived and are kept: the next try goes on from there." if n_done else ""
    fix = trouble.fix or "Check the network connection and try again."
    return DownloadError(f"«{file.name}» could not be downloaded: {trouble}.{kept}", fix)


def _sleep(seconds: float, check: Check, tell: Callable[[], None]) -> None:
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        check()
        tell()
        time.sleep(min(0.2, left_s))


def require_space(what: str, n_bytes: int, folder: Path) -> None:
    """Refuse to begin what would fill the disk.

    Raises
    ------
    SaveError
    """
    n_wanted, n_free = n_bytes + _SPARE_BYTES, shutil.disk_usage(folder).free
    if n_free < n_wanted:
        raise SaveError(
            f"«{what}» needs {n_wanted / 1e6:.0f} MB, but «{folder}» has only {n_free / 1e6:.0f} MB free.",
            "Free some space and try again.",
        )

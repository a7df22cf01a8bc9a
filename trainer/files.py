"""Files that are whole or not there, and what an ended process may have left of the others."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DAY_S = 86_400.0


@contextmanager
def whole_file(path: Path, *, survives_power_cut: bool = True) -> Iterator[Path]:
    """Yield a name to write to; the file appears under its own when that has succeeded.

    Parameters
    ----------
    path : Path
    survives_power_cut : bool
        Wait until the disk has it. Many files that can be made again, and tell when they are damaged, need not.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written; nothing half is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".unfinished-{uuid.uuid4().hex}")
    try:
        yield scratch
        if survives_power_cut:
            # The new name must not stand for an empty file then.
            with scratch.open("rb+") as file:
                os.fsync(file.fileno())
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def sweep(folder: Path, *, older_than_s: float = _DAY_S) -> None:
    """Remove what processes that were killed have left unfinished in a folder."""
    for path in folder.glob(".unfinished-*"):
        try:
            if time.time() - path.stat().st_mtime >= older_than_s:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError:
            continue

"""Disks that run full."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def cramped_disk() -> Iterator[None]:
    """Let the system end every file after two kilobytes, as a disk does that runs full.

    Around one call alone: the limit holds for the process, and what it prints may go into a file, too.
    """
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

"""How many threads PyTorch uses for one computation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def threads_each(n: int) -> Iterator[None]:
    """Let PyTorch use so many threads, in this thread and in those that begin meanwhile."""
    n_before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(n_before)

"""Ctrl-C during work that is stopped between two steps, so that nothing is left half written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ser_desktop.core.errors import Cancelled


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Give a function that raises `Cancelled` once Ctrl-C was pressed; a second Ctrl-C ends the program as usual."""
    is_asked = False
    before = signal.getsignal(signal.SIGINT)

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_asked
        is_asked = True
        signal.signal(signal.SIGINT, before)

    def check() -> None:
        if is_asked:
            raise Cancelled

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    signal.signal(signal.SIGINT, ask)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)

"""Single pieces of work for the disk, each in a thread of its own that ends with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal

from ser_desktop.gui.workers import Worker

_under_way: set[Errand] = set()


class Errand(Worker):
    """Something that may take seconds; begun with `begin`, it is kept until it has ended.

    Parameters
    ----------
    work : callable
        Called in the thread. What it raises is told as `failed` or `crashed`.

    Signals
    -------
    done(object)
        What the work returned.
    """

    done = Signal(object)

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__("errand")
        self._orders.put(lambda: self.done.emit(work()))
        self._orders.put(None)
        self.finished.connect(self._forget)

    def begin(self) -> None:
        """Begin; connect the signals to methods of objects before, which may be gone when it ends."""
        _under_way.add(self)
        self.start()

    def _forget(self) -> None:
        _under_way.discard(self)
        self.wait()


def wait_for_all(timeout_ms: int = 20_000) -> bool:
    """Let everything that is under way come to its end; True once it has."""
    ended = [errand.wait(timeout_ms) for errand in _under_way]
    return all(ended)

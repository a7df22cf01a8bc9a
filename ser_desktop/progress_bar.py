"""How far a download is, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ser_desktop.core.transfer import Listener


class ProgressBar:
    """A progress line on a terminal; elsewhere a line now and then would only be in the way."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bars.add_task("", total=None)

    @property
    def told(self) -> Listener:
        """What hears of progress."""
        return lambda p: self._bars.update(
            self._task, description=p.waiting or p.name, completed=p.n_done or None, total=p.n_total
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

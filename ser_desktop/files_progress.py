"""How far the analysis of sound files is, on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ser_desktop.core.file_search import FoundFile, look_at


class FilesProgress:
    """A line below the answers with the file at hand, the share of all sound, and the time left.

    Where the errors do not go to a terminal it does nothing.

    Parameters
    ----------
    files : sequence of FoundFile
    check : callable
        Called while the lengths are looked up; what it raises goes through.
    """

    def __init__(self, files: Sequence[FoundFile], check: Callable[[], None]) -> None:
        console = Console(stderr=True)
        self._n_files = len(files)
        self._lengths: dict[Path, float] = {}
        if console.is_terminal:
            for file in files:
                check()
                self._lengths[file.path] = look_at(file).duration_s
        # Answers that go into a file or a pipe must not be led to the terminal.
        self._bars = Progress(
            TextColumn("{task.fields[count]}  {task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=sys.stdout.isatty(),
        )
        total = sum(self._lengths.get(file.path, 0.0) for file in files)
        self._task = self._bars.add_task("", total=total or None, count="")
        self._n_begun = 0
        self._before_s = 0.0

    @contextmanager
    def of(self, path: Path) -> Iterator[Callable[[float], None]]:
        """Give the function that hears which share of a file is done."""
        self._n_begun += 1
        length_s = self._lengths.get(path, 0.0)
        self._bars.update(self._task, description=escape(path.name), count=f"{self._n_begun} of {self._n_files}")
        yield lambda share: self._bars.update(self._task, completed=self._before_s + share * length_s)
        self._before_s += length_s

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

"""The thread in which speech encoders and corpora come and go, so that no window waits for disk or network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QFile, Signal

from ser_desktop.core import install
from ser_desktop.core.catalogue import known_encoder
from ser_desktop.core.datasets import Dataset, download_dataset
from ser_desktop.core.errors import Cancelled, UserFacingError
from ser_desktop.core.import_encoder import import_encoder
from ser_desktop.core.transfer import Progress
from ser_desktop.gui import messages
from ser_desktop.gui.workers import Worker

_TOLD_EVERY_S = 0.25


class InstallWorker(Worker):
    """Carries out one order after the other; the one at hand can be cancelled.

    Signals
    -------
    listed(list)
        `EncoderStatus` of every known encoder; after every order.
    began(str)
        Work on the encoder (or file) of that name.
    progressed(Progress)
        A few times a second.
    ended(str, str)
        Name, and what came of it in words; nothing to say is empty.
    """

    listed = Signal(object)
    began = Signal(str)
    progressed = Signal(object)
    ended = Signal(str, str)

    def __init__(self) -> None:
        super().__init__("install")
        self._cancelled = threading.Event()
        self._told_s = 0.0

    def look(self) -> None:
        """Order: list what is there."""
        self._orders.put(self._list)

    def get(self, name: str) -> None:
        """Order: download an encoder."""
        self._order(name, lambda: self._get(name))

    def get_dataset(self, dataset: Dataset) -> None:
        """Order: download a corpus, whose licence has been accepted."""
        self._order(dataset.name, lambda: self._get_dataset(dataset))

    def bring_in(self, path: Path) -> None:
        """Order: import an encoder from a folder or zip file."""
        self._order(path.name, lambda: self._import(path))

    def verify(self, name: str) -> None:
        """Order: compare an encoder's files with what was installed."""
        self._order(name, lambda: self._verify(name))

    def remove(self, name: str) -> None:
        """Order: move an encoder to the trash."""
        self._order(name, lambda: self._remove(name))

    def cancel(self) -> None:
        """Stop the work at hand and forget what was ordered; what has arrived stays."""
        self._cancelled.set()

    def shut_down(self, timeout_ms: int = 15_000) -> bool:
        """End the thread; work at hand is cancelled. A server that says nothing is waited for at most ten seconds."""
        if not self.isRunning():
            return True
        self.cancel()
        return super().shut_down(timeout_ms)

    def _order(self, name: str, work: Callable[[], str]) -> None:
        self._cancelled.clear()
        self._orders.put(lambda: self._carry_out(name, work))

    def _carry_out(self, name: str, work: Callable[[], str]) -> None:
        self.began.emit(name)
        said = ""
        try:
            self._check()
            said = work()
        except Cancelled:
            said = messages.INSTALL_STOPPED
        except UserFacingError as error:
            self.failed.emit(error)
        finally:
            self.ended.emit(name, said)
            self._list()

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    def _tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told_s >= _TOLD_EVERY_S:
            self._told_s = now
            self.progressed.emit(progress)

    def _list(self) -> None:
        from ser_desktop.core import library

        self.listed.emit(library.encoder_statuses())

    def _get(self, name: str) -> str:
        install.download(known_encoder(name), self._tell, self._check)
        return messages.installed(name)

    def _get_dataset(self, dataset: Dataset) -> str:
        download_dataset(dataset, self._tell, self._check)
        return messages.downloaded(dataset.title)

    def _import(self, path: Path) -> str:
        return messages.installed(import_encoder(path, self._tell, self._check).name)

    def _verify(self, name: str) -> str:
        problems = install.verify(known_encoder(name), self._check)
        return messages.verified(name, problems)

    def _remove(self, name: str) -> str:
        folder = known_encoder(name).folder
        if folder.exists() and QFile.moveToTrash(str(folder)):
            return messages.TRASHED.format(name)
        install.remove(known_encoder(name))
        return messages.REMOVED.format(name)

"""The thread in which recordings become voices, and voices come and go, so that no window waits."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from ser_desktop.core.errors import Cancelled, UserFacingError
from ser_desktop.core.voices import Voice, delete_voice, list_voices, load_voice, save_voice
from ser_desktop.gui.workers import Worker

if TYPE_CHECKING:
    from ser_desktop.core.audio import FloatArray

_TOLD_EVERY_S = 0.1


class VoiceWorker(Worker):
    """Carries out one order after the other; a measurement can be cancelled.

    Signals
    -------
    listed(list)
        `VoiceInfo` of every voice, the name alone of damaged ones; after every order.
    progressed(int, int)
        Done and total of a measurement.
    kept(str)
        The voice of that name was measured and saved.
    stopped()
        A measurement was cancelled.
    unkept(UserFacingError)
        A voice could not be made or saved.
    deleted(str, bool)
        Name, and whether it can be restored.
    """

    listed = Signal(object)
    progressed = Signal(int, int)
    kept = Signal(str)
    stopped = Signal()
    unkept = Signal(object)
    deleted = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__("voices")
        self._cancelled = threading.Event()
        self._deleted: Voice | None = None
        self._told_s = 0.0

    def look(self) -> None:
        """Order: list what is there."""
        self._orders.put(self._list)

    def keep(self, name: str, samples: FloatArray, device: str, backend: str) -> None:
        """Order: measure a recording of (n_samples,) float32 at 16 kHz and save the voice; the sound is dropped."""
        self._cancelled.clear()
        self._orders.put(lambda: self._keep(name, samples, device, backend))

    def cancel(self) -> None:
        """Stop the measurement at hand; nothing is kept."""
        self._cancelled.set()

    def delete(self, name: str) -> None:
        """Order: delete a voice."""
        self._orders.put(lambda: self._delete(name))

    def restore(self) -> None:
        """Order: bring the voice back that was deleted last."""
        self._orders.put(self._restore)

    def shut_down(self, timeout_ms: int = 15_000) -> bool:
        """End the thread; a measurement at hand is cancelled."""
        if not self.isRunning():
            return True
        self.cancel()
        return super().shut_down(timeout_ms)

    def _list(self) -> None:
        self.listed.emit(list_voices())

    def _keep(self, name: str, samples: FloatArray, device: str, backend: str) -> None:
        from ser_desktop.core.voice_measurement import installed_extractors, measure_voice

        try:
            voice = measure_voice(name, samples, installed_extractors(device, backend), self._tell)
            save_voice(voice)
            self._list()
            self.kept.emit(voice.name)
        except Cancelled:
            self.stopped.emit()
        except UserFacingError as error:
            self.unkept.emit(error)

    def _tell(self, done: int, total: int) -> None:
        if self._cancelled.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - self._told_s >= _TOLD_EVERY_S or done == total:
            self._told_s = now
            self.progressed.emit(done, total)

    def _delete(self, name: str) -> None:
        try:
            self._deleted = load_voice(name)
        except UserFacingError:
            # What is damaged is not worth bringing back.
            self._deleted = None
        delete_voice(name)
        self.deleted.emit(name, self._deleted is not None)
        self._list()

    def _restore(self) -> None:
        if self._deleted is not None:
            save_voice(self._deleted)
            self._deleted = None
        self._list()

"""The microphone or file that is listened to: ordered from the sound card's thread, awaited, lost and found."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ser_desktop.audio_source import AudioSource
from ser_desktop.core.errors import UserFacingError
from ser_desktop.gui.workers import CaptureWorker
from ser_desktop.microphone import InputDevice


class Inputs(QObject):
    """What can be listened to, and what is.

    The sound card's thread answers later; what it says about any but the latest order is ignored.

    Parameters
    ----------
    capture : CaptureWorker or None

    Signals
    -------
    devices_changed()
        `devices` or `name` changed.
    source_changed()
        `source` was opened, lost or closed.
    listed()
        It was looked which `devices` there are.
    picked(InputDevice)
        The microphone that somebody picked is open.
    opened(AudioSource)
    unopened()
        What was to be opened is not.
    refused(UserFacingError)
        Why it is not, after `unopened`.
    lost(str)
        Name of a microphone that went away; it is awaited, and `opened` tells when it is back.
    ended()
        A file came to its end.
    crashed(object)
        An exception nobody expected, after `unopened`.

    Attributes
    ----------
    source : AudioSource or None
        What is open.
    devices : tuple of InputDevice
    is_opening : bool
        Something is about to be open.
    """

    devices_changed = Signal()
    source_changed = Signal()
    listed = Signal()
    picked = Signal(object)
    opened = Signal(object)
    unopened = Signal()
    refused = Signal(object)
    lost = Signal(str)
    ended = Signal()
    crashed = Signal(object)

    def __init__(self, capture: CaptureWorker | None = None) -> None:
        super().__init__()
        self.source: AudioSource | None = None
        self.devices: tuple[InputDevice, ...] = ()
        self.is_opening = False
        self._picked: InputDevice | None = None
        self._order = 0
        self._capture = capture or CaptureWorker()
        self._capture.listed.connect(self._listed)
        self._capture.opened.connect(self._opened)
        self._capture.unopened.connect(self._unopened)
        self._capture.refused.connect(self._refused)
        self._capture.lost.connect(self._lost)
        self._capture.ended.connect(self._ended)
        self._capture.crashed.connect(self._crashed)

    @property
    def name(self) -> str:
        """Name of what is open or was picked, "" for neither."""
        if self.source is not None:
            return self.source.name
        return self._picked.name if self._picked is not None else ""

    @property
    def has_none(self) -> bool:
        """Whether there is nothing to listen to: no microphone is known, and nothing is open."""
        return self.source is None and not self.devices

    def start(self) -> None:
        """Begin the thread; it waits for orders."""
        self._capture.start()

    def shut_down(self) -> bool:
        """Let go of what is open; True when the thread is gone."""
        return self._capture.shut_down()

    def rescan(self, wanted: str) -> None:
        """Look for microphones again, then open the wanted one (the default if empty)."""
        self._opening(self._capture.rescan(wanted))

    def open_device(self, device: InputDevice) -> None:
        """Open a microphone that somebody picked."""
        self._opening(self._capture.open_device(device))
        self._picked = device

    def open_file(self, path: Path, name: str) -> None:
        """Take a sound file as virtual input."""
        self._opening(self._capture.open_file(path, name))

    def stop_waiting(self) -> None:
        """Await a lost microphone no more."""
        self._order = self._capture.close_source()

    def _opening(self, order: int) -> None:
        """Let go of the source: the sound card's thread closes it and opens another."""
        self._order = order
        self._picked = None
        self.is_opening = True
        self.source = None
        self.source_changed.emit()

    def _listed(self, devices: tuple[InputDevice, ...]) -> None:
        self.devices = devices
        self.devices_changed.emit()
        self.listed.emit()

    def _opened(self, order: int, source: AudioSource) -> None:
        if order != self._order:
            return
        self.source = source
        self.is_opening = False
        picked, self._picked = self._picked, None
        if picked is not None and picked.name == source.name:
            self.picked.emit(picked)
        self.source_changed.emit()
        self.devices_changed.emit()
        self.opened.emit(source)

    def _unopened(self, order: int) -> None:
        if order != self._order:
            return
        self.is_opening = False
        self._picked = None
        self.source = None
        self.unopened.emit()
        self.source_changed.emit()
        self.devices_changed.emit()

    def _refused(self, order: int, error: UserFacingError) -> None:
        if order == self._order:
            self._unopened(order)
            self.refused.emit(error)

    def _lost(self, order: int, name: str) -> None:
        if order == self._order:
            self.source = None
            self.source_changed.emit()
            self.lost.emit(name)

    def _ended(self, order: int) -> None:
        if order == self._order:
            self.ended.emit()

    def _crashed(self, error: BaseException) -> None:
        self._unopened(self._order)
        self.crashed.emit(error)

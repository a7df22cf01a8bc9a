"""The only maker of threads: `Worker`, from which all others are made, and the two that every recording needs.

One listens to the sound card, one runs the model. All are told what to do through queues and answer with signals
that carry frozen values.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QThread, Signal

from ser_desktop import microphone
from ser_desktop.audio_source import AudioSource, FileSource
from ser_desktop.core.errors import MicrophoneError, UserFacingError
from ser_desktop.core.model_info import ModelInfo, describe
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.preload import collector_at_rest, map_libraries
from ser_desktop.core.ring import RingBuffer
from ser_desktop.core.stream import Judge, LiveStream
from ser_desktop.core.voices import Voice, load_voice
from ser_desktop.microphone import InputDevice, Microphone

_log = logging.getLogger(__name__)

_TICK_S = 0.02
_RETRY_S = 0.7

Opener = Callable[[Path, str, str], Judge]
"""From a bundle's folder and the settings of device and backend to an analyser."""


@dataclass(frozen=True)
class Segment:
    """A stretch of live sound without interruption.

    Attributes
    ----------
    ring : RingBuffer
    rate_hz : float
    origin : int
        Sample of the ring at which it begins.
    start_s : float
        Its position in the recording.
    latency_s : float
        How old sound is when it enters the ring.
    number : int
        Tells answers about this segment from those about others.
    """

    ring: RingBuffer
    rate_hz: float
    origin: int
    start_s: float
    latency_s: float
    number: int


def open_model(folder: Path, device: str, backend: str) -> Judge:
    """Load the libraries and a bundle (seconds; in the inference thread)."""
    with collector_at_rest():
        from ser_desktop.core.analysis import open_analyser

        return open_analyser(folder, device, backend)


class Worker(QThread):
    """A thread that carries out orders one by one and does a little work in between.

    Signals
    -------
    failed(UserFacingError)
        An order could not be carried out.
    crashed(object)
        An exception that nobody expected; the thread goes on.
    """

    failed = Signal(object)
    crashed = Signal(object)
    tick_s = _TICK_S

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._orders: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def shut_down(self, timeout_ms: int = 10_000) -> bool:
        """End the thread after the orders it has; True once it is gone."""
        self._orders.put(None)
        return self.wait(timeout_ms)

    def run(self) -> None:
        """Carry out orders until told to stop (Qt calls this in the new thread)."""
        while True:
            try:
                order = self._orders.get(timeout=self.tick_s if self._is_busy() else None)
            except queue.Empty:
                order = self._work
            if order is None:
                break
            try:
                order()
            except UserFacingError as error:
                self.failed.emit(error)
            except Exception as error:
                _log.exception("unexpected error in %s", self.objectName())
                self.crashed.emit(error)
        self._end()

    def _is_busy(self) -> bool:
        return False

    def _work(self) -> None:
        """Do what is due; called between orders while busy."""

    def _end(self) -> None:
        """Release what is held."""


class InferenceWorker(Worker):
    """Loads the model and answers about the latest window.

    Signals
    -------
    mapped()
        The system's loader is free again for other libraries.
    loaded(ModelInfo)
    predicted(int, Prediction)
        An answer about the segment with that number.
    drained(int)
        That segment ended and its last words were analysed.
    details_changed(ModelInfo)
        Another calibrated voice, or none, is used with the model, or it is computed elsewhere or in another way.
    voice_failed(UserFacingError)
        The chosen voice cannot be used; none is.
    """

    mapped = Signal()
    loaded = Signal(object)
    predicted = Signal(int, object)
    drained = Signal(int)
    details_changed = Signal(object)
    voice_failed = Signal(object)

    def __init__(self, opener: Opener = open_model) -> None:
        super().__init__("inference")
        self._opener = opener
        self._judge: Judge | None = None
        self._told: ModelInfo | None = None
        self._voice: Voice | None = None
        self._stream: LiveStream | None = None
        self._segment_number = 0
        self._n_skipped = 0
        self._n_skipped_before = 0

    def load(self, folder: Path, device: str, backend: str) -> None:
        """Order: load a bundle."""
        self._orders.put(lambda: self._load(folder, device, backend))

    def use_voice(self, name: str) -> None:
        """Order: use a calibrated voice with this model and those that are loaded later; "" is none."""
        self._orders.put(lambda: self._use_voice(name))

    def begin(self, segment: Segment, hop_s: float) -> None:
        """Order: analyse a segment from now on."""
        self._orders.put(lambda: self._begin(segment, hop_s))

    def finish(self) -> None:
        """Order: analyse the last words and stop."""
        self._orders.put(self._finish)

    def _is_busy(self) -> bool:
        return self._stream is not None

    def _load(self, folder: Path, device: str, backend: str) -> None:
        map_libraries()
        self.mapped.emit()
        judge = self._opener(folder, device, backend)
        if self._voice is not None:
            judge.use_voice(self._voice)  # type: ignore[attr-defined]
        self._judge = judge
        self._told = describe(judge)  # type: ignore[arg-type]
        self.loaded.emit(self._told)

    def _use_voice(self, name: str) -> None:
        before, self._voice = self._voice, None
        try:
            self._voice = load_voice(name) if name else None
        except UserFacingError as error:
            self.voice_failed.emit(error)
        if self._judge is not None and (before is not None or self._voice is not None):
            self._judge.use_voice(self._voice)  # type: ignore[attr-defined]
            self._tell_details()

    def _begin(self, segment: Segment, hop_s: float) -> None:
        if self._judge is None:
            return
        if segment.start_s == 0:
            self._n_skipped = 0
        self._n_skipped_before = self._n_skipped
        self._segment_number = segment.number
        self._stream = LiveStream(
            self._judge,
            segment.ring,
            segment.rate_hz,
            hop_s,
            origin=segment.origin,
            start_s=segment.start_s,
            input_latency_s=segment.latency_s,
        )

    def _work(self) -> None:
        if self._stream is None:
            return
        try:
            prediction = self._stream.poll()
        except Exception:
            # What failed once would fail every second: the segment ends here, and the loop reports it.
            self._stream = None
            raise
        if prediction is not None:
            self._tell(prediction)

    def _tell(self, prediction: Prediction) -> None:
        """Count what was skipped since the recording began, not since its last interruption."""
        self._n_skipped = self._n_skipped_before + prediction.n_skipped
        self.predicted.emit(self._segment_number, replace(prediction, n_skipped=self._n_skipped))
        # A backend that fails gives way to another while it answers.
        self._tell_details()

    def _tell_details(self) -> None:
        model = describe(self._judge)  # type: ignore[arg-type]
        if model != self._told:
            self._told = model
            self.details_changed.emit(model)

    def _finish(self) -> None:
        stream, self._stream = self._stream, None
        try:
            prediction = stream.finish() if stream is not None else None
            if prediction is not None:
                self._tell(prediction)
        finally:
            self.drained.emit(self._segment_number)


class CaptureWorker(Worker):
    """Owns the open source: opens it, watches it, and waits for it when it is lost.

    Every order has a number, which its signals carry, so that the answer to an old order is not
    taken for that to a new one.

    Signals
    -------
    listed(tuple of InputDevice)
    opened(int, AudioSource)
    unopened(int)
        The wanted microphone, or any, is not there.
    refused(int, UserFacingError)
        The source cannot be opened; a microphone that was open before is opened again.
    lost(int, str)
        Name of a microphone that went away; it is awaited, and `opened` tells when it is back.
    ended(int)
        A file source came to its end.
    """

    listed = Signal(object)
    opened = Signal(int, object)
    unopened = Signal(int)
    refused = Signal(int, object)
    lost = Signal(int, str)
    ended = Signal(int)

    def __init__(self) -> None:
        super().__init__("capture")
        self._n_orders = 0
        self._number = 0
        self._source: AudioSource | None = None
        self._device: InputDevice | None = None
        self._awaited: str | None = None
        self._retry_at = 0.0

    def rescan(self, wanted: str) -> int:
        """Order: look for microphones again, then open the wanted one (the default if empty)."""
        return self._order(lambda: self._rescan(wanted))

    def open_device(self, device: InputDevice) -> int:
        """Order: open a microphone."""
        return self._order(lambda: self._switch_to(device))

    def open_file(self, path: Path, name: str) -> int:
        """Order: take a file as virtual input."""
        return self._order(lambda: self._open_file(path, name))

    def close_source(self) -> int:
        """Order: release whatever is open and stop waiting."""
        return self._order(self._close)

    def _order(self, action: Callable[[], None]) -> int:
        self._n_orders += 1
        number = self._n_orders
        self._orders.put(lambda: self._carry_out(number, action))
        return number

    def _carry_out(self, number: int, action: Callable[[], None]) -> None:
        self._number = number
        try:
            action()
        except UserFacingError as error:
            self.refused.emit(number, error)

    def _is_busy(self) -> bool:
        return self._source is not None or self._awaited is not None

    def _rescan(self, wanted: str) -> None:
        self._close()
        devices = microphone.list_devices(refresh=True)
        self.listed.emit(devices)
        chosen = next((d for d in devices if d.name == wanted), None)
        if chosen is None and not wanted:
            chosen = next(iter(devices), None)
        if chosen is not None:
            self._open_device(chosen)
        else:
            self._awaited = wanted or None
            self.unopened.emit(self._number)

    def _switch_to(self, device: InputDevice) -> None:
        before = self._device
        try:
            self._open_device(device)
        except MicrophoneError as error:
            self.refused.emit(self._number, error)
            if before is not None and before != device:
                self._open_device(before)

    def _open_device(self, device: InputDevice) -> None:
        self._close()
        self._source = Microphone(device)
        self._device = device
        self.opened.emit(self._number, self._source)

    def _open_file(self, path: Path, name: str) -> None:
        # A file that cannot be read must not cost the microphone that is open.
        source = FileSource(path, name)
        self._close()
        self._source = source
        self.opened.emit(self._number, source)

    def _work(self) -> None:
        if self._source is not None:
            if not self._source.service():
                self._source_is_gone(self._source)
        elif self._awaited is not None and time.monotonic() >= self._retry_at:
            self._retry_at = time.monotonic() + _RETRY_S
            self._look_for(self._awaited)

    def _source_is_gone(self, source: AudioSource) -> None:
        source.close()
        self._source = self._device = None
        if isinstance(source, FileSource):
            self.ended.emit(self._number)
        else:
            self._awaited = source.name
            self.lost.emit(self._number, source.name)

    def _look_for(self, name: str) -> None:
        """Open the awaited microphone if it is back; never another one."""
        try:
            devices = microphone.list_devices(refresh=True)
            device = next((d for d in devices if d.name == name), None)
            if device is None:
                return
            self._open_device(device)
            self.listed.emit(devices)
        except MicrophoneError:
            # It may be listed a moment before it can be opened.
            self._awaited = name

    def _close(self) -> None:
        self._awaited = self._device = None
        if self._source is not None:
            self._source.close()
            self._source = None

    def _end(self) -> None:
        self._close()

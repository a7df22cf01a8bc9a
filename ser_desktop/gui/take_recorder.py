"""One take from the microphone that the main window has open."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from ser_desktop.audio_source import AudioSource
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.levels import InputLight, input_light, level_db
from ser_desktop.core.takes import as_take

MAX_S = 8.0

_TICK_MS = 33
_LEVEL_S = 0.1
_LIGHT_S = 3.0


class TakeRecorder(QObject):
    """Collects what a source hears between start and stop.

    Parameters
    ----------
    parent : QObject or None
    max_s : float
        A take ends by itself after so long.

    Signals
    -------
    heard(float)
        Level in dB, some thirty times a second.
    grew(ndarray)
        What came to a take that is being recorded: (n_samples,) float32 at the source's own rate.
    ended(ndarray)
        The take, (n_samples,) float32 at 16 kHz.
    """

    heard = Signal(float)
    grew = Signal(object)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None, max_s: float = MAX_S) -> None:
        super().__init__(parent)
        self._max_s = max_s
        self._source: AudioSource | None = None
        self._blocks: list[FloatArray] | None = None
        self._cursor = self._n_samples = 0
        self._timer = QTimer(self, interval=_TICK_MS, timeout=self._tick)

    @property
    def is_running(self) -> bool:
        """Whether a take is being recorded."""
        return self._blocks is not None

    def look(self) -> None:
        """Tell levels from now on."""
        self._timer.start()

    def look_away(self) -> None:
        """Tell nothing any more; a take that is being recorded is dropped."""
        self._timer.stop()
        self._blocks = None

    def listen_to(self, source: AudioSource | None) -> None:
        """Listen to another source, or to none; a take of the one before ends."""
        if source is not self._source and self.is_running:
            self.stop()
        self._source = source

    def start(self, source: AudioSource) -> None:
        """Begin a take."""
        self._source = source
        self._blocks, self._n_samples = [], 0
        self._cursor = source.ring.n_written

    def stop(self) -> None:
        """End the take."""
        if self._source is None or self._blocks is None:
            return
        self._collect(self._source, self._blocks)
        blocks, self._blocks = self._blocks, None
        self.ended.emit(as_take(blocks, self._source.rate_hz))

    @staticmethod
    def light(source: AudioSource) -> InputLight:
        """Judge the last seconds of a source."""
        return input_light(source.ring.latest(round(_LIGHT_S * source.rate_hz)), heard_speech=True)

    def _tick(self) -> None:
        source = self._source
        if source is None:
            return
        self.heard.emit(level_db(source.ring.latest(round(_LEVEL_S * source.rate_hz))))
        if self._blocks is not None:
            self._collect(source, self._blocks)
            if self._n_samples >= self._max_s * source.rate_hz:
                self.stop()

    def _collect(self, source: AudioSource, blocks: list[FloatArray]) -> None:
        read = source.ring.read_since(self._cursor)
        self._cursor = read.cursor
        room = round(self._max_s * source.rate_hz) - self._n_samples
        blocks.append(read.samples[: max(0, room)])
        self._n_samples += len(blocks[-1])
        self.grew.emit(blocks[-1])

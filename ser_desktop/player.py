"""The loudspeaker: samples that are played once."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from ser_desktop import microphone
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, convert
from ser_desktop.core.errors import PlaybackError

if TYPE_CHECKING:
    import numpy as np


class Player:
    """Plays samples once through the system's loudspeaker; its callback only copies.

    Parameters
    ----------
    samples : (n_samples,) float32
        At `SAMPLE_RATE_HZ`.

    Raises
    ------
    PlaybackError
        If there is no loudspeaker, or it cannot be opened.
    """

    def __init__(self, samples: FloatArray) -> None:
        sounddevice = microphone.load_sounddevice()
        self._release = contextlib.ExitStack()
        microphone.players.acquire()
        self._release.callback(microphone.players.release)
        try:
            device = _loudspeaker(sounddevice)
            self._rate_hz = float(device["default_samplerate"])
            self._samples = convert(samples, SAMPLE_RATE_HZ, self._rate_hz)
            self._n_given = 0
            self._stream = sounddevice.OutputStream(
                device=device["index"],
                channels=1,
                samplerate=self._rate_hz,
                dtype="float32",
                latency="high",
                callback=self._give,
            )
            self._release.callback(self._silence)
            self._stream.start()
            self._latency_s = float(self._stream.latency)
        except (sounddevice.PortAudioError, ValueError) as error:
            self.close()
            raise PlaybackError(
                f"The sound cannot be played ({microphone.reason(error)}).",
                "Check that a loudspeaker or headphones are connected and chosen in the system's sound settings.",
            ) from error

    def position_s(self) -> float:
        """How much of it has been heard."""
        return min(len(self._samples) / self._rate_hz, max(0.0, self._n_given / self._rate_hz - self._latency_s))

    def is_done(self) -> bool:
        """Whether all of it has been heard, or its device went away."""
        n_needed = len(self._samples) + self._latency_s * self._rate_hz
        return self._n_given >= n_needed or not self._stream.active

    def close(self) -> None:
        """Be silent at once and release the device; a second time does nothing."""
        self._release.close()

    def _silence(self) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _give(self, block: np.ndarray[Any, np.dtype[np.float32]], n: int, _time: object, _status: Any) -> None:
        part = self._samples[self._n_given : self._n_given + n]
        block[: len(part), 0] = part
        block[len(part) :, 0] = 0
        self._n_given += n


def _loudspeaker(sounddevice: Any) -> dict[str, Any]:
    """Return the sound server's, where there is one; PortAudio's default otherwise."""
    outputs = [dict(d) for d in sounddevice.query_devices() if d["max_output_channels"] > 0]
    default = sounddevice.default.device[1]
    found = next((d for d in outputs if d["name"] == "pulse"), None)
    found = found or next((d for d in outputs if d["index"] == default), None) or next(iter(outputs), None)
    if found is None:
        raise ValueError("no loudspeaker was found")
    return found

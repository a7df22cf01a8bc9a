"""Microphones; the only file that imports sounddevice.

On Linux the sound server's own microphones are listed (PulseAudio, or PipeWire in its name), because
PortAudio sees only "pulse" there, behind which the server may swap one microphone for another.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ser_desktop import sound_server
from ser_desktop.audio_source import BLOCK_S, RING_S
from ser_desktop.core.errors import MicrophoneError
from ser_desktop.core.ring import RingBuffer

if TYPE_CHECKING:
    import numpy as np
    import sounddevice as sd

STALL_S = 1.0
"""A microphone that delivers nothing for this long is lost, unless the sound server vouches for it."""

PATIENCE_S = 4.0
"""How long a microphone may take to begin, or to go on when the sound server still lists it.

Virtual devices with large buffers are silent for two seconds after they are opened.
"""

players = threading.Semaphore(1)
"""Held by whoever plays, or makes PortAudio start anew, which would tear a player's stream away."""

_SERVER_CHECK_S = 0.5
_INSTALL_PORTAUDIO = "On Debian or Ubuntu: sudo apt install libportaudio2 libasound2-plugins"


@dataclass(frozen=True)
class InputDevice:
    """A microphone that can be opened.

    Attributes
    ----------
    name : str
        What people see and what the settings remember.
    index : int
        PortAudio's number; it changes when devices come and go.
    rate_hz : float
        The device's own rate.
    server_source : str or None
        Name of the sound server's source behind PortAudio's "pulse" device.
    is_default : bool
    """

    name: str
    index: int
    rate_hz: float
    server_source: str | None = None
    is_default: bool = False


class Microphone:
    """A PortAudio stream at the device's own rate; its callback only copies.

    Parameters
    ----------
    device : InputDevice
    clock : callable
        Monotonic seconds.

    Raises
    ------
    MicrophoneError
        If the device cannot be opened.
    """

    def __init__(self, device: InputDevice, clock: Callable[[], float] = time.monotonic) -> None:
        sounddevice = load_sounddevice()
        self.name = device.name
        self.rate_hz = device.rate_hz
        self.ring = RingBuffer(round(RING_S * device.rate_hz))
        self.n_overflows = 0
        self._device = device
        self._clock = clock
        self._n_seen = 0
        self._seen_at = self._checked_at = clock()
        if device.server_source is not None:
            # The sound server's client library reads this when a stream is opened.
            os.environ["PULSE_SOURCE"] = device.server_source
        try:
            self._stream: sd.InputStream = sounddevice.InputStream(
                device=device.index,
                channels=1,
                samplerate=device.rate_hz,
                blocksize=round(BLOCK_S * device.rate_hz),
                dtype="float32",
                latency="high",
                callback=self._take,
            )
            self._stream.start()
            self.latency_s = float(self._stream.latency)
        except (sounddevice.PortAudioError, ValueError) as error:
            if hasattr(self, "_stream"):
                # It was opened and does not start: left open, it would keep others from the microphone.
                self.close()
            raise MicrophoneError(
                f"«{device.name}» cannot be opened ({reason(error)}).",
                "Close other programs that use it, check that recording is allowed in the system's privacy settings, "
                "or choose another microphone.",
            ) from error

    def service(self) -> bool:
        """See `AudioSource.service`: False when the stream stopped, stalled, or its device went away."""
        now = self._clock()
        if self.ring.n_written != self._n_seen:
            self._n_seen, self._seen_at = self.ring.n_written, now
        silent_s = now - self._seen_at
        if not self._stream.active or silent_s > PATIENCE_S:
            return False
        is_stalled = silent_s > STALL_S and self._n_seen > 0
        if self._device.server_source is None:
            return not is_stalled
        if now - self._checked_at < _SERVER_CHECK_S:
            return True
        # A sound server moves orphaned streams to another microphone without telling anyone.
        self._checked_at = now
        sources = sound_server.list_sources()
        if sources is None:
            return not is_stalled
        return any(s["name"] == self._device.server_source for s in sources)

    def close(self) -> None:
        """See `AudioSource.close`."""
        # abort, not stop: stop waits for buffers that a lost device never delivers.
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _take(self, block: np.ndarray[Any, np.dtype[np.float32]], _n: int, _time: object, status: Any) -> None:
        self.ring.write(block[:, 0])
        if status.input_overflow:
            self.n_overflows += 1


def list_devices(*, refresh: bool = False) -> tuple[InputDevice, ...]:
    """List microphones, the default one first.

    Parameters
    ----------
    refresh : bool
        Make PortAudio look again; only while no stream is open.

    Raises
    ------
    MicrophoneError
        If PortAudio is missing or does not work.
    """
    sounddevice = load_sounddevice()
    try:
        # While something is played, devices that came or went are seen at the next look.
        if refresh and players.acquire(blocking=False):
            try:
                # After a failed start there is nothing to end.
                with contextlib.suppress(sounddevice.PortAudioError):
                    sounddevice._terminate()
                sounddevice._initialize()
            finally:
                players.release()
        devices = [dict(d) for d in sounddevice.query_devices()]
    except sounddevice.PortAudioError as error:
        raise MicrophoneError(
            f"The sound system does not answer ({reason(error)}).", "Check the computer's sound settings, then Rescan."
        ) from error
    inputs = [d for d in devices if d["max_input_channels"] > 0]
    gateway = next((d for d in inputs if d["name"] == "pulse"), None)
    sources = sound_server.list_sources() if gateway else None
    if gateway and sources is not None:
        found = _server_devices(sources, sound_server.default_source(), int(gateway["index"]))
    else:
        default = sounddevice.default.device[0]
        found = [_portaudio_device(d, is_default=d["index"] == default) for d in inputs]
    return tuple(sorted(_distinct(found), key=lambda device: not device.is_default))


def _server_devices(sources: list[dict[str, Any]], default: str, gateway: int) -> list[InputDevice]:
    """Turn the server's sources into devices, all of them behind one of PortAudio's."""
    return [
        InputDevice(
            name=str(s.get("description") or s["name"]),
            index=gateway,
            rate_hz=sound_server.rate_hz(s),
            server_source=str(s["name"]),
            is_default=s["name"] == default,
        )
        for s in sound_server.worth_offering(sources)
    ]


def _portaudio_device(device: dict[str, Any], *, is_default: bool) -> InputDevice:
    return InputDevice(
        str(device["name"]), int(device["index"]), float(device["default_samplerate"]), is_default=is_default
    )


def _distinct(devices: list[InputDevice]) -> list[InputDevice]:
    """Give equal names, as of two headsets of one make, a number."""
    counts: dict[str, int] = {}
    distinct = []
    for device in devices:
        counts[device.name] = counts.get(device.name, 0) + 1
        n = counts[device.name]
        distinct.append(device if n == 1 else replace(device, name=f"{device.name} ({n})"))
    return distinct


def load_sounddevice() -> Any:
    """Import sounddevice, which starts PortAudio (a second or more on some machines)."""
    try:
        import sounddevice
    except OSError as error:
        raise MicrophoneError("The sound library PortAudio is not installed.", _INSTALL_PORTAUDIO) from error
    except Exception as error:
        # The class of PortAudio's error exists only once the import has worked.
        if type(error).__name__ != "PortAudioError":
            raise
        raise MicrophoneError(f"The sound system did not start ({error}).", "Restart the computer's sound.") from error
    return sounddevice


def reason(error: Exception) -> str:
    """Return what PortAudio says is wrong."""
    text = str(error.args[0]) if error.args else type(error).__name__
    return text.removeprefix("Error opening InputStream: ").removeprefix("Error opening OutputStream: ")

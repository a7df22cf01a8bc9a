"""Microphones and other sources of live sound; the only file that imports sounddevice.

On Linux the sound server's own microphones are listed (PulseAudio, or PipeWire in its name), because
PortAudio sees only "pulse" there, behind which the server may swap one microphone for another.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, convert, read_blocks
from ser_desktop.core.errors import MicrophoneError, PlaybackError
from ser_desktop.core.ring import RingBuffer

if TYPE_CHECKING:
    import numpy as np
    import sounddevice as sd

RING_S = 30.0
"""How much sound waits for a slow model before the oldest is lost."""

STALL_S = 1.0
"""A microphone that delivers nothing for this long is lost, unless the sound server vouches for it."""

PATIENCE_S = 4.0
"""How long a microphone may take to begin, or to go on when the sound server still lists it.

Virtual devices with large buffers are silent for two seconds after they are opened.
"""

_players = threading.Semaphore(1)
"""Held by whoever plays, or makes PortAudio start anew, which would tear a player's stream away."""

_BLOCK_S = 0.02
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


class AudioSource(Protocol):
    """Live sound, written into a ring buffer."""

    @property
    def name(self) -> str:
        """What people see."""

    @property
    def rate_hz(self) -> float:
        """Rate of the samples in the ring."""

    @property
    def ring(self) -> RingBuffer:
        """Where the samples go."""

    @property
    def latency_s(self) -> float:
        """How old sound is when it enters the ring."""

    @property
    def n_overflows(self) -> int:
        """How often sound was lost before it came here."""

    def service(self) -> bool:
        """Do what is due, a few dozen times a second; False once the source is lost or at its end."""

    def close(self) -> None:
        """Release the device; never raises."""


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
        sounddevice = _sounddevice()
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
                blocksize=round(_BLOCK_S * device.rate_hz),
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
                f"«{device.name}» cannot be opened ({_reason(error)}).",
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
        sources = _server_sources()
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


class FileSource:
    """A sound file played in real time as if it came from a microphone.

    Parameters
    ----------
    path : Path
    name : str
        What people see.
    clock : callable
        Monotonic seconds.

    Raises
    ------
    AudioFileError
        If the file cannot be read.
    """

    def __init__(self, path: Path, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.rate_hz = float(SAMPLE_RATE_HZ)
        self.ring = RingBuffer(round(RING_S * SAMPLE_RATE_HZ))
        self.latency_s = 0.0
        self.n_overflows = 0
        self._clock = clock
        self._blocks: Iterator[FloatArray] = read_blocks(path, block_s=_BLOCK_S)
        self._next: FloatArray | None = next(self._blocks, None)
        self._began_at = clock()

    def service(self) -> bool:
        """See `AudioSource.service`: writes what should have been heard by now, False at the end."""
        due = (self._clock() - self._began_at) * SAMPLE_RATE_HZ
        while self._next is not None and self.ring.n_written + len(self._next) <= due:
            self.ring.write(self._next)
            self._next = next(self._blocks, None)
        return self._next is not None

    def close(self) -> None:
        """See `AudioSource.close`."""
        self._blocks = iter(())
        self._next = None


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
        sounddevice = _sounddevice()
        self._release = contextlib.ExitStack()
        _players.acquire()
        self._release.callback(_players.release)
        try:
            device = _loudspeaker(sounddevice)
            self._rate_hz = float(device["default_samplerate"])
            self._samples = convert(samples, SAMPLE_RATE_HZ, self._rate_hz)
            self._n_given = 0
            self._stream: sd.OutputStream = sounddevice.OutputStream(
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
                f"The sound cannot be played ({_reason(error)}).",
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
    sounddevice = _sounddevice()
    try:
        # While something is played, devices that came or went are seen at the next look.
        if refresh and _players.acquire(blocking=False):
            try:
                # After a failed start there is nothing to end.
                with contextlib.suppress(sounddevice.PortAudioError):
                    sounddevice._terminate()
                sounddevice._initialize()
            finally:
                _players.release()
        devices = [dict(d) for d in sounddevice.query_devices()]
    except sounddevice.PortAudioError as error:
        raise MicrophoneError(
            f"The sound system does not answer ({_reason(error)}).", "Check the computer's sound settings, then Rescan."
        ) from error
    inputs = [d for d in devices if d["max_input_channels"] > 0]
    gateway = next((d for d in inputs if d["name"] == "pulse"), None)
    sources = _server_sources() if gateway else None
    if gateway and sources is not None:
        found = _server_devices(sources, _server_default(), int(gateway["index"]))
    else:
        default = sounddevice.default.device[0]
        found = [_portaudio_device(d, is_default=d["index"] == default) for d in inputs]
    return tuple(sorted(_distinct(found), key=lambda device: not device.is_default))


def _loudspeaker(sounddevice: Any) -> dict[str, Any]:
    """Return the sound server's, where there is one; PortAudio's default otherwise."""
    outputs = [dict(d) for d in sounddevice.query_devices() if d["max_output_channels"] > 0]
    default = sounddevice.default.device[1]
    found = next((d for d in outputs if d["name"] == "pulse"), None)
    found = found or next((d for d in outputs if d["index"] == default), None) or next(iter(outputs), None)
    if found is None:
        raise ValueError("no loudspeaker was found")
    return found


def _server_devices(sources: list[dict[str, Any]], default: str, gateway: int) -> list[InputDevice]:
    """Turn the server's sources into devices; monitors of loudspeakers only where nothing else is."""
    real = [s for s in sources if s.get("monitor_source", "") == "" and not _is_monitor(s)]
    chosen = real or sources
    return [
        InputDevice(
            name=str(s.get("description") or s["name"]),
            index=gateway,
            rate_hz=_server_rate(s),
            server_source=str(s["name"]),
            is_default=s["name"] == default,
        )
        for s in chosen
    ]


def _is_monitor(source: dict[str, Any]) -> bool:
    return str(source.get("properties", {}).get("device.class", "")) == "monitor"


def _server_rate(source: dict[str, Any]) -> float:
    # "s16le 2ch 48000Hz"
    digits = str(source.get("sample_specification", "")).rsplit(" ", 1)[-1].removesuffix("Hz")
    return float(digits) if digits.isdigit() else 48_000.0


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


def _server_sources() -> list[dict[str, Any]] | None:
    """List the sound server's sources, None when there is no server to ask."""
    text = _pactl("-f", "json", "list", "sources")
    if text is None:
        return None
    try:
        sources = json.loads(text)
    except ValueError:
        return None
    if not isinstance(sources, list):
        return None
    return [s for s in sources if isinstance(s, dict) and "name" in s]


def _server_default() -> str:
    return (_pactl("get-default-source") or "").strip()


def _pactl(*arguments: str) -> str | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        done = subprocess.run(
            ["pactl", *arguments],
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _sounddevice() -> Any:
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


def _reason(error: Exception) -> str:
    text = str(error.args[0]) if error.args else type(error).__name__
    return text.removeprefix("Error opening InputStream: ").removeprefix("Error opening OutputStream: ")

"""What live sound comes from, and a sound file that is played as if it were a microphone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, read_blocks
from ser_desktop.core.ring import RingBuffer

RING_S = 30.0
"""How much sound waits for a slow model before the oldest is lost."""

BLOCK_S = 0.02
"""How much sound comes at once."""


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
        self._blocks: Iterator[FloatArray] = read_blocks(path, block_s=BLOCK_S)
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

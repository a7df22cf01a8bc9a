"""The sound of a session: kept unreadable for others while it is open, stored only when somebody asks."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile as sf

from ser_desktop.core import paths
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, file_info, load
from ser_desktop.core.errors import AudioFileError, SaveError

LONGEST_S = 12 * 3600.0
"""So much sound is kept, 1.4 GB; what comes later can be recorded and judged, but not heard again."""

_SPARE_BYTES = 500_000_000
_BLOCK = 2 * SAMPLE_RATE_HZ
_FULL_SCALE = 32_767.0
_COPY_S = 30.0


class Sound(Protocol):
    """Sound that can be heard again."""

    @property
    def duration_s(self) -> float:
        """Where it ends, in seconds since the recording began."""

    def read(self, start_s: float, end_s: float) -> FloatArray:
        """Return a stretch, (n_samples,) float32 at 16 kHz; silence where there was none."""

    def hold(self) -> None:
        """Ask that it stays readable until `release`, even if it is given up meanwhile."""

    def release(self) -> None:
        """Need it no more."""


class SoundSpool:
    """Sound of a recording under way, in a temporary file that nobody else can read.

    The file lies in the cache folder, because the system's folder of temporary files is memory in many
    places. It has no name (on Windows it has one until it is closed) and goes with the program, however that
    ends. What is written is first combined with a key stream (SHAKE-256 of a random key and the block's
    number) whose key is only in memory: what may remain on the disk is noise. One writer, any number of readers.

    Parameters
    ----------
    longest_s : float
    spare_bytes : int
        The disk is left at least so much.
    """

    def __init__(self, longest_s: float = LONGEST_S, spare_bytes: int = _SPARE_BYTES) -> None:
        self._folder = paths.cache_folder()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(buffering=0, dir=self._folder)  # noqa: SIM115 - it lives with the session
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._longest = round(longest_s * SAMPLE_RATE_HZ)
        self._spare_bytes = spare_bytes
        self._n_samples = self._n_holders = 0
        self._is_given_up = False
        # Sample of the recording and of the file at which each stretch begins.
        self._stretches: list[tuple[int, int]] = []
        self.is_full = False

    @property
    def duration_s(self) -> float:
        """See `Sound`."""
        with self._lock:
            return self._end() / SAMPLE_RATE_HZ

    def begin(self, start_s: float) -> None:
        """Go on at that second of the recording: what is appended from now on was heard there."""
        with self._lock:
            self._stretches.append((round(start_s * SAMPLE_RATE_HZ), self._n_samples))

    def append(self, samples: FloatArray) -> None:
        """Keep samples at 16 kHz, until there is no room; `is_full` tells."""
        with self._lock:
            self.is_full = self.is_full or self._n_samples + len(samples) > self._longest or self._disk_is_full()
            if self.is_full or self._is_given_up or not self._stretches:
                return
            data = (np.clip(samples, -1, 1) * _FULL_SCALE).astype("<i2").tobytes()
            try:
                self._file.seek(2 * self._n_samples)
                n_written = self._file.write(self._veiled(data, 2 * self._n_samples))
            except OSError:
                n_written = 0
            # A full disk takes a part, or nothing.
            self._n_samples += n_written // 2
            self.is_full = n_written < len(data)

    def read(self, start_s: float, end_s: float) -> FloatArray:
        """See `Sound`.

        Raises
        ------
        AudioFileError
            If it was given up.
        """
        start, end = max(0, round(start_s * SAMPLE_RATE_HZ)), round(end_s * SAMPLE_RATE_HZ)
        found = np.zeros(max(0, end - start), np.float32)
        with self._lock:
            if self._file.closed:
                raise AudioFileError("The sound of this session is no longer kept.")
            limits = [*(first for _, first in self._stretches[1:]), self._n_samples]
            for (heard, first), limit in zip(self._stretches, limits, strict=True):
                a, b = max(start, heard), min(end, heard + limit - first)
                if a < b:
                    offset = 2 * (first + a - heard)
                    self._file.seek(offset)
                    data = self._veiled(self._file.read(2 * (b - a)), offset)
                    found[a - start : b - start] = np.frombuffer(data, "<i2") / np.float32(_FULL_SCALE)
        return found

    def hold(self) -> None:
        """See `Sound`."""
        with self._lock:
            self._n_holders += 1

    def release(self) -> None:
        """See `Sound`."""
        with self._lock:
            self._n_holders -= 1
            self._close_unless_held()

    def close(self) -> None:
        """Give the sound up; who holds it can read on."""
        with self._lock:
            self._is_given_up = True
            self._close_unless_held()

    def _close_unless_held(self) -> None:
        if self._is_given_up and self._n_holders == 0:
            self._file.close()

    def _end(self) -> int:
        if not self._stretches:
            return 0
        heard, first = self._stretches[-1]
        return heard + self._n_samples - first

    def _disk_is_full(self) -> bool:
        try:
            return shutil.disk_usage(self._folder).free < self._spare_bytes
        except OSError:
            # Somebody cleared the cache; the file itself lives on, and tells when it is full.
            return False

    def _veiled(self, data: bytes, offset: int) -> bytes:
        """Combine with the key stream; twice gives what was there."""
        first, last = offset // _BLOCK, (offset + len(data) - 1) // _BLOCK
        stream = b"".join(
            hashlib.shake_256(self._key + number.to_bytes(8, "big")).digest(_BLOCK) for number in range(first, last + 1)
        )
        cut = np.frombuffer(stream, np.uint8)[offset - first * _BLOCK :][: len(data)]
        return (np.frombuffer(data, np.uint8) ^ cut).tobytes()


class StoredSound:
    """Sound in a file beside a session that was opened.

    Parameters
    ----------
    path : Path

    Raises
    ------
    AudioFileError
        If it is missing or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.duration_s = file_info(path).duration_s

    def read(self, start_s: float, end_s: float) -> FloatArray:
        """See `Sound`.

        Raises
        ------
        AudioFileError
        """
        if start_s >= self.duration_s:
            raise AudioFileError(
                f"«{self.path.name}» ends at {self.duration_s:.0f} s, before this moment.",
                "The sound of the later part was not kept.",
            )
        return load(self.path, start_s, min(end_s, self.duration_s))

    def hold(self) -> None:
        """See `Sound`; a file stays by itself."""

    def release(self) -> None:
        """See `Sound`; a file stays by itself."""


def sound_beside(path: Path) -> Path:
    """Return the place of a session's sound."""
    return path.with_suffix(".flac")


def save_sound(sound: Sound, path: Path) -> None:
    """Write sound as FLAC, 16 bit at 16 kHz; an old file survives a failure.

    Raises
    ------
    SaveError
    AudioFileError
        If the sound comes from a file that cannot be read any more.
    """
    scratch = path.with_name(f".{path.name}-part")
    duration_s = sound.duration_s
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A voice is nobody else's business on this computer, as are the answers beside it.
        scratch.touch(mode=0o600)
        with sf.SoundFile(scratch, "w", SAMPLE_RATE_HZ, 1, "PCM_16", format="FLAC") as file:
            at_s = 0.0
            while at_s < duration_s:
                file.write(sound.read(at_s, min(duration_s, at_s + _COPY_S)))
                at_s += _COPY_S
        scratch.replace(path)
    except AudioFileError:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise
    except (OSError, sf.LibsndfileError) as error:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise SaveError(
            f"The sound could not be saved to «{path}» ({getattr(error, 'strerror', None) or error}).",
            "It is still here: choose another place or free some space, and save again.",
        ) from error

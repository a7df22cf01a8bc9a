"""Samples in and out of files: mono float32 at 16 kHz, whole or in blocks, with memory bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr

from ser_desktop.core.errors import AudioFileError
from ser_desktop.core.sound_formats import FORMATS_HINT, check_file, unreadable

FloatArray = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 16_000
"""Rate of everything behind the microphone: both feature branches see it, live and in training."""

FILE_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".opus", ".aiff", ".aif")
"""Endings offered in file dialogs; what can be read is decided by the content."""

_BLOCK_S = 1.0
_MIN_RATE_HZ = 1_000


@dataclass(frozen=True)
class FileInfo:
    """What a sound file says about itself.

    Attributes
    ----------
    rate_hz : int
        Sampling rate of the file.
    n_channels : int
        Channels, mixed to one when the file is read.
    duration_s : float
        Length in seconds.
    """

    rate_hz: int
    n_channels: int
    duration_s: float


class Resampler:
    """Streaming conversion from a source rate to `SAMPLE_RATE_HZ` (soxr, high quality).

    Parameters
    ----------
    rate_hz : float
        Rate of the samples that will be pushed.
    """

    def __init__(self, rate_hz: float) -> None:
        self._stream = (
            None if rate_hz == SAMPLE_RATE_HZ else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32")
        )

    def push(self, samples: FloatArray, *, last: bool = False) -> FloatArray:
        """Convert one block; ``last`` also returns what the filter still holds."""
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples, last=last), dtype=np.float32)


def resample(samples: FloatArray, rate_hz: float) -> FloatArray:
    """Convert whole mono samples from ``rate_hz`` to `SAMPLE_RATE_HZ`."""
    return Resampler(rate_hz).push(samples, last=True)


def convert(samples: FloatArray, from_hz: float, to_hz: float) -> FloatArray:
    """Convert whole mono samples from one rate to another."""
    if from_hz == to_hz:
        return samples
    return np.asarray(soxr.resample(samples, from_hz, to_hz), dtype=np.float32)


def file_info(path: Path) -> FileInfo:
    """Read the header of a sound file.

    Raises
    ------
    AudioFileError
        If the file is missing, no sound file, or empty.
    """
    with _opened(path) as file:
        return FileInfo(file.samplerate, file.channels, file.frames / file.samplerate)


def read_blocks(
    path: Path, block_s: float = _BLOCK_S, start_s: float = 0.0, end_s: float | None = None
) -> Iterator[FloatArray]:
    """Yield a file, or a stretch of it, as mono blocks at `SAMPLE_RATE_HZ`, holding one block at a time.

    Yields
    ------
    samples : (n_samples,) float32
        In [-1, 1] unless the file itself exceeds it; about ``block_s`` seconds each.

    Raises
    ------
    AudioFileError
        If the file cannot be read, is empty, or holds values that are not numbers.
    """
    with _opened(path) as file:
        resampler = Resampler(file.samplerate)
        n_block = max(1, int(block_s * file.samplerate))
        position = round(start_s * file.samplerate)
        end = file.frames if end_s is None else min(file.frames, round(end_s * file.samplerate))
        if position >= end:
            raise AudioFileError(
                f"«{path.name}» has no sound from {start_s:g} s on: it is {file.frames / file.samplerate:.2f} s long.",
                "Correct the start and the end of the stretch.",
            )
        # Seeking to the start again fails in a FLAC file that was cut short, which can yet be read in part.
        if position > 0:
            _seek(file, path, position)
        while True:
            block = _read(file, path, min(n_block, end - position))
            if not np.isfinite(block).all():
                at_s = (position + int(np.argmin(np.isfinite(block).all(axis=1)))) / file.samplerate
                raise AudioFileError(
                    f"«{path.name}» holds values that are not numbers (first at {at_s:.2f} s).",
                    "Export the recording again from the program that made it.",
                )
            position += len(block)
            mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
            is_last = len(block) < n_block or position == end
            samples = resampler.push(np.ascontiguousarray(mono), last=is_last)
            if len(samples):
                yield samples
            if is_last:
                return


def load(path: Path, start_s: float = 0.0, end_s: float | None = None) -> FloatArray:
    """Read a file, or a stretch of it, as mono samples at `SAMPLE_RATE_HZ`.

    Returns
    -------
    samples : (n_samples,) float32

    Raises
    ------
    AudioFileError
        As `read_blocks`.
    """
    return np.concatenate([np.zeros(0, np.float32), *read_blocks(path, start_s=start_s, end_s=end_s)])


def _opened(path: Path) -> sf.SoundFile:
    try:
        check_file(path)
        file = sf.SoundFile(path)
    except (sf.LibsndfileError, OSError) as error:
        raise unreadable(path, error) from error
    if file.frames == 0 or file.samplerate < _MIN_RATE_HZ:
        rate, frames = file.samplerate, file.frames
        file.close()
        raise AudioFileError(
            f"«{path.name}» holds no usable sound ({frames} samples at {rate} Hz).", "Record or copy it again."
        )
    return file


def _seek(file: sf.SoundFile, path: Path, position: int) -> None:
    try:
        file.seek(position)
    except sf.LibsndfileError as error:
        raise AudioFileError(f"«{path.name}» breaks off before {position} samples ({error}).", FORMATS_HINT) from error


def _read(file: sf.SoundFile, path: Path, n_block: int) -> npt.NDArray[np.float32]:
    try:
        return np.asarray(file.read(n_block, dtype="float32", always_2d=True), dtype=np.float32)
    except sf.LibsndfileError as error:
        raise AudioFileError(f"«{path.name}» breaks off while being read ({error}).", FORMATS_HINT) from error

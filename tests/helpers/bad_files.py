"""Files that cannot be analysed, one of each kind, planted in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile as sf

from tests.helpers.sounds import speech_like


def write_voice(path: Path, seconds: float = 3.0, seed: int = 0) -> Path:
    """A readable file; its ending decides the format."""
    sf.write(path, speech_like(seconds, seed=seed), 16_000)
    return path


def write_long(path: Path, minutes: int) -> Path:
    """A voice that repeats every minute."""
    minute = speech_like(60.0)
    with sf.SoundFile(path, "w", 16_000, 1) as sound:
        for _ in range(minutes):
            sound.write(minute)
    return path


def _text(path: Path) -> None:
    path.write_text("Dear diary, today I renamed a letter to .wav.\n" * 20)


def _empty(path: Path) -> None:
    path.touch()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _no_samples(path: Path) -> None:
    sf.write(path, np.zeros(0, np.float32), 16_000)


def _nan(path: Path) -> None:
    sound = speech_like(20.0)
    sound[-8000] = np.nan
    sf.write(path, sound, 16_000, subtype="FLOAT")


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 8)


def _aac(path: Path) -> None:
    path.write_bytes(b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00" + bytes(400))


def _cut(path: Path) -> None:
    write_voice(path.with_suffix(".flac"))
    content = path.with_suffix(".flac").read_bytes()
    path.with_suffix(".flac").unlink()
    path.write_bytes(content[:30])


BAD_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a letter.wav": (_text, "cannot be read as sound: it is text"),
    "empty.flac": (_empty, "is empty (0 bytes)"),
    "pipe.wav": (_pipe, "is a device or a pipe"),
    "no samples.wav": (_no_samples, "holds no usable sound"),
    "not numbers.wav": (_nan, "not numbers (first at 19.50 s)"),
    "binary.ogg": (_binary, "cannot be read as sound"),
    "böse Ansage.m4a": (_aac, "is an M4A/MP4 file (AAC), which cannot be read here. Convert it to WAV, FLAC or MP3"),
    "cut short.wav": (_cut, "cannot be read as sound"),
}
"""By file name: what makes it, and what must be said about it."""


def plant(folder: Path) -> dict[Path, str]:
    """Write one of each kind into an existing folder; returns what must be said about each."""
    planted = {}
    for name, (write, said) in BAD_FILES.items():
        write(folder / name)
        planted[folder / name] = said
    return planted

"""Stretches of sound without padding: recordings in random order, joined and cut every eight seconds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ser_desktop.core import audio
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.errors import CorpusError, SaveError
from ser_desktop.core.labels import RAVDESS_7
from trainer.files import whole_file
from trainer.pretrain.recordings import Recording

STRETCH_S = 8.0
N_SAMPLES = round(STRETCH_S * SAMPLE_RATE_HZ)
LEAD = 200
"""Samples that a stretch holds beyond its eight seconds: a teacher's frames lie that much later."""

UNLABELLED = -1
_MAX_PART_S = 8.0
_MIN_PART_S = 0.5
_SPEEDS = (0.88, 1.14)
_LEVEL_DB = 6.0
_FULL_SCALE = 32767.0


@dataclass(frozen=True)
class Part:
    """A recording's place in a stretch.

    Attributes
    ----------
    start, stop : int
        Samples.
    label : int
        Index in `RAVDESS_7`, or `UNLABELLED`.
    """

    start: int
    stop: int
    label: int


@dataclass(frozen=True)
class Stretches:
    """Stored stretches.

    Attributes
    ----------
    samples : (n, N_SAMPLES + LEAD) int16
        Mapped from the disk.
    parts : tuple of tuple of Part
        Of each stretch, in order.
    identity : str
        Digest of recordings, labels and the way they were joined.
    """

    samples: npt.NDArray[np.int16]
    parts: tuple[tuple[Part, ...], ...]
    identity: str

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def hours(self) -> float:
        """Sound in all of them."""
        return len(self) * STRETCH_S / 3600

    def as_float(self, i: int) -> FloatArray:
        """Return one stretch: (N_SAMPLES + LEAD,) float32."""
        return np.asarray(self.samples[i], dtype=np.float32) / np.float32(_FULL_SCALE)


def prepare_stretches(
    recordings: Sequence[Recording],
    folder: Path,
    *,
    n_passes: int,
    seed: int,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Stretches:
    """Join all recordings ``n_passes`` times, each time in another order; what is there is used again.

    In the first pass recordings sound as they are, in later ones faster or slower (and with that
    higher or lower) by up to an eighth. Each gets a level of its own, ± 6 dB.

    Raises
    ------
    AudioFileError, CorpusError, SaveError
    """
    identity = _identity(recordings, n_passes, seed)
    samples_file, parts_file = folder / f"stretches-{identity}.npy", folder / f"stretches-{identity}.json"
    if not parts_file.is_file():
        rng = np.random.default_rng(seed)
        n_all, stretches, parts = n_passes * len(recordings), [], []
        for samples, own in _cut(_in_passes(recordings, n_passes, rng, lambda done: progress(done, n_all))):
            stretches.append(np.round(samples * _FULL_SCALE).astype(np.int16))
            parts.append([(part.start, part.stop, part.label) for part in own])
        if not stretches:
            raise CorpusError(
                f"There are less than {STRETCH_S:.0f} seconds of sound to train on.",
                "Name more folders with audio files after --audio.",
            )
        try:
            with whole_file(samples_file) as scratch, scratch.open("wb") as file:
                np.save(file, np.stack(stretches))
            with whole_file(parts_file) as scratch:
                scratch.write_text(json.dumps(parts), encoding="utf-8")
        except OSError as error:
            raise SaveError(
                f"The training audio could not be written to «{folder}» ({error}).", "Free some space."
            ) from error
    parts = json.loads(parts_file.read_text(encoding="utf-8"))
    return Stretches(
        np.load(samples_file, mmap_mode="r"), tuple(tuple(Part(*part) for part in own) for own in parts), identity
    )


def _in_passes(
    recordings: Sequence[Recording], n_passes: int, rng: np.random.Generator, done: Callable[[int], None]
) -> Iterator[tuple[FloatArray, int]]:
    n_done = 0
    for number in range(n_passes):
        for i in rng.permutation(len(recordings)):
            speed = 1.0 if number == 0 else float(rng.uniform(*_SPEEDS))
            level = np.float32(10 ** (rng.uniform(-_LEVEL_DB, _LEVEL_DB) / 20))
            samples = audio.load(recordings[i].path)
            if speed != 1.0:
                samples = audio.resample(samples, SAMPLE_RATE_HZ * speed)
            longest = round(_MAX_PART_S * SAMPLE_RATE_HZ)
            start = int(rng.integers(0, max(1, len(samples) - longest + 1)))
            emotion = recordings[i].taught
            n_done += 1
            done(n_done)
            # A loud recording must not be clipped.
            peak = float(np.abs(samples).max(initial=0.0))
            level = min(level, np.float32(1 / peak)) if peak > 0 else level
            label = UNLABELLED if emotion is None else RAVDESS_7.index(emotion)
            yield samples[start : start + longest] * level, label


def _cut(sounds: Iterator[tuple[FloatArray, int]]) -> Iterator[tuple[FloatArray, list[Part]]]:
    """Lay sounds one behind the other and cut; what does not fill the last stretch is dropped."""
    n_whole, shortest = N_SAMPLES + LEAD, round(_MIN_PART_S * SAMPLE_RATE_HZ)
    waiting: list[FloatArray] = []
    parts: list[Part] = []
    n = 0
    for samples, label in sounds:
        rest = samples
        while len(rest):
            taken, rest = rest[: n_whole - n], rest[n_whole - n :]
            waiting.append(taken)
            parts.append(Part(n, n + len(taken), label))
            n += len(taken)
            if n == n_whole:
                yield np.concatenate(waiting), parts
                waiting, parts, n = [], [], 0
                # What is left of a long recording begins the next stretch; a snippet would not be heard.
                rest = rest if len(rest) >= shortest else rest[:0]


def _identity(recordings: Sequence[Recording], n_passes: int, seed: int) -> str:
    digest = hashlib.sha256(repr((1, n_passes, seed, _SPEEDS, _LEVEL_DB, _MAX_PART_S)).encode())
    for recording in recordings:
        digest.update(f"{file_sha256(recording.path)} {recording.taught}\n".encode())
    return digest.hexdigest()[:12]

"""One utterance's features as a file: NumPy's format in half precision, closed by a checksum.

NumPy reads and maps such a file as any other; the twelve bytes behind the array are ours.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import torch

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.errors import CorpusError, SaveError
from trainer.corpora.utterance import Utterance
from trainer.files import whole_file

_MAGIC = b"SERCRC32"
_CHUNK = 1 << 20


def save_features(path: Path, features: FloatArray) -> None:
    """Write features (n_layers, n_frames, n_features); the file appears only when it is complete.

    They are stored in float16, or in float32 where float16 cannot hold them. Nothing waits for the disk: what
    a power cut damages, `is_intact` tells.

    Raises
    ------
    SaveError
        If the disk is full or the folder cannot be written.
    """
    # PyTorch uses the processor's own instruction, NumPy takes eight times as long.
    half = torch.from_numpy(np.ascontiguousarray(features)).half().numpy()
    stored = half if np.isfinite(half).all() else features
    try:
        with whole_file(path, survives_power_cut=False) as scratch, scratch.open("wb") as file:
            summed = _Summed(file)
            np.save(summed, stored, allow_pickle=False)
            file.write(_MAGIC + summed.checksum.to_bytes(4, "little"))
    except PermissionError as error:
        # Windows does not replace a file that another run has mapped; then it is there already.
        if not is_intact(path):
            raise _not_written(path, error) from error
    except OSError as error:
        raise _not_written(path, error) from error


def save_utterance(path: Path, features: FloatArray, utterance: Utterance) -> None:
    """Write the features of an utterance as `save_features` does.

    Raises
    ------
    CorpusError
        If they are not numbers.
    SaveError
    """
    if features.shape[1] == 0 or not np.isfinite(features).all():
        raise CorpusError(
            f"The features of «{utterance.identity}» are not numbers; the recording is probably damaged or too short.",
            "Listen to it, and remove it from the corpus.",
        )
    save_features(path, features)


def _not_written(path: Path, error: OSError) -> SaveError:
    return SaveError(
        f"Features could not be written to «{path.parent}» ({error.strerror or error}).",
        "Free some space or name another folder with --cache; what was extracted so far is kept.",
    )


def map_features(path: Path) -> npt.NDArray[np.float16]:
    """Map stored features (n_layers, n_frames, n_features) without reading them."""
    # Copy on write: PyTorch warns of arrays it must not write to.
    return np.load(path, mmap_mode="c", allow_pickle=False)  # type: ignore[no-any-return]


def is_intact(path: Path) -> bool:
    """Whether the file is whole and unaltered; the whole of it is read."""
    try:
        with path.open("rb") as file:
            file.seek(-len(_MAGIC) - 4, 2)
            end = file.read()
        size = path.stat().st_size - len(end)
        return end.startswith(_MAGIC) and int.from_bytes(end[-4:], "little") == _checksum(path, size)
    except OSError:
        return False


class _Summed:
    """Adds up what is written to a file."""

    def __init__(self, file: BinaryIO) -> None:
        self.checksum = 0
        self._file = file

    def write(self, part: bytes) -> int:
        self.checksum = zlib.crc32(part, self.checksum)
        return self._file.write(part)


def _checksum(path: Path, n_bytes: int) -> int:
    value, left = 0, n_bytes
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            value = zlib.crc32(chunk, value)
            left -= len(chunk)
    return value

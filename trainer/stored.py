"""One utterance's features as a file: NumPy's format in half precision, closed by a checksum.

NumPy reads and maps such a file as any other; the twelve bytes behind the array are ours.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.errors import SaveError
from trainer.files import whole_file

_MAGIC = b"SERCRC32"
_CHUNK = 1 << 20


def save_features(path: Path, features: FloatArray) -> None:
    """Write features (n_layers, n_frames, n_features); the file appears only when it is complete.

    They are stored in float16, or in float32 where float16 cannot hold them.

    Raises
    ------
    SaveError
        If the disk is full or the folder cannot be written.
    """
    with np.errstate(over="ignore"):
        half = features.astype(np.float16)
    stored = half if np.isfinite(half).all() else features
    try:
        with whole_file(path) as scratch:
            with scratch.open("wb") as file:
                np.save(file, stored, allow_pickle=False)
            end = _MAGIC + _checksum(scratch).to_bytes(4, "little")
            with scratch.open("ab") as file:
                file.write(end)
    except PermissionError as error:
        # Windows does not replace a file that another run has mapped; then it is there already.
        if not is_intact(path):
            raise _not_written(path, error) from error
    except OSError as error:
        raise _not_written(path, error) from error


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


def _checksum(path: Path, n_bytes: int | None = None) -> int:
    value, left = 0, path.stat().st_size if n_bytes is None else n_bytes
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            value = zlib.crc32(chunk, value)
            left -= len(chunk)
    return value

"""Corpora that come as a zip file: unpacked once, beside the features."""

from __future__ import annotations

import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.errors import CorpusError, SaveError

_BY_HAND = "Unpack it yourself and name the folder."


def as_folder(path: Path, scratch: Path, hint: str) -> Path:
    """Return a folder as it is, a zip file as the folder it was unpacked to.

    Parameters
    ----------
    path, scratch : Path
        Archives are unpacked below ``scratch``, each once.
    hint : str
        How to get the corpus, for the error's sentence.

    Raises
    ------
    CorpusError
        If there is nothing, or the archive is damaged.
    SaveError
        If it does not fit on the disk.
    """
    if path.is_dir():
        return path
    if not path.exists():
        raise CorpusError(f"There is no folder or zip file «{path}».", hint)
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            if file.read(4) == b"PK\x03\x04":
                raise CorpusError(f"«{path}» is damaged: its end is missing.", f"Download it again. {hint}")
        raise CorpusError(f"«{path}» is neither a folder nor a zip file.", hint)
    target = scratch / "archives" / file_sha256(path)[:16]
    if not target.is_dir():
        _unpack(path, target, hint)
    return target


def _unpack(path: Path, target: Path, hint: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            zipfile.ZipFile(path) as archive,
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".unfinished-") as unfinished,
        ):
            _check_members(path, archive.infolist(), hint)
            needed = sum(member.file_size for member in archive.infolist())
            free = shutil.disk_usage(target.parent).free
            if needed > free:
                raise SaveError(
                    f"Unpacking «{path.name}» needs {needed / 1e9:.1f} GB; «{target.parent}» has {free / 1e9:.1f} GB.",
                    "Free some space, or name another folder with --cache.",
                )
            archive.extractall(Path(unfinished) / "content")
            try:
                (Path(unfinished) / "content").replace(target)
            except OSError:
                # Another run was faster.
                if not target.is_dir():
                    raise
    except NotImplementedError as error:
        raise CorpusError(f"«{path}» is packed in a way that cannot be unpacked here ({error}).", _BY_HAND) from error
    except (zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError) as error:
        raise CorpusError(f"«{path}» is damaged ({error}).", f"Download it again. {hint}") from error
    except OSError as error:
        # The decoder of bzip2 complains in this way, too; only the system's complaints have a number.
        if error.errno is None:
            raise CorpusError(f"«{path}» is damaged ({error}).", f"Download it again. {hint}") from error
        raise SaveError(
            f"«{path.name}» could not be unpacked to «{target.parent}» ({error}).", "Free space."
        ) from error


def _check_members(path: Path, members: Sequence[zipfile.ZipInfo], hint: str) -> None:
    if not members:
        raise CorpusError(f"«{path}» is empty.", hint)
    if any(member.flag_bits & 1 for member in members):
        raise CorpusError(f"«{path}» needs a password.", _BY_HAND)

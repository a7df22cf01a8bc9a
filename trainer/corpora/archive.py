"""Corpora that come as a zip file: unpacked once, beside the features."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

from ser_desktop.core.bundle import file_sha256
from ser_desktop.core.errors import CorpusError, SaveError


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
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as unfinished,
        ):
            needed = sum(member.file_size for member in archive.infolist())
            free = shutil.disk_usage(target.parent).free
            if needed > free:
                raise SaveError(
                    f"Unpacking «{path.name}» needs {needed / 1e9:.1f} GB; «{target.parent}» has {free / 1e9:.1f} GB.",
                    "Free some space, or name another folder with --cache.",
                )
            archive.extractall(Path(unfinished) / "content")
            (Path(unfinished) / "content").replace(target)
    except (zipfile.BadZipFile, EOFError) as error:
        raise CorpusError(f"«{path}» is damaged ({error}).", f"Download it again. {hint}") from error
    except OSError as error:
        raise SaveError(
            f"«{path.name}» could not be unpacked to «{target.parent}» ({error}).", "Free space."
        ) from error

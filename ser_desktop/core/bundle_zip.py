"""Models in zip files: packed to be taken along, unpacked into the user's folder of models before they are opened."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from ser_desktop.core import paths
from ser_desktop.core.bundle import CHECKED_FILES, CHECKSUMS_FILE, CONFIG_FILE
from ser_desktop.core.downloads import require_space
from ser_desktop.core.errors import BundleError, SaveError

_FILES = (*CHECKED_FILES, CHECKSUMS_FILE)
_MOST_BYTES = 2_000_000_000


def zip_bundle(bundle: Path, path: Path) -> Path:
    """Pack a bundle without hidden files; the zip file appears when it is complete.

    Returns
    -------
    written : Path
        The path, ending in ``.zip``.

    Raises
    ------
    SaveError
    """
    target = path if path.suffix.lower() == ".zip" else path.with_name(path.name + ".zip")
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".unfinished-") as scratch:
            copy = Path(scratch) / "model"
            shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns(".*"))
            Path(shutil.make_archive(str(Path(scratch) / "packed"), "zip", copy)).replace(target)
    except OSError as error:
        raise SaveError(f"«{target}» could not be written ({error}).", "Choose another place.") from error
    return target


def unpack_bundle(path: Path) -> Path:
    """Unpack the model that a zip file holds, at any depth; the folder appears when it is whole.

    The same file is unpacked once. Whether the model is sound is for `load_bundle` to say.

    Returns
    -------
    folder : Path
        Below `paths.models_folder`.

    Raises
    ------
    BundleError
        If it is no zip file, or holds no model or more than one.
    SaveError
        If there is no room, or the folder cannot be written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path)
            digest = hashlib.sha256(archive.read(members[CHECKSUMS_FILE])).hexdigest()[:8]
            name = re.sub(r"[^\w\- ]", "-", path.stem).strip() or "model"
            folder = paths.models_folder() / f"{name}-{digest}"
            if not folder.is_dir():
                _write(archive, members, folder)
            return folder
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BundleError(
            f"«{path}» cannot be unpacked ({error}).", "Copy it again, without a password, or choose another model."
        ) from error
    except OSError as error:
        raise SaveError(
            f"«{path}» could not be unpacked to «{paths.models_folder()}» ({error.strerror or error}).",
            "Free some space, or unpack it yourself and open the folder.",
        ) from error


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    by_name = {member.filename: member for member in archive.infolist() if not member.is_dir()}
    folders = [PurePosixPath(name).parent for name in by_name if PurePosixPath(name).name == CONFIG_FILE]
    whole = [place for place in folders if all(str(place / name) in by_name for name in _FILES)]
    if len(whole) != 1:
        found = "no model" if not whole else "more than one model"
        raise BundleError(f"«{path}» holds {found}.", "Choose a zip file that this program exported.")
    members = {name: by_name[str(whole[0] / name)] for name in _FILES}
    if sum(member.file_size for member in members.values()) > _MOST_BYTES:
        raise BundleError(f"«{path}» is too large for a model.", "Choose a zip file that this program exported.")
    return members


def _write(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    require_space(folder.name, sum(member.file_size for member in members.values()), folder.parent)
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder.parent) as name:
        scratch = Path(name) / folder.name
        scratch.mkdir()
        # By their own names alone: where an archive wants its files to go is not followed.
        for file, member in members.items():
            (scratch / file).write_bytes(archive.read(member))
        scratch.rename(folder)

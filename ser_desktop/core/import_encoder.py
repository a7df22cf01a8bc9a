"""Speech encoders from a folder or a zip file, for machines without network."""

from __future__ import annotations

import json
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from ser_desktop.core import catalogue
from ser_desktop.core.catalogue import WEIGHTS, EncoderEntry
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.downloads import require_space
from ser_desktop.core.errors import DownloadError, SaveError
from ser_desktop.core.install import MANIFEST, bring_in, read_manifest, write_all
from ser_desktop.core.transfer import Check, Listener, Progress

_FIX = "Name a folder or zip file that holds the published files, or a folder copied from where they are installed."


def import_encoder(path: Path, listener: Listener = lambda _p: None, check: Check = lambda: None) -> EncoderEntry:
    """Install the encoder that a folder or a zip file holds, at any depth.

    Returns
    -------
    entry : EncoderEntry
        Which one it was.

    Raises
    ------
    DownloadError
        If no known encoder is in there, whole and unaltered.
    SaveError
    """
    if path.is_dir():
        return _from_folder(path, path, listener, check)
    if not zipfile.is_zipfile(path):
        raise DownloadError(f"«{path}» is neither a folder nor a zip file.", _FIX)
    with tempfile.TemporaryDirectory(prefix="ser-desktop-import-") as name:
        _unpack(path, Path(name), listener, check)
        return _from_folder(Path(name), path, listener, check)


def _unpack(path: Path, folder: Path, listener: Listener, check: Check) -> None:
    """Unpack what an encoder may consist of, each folder of the archive to one of its own."""
    wanted = {MANIFEST, *_names_of_any()}
    places: dict[str, str] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and Path(m.filename).name in wanted]
            require_space(path.name, sum(m.file_size for m in members), folder)
            for member in members:
                listener(Progress(path.name, 0, None, waiting="unpacking"))
                # By its own name alone: where an archive wants its files to go is not followed.
                place = places.setdefault(str(Path(member.filename).parent), str(len(places)))
                target = folder / place / Path(member.filename).name
                target.parent.mkdir(exist_ok=True)
                with archive.open(member) as source:
                    write_all(source, target, check)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DownloadError(f"«{path}» cannot be unpacked ({error}).", "Copy it again, without a password.") from error
    except OSError as error:
        raise SaveError(
            f"«{path}» could not be unpacked to «{folder}» ({error.strerror or error}).", "Free some space."
        ) from error


def _names_of_any() -> set[str]:
    return {WEIGHTS, *(file.name for entry in catalogue.ENCODERS for file in entry.files)}


def _from_folder(folder: Path, called: Path, listener: Listener, check: Check) -> EncoderEntry:
    reasons = []
    for place in sorted({file.parent for file in folder.rglob("config.json")}):
        for entry in (e for e in catalogue.ENCODERS if not e.is_shipped):
            listener(Progress(called.name, 0, None, waiting=f"looking for {entry.name}"))
            files, reason = _files_of(entry, place, check)
            if not reason:
                bring_in(entry, files, listener, check)
                return entry
            reasons.append(reason)
    known = ", ".join(entry.name for entry in catalogue.ENCODERS if not entry.is_shipped)
    why = f" {reasons[0]}" if len(set(reasons)) == 1 else ""
    raise DownloadError(f"«{called}» holds none of the known speech encoders ({known}).{why}", _FIX)


def _files_of(entry: EncoderEntry, place: Path, check: Check) -> tuple[dict[str, Path], str]:
    """Return an encoder's files in a folder, or why they are not there."""
    sums = {file.name: file.sha256 for file in entry.files}
    if (place / MANIFEST).is_file():
        if _identity(place) != entry.identity:
            return {}, f"It holds {_identity(place)}."
        # It was written by this program, or by somebody: other files than an encoder has are not touched.
        sums = {
            name: digest for name, digest in (read_manifest(place) or {}).items() if name in _names_of_any()
        } or sums
    for name in _cheapest_first(sums, place):
        check()
        path = place / name
        if not path.is_file():
            return {}, f"{name} is missing."
        if file_sha256(path) != sums[name]:
            return {}, f"{name} is not the published one."
    return {name: place / name for name in sums}, ""


def _cheapest_first(names: Iterable[str], place: Path) -> list[str]:
    return sorted(names, key=lambda name: (place / name).stat().st_size if (place / name).is_file() else 0)


def _identity(place: Path) -> str:
    try:
        return str(json.loads((place / MANIFEST).read_text(encoding="utf-8"))["encoder"])
    except (OSError, ValueError, KeyError, TypeError):
        return "something unknown"

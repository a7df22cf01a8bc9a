"""Speech encoders come and go: downloaded or imported, checked, converted, and never half there."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from ser_desktop.core.catalogue import WEIGHTS, EncoderEntry
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.downloads import fetch, require_space
from ser_desktop.core.errors import EncoderMissingError, SaveError
from ser_desktop.core.transfer import Check, Listener, Progress, RemoteFile

MANIFEST = "installed.json"


def download(entry: EncoderEntry, listener: Listener = lambda _p: None, check: Check = lambda: None) -> None:
    """Fetch an encoder, check it and put it where it is looked for; an interrupted download goes on.

    Parameters
    ----------
    entry : EncoderEntry
    listener : callable
        Hears of progress over all files together.
    check : callable
        Raises `Cancelled` when the work is to stop; what has arrived stays for the next try.

    Raises
    ------
    DownloadError, SaveError, EncoderMissingError
    """

    def fill(staging: Path) -> None:
        n_before = 0
        for file in sorted(entry.files, key=lambda file: file.n_bytes or 0):
            remote = RemoteFile(_url(entry, file.name), file.name, f"sha256:{file.sha256}", file.n_bytes)
            fetch(remote, staging, _shifted(listener, entry, n_before), check)
            n_before += file.n_bytes or 0

    _install(entry, fill, listener, check)


def bring_in(entry: EncoderEntry, files: dict[str, Path], listener: Listener, check: Check) -> None:
    """Install copies of an encoder's files, wherever they are; they have been found to be the published ones."""

    def fill(staging: Path) -> None:
        for name, path in files.items():
            listener(Progress(name, 0, None, waiting="copying"))
            with path.open("rb") as source:
                write_all(source, staging / name, check)

    _install(entry, fill, listener, check)


def write_all(source: IO[bytes], target: Path, check: Check) -> None:
    """Copy what is left of a file to another; it can be cancelled."""
    with target.open("wb") as out:
        while chunk := source.read(1 << 22):
            check()
            out.write(chunk)


def _install(entry: EncoderEntry, fill: Callable[[Path], None], listener: Listener, check: Check) -> None:
    folder = entry.folder
    staging = staging_of(entry)
    try:
        staging.mkdir(parents=True, exist_ok=True)
        with _alone(folder, listener, check):
            if entry.is_installed() and not verify(entry, check):
                return
            staging.mkdir(parents=True, exist_ok=True)
            # The weights as they were published, and once more as they are kept.
            require_space(entry.name, entry.n_bytes + _to_convert(entry) - _bytes_in(staging), staging)
            fill(staging)
            check()
            _convert(entry, staging, listener)
            sums = {path.name: file_sha256(path) for path in sorted(staging.iterdir()) if _is_kept(path)}
            (staging / MANIFEST).write_text(json.dumps({"encoder": entry.identity, "sha256": sums}, indent=1), "utf-8")
            for path in staging.iterdir():
                if not _is_kept(path) and path.name != MANIFEST:
                    path.unlink()
            _swap(staging, folder)
    except OSError as error:
        raise SaveError(
            f"The speech encoder could not be written to «{folder.parent}» ({error.strerror or error}).",
            "Free some space or allow writing there, and try again: what has arrived is kept.",
        ) from error


def staging_of(entry: EncoderEntry) -> Path:
    """Folder in which an encoder's files arrive; it is not looked at for models."""
    return entry.folder.parent / f".getting-{entry.name}"


def _url(entry: EncoderEntry, name: str) -> str:
    from huggingface_hub import hf_hub_url

    endpoint = os.environ.get("HF_ENDPOINT") or None
    return str(hf_hub_url(entry.repository, name, revision=entry.revision, endpoint=endpoint))


def _shifted(listener: Listener, entry: EncoderEntry, n_before: int) -> Listener:
    """Tell of one file's progress as that of all files together."""
    return lambda p: listener(replace(p, name=entry.name, n_done=n_before + p.n_done, n_total=entry.n_bytes))


@contextmanager
def _alone(folder: Path, listener: Listener, check: Check) -> Iterator[None]:
    """Wait until no other process installs the same encoder."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder.parent / f".{folder.name}.lock")
    while True:
        check()
        try:
            lock.acquire(timeout=0.2)
            break
        except Timeout:
            listener(Progress(folder.name, 0, None, waiting="another process is installing it"))
    try:
        yield
    finally:
        lock.release()


def _to_convert(entry: EncoderEntry) -> int:
    return 0 if entry.weights == WEIGHTS else entry.files[0].n_bytes or 0


def _convert(entry: EncoderEntry, staging: Path, listener: Listener) -> None:
    """Keep the weights as safetensors, which can hold nothing but numbers; loading them is the last check."""
    from safetensors.torch import save_file

    from ser_desktop.core.encoder import load_model

    listener(Progress(entry.name, entry.n_bytes, entry.n_bytes, waiting="checking and converting"))
    model = load_model(staging)
    if entry.weights != WEIGHTS and not (staging / WEIGHTS).is_file():
        scratch = staging / f"{WEIGHTS}.part"
        save_file({name: w.contiguous() for name, w in model.state_dict().items()}, scratch, metadata={"format": "pt"})
        scratch.replace(staging / WEIGHTS)


def _is_kept(path: Path) -> bool:
    return path.suffix in {".json", ".safetensors"} and path.name != MANIFEST


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def _swap(staging: Path, folder: Path) -> None:
    """Let the new folder take the place of the old one, which goes only then."""
    old = folder.with_name(f".old-{folder.name}-{uuid.uuid4().hex[:8]}")
    if folder.exists():
        folder.rename(old)
    staging.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def verify(entry: EncoderEntry, check: Check = lambda: None) -> tuple[str, ...]:
    """Compare an installed encoder's files with what was installed.

    Returns
    -------
    problems : tuple of str
        Sentences; empty where everything is as it was installed.
    """
    if not entry.is_installed():
        return (f"{entry.name} is not installed.",)
    wanted = {file.name: file.sha256 for file in entry.files}
    manifest = read_manifest(entry.folder)
    if manifest is not None:
        wanted |= manifest
        # What was converted is no longer there as it was published.
        wanted = {name: digest for name, digest in wanted.items() if name in manifest}
    problems = []
    for name, digest in wanted.items():
        check()
        path = entry.folder / name
        if not path.is_file():
            problems.append(f"«{path}» is missing.")
        elif file_sha256(path) != digest:
            problems.append(f"«{path}» was cut short or altered.")
    return tuple(problems)


def read_manifest(folder: Path) -> dict[str, str] | None:
    """Return the SHA-256 of every installed file, None where nothing usable says so."""
    try:
        sums = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return sums if isinstance(sums, dict) and sums else None


def remove(entry: EncoderEntry) -> None:
    """Delete an installed encoder and what an interrupted download has left.

    Raises
    ------
    EncoderMissingError
        If it came with the program.
    SaveError
        If it cannot be deleted.
    """
    if entry.is_shipped:
        raise EncoderMissingError(f"{entry.name} comes with the program and stays.", "Remove the program instead.")
    try:
        for folder in (entry.folder, staging_of(entry)):
            if folder.exists():
                shutil.rmtree(folder)
    except OSError as error:
        raise SaveError(
            f"«{entry.folder}» could not be removed ({error.strerror or error}).", "Close what uses it and try again."
        ) from error

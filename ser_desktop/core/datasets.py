"""Corpora of emotional speech that may be downloaded: what they are, under which licence, and where they lie."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_desktop.core import paths
from ser_desktop.core.downloads import fetch
from ser_desktop.core.errors import DownloadError
from ser_desktop.core.transfer import Check, Listener, RemoteFile, ask_json

ZENODO = "https://zenodo.org"

_MD5_DIGITS = 32
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dataset:
    """An archive of a Zenodo record.

    Attributes
    ----------
    name : str
        Of its folder here, and of the trainer's corpus.
    title : str
    licence : str
    conditions : str
        The licence in plain words.
    source : str
        Who made it and where, for whoever uses it.
    record : str
        Number of the record.
    archive : str
        Name of the file in it.
    md5 : str
        Published checksum; where it is empty, the record's own metadata tell it.
    n_bytes : int or None
    """

    name: str
    title: str
    licence: str
    conditions: str
    source: str
    record: str
    archive: str
    md5: str = ""
    n_bytes: int | None = None

    @property
    def path(self) -> Path:
        """Where the archive lies once it has been downloaded."""
        return paths.datasets_folder() / self.name / self.archive

    def is_there(self) -> bool:
        """Whether the archive has been downloaded."""
        return self.path.is_file()


_RAVDESS: dict[str, Any] = {
    "licence": "CC BY-NC-SA 4.0",
    "conditions": "You may use and share it with the authors' names, not for commercial purposes, and what you make "
    "of it only under the same licence. That holds for models trained on it, too.",
    "source": "Livingstone & Russo (2018), The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS), "
    "doi.org/10.5281/zenodo.1188976",
    "record": "1188976",
}

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="ravdess",
        title="RAVDESS speech: 24 actors say two sentences in eight emotions, 1440 recordings",
        archive="Audio_Speech_Actors_01-24.zip",
        md5="bc696df654c87fed845eb13823edef8a",
        n_bytes=208_468_073,
        **_RAVDESS,
    ),
    Dataset(
        name="ravdess-song",
        title="RAVDESS song: 23 of the actors sing them in six emotions, 1012 recordings",
        archive="Audio_Song_Actors_01-24.zip",
        **_RAVDESS,
    ),
)


def download_dataset(dataset: Dataset, listener: Listener = lambda _p: None, check: Check = lambda: None) -> Path:
    """Download a data set's archive as `fetch` does, and return where it lies.

    Whoever calls this has shown the licence before.

    Raises
    ------
    DownloadError, SaveError, Cancelled
    """
    return fetch(_remote(dataset), dataset.path.parent, listener, check)


def _remote(dataset: Dataset) -> RemoteFile:
    url = f"{ZENODO}/records/{dataset.record}/files/{dataset.archive}"
    if dataset.md5:
        return RemoteFile(url, dataset.archive, f"md5:{dataset.md5}", dataset.n_bytes)
    digest, n_bytes = _published(dataset)
    return RemoteFile(url, dataset.archive, digest, n_bytes)


def _published(dataset: Dataset) -> tuple[str, int]:
    """Return checksum and size from the record's metadata."""
    record = ask_json(f"{ZENODO}/api/records/{dataset.record}")
    try:
        (file,) = (file for file in record["files"] if file["key"] == dataset.archive)
        kind, _, digits = str(file["checksum"]).partition(":")
        if kind == "md5" and len(digits) == _MD5_DIGITS:
            return f"md5:{digits}", int(file["size"])
    except (KeyError, TypeError, ValueError):
        _log.warning("the record's metadata are of another form", exc_info=True)
    raise DownloadError(
        f"Zenodo's record {dataset.record} does not tell the checksum of «{dataset.archive}».",
        f"Download it yourself from zenodo.org/records/{dataset.record} and name the file.",
    )

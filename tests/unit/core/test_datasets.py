from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core import datasets, downloads
from ser_desktop.core.datasets import DATASETS, Dataset, download_dataset
from ser_desktop.core.errors import DownloadError
from tests.helpers.hub import Hub, allow_network, answers, breaks_at

CONTENT = np.random.default_rng(0).bytes(500_000)
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
SPEECH, SONG = DATASETS


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.fixture
def zenodo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A server that answers as Zenodo does."""
    allow_network(monkeypatch)
    monkeypatch.setattr(downloads, "_sleep", lambda *_: None)
    hub = Hub()
    monkeypatch.setattr(datasets, "ZENODO", hub.url)
    for dataset in DATASETS:
        hub.files[f"/records/1188976/files/{dataset.archive}"] = CONTENT
    tell(hub, [{"key": "other.zip", "size": 3, "checksum": "md5:x"}, described(SONG)])
    yield hub
    hub.stop()


def described(dataset: Dataset, checksum: str = f"md5:{MD5}") -> dict[str, object]:
    return {"key": dataset.archive, "size": len(CONTENT), "checksum": checksum}


def tell(hub: Hub, files: object) -> None:
    hub.files["/api/records/1188976"] = json.dumps({"files": files}).encode()


def test_an_archive_whose_checksum_is_known_is_checked_against_it(zenodo: Hub) -> None:
    path = download_dataset(replace(SPEECH, md5=MD5, n_bytes=len(CONTENT)))
    assert path == SPEECH.path
    assert path.read_bytes() == CONTENT
    assert SPEECH.is_there()
    with pytest.raises(DownloadError, match="not what was published"):
        download_dataset(replace(SPEECH, name="other", n_bytes=len(CONTENT)))
    assert not replace(SPEECH, name="other").is_there()


def test_a_checksum_that_nobody_printed_comes_from_the_record(zenodo: Hub) -> None:
    assert download_dataset(SONG).read_bytes() == CONTENT
    assert [path for path, _ in zenodo.asked] == ["/api/records/1188976", f"/records/1188976/files/{SONG.archive}"]


def test_an_interrupted_archive_goes_on_where_it_broke(zenodo: Hub) -> None:
    zenodo.faults = [lambda _request: False, breaks_at(0.3, CONTENT)]
    assert download_dataset(SONG).read_bytes() == CONTENT
    assert zenodo.asked[-1] == (f"/records/1188976/files/{SONG.archive}", 150_000)


@pytest.mark.parametrize(
    "files", [[], None, [described(SONG, "sha1:00")], [described(SONG), described(SONG)], [{"key": SONG.archive}]]
)
def test_a_record_that_says_no_checksum_is_not_trusted(zenodo: Hub, files: object) -> None:
    tell(zenodo, files)
    with pytest.raises(DownloadError, match="does not tell the checksum"):
        download_dataset(SONG)
    assert not SONG.is_there()


@pytest.mark.parametrize("what", ["refuses", "no json", "gone"])
def test_a_record_that_cannot_be_read_says_so(zenodo: Hub, what: str) -> None:
    zenodo.files["/api/records/1188976"] = b"<html>"
    zenodo.faults = [answers(503)] if what == "refuses" else []
    if what == "gone":
        zenodo.stop()
    with pytest.raises(DownloadError, match="could not be read"):
        download_dataset(SONG)

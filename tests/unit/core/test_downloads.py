from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub.constants
import numpy as np
import pytest

from ser_desktop import __version__
from ser_desktop.core import downloads, transfer
from ser_desktop.core.downloads import fetch, is_as_published
from ser_desktop.core.errors import Cancelled, DownloadError, SaveError
from ser_desktop.core.transfer import Progress, RemoteFile
from tests.helpers.hub import Hub, allow_network, answers, breaks_at, drips, ignores_ranges, says_nothing, sends_another

CONTENT = np.random.default_rng(0).bytes(3_000_000)


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    server.files["/file"] = CONTENT
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    allow_network(monkeypatch)
    monkeypatch.setattr(transfer, "_TIMEOUT_S", 0.5)
    real = downloads._sleep
    monkeypatch.setattr(downloads, "_sleep", lambda s, check, tell: real(min(s, 0.01), check, tell))


@pytest.fixture
def file(hub: Hub) -> RemoteFile:
    return RemoteFile(f"{hub.url}/file", "weights.bin", f"sha256:{hashlib.sha256(CONTENT).hexdigest()}", len(CONTENT))


def part_of(folder: Path) -> Path:
    return folder / "weights.bin.part"


def test_a_file_arrives_whole_with_its_progress(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    told: list[Progress] = []
    path = fetch(file, tmp_path / "new folder", told.append)
    assert path == tmp_path / "new folder" / "weights.bin"
    assert path.read_bytes() == CONTENT
    assert not part_of(path.parent).exists()
    assert (told[-1].n_done, told[-1].n_total) == (len(CONTENT), len(CONTENT))
    assert told[-1].bytes_per_s > 0
    assert hub.asked == [("/file", 0)]


def test_nothing_personal_is_sent(hub: Hub, file: RemoteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch(file, tmp_path)
    assert not {"authorization", "cookie"} & {name.lower() for name in hub.headers[0]}
    assert "secret" not in str(hub.headers)
    assert hub.headers[0]["User-Agent"] == f"ser-desktop/{__version__}"
    assert hub.asked == [("/file", 0)], "and nobody else is asked"


def test_a_file_that_is_there_is_not_fetched_again(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(CONTENT)
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert hub.asked == []


def test_a_damaged_file_is_fetched_again(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(CONTENT[:-1])
    assert fetch(file, tmp_path).read_bytes() == CONTENT


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    hub.faults = [breaks_at(0.3, CONTENT), breaks_at(0.6, CONTENT), breaks_at(0.6, CONTENT)]
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert [start for _, start in hub.asked] == [0, 900_000, 1_800_000, 1_800_000]


def test_a_later_try_goes_on_from_what_has_arrived(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    hub.faults = [breaks_at(0.3, CONTENT), *[answers(503)] * 10]
    with pytest.raises(DownloadError, match=r"server is busy \(answer 503\).*1 MB have arrived and are kept"):
        fetch(file, tmp_path)
    assert part_of(tmp_path).stat().st_size == 900_000
    hub.faults, hub.asked = [], []
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert hub.asked == [("/file", 900_000)]


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_something_else_than_was_published_is_removed(hub: Hub, file: RemoteFile, tmp_path: Path, share: float) -> None:
    other = CONTENT[: round(share * len(CONTENT)) - 1] + b"\x00"
    hub.faults = [sends_another(other)] * 10
    with pytest.raises(DownloadError, match=r"its checksum differs\. It was removed"):
        fetch(file, tmp_path)
    assert not part_of(tmp_path).exists()
    assert not (tmp_path / "weights.bin").exists()


@pytest.mark.parametrize(
    ("status", "why"),
    [(401, "wants a password"), (403, "refuses"), (404, "no longer there"), (418, "the server answers")],
)
def test_a_refusal_is_final_and_says_what_to_do(
    hub: Hub, file: RemoteFile, tmp_path: Path, status: int, why: str
) -> None:
    hub.faults = [answers(status)] * 10
    with pytest.raises(DownloadError, match=rf"{why} \(answer {status}\)") as caught:
        fetch(file, tmp_path)
    assert "import the files from a folder" in caught.value.fix
    assert len(hub.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(hub: Hub, file: RemoteFile, tmp_path: Path, status: int) -> None:
    told: list[Progress] = []
    hub.faults = [answers(status)] * 2
    assert fetch(file, tmp_path, told.append).read_bytes() == CONTENT
    assert f"the server is busy (answer {status})" in {p.waiting for p in told}


def test_the_server_says_how_long_to_wait(
    hub: Hub, file: RemoteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(downloads, "_sleep", lambda seconds, *_: waited.append(seconds))
    hub.faults = [answers(429, Retry_After="17"), answers(429, Retry_After="86400"), answers(429)]
    fetch(file, tmp_path)
    assert waited == [17.0, 60.0, 4.0], "never longer than a minute"


def test_a_server_that_says_nothing_is_given_up(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    hub.faults = [says_nothing(1.0)] * 10
    with pytest.raises(DownloadError, match="could not be downloaded") as caught:
        fetch(file, tmp_path)
    assert "network connection" in caught.value.fix


def test_where_nobody_listens_the_network_is_named(file: RemoteFile, hub: Hub, tmp_path: Path) -> None:
    hub.stop()
    with pytest.raises(DownloadError, match=r"could not be downloaded: .*[Cc]onnect"):
        fetch(file, tmp_path)
    hub.__init__()  # type: ignore[misc]  # so that the fixture can stop it


def test_a_server_without_ranges_begins_anew(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    hub.faults = [breaks_at(0.5, CONTENT), ignores_ranges(CONTENT)]
    assert fetch(file, tmp_path).read_bytes() == CONTENT


def test_an_unknown_size_is_learned_from_the_server(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    unknown = RemoteFile(file.url, file.name, f"md5:{hashlib.md5(CONTENT).hexdigest()}")  # noqa: S324
    hub.faults = [breaks_at(0.5, CONTENT)]
    told: list[Progress] = []
    assert fetch(unknown, tmp_path, told.append).read_bytes() == CONTENT
    assert told[-1].n_total == len(CONTENT)


@pytest.mark.parametrize("size", [4_000_000, 3_000_000])
@pytest.mark.parametrize("is_known", [True, False])
def test_what_does_not_belong_to_the_file_is_thrown_away(
    hub: Hub, file: RemoteFile, tmp_path: Path, size: int, is_known: bool
) -> None:
    part_of(tmp_path).write_bytes(b"x" * size)
    wanted = file if is_known else RemoteFile(file.url, file.name, file.digest)
    if is_known and size == len(CONTENT):
        with pytest.raises(DownloadError, match="checksum differs"):
            fetch(wanted, tmp_path)
    assert fetch(wanted, tmp_path).read_bytes() == CONTENT


def test_a_disk_without_room_is_noticed_before_anything_is_fetched(
    hub: Hub, file: RemoteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=40_000_000))
    with pytest.raises(SaveError, match=r"needs 53 MB, but .* has only 40 MB free"):
        fetch(file, tmp_path)
    assert hub.asked == []


def test_a_disk_that_fills_meanwhile_keeps_what_has_arrived(
    hub: Hub, file: RemoteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, n_written = transfer._Pace.add, 0

    def full(pace: object, n: int) -> None:
        nonlocal n_written
        n_written += n
        if n_written > 1_000_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(pace, n)  # type: ignore[arg-type]

    monkeypatch.setattr(transfer._Pace, "add", full)
    with pytest.raises(SaveError, match="No space left on device") as caught:
        fetch(file, tmp_path)
    assert "is kept" in caught.value.fix
    monkeypatch.setattr(transfer._Pace, "add", real)
    n_kept = part_of(tmp_path).stat().st_size
    assert n_kept > 0
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert hub.asked[-1] == ("/file", n_kept)


def test_a_download_can_be_cancelled_and_goes_on_later(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    hub.faults = [drips(CONTENT, 5.0)]
    began = time.monotonic()

    def check() -> None:
        if part_of(tmp_path).is_file() and time.monotonic() - began > 1.0:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(file, tmp_path, check=check)
    assert time.monotonic() - began < 3.0
    n_kept = part_of(tmp_path).stat().st_size
    assert 0 < n_kept < len(CONTENT)
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert hub.asked[-1] == ("/file", n_kept)


def test_waiting_for_a_busy_server_can_be_cancelled(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    hub.faults = [answers(503)] * 10
    asked = threading.Event()

    def check() -> None:
        if asked.is_set():
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(file, tmp_path, lambda p: asked.set() if p.waiting else None, check)


def _fetch_in_process(file: RemoteFile, folder: Path) -> None:
    fetch(file, folder)


def test_two_processes_fetch_the_same_file_once(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    hub.faults = [drips(CONTENT, 1.5)]
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_fetch_in_process, args=(file, tmp_path)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert (tmp_path / "weights.bin").read_bytes() == CONTENT
    assert len(hub.asked) == 1


def test_the_network_can_be_forbidden(
    hub: Hub, file: RemoteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE forbids"):
        fetch(file, tmp_path)
    assert hub.asked == []


def test_the_time_that_is_left_follows_from_the_speed() -> None:
    assert Progress("x", 100, 300, 50.0).left_s == pytest.approx(4.0)
    assert Progress("x", 100, None, 50.0).left_s is None
    assert Progress("x", 100, 300).left_s is None


def test_checksums_of_both_kinds_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert is_as_published(path, "md5:900150983cd24fb0d6963f7d28e17f72")
    assert is_as_published(path, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    assert not is_as_published(path, "md5:900150983cd24fb0d6963f7d28e17f73")


def test_a_proxy_is_used_where_the_system_names_one(hub: Hub, file: RemoteFile, tmp_path: Path) -> None:
    hub.files["http://far.example/file"] = CONTENT
    # A process of its own: the client and its proxies live as long as the process.
    code = (
        "from pathlib import Path; from ser_desktop.core.downloads import fetch\n"
        "from ser_desktop.core.transfer import RemoteFile\n"
        f"fetch(RemoteFile('http://far.example/file', 'weights.bin', {file.digest!r}), Path({str(tmp_path)!r}))"
    )
    env = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    subprocess.run([sys.executable, "-c", code], env={**env, "HTTP_PROXY": hub.url}, check=True, timeout=60)
    assert (tmp_path / "weights.bin").read_bytes() == CONTENT
    assert hub.asked == [("http://far.example/file", 0)]

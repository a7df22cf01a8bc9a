from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.torch import load_file

from ser_desktop.core import catalogue, downloads, paths, transfer
from ser_desktop.core.analysis import open_analyser
from ser_desktop.core.catalogue import EncoderEntry, find_encoder
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.encoder import Encoder, load_encoder
from ser_desktop.core.errors import Cancelled, DownloadError, EncoderMissingError, SaveError
from ser_desktop.core.heads import HeadKind
from ser_desktop.core.import_encoder import import_encoder
from ser_desktop.core.install import MANIFEST, download, remove, staging_of, verify
from ser_desktop.core.library import encoder_statuses
from ser_desktop.core.transfer import Progress
from tests.helpers.bundles import CPU, EGEMAPS, encoder_spec, small_config, tiny_encoder, tiny_model, write_bundle
from tests.helpers.hub import (
    FT,
    PT,
    Hub,
    Published,
    answers,
    breaks_at,
    drips,
    sends_another,
)
from tests.helpers.sounds import speech_like

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.stop()


@pytest.fixture
def published(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    monkeypatch.setattr(transfer, "_TIMEOUT_S", 2.0)
    real = downloads._sleep
    monkeypatch.setattr(downloads, "_sleep", lambda s, check, tell: real(min(s, 0.01), check, tell))
    return Published(hub, tmp_path / "published", monkeypatch)


@pytest.fixture(params=[PT, FT])
def entry(request: pytest.FixtureRequest, published: Published) -> EncoderEntry:
    return published.entries[request.param]


def hears_right(entry: EncoderEntry) -> bool:
    samples = speech_like(0.5)
    layers = load_encoder(find_encoder(entry.name).folder, CPU, entry.identity).layers(samples)
    return bool(np.allclose(layers, Encoder(tiny_model(), CPU, "x").layers(samples), atol=1e-6))


def left_over() -> set[str]:
    return {path.name for path in paths.encoders_folder().iterdir() if not path.name.endswith(".lock")}


def test_a_downloaded_encoder_is_kept_as_safetensors_and_hears_as_published(
    entry: EncoderEntry, published: Published
) -> None:
    told: list[Progress] = []
    download(entry, told.append)
    assert hears_right(entry)
    assert {path.name for path in entry.folder.iterdir()} == {
        "config.json",
        "preprocessor_config.json",
        "model.safetensors",
        MANIFEST,
    }
    assert left_over() == {entry.name}
    assert verify(entry) == ()
    assert all(p.name == entry.name and p.n_total == entry.n_bytes for p in told)
    done = [p.n_done for p in told]
    assert done == sorted(done), "progress of all files together never goes back"
    assert done[-1] == entry.n_bytes
    assert {path.split("/resolve/")[1].split("/")[0] for path, _ in published.hub.asked} == {entry.revision}


def test_what_was_published_as_safetensors_is_kept_to_the_bit(published: Published) -> None:
    download(published.entries[FT])
    assert (published.entries[FT].folder / "model.safetensors").read_bytes() == published.weights(FT)


def test_the_converted_weights_are_the_published_numbers(published: Published) -> None:
    download(published.entries[PT])
    kept = load_file(published.entries[PT].folder / "model.safetensors")
    for name, value in tiny_model().state_dict().items():
        assert (kept[name] == value).all(), name


def test_an_installed_encoder_is_not_fetched_again(entry: EncoderEntry, published: Published) -> None:
    download(entry)
    published.hub.asked.clear()
    download(entry)
    assert published.hub.asked == []


def test_a_damaged_encoder_is_fetched_again(entry: EncoderEntry) -> None:
    download(entry)
    weights = entry.folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert verify(entry) == (f"«{weights}» was cut short or altered.",)
    download(entry)
    assert (verify(entry), hears_right(entry)) == ((), True)


def test_a_download_that_broke_off_at_a_third_goes_on_there(published: Published) -> None:
    entry, weights = published.entries[FT], published.weights(FT)
    published.hub.faults = [*[lambda _r: False] * 2, breaks_at(0.3, weights), *[answers(503)] * 10]
    with pytest.raises(DownloadError, match="are kept"):
        download(entry)
    assert not entry.is_installed(), "half a file is never taken for a model"
    with pytest.raises(EncoderMissingError):
        find_encoder(entry.name)
    (status,) = (s for s in encoder_statuses() if s.name == FT)
    assert status.n_arrived >= round(0.3 * len(weights))
    published.hub.faults, published.hub.asked = [], []
    download(entry)
    assert hears_right(entry)
    assert [start for _, start in published.hub.asked] == [round(0.3 * len(weights))]


def test_altered_weights_are_never_installed(entry: EncoderEntry, published: Published) -> None:
    weights = bytearray(published.weights(entry.name))
    weights[len(weights) // 2] ^= 1
    published.hub.faults = [*[lambda _r: False] * 2, sends_another(bytes(weights))]
    with pytest.raises(DownloadError, match="checksum differs"):
        download(entry)
    assert not entry.is_installed()


@pytest.mark.parametrize(("status", "why"), [(403, "refuses"), (404, "no longer there")])
def test_a_refusal_is_told(entry: EncoderEntry, published: Published, status: int, why: str) -> None:
    published.hub.faults = [answers(status)]
    with pytest.raises(DownloadError, match=why):
        download(entry)
    assert not entry.is_installed()


def test_a_server_with_too_many_visitors_is_waited_for(entry: EncoderEntry, published: Published) -> None:
    published.hub.faults = [answers(429, Retry_After="0"), answers(429, Retry_After="0")]
    download(entry)
    assert hears_right(entry)


def test_room_for_the_conversion_is_asked_for_at_once(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    n_free = {PT: 0, FT: 0}
    for name, entry in published.entries.items():
        n_free[name] = 50_000_000 + entry.n_bytes + (entry.files[0].n_bytes or 0 if name == PT else 0)
        monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _f, n=n_free[name] - 1: SimpleNamespace(free=n))
        with pytest.raises(SaveError, match="free"):
            download(entry)
        assert published.hub.asked == []
        monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _f, n=n_free[name]: SimpleNamespace(free=n))
        download(entry)
        published.hub.asked.clear()


def test_a_cancelled_download_leaves_no_model_and_goes_on(published: Published) -> None:
    entry, weights = published.entries[FT], published.weights(FT)
    published.hub.faults = [*[lambda _r: False] * 2, drips(weights, 5.0)]
    began = time.monotonic()

    def check() -> None:
        if time.monotonic() - began > 0.8:
            raise Cancelled

    with pytest.raises(Cancelled):
        download(entry, check=check)
    assert not entry.is_installed()
    download(entry)
    assert hears_right(entry)


def test_a_process_that_is_killed_while_it_downloads_leaves_no_model(published: Published) -> None:
    entry, weights = published.entries[FT], published.weights(FT)
    published.hub.faults = [*[lambda _r: False] * 2, drips(weights, 20.0)]
    code = (
        "from tests.unit.core.test_install import tell_pins; tell_pins(); "
        "from ser_desktop.core import catalogue, install; "
        "install.download(catalogue.known_encoder('wav2vec2-base-960h'))"
    )
    pins = json.dumps([[f.name, f.sha256, f.n_bytes] for f in entry.files])
    child = subprocess.Popen([sys.executable, "-c", code], env={**_environment(), "PINS": pins})
    part = staging_of(entry) / "model.safetensors.part"
    until = time.monotonic() + 60
    while not (part.is_file() and part.stat().st_size) and time.monotonic() < until:
        time.sleep(0.02)
    child.kill()
    child.wait()
    n_kept = part.stat().st_size
    assert 0 < n_kept < len(weights)
    assert not entry.is_installed()
    published.hub.asked.clear()
    download(entry)
    assert hears_right(entry)
    assert [start for _, start in published.hub.asked] == [n_kept]


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}


def tell_pins() -> None:
    """In a child process: pin what the parent has pinned."""
    import os
    from dataclasses import replace

    files = tuple(catalogue.PinnedFile(*given) for given in json.loads(os.environ["PINS"]))
    catalogue.ENCODERS = tuple(replace(e, files=files) if e.name == FT else e for e in catalogue.ENCODERS)


def test_a_removed_encoder_is_gone_with_what_had_arrived(entry: EncoderEntry) -> None:
    download(entry)
    staging_of(entry).mkdir()
    remove(entry)
    assert left_over() == set()
    with pytest.raises(EncoderMissingError, match="is not installed"):
        find_encoder(entry.name)
    remove(entry)


def test_what_comes_with_the_program_cannot_be_removed() -> None:
    with pytest.raises(EncoderMissingError, match="comes with the program and stays"):
        remove(catalogue.known_encoder("compact"))
    assert catalogue.known_encoder("compact").is_installed()


def as_folder(published: Published, name: str, _tmp: Path) -> Path:
    return published.folder / name


def as_nested_folder(published: Published, name: str, tmp: Path) -> Path:
    shutil.copytree(published.folder / name, tmp / "a" / "b c" / "models--x" / "snapshots" / "ü")
    return tmp / "a"


def as_zip(published: Published, name: str, tmp: Path) -> Path:
    with zipfile.ZipFile(tmp / "it.zip", "w") as archive:
        for path in (published.folder / name).iterdir():
            archive.write(path, f"some/where/{path.name}")
    return tmp / "it.zip"


def as_installed_elsewhere(published: Published, name: str, tmp: Path) -> Path:
    download(published.entries[name])
    shutil.move(published.entries[name].folder, tmp / "stick")
    return tmp / "stick"


def judges(entry: EncoderEntry, folder: Path) -> list[float]:
    """Let a model that names an encoder judge a voice."""
    layers = replace(encoder_spec(tiny_encoder()), configuration={"encoder": entry.identity})
    bundle = write_bundle(folder, small_config((layers, EGEMAPS), HeadKind.FUSION, entry.identity))
    (probabilities,) = open_analyser(bundle, "cpu").probabilities([speech_like(2.0)])
    return [float(p) for p in probabilities]


WAYS = pytest.mark.parametrize("way", [as_folder, as_nested_folder, as_zip, as_installed_elsewhere])
Way = Callable[[Published, str, Path], Path]


@WAYS
@pytest.mark.parametrize("name", [PT, FT])
def test_an_encoder_is_imported_without_network(
    published: Published, name: str, way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = way(published, name, tmp_path)

    def refuse(*_: object) -> None:
        raise OSError("the network is cut")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    told: list[Progress] = []
    assert import_encoder(path, told.append).name == name
    assert hears_right(published.entries[name])
    assert sum(judges(published.entries[name], tmp_path / "bundle")) == pytest.approx(1.0)
    assert verify(published.entries[name]) == ()
    assert {p.waiting for p in told} & {"copying", "unpacking"}
    assert path.exists(), "what was imported from stays"


@WAYS
def test_altered_files_are_not_imported(published: Published, way: Way, tmp_path: Path) -> None:
    entry = published.entries[FT]
    path = way(published, FT, tmp_path)
    if path.is_dir():
        (weights,) = path.rglob("model.safetensors")
        weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    else:
        path.unlink()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in published.contents[FT].items():
                archive.writestr(name, content[:-1] if name == entry.weights else content)
    with pytest.raises(DownloadError, match="holds none of the known speech encoders"):
        import_encoder(path)
    assert not entry.is_installed()


def test_a_folder_that_lacks_a_file_says_which(published: Published) -> None:
    for name in (PT, FT):
        (published.folder / name / "config.json").unlink()
    with pytest.raises(DownloadError, match="holds none of the known") as caught:
        import_encoder(published.folder)
    assert "published files" in caught.value.fix


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nothing", b"text"])
def test_what_is_neither_folder_nor_zip_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(DownloadError, match="neither a folder nor a zip file"):
        import_encoder(tmp_path / "x.zip")


def test_a_zip_file_cannot_write_elsewhere(published: Published, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
        for name, content in published.contents[FT].items():
            archive.writestr(f"../../../escaped/{name}", content)
    import_encoder(tmp_path / "it.zip")
    assert not list(tmp_path.parent.rglob("escaped"))
    assert hears_right(published.entries[FT])


def test_a_list_of_files_cannot_reach_elsewhere(published: Published, tmp_path: Path) -> None:
    stick = as_installed_elsewhere(published, FT, tmp_path)
    (tmp_path / "secret").write_text("mine")
    stated = json.loads((stick / MANIFEST).read_text())
    stated["sha256"]["../secret"] = file_sha256(tmp_path / "secret")
    (stick / MANIFEST).write_text(json.dumps(stated))
    import_encoder(stick)
    assert hears_right(published.entries[FT])
    assert not list(paths.data_folder().rglob("secret"))


def test_a_zip_file_that_cannot_be_unpacked_is_refused_in_a_sentence(published: Published, tmp_path: Path) -> None:
    file = as_zip(published, PT, tmp_path)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(DownloadError, match="cannot be unpacked"):
        import_encoder(file)
    assert not published.entries[PT].is_installed()


def test_an_import_can_be_cancelled_while_it_copies(published: Published) -> None:
    told: list[str] = []

    def stop() -> None:
        if "copying" in told:
            raise Cancelled

    with pytest.raises(Cancelled):
        import_encoder(published.folder / PT, lambda p: told.append(p.waiting), stop)
    assert not published.entries[PT].is_installed()


def test_the_list_tells_what_is_installed_and_which_models_use_it(published: Published) -> None:
    download(published.entries[FT])
    encoder = tiny_encoder()
    encoder.identity = published.entries[FT].identity
    write_bundle(paths.models_folder() / "mine", small_config((encoder_spec(encoder),), encoder=encoder.identity))
    (paths.models_folder() / "damaged").mkdir()
    (paths.models_folder() / "damaged" / "config.json").write_text("{")
    by_name = {status.name: status for status in encoder_statuses()}
    assert [by_name[name].is_installed for name in ("compact", PT, FT)] == [True, False, True]
    (use,) = by_name[FT].bundles
    assert (use.name, use.uar_mean, use.uar_sd) == ("Small model", 0.5, 0.0)
    assert by_name[FT].n_bytes == sum(f.stat().st_size for f in published.entries[FT].folder.iterdir())
    assert by_name[PT].n_bytes == published.entries[PT].n_bytes
    assert by_name["compact"].bundles[0].uar_mean > 0.6


def test_checksums_of_a_folder_installed_by_hand_are_the_published_ones(published: Published) -> None:
    entry = published.entries[PT]
    shutil.copytree(published.folder / PT, entry.folder)
    assert verify(entry) == ()
    (entry.folder / "config.json").unlink()
    assert "not installed" in verify(entry)[0]


def test_the_manifest_names_every_file_and_the_encoder(entry: EncoderEntry) -> None:
    download(entry)
    manifest = json.loads((entry.folder / MANIFEST).read_text())
    assert manifest["encoder"] == entry.identity
    assert manifest["sha256"] == {p.name: file_sha256(p) for p in entry.folder.iterdir() if p.name != MANIFEST}

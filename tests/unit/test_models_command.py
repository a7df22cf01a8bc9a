from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_desktop.__main__ import main
from ser_desktop.core import downloads, install
from tests.helpers.hub import FT, PT, Hub, Published, answers

pytestmark = pytest.mark.filterwarnings("ignore")
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    monkeypatch.setattr(downloads, "_PATIENCE", 1)
    hub = Hub()
    yield Published(hub, tmp_path / "published", monkeypatch)
    hub.stop()


def models(*words: str) -> int:
    return main(["models", *words])


def test_an_encoder_is_got_listed_checked_and_removed(published: Published, capsys: Captured) -> None:
    assert models("get", FT) == 0
    assert "is" not in capsys.readouterr().err, "nothing went wrong"
    assert models("list") == 0
    assert f"✓ {FT}" in (listed := capsys.readouterr().out)
    assert f"· {PT}" in listed
    assert f"ser-desktop models get {PT}" in listed
    assert models("verify") == 0
    assert capsys.readouterr().out.split() == ["✓", "compact", "✓", FT]
    assert models("remove", FT) == 0
    assert not published.entries[FT].is_installed()


def test_the_list_is_readable_by_programs(published: Published, capsys: Captured) -> None:
    models("list", "--json")
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert set(listed) == {"compact", PT, FT}
    assert listed["compact"]["bundles"][0]["uar_mean"] > 0.6
    assert (listed[PT]["is_installed"], listed[PT]["licence"]) == (False, "Apache-2.0")


def test_damage_is_told_with_the_command_that_mends_it(published: Published, capsys: Captured) -> None:
    models("get", PT)
    (published.entries[PT].folder / "model.safetensors").write_bytes(b"x")
    capsys.readouterr()
    assert models("verify", PT) == 1
    said = capsys.readouterr().out
    assert "was cut short or altered" in said
    assert f"→ ser-desktop models get {PT}" in said
    assert models("get", PT) == 0
    assert models("verify", PT) == 0


def test_an_encoder_is_imported_from_a_folder(published: Published, capsys: Captured) -> None:
    assert models("import", str(published.folder / PT)) == 0
    assert f"{PT} is installed" in capsys.readouterr().out


def test_a_failure_is_one_sentence_and_an_exit_status(published: Published, capsys: Captured) -> None:
    published.hub.faults = [answers(403)]
    assert models("get", FT) == 1
    error = capsys.readouterr().err
    assert "the server refuses (answer 403)" in error
    assert "Traceback" not in error
    assert models("import", "/nowhere") == 1
    assert "neither a folder nor a zip file" in capsys.readouterr().err


def test_a_started_download_is_told_by_the_list(published: Published, capsys: Captured) -> None:
    folder = install.staging_of(published.entries[FT])
    folder.mkdir(parents=True)
    (folder / "model.safetensors.part").write_bytes(bytes(3_000_000))
    models("list")
    assert f"3 MB of it have arrived: ser-desktop models get {FT}" in capsys.readouterr().out


def test_ctrl_c_keeps_what_has_arrived(published: Published, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(install, "download", interrupt)
    assert models("get", FT) == 130
    assert "goes on from there" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("get", "compact"), ("remove", "compact"), ("get", "x"), ("verify", "x"), ()])
def test_what_cannot_be_meant_is_refused_with_what_can(words: tuple[str, ...], capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        models(*words)
    assert "usage" in capsys.readouterr().err

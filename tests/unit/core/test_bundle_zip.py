"""Models in zip files."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from ser_desktop.core import bundle_zip, paths
from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.bundle_zip import unpack_bundle, zip_bundle
from ser_desktop.core.errors import BundleError, SaveError
from tests.helpers.bundles import write_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "made" / "model")


def packed(folder: Path, name: str = "My model.zip") -> Path:
    target = folder.parent / name
    return Path(shutil.make_archive(str(target.with_suffix("")), "zip", folder))


def test_a_model_is_unpacked_among_the_users_models_and_can_be_opened(bundle: Path) -> None:
    folder = unpack_bundle(packed(bundle))
    assert folder.parent == paths.models_folder()
    assert folder.name.startswith("My model-")
    assert load_bundle(folder).config == load_bundle(bundle).config


def test_what_was_packed_can_be_unpacked_and_hidden_files_stay_here(bundle: Path, tmp_path: Path) -> None:
    (bundle / ".run").mkdir()
    (bundle / ".run" / "report.json").touch()
    written = zip_bundle(bundle, tmp_path / "mein Modell")
    assert written == tmp_path / "mein Modell.zip"
    with zipfile.ZipFile(written) as archive:
        assert not [name for name in archive.namelist() if ".run" in name]
    assert load_bundle(unpack_bundle(written)).config == load_bundle(bundle).config
    assert not list(tmp_path.glob(".unfinished*"))


def test_a_place_that_cannot_be_written_is_told(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="could not be written"):
        zip_bundle(bundle, tmp_path / "absent" / "model.zip")


def test_a_folder_in_the_zip_file_is_found_at_any_depth(bundle: Path) -> None:
    assert load_bundle(unpack_bundle(packed(bundle.parent.parent, "deep.zip"))).config.name


def test_the_same_file_is_unpacked_once(bundle: Path) -> None:
    archive = packed(bundle)
    first = unpack_bundle(archive)
    (first / "kept").touch()
    assert unpack_bundle(archive) == first
    assert (first / "kept").exists()


def test_only_the_files_of_a_model_are_unpacked_and_only_below_the_models(bundle: Path) -> None:
    archive = packed(bundle)
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("../../evil.txt", "out of here")
        more.writestr("run/predictions.csv", "file,target")
    folder = unpack_bundle(archive)
    assert not list(paths.data_folder().rglob("evil.txt"))
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "checksums.json",
        "config.json",
        "model.safetensors",
    ]


def test_what_holds_no_model_or_several_is_told(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip file")
    with pytest.raises(BundleError, match="cannot be unpacked"):
        unpack_bundle(tmp_path / "text.zip")
    (bundle / "model.safetensors").unlink()
    with pytest.raises(BundleError, match="holds no model"):
        unpack_bundle(packed(bundle))
    write_bundle(bundle.parent / "other")
    write_bundle(bundle)
    with pytest.raises(BundleError, match="more than one model"):
        unpack_bundle(packed(bundle.parent, "two.zip"))


def test_a_full_disk_leaves_nothing_half(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_scratch: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    archive = packed(bundle)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(SaveError, match="No space left on device"):
        unpack_bundle(archive)
    assert not list(paths.models_folder().iterdir())


def test_a_file_that_would_fill_the_disk_is_refused(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(bundle)
    monkeypatch.setattr(bundle_zip, "_MOST_BYTES", 10)
    with pytest.raises(BundleError, match="too large"):
        unpack_bundle(archive)

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ser_desktop.core import paths


def test_what_is_shipped_is_there() -> None:
    for folder in (paths.default_bundle(), paths.spare_bundle()):
        assert (folder / "config.json").is_file()
    assert paths.demo_clip().is_file()


def test_an_installed_package_has_its_assets_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "ser_desktop"
    monkeypatch.setattr(paths, "__file__", str(package / "core" / "paths.py"))
    assert paths.assets_folder() == tmp_path / "assets", "a checkout has them beside the package"
    (package / "assets").mkdir(parents=True)
    assert paths.assets_folder() == package / "assets"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="XDG folders are Linux's")
def test_what_the_user_owns_lies_in_the_users_folders(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert paths.settings_file() == home / "config" / "ser-desktop" / "settings.json"
    assert paths.encoders_folder() == home / "data" / "ser-desktop" / "encoders"
    assert paths.log_file().is_relative_to(home / "state")
    assert not home.exists(), "asking creates nothing"

from __future__ import annotations

import errno
import json
from dataclasses import fields
from pathlib import Path

import pytest

from ser_desktop.core.errors import SettingsError
from ser_desktop.core.settings import Settings, load_settings, parse_settings, save_settings


def test_settings_survive_the_disk(tmp_path: Path) -> None:
    settings = Settings(microphone="Tisch-Mikrofon ä", hop_s=0.5, theme="dark")
    save_settings(settings, tmp_path / "deep" / "settings.json")
    assert load_settings(tmp_path / "deep" / "settings.json") == (settings, None)


def test_without_a_file_the_defaults_apply_silently(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == (Settings(), None)


@pytest.mark.parametrize(
    "text", ["theme: dark", "[1]", "\x00\xff", '{"hop_s": 100}', '{"theme": "pink"}', '{"hop_s": true}']
)
def test_an_unusable_file_is_kept_and_the_defaults_apply(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(text, encoding="latin-1")
    settings, notice = load_settings(file)
    assert settings == Settings()
    assert notice is not None
    assert "defaults apply" in notice
    kept = tmp_path / "settings.unreadable.json"
    assert kept.read_text(encoding="latin-1") == text
    assert str(kept) in notice


def test_a_setting_out_of_bounds_names_itself() -> None:
    with pytest.raises(SettingsError, match=r"«Answer every» should lie between 0\.25 and 8"):
        parse_settings({"hop_s": 9})


def test_settings_of_a_newer_version_are_ignored_where_unknown() -> None:
    assert parse_settings({"schema_version": 7, "future": 1, "theme": "dark"}) == Settings(theme="dark")


def test_every_setting_explains_itself() -> None:
    for setting in fields(Settings):
        assert setting.metadata["title"]
        assert setting.metadata["help"].endswith(".")


def test_a_full_disk_keeps_the_old_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.json"
    save_settings(Settings(theme="dark"), file)

    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SettingsError, match="No space left on device"):
        save_settings(Settings(theme="light"), file)
    assert json.loads(file.read_text())["theme"] == "dark"


def test_a_home_that_cannot_be_written_is_said_and_nothing_breaks(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(SettingsError, match="apply until the window closes"):
        save_settings(Settings(), blocked / "settings.json")

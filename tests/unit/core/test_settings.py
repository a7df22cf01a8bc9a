from __future__ import annotations

import errno
import json
import tempfile
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_desktop.core.errors import SettingsError
from ser_desktop.core.settings import (
    TERMS_VERSION,
    Settings,
    load_settings,
    parse_settings,
    save_settings,
    write_atomically,
)


def test_settings_survive_the_disk(tmp_path: Path) -> None:
    settings = Settings(microphone="Tisch-Mikrofon ä", hop_s=0.5, theme="dark")
    save_settings(settings, tmp_path / "deep" / "settings.json")
    assert load_settings(tmp_path / "deep" / "settings.json") == (settings, None)


def test_without_a_file_the_defaults_apply_silently(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == (Settings(), None)


@pytest.mark.parametrize(
    "text",
    [
        "theme: dark",
        "[1]",
        "\x00\xff",
        '{"hop_s": 100}',
        '{"theme": "pink"}',
        '{"hop_s": true}',
        "[" * 100_000,
        "",
        '{"hop_s": NaN}',
        '{"microphone": 3}',
        '{"schema_version": []}',
    ],
    ids=lambda text: text[:20],
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


def test_unknown_settings_are_ignored_and_formats_of_the_future_refused() -> None:
    assert parse_settings({"schema_version": 1, "future": 1, "theme": "dark"}) == Settings(theme="dark")
    for version in (99, [], "1"):
        with pytest.raises(SettingsError, match="this program reads format 1"):
            parse_settings({"schema_version": version})


def test_every_setting_explains_itself() -> None:
    for setting in fields(Settings):
        assert setting.metadata["title"]
        assert setting.metadata["help"].endswith(".")


def test_every_choice_has_a_name_of_its_own() -> None:
    for setting in fields(Settings):
        names, choices = setting.metadata["names"], setting.metadata["choices"]
        if choices is not None:
            assert len(set(names)) == len(choices)
            assert setting.default in choices


def test_limits_that_changed_are_not_understood() -> None:
    assert not Settings().understands
    assert not Settings(understood="before").understands
    assert Settings(understood=TERMS_VERSION).understands


def test_a_full_disk_keeps_the_old_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.json"
    save_settings(Settings(theme="dark"), file)

    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SettingsError, match="No space left on device"):
        save_settings(Settings(theme="light"), file)
    assert json.loads(file.read_text())["theme"] == "dark"
    assert list(tmp_path.glob("*settings*")) == [file], "no scratch file stays behind"


@pytest.mark.parametrize(("content", "there"), [("zwölf\r\n", b"zw\xc3\xb6lf\r\n"), (b"\x89PNG\r\n", b"\x89PNG\r\n")])
def test_text_and_bytes_are_written_as_they_are(tmp_path: Path, content: str | bytes, there: bytes) -> None:
    write_atomically(tmp_path / "folder" / "file", content)
    assert (tmp_path / "folder" / "file").read_bytes() == there
    assert len(list((tmp_path / "folder").iterdir())) == 1


def test_a_home_that_cannot_be_written_is_said_and_nothing_breaks(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(SettingsError, match="apply until the window closes"):
        save_settings(Settings(), blocked / "settings.json")


def test_a_disk_that_fills_up_while_writing_keeps_the_old_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.json"
    save_settings(Settings(theme="dark"), file)
    real = tempfile.NamedTemporaryFile

    def small(*arguments: object, **options: object) -> object:
        opened = real(*arguments, **options)  # type: ignore[call-overload]
        opened.write = full
        return opened

    def full(_text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", small)
    with pytest.raises(SettingsError, match="No space left on device"):
        save_settings(Settings(theme="light"), file)
    assert load_settings(file)[0].theme == "dark"
    assert list(tmp_path.glob("*settings*")) == [file], "no scratch file stays behind"


def test_an_unusable_file_that_cannot_be_moved_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(_self: Path, _target: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    file = tmp_path / "settings.json"
    file.write_text("theme: dark")
    monkeypatch.setattr(Path, "replace", read_only)
    settings, notice = load_settings(file)
    assert settings == Settings()
    assert notice is not None
    assert "left as it is" in notice
    assert file.read_text() == "theme: dark"


def test_settings_that_may_not_be_read_do_not_keep_the_program_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_self: Path, **_options: object) -> object:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "stat", forbidden)
    monkeypatch.setattr(Path, "read_text", forbidden)
    settings, notice = load_settings(tmp_path / "settings.json")
    assert settings == Settings()
    assert notice is not None
    assert "Permission denied" in notice


@pytest.mark.parametrize("hop_s", [0.25, 8, 8.0])
def test_the_bounds_themselves_are_allowed(hop_s: float) -> None:
    assert parse_settings({"hop_s": hop_s}).hop_s == float(hop_s)


@given(st.builds(Settings, hop_s=st.floats(0.25, 8.0), microphone=st.text(), theme=st.sampled_from(["light", "dark"])))
def test_any_allowed_settings_survive_json(settings: Settings) -> None:
    assert parse_settings(json.loads(json.dumps(asdict(settings)))) == settings

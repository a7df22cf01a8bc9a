"""What is remembered from one time to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_desktop.core.remembered import merge, read


def test_what_is_remembered_stays_beside_what_was(tmp_path: Path) -> None:
    path = tmp_path / "places.json"
    merge(path, sound="/here")
    merge(path, **{"a model": ["/there"]})
    merge(path, sound="/elsewhere")
    assert read(path) == {"sound": "/elsewhere", "a model": ["/there"]}


@pytest.mark.parametrize("text", ["", "[1]", "{", "3"])
def test_what_is_damaged_is_nothing_and_is_written_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "places.json"
    path.write_text(text)
    assert read(path) == {}
    merge(path, sound="/here")
    assert read(path) == {"sound": "/here"}


def test_a_disk_that_cannot_be_written_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    merge(tmp_path / "file" / "places.json", sound="/here")
    assert "«places.json» could not be remembered" in caplog.text

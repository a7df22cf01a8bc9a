from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ser_desktop import sound_server


@pytest.mark.parametrize(
    ("specification", "rate_hz"),
    [("s16le 2ch 44100Hz", 44_100), ("float32le 1ch 16000Hz", 16_000), ("nonsense", 48_000), ("", 48_000)],
)
def test_the_rate_is_read_from_the_sound_servers_words(specification: str, rate_hz: float) -> None:
    assert sound_server.rate_hz({"sample_specification": specification}) == rate_hz
    assert sound_server.rate_hz({}) == 48_000


def write_pactl(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program named pactl first on the path."""
    folder.mkdir()
    program = folder / "pactl"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has this sound server")
@pytest.mark.parametrize("body", ["exit 1", "echo '{'", "echo", "echo null", "echo '{}'"])
def test_a_sound_server_that_gives_no_answer_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    write_pactl(tmp_path / "bin", body, monkeypatch)
    assert sound_server.list_sources() is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has this sound server")
def test_the_sound_servers_sources_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pactl(
        tmp_path / "bin", """echo '[{"name": "usb", "description": "Mikrofön"}, {"index": 1}, 5]'""", monkeypatch
    )
    assert sound_server.list_sources() == [{"name": "usb", "description": "Mikrofön"}]


def test_without_the_servers_program_there_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert sound_server.list_sources() is None
    assert sound_server.default_source() == ""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ser_desktop.core.audio import load
from ser_desktop.core.errors import AudioFileError
from ser_desktop.core.sound_formats import kind_of
from tests.helpers.bad_files import BAD_FILES, write_voice


@pytest.mark.parametrize("name", BAD_FILES)
def test_every_bad_file_gets_a_sentence_with_its_name_and_what_to_do(tmp_path: Path, name: str) -> None:
    write, said = BAD_FILES[name]
    write(tmp_path / name)
    with pytest.raises(AudioFileError) as caught:
        load(tmp_path / name)
    assert said in str(caught.value)
    assert name in caught.value.what
    assert caught.value.fix


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x00\x00\x00\x18ftypisom", "an M4A/MP4 file (AAC)"),
        (b"\x1a\x45\xdf\xa3webm", "a WebM/Matroska file"),
        (b"PK\x03\x04 a zip", "a zip archive"),
        ("Grüße, 你好".encode(), "text"),
        (("x" * 63 + "ü").encode(), "text"),
        (b"RIFF\x00\xff\xfe\x00WAVE", ""),
        (b"", ""),
    ],
)
def test_the_first_bytes_tell_what_a_file_is(tmp_path: Path, start: bytes, kind: str) -> None:
    (tmp_path / "file").write_bytes(start)
    assert kind_of(tmp_path / "file") == kind


def test_the_command_that_converts_quotes_names_with_spaces(tmp_path: Path) -> None:
    file = tmp_path / "my voice.m4a"
    file.write_bytes(b"\x00\x00\x00\x20ftypM4A " + bytes(100))
    with pytest.raises(AudioFileError, match=r'ffmpeg -i "my voice.m4a" "my voice.wav"'):
        load(file)


def test_without_telling_bytes_the_ending_names_the_kind(tmp_path: Path) -> None:
    file = tmp_path / "voice.amr"
    file.write_bytes(bytes(range(128, 256)))
    with pytest.raises(AudioFileError, match="is an AMR file"):
        load(file)


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_voice(tmp_path / "diary.wav")
    file.chmod(0)
    if os.access(file, os.R_OK):
        # The administrator may read everything.
        def refuse(*_arguments: object, **_options: object) -> object:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioFileError, match="may not be read") as caught:
        load(file)
    assert "permissions" in caught.value.fix

"""Questions for files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.gui.file_dialogs import ask_for_file, ask_for_folder, remember, start_folder


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def test_a_question_begins_where_the_last_of_its_kind_ended(
    parent: QWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    sound = tmp_path / "here" / "voice.wav"
    sound.parent.mkdir()

    def answer(_parent: QWidget, _title: str, folder: str, _patterns: str) -> tuple[str, str]:
        asked.append(folder)
        return str(sound), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    for _ in range(2):
        assert ask_for_file(parent, "sound", "Which?", "Sound (*.wav)") == sound
    assert asked[1] == str(sound.parent)
    assert start_folder("model") != sound.parent


def test_a_question_that_is_dismissed_changes_nothing(
    parent: QWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember("model", tmp_path)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    assert ask_for_folder(parent, "model", "Which?") is None
    assert start_folder("model") == tmp_path


def test_a_folder_that_is_gone_and_a_file_that_is_damaged_lead_to_a_folder_of_the_user(tmp_path: Path) -> None:
    remember("model", tmp_path / "gone" / "file.zip")
    assert start_folder("model").is_dir()
    paths.dialogs_file().write_text("[not what it was")
    assert start_folder("model").is_dir()
    remember("model", tmp_path)
    assert start_folder("model") == tmp_path


def test_where_nothing_can_be_written_the_question_is_asked_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    paths.dialogs_file().parent.parent.mkdir(parents=True, exist_ok=True)
    paths.dialogs_file().parent.write_text("a file where a folder should be")
    remember("model", tmp_path)
    assert "could not be remembered" in caplog.text

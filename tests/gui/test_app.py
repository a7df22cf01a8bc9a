"""Start, crash dialog and appearance of the whole application."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.settings import Settings, save_settings
from ser_desktop.gui import theme
from ser_desktop.gui.app import Application, AppOptions


@pytest.fixture
def application(qapp: QApplication, qtbot: QtBot) -> Application:
    application = Application(AppOptions(theme="light"), qapp)
    qtbot.addWidget(application.window)
    return application


def test_two_defects_open_one_dialog(application: Application, qtbot: QtBot) -> None:
    application.show_crash(ValueError("first"))
    application.show_crash(ValueError("second"))
    dialogs = application.window.findChildren(QMessageBox)
    assert len(dialogs) == 1
    assert "first" in dialogs[0].detailedText()
    dialogs[0].close()
    application.show_crash(ValueError("third"))
    dialogs = [d for d in application.window.findChildren(QMessageBox) if d.isVisible()]
    assert len(dialogs) == 1
    dialogs[0].close()


def test_a_settings_file_that_is_not_json_is_kept_and_announced(qapp: QApplication, qtbot: QtBot) -> None:
    file = paths.settings_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("theme = dark")
    application = Application(AppOptions(), qapp)
    qtbot.addWidget(application.window)
    assert "defaults apply" in application.window.banner.text.text()
    kept = list(file.parent.glob("*unreadable*"))
    assert [k.read_text() for k in kept] == ["theme = dark"]


def test_the_command_line_overrides_settings_without_rewriting_them(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    save_settings(Settings(theme="dark", hop_s=2.0), paths.settings_file())
    before = paths.settings_file().read_text()
    application = Application(AppOptions(theme="light", device="cpu"), qapp)
    qtbot.addWidget(application.window)
    assert theme.theme().name == "light"
    assert application.recorder.settings.device == "cpu"
    assert application.recorder.settings.hop_s == 2.0
    assert paths.settings_file().read_text() == before


def test_the_appearance_changes_at_once_and_is_remembered(application: Application) -> None:
    application.window.appearance_chosen.emit("dark")
    assert theme.theme().name == "dark"
    assert '"theme": "dark"' in paths.settings_file().read_text()
    application.window.appearance_chosen.emit("light")
    assert theme.theme().name == "light"

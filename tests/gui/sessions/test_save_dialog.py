"""The question what of a session is to be saved, and where."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ser_desktop.gui.sessions.save_dialog import SaveDialog


def test_it_proposes_the_folder_of_the_last_time_also_after_the_program_was_closed(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    first, later = SaveDialog(parent), SaveDialog(parent)
    first.ask("story", None, "", 0.0)
    first.place.setText(str(tmp_path / "other.json"))
    first.accept()
    later.ask("story", None, "", 0.0)
    assert Path(later.place.text()) == tmp_path / "story.json"
    later.reject()

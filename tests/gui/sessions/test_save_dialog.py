"""The question what of a session is to be saved, and where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ser_desktop.core.session_sound import SoundSpool
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.sessions import messages
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


def test_the_dialog_is_not_modal_and_says_what_it_will_do(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.sessions.files.ask_to_save()
    dialog = window.sessions.files._dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert QApplication.activeModalWidget() is None
    assert not dialog.with_sound.isEnabled()
    assert dialog.place.text().endswith("session 2026-05-01 12.00.json")
    dialog.buttons[".csv"].click()
    assert dialog.place.text().endswith(".csv")
    (tmp_path / "there.csv").write_text("old")
    dialog.place.setText(str(tmp_path / "there.csv"))
    assert dialog.save.text() == messages.REPLACE
    dialog.place.setText("nowhere")
    assert not dialog.save.isEnabled()
    dialog.place.setText(str(tmp_path / "misspelt" / "there.csv"))
    assert not dialog.save.isEnabled(), "no folder is made of a slip"
    assert dialog.warning.text() == messages.folder_missing(str(tmp_path / "misspelt"))
    dialog.place.setText(str(tmp_path / "there.csv"))
    with qtbot.waitSignal(window.sessions.files.worker.saved):
        dialog.save.click()
    assert (tmp_path / "there.csv").read_text().startswith("start_s")


def test_sound_that_would_be_replaced_is_named(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    spool = SoundSpool()
    spool.begin(0.0)
    spool.append(np.full(16_000, 0.25, np.float32))
    window.sessions.files.sound = spool
    window.sessions.files.ask_to_save()
    dialog = window.sessions.files._dialog
    assert dialog is not None
    (tmp_path / "story.flac").write_text("another recording")
    dialog.place.setText(str(tmp_path / "story.json"))
    assert (dialog.save.text(), dialog.warning.text()) == (messages.SAVE, "")
    dialog.with_sound.click()
    assert dialog.save.text() == messages.REPLACE
    assert dialog.warning.text() == messages.SOUND_EXISTS.format("story.flac")
    (tmp_path / "story.json").write_text("old")
    dialog.place.setText(str(tmp_path / "other.json"))
    dialog.place.setText(str(tmp_path / "story.json"))
    assert dialog.warning.text() == messages.BOTH_EXIST.format("story.flac")
    dialog.with_sound.click()
    assert dialog.warning.text() == messages.EXISTS
    dialog.with_sound.click()
    dialog.buttons[".csv"].click()
    assert (dialog.save.text(), dialog.warning.text()) == (messages.SAVE, "")
    dialog.reject()
    spool.close()

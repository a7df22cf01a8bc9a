"""Recordings that a crash interrupted."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.journal import Journal
from ser_desktop.core.session import SessionState
from ser_desktop.core.session_file import open_session
from ser_desktop.gui.main_window import MainWindow
from tests.gui.sessions.conftest import Recorded, answer, hear
from tests.helpers.sessions import recording


def interrupted_recording() -> Path:
    session = recording()
    answers, session.history = session.history, []
    journal = Journal(paths.journals_folder(), session)
    for one in answers:
        journal.add_answer(one)
    journal.flush()
    assert journal._file is not None
    journal._file.close()
    journal._lock.release()
    return journal.path


def look(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.sessions.files.worker.found):
        window.sessions.recovery.look()


def test_an_interrupted_recording_is_offered_opened_and_kept_until_saved(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    journal = interrupted_recording()
    look(window, qtbot)
    banner = window.sessions.recovery.banner
    assert banner.isVisible()
    assert "The recording of 1 May, 12:00, 2 minutes long, was not saved." in banner.text.text()
    banner.open_button.click()
    assert window.cards.timeline.scene.lanes.n_answers == 120
    assert not banner.isVisible()
    assert journal.exists()
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(tmp_path / "rescued.json")
    qtbot.waitUntil(lambda: not journal.exists())
    assert len(open_session(tmp_path / "rescued.json").history) == 120


def test_one_that_is_discarded_can_be_had_back_until_the_window_closes(window: MainWindow, qtbot: QtBot) -> None:
    journal = interrupted_recording()
    look(window, qtbot)
    banner = window.sessions.recovery.banner
    banner.discard_button.click()
    assert journal.exists()
    banner.undo_button.click()
    assert banner.open_button.isVisible()
    banner.discard_button.click()
    window.close()
    assert not journal.exists()


def test_while_it_records_an_interrupted_recording_waits(recorded: Recorded, qtbot: QtBot) -> None:
    window = recorded(2)
    interrupted_recording()
    look(window, qtbot)
    banner = window.sessions.recovery.banner
    assert not banner.open_button.isEnabled()
    hear(window, answer(3.0))
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    assert banner.open_button.isEnabled()
    assert not [w for w in window.findChildren(QMessageBox) if w.isVisible()]


def test_without_an_interrupted_recording_nothing_is_said(window: MainWindow) -> None:
    window.sessions.recovery.look()
    assert not window.sessions.recovery.banner.isVisible()
    assert not window.sessions.files.worker.isRunning()

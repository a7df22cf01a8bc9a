"""Microphones and files that are wanted, opened, refused and lost, on a real thread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ser_desktop.audio_source import FileSource
from ser_desktop.core import paths
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import Settings
from ser_desktop.gui import messages
from ser_desktop.gui.main_window import MainWindow
from tests.gui.conftest import OpenWindow, wait_for
from tests.helpers.microphones import PretendMicrophone


def test_an_unreadable_file_is_named_and_the_window_stays_ready(
    ready: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    bad = tmp_path / "holiday.wav"
    bad.write_bytes(b"not a sound" * 100)
    ready.recorder.play(bad, bad.name)
    qtbot.waitUntil(ready.banner.isVisible)
    assert "holiday.wav" in ready.banner.text.text()
    assert ready.bar.record_button.isEnabled()


def test_a_remembered_microphone_that_is_absent_is_named_and_not_replaced(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(Settings(microphone="Desk Mic"))
    window.recorder.start()
    qtbot.waitUntil(lambda: "Desk Mic" in window.bar.picker.currentText())
    assert "not connected" in window.bar.picker.currentText()
    assert window.recorder.inputs.source is None


def test_record_pressed_while_a_source_is_being_opened_begins_once_it_is_open(ready: MainWindow, qtbot: QtBot) -> None:
    recorder = ready.recorder
    qtbot.waitUntil(lambda: not recorder.inputs.is_opening)
    recorder.inputs.open_file(paths.demo_clip(), messages.DEMO_SOURCE)
    qtbot.mouseClick(ready.bar.record_button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, ready, SessionState.LISTENING)
    with qtbot.waitSignal(recorder.predicted, timeout=10_000):
        pass


def test_what_the_sound_card_says_about_an_older_order_is_ignored(ready: MainWindow, qtbot: QtBot) -> None:
    recorder = ready.recorder
    qtbot.waitUntil(lambda: not recorder.inputs.is_opening)
    old = recorder.inputs._order
    recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    stale = FileSource(paths.demo_clip(), "the microphone before")
    recorder.inputs._opened(old, stale)
    assert recorder.inputs.source is not stale, "a recording would begin on the wrong source"
    wait_for(qtbot, ready, SessionState.LISTENING)
    assert recorder.session.source == messages.DEMO_SOURCE


def test_a_microphone_lost_while_nothing_is_recorded_is_said_and_forgotten_when_it_is_back(
    ready: MainWindow, qtbot: QtBot
) -> None:
    recorder = ready.recorder
    qtbot.waitUntil(lambda: not recorder.inputs.is_opening)
    recorder.inputs._lost(recorder.inputs._order, "Desk Mic")
    assert "«Desk Mic» is not connected" in ready.banner.text.text()
    assert recorder.session.state is SessionState.IDLE
    recorder.inputs._opened(recorder.inputs._order, PretendMicrophone())
    assert not ready.banner.isVisible()
    recorder.inputs._lost(recorder.inputs._order, "Desk Mic")

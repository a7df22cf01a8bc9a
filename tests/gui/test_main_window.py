"""The window with its real threads, real model and a real sound file as microphone."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.prediction import AnswerState
from ser_desktop.core.session import SessionState
from ser_desktop.gui import messages
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.workers import InferenceWorker
from tests.gui.conftest import OpenWindow, wait_for
from tests.helpers.answers import LABELS, answer
from tests.helpers.bundles import write_bundle


def test_record_waits_for_the_model(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    assert not window.bar.record_button.isEnabled()
    assert window.bar.record_button.text() == messages.LOADING
    window.recorder.start()
    wait_for(qtbot, window, SessionState.IDLE)
    assert window.bar.record_button.text() == messages.RECORD
    assert window.bar.record_button.isEnabled()


def test_the_demo_clip_moves_bars_timeline_and_answer(ready: MainWindow, qtbot: QtBot) -> None:
    ready.recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    with qtbot.waitSignal(ready.recorder.predicted, timeout=10_000, check_params_cb=lambda p: bool(p.probabilities)):
        pass
    assert messages.DEMO_SOURCE in ready.bar.picker.currentText()
    assert sum(ready.cards.bars.values) == pytest.approx(1.0, abs=1e-6)
    assert ready.cards.answer.title.lower() in {*LABELS, "not sure"}
    assert "describes" in ready.status.answer.text()
    qtbot.mouseClick(ready.bar.record_button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, ready, SessionState.IDLE)
    assert ready.sessions.save_action.isEnabled()
    assert not ready.cards.offers.isVisible()


def test_the_status_line_names_device_reason_model_and_quality(ready: MainWindow) -> None:
    assert ready.recorder.model is not None
    assert ready.recorder.model.device in ready.status.device.text()
    assert ready.recorder.model.device_reason in ready.status.device.text()
    assert "RAVDESS" in ready.status.model.text()
    assert "UAR" in ready.status.model.text()


def test_a_defect_in_a_thread_is_reported_and_the_thread_goes_on(open_window: OpenWindow, qtbot: QtBot) -> None:
    def defective(_folder: Path, _device: str, _backend: str) -> object:
        raise ZeroDivisionError("a defect of ours")

    worker = InferenceWorker(defective)  # type: ignore[arg-type]
    window = open_window(inference=worker)
    with qtbot.waitSignal(window.recorder.crashed) as caught:
        window.recorder.start()
    assert isinstance(caught.args[0], ZeroDivisionError)
    assert worker.isRunning()


def test_a_session_is_saved_and_a_full_disk_loses_nothing(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    window.recorder.session.add(answer(AnswerState.EMOTION))
    target = tmp_path / "session.csv"
    with qtbot.waitSignal(window.sessions.files.worker.saved):
        window.sessions.files.save(target)
    assert "happy" in target.read_text()
    assert str(target) in window.banner.text.text()

    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = target.read_text()
    monkeypatch.setattr(Path, "replace", full)
    window.recorder.session.add(answer(AnswerState.NOT_SURE, 0.3))
    with qtbot.waitSignal(window.sessions.files.worker.failed):
        window.sessions.files.save(target)
    assert "No space left" in window.banner.text.text()
    assert target.read_text() == before
    assert len(window.recorder.session.history) == 2


def test_a_notice_can_be_dismissed(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    window.recorder.noticed.emit(Notice("Something to know."))
    assert window.banner.isVisible()
    qtbot.mouseClick(window.banner.close_button, Qt.MouseButton.LeftButton)
    assert not window.banner.isVisible()


def test_every_control_has_a_name_for_screen_readers(open_window: OpenWindow) -> None:
    window = open_window()
    bar = window.bar
    for widget in (bar.picker, bar.meter, bar.light, bar.elapsed, window.cards.answer, window.cards.bars):
        assert widget.accessibleName(), widget
    for button in (bar.record_button, bar.rescan_button, bar.menu_button):
        assert button.text()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_model_is_opened_from_its_folder_or_from_the_zip_file_that_was_exported(
    ready: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = write_bundle(tmp_path / "another")
    ready.opening.open_model(folder / "config.json")
    wait_for(qtbot, ready, SessionState.IDLE)
    assert ready.recorder.model_folder == folder
    ready.opening.open_model(Path(shutil.make_archive(str(tmp_path / "exported"), "zip", folder)))
    assert ready.banner.text.text() == messages.UNPACKING.format("exported.zip")
    wait_for(qtbot, ready, SessionState.LOADING)
    wait_for(qtbot, ready, SessionState.IDLE)
    assert not ready.banner.isVisible()
    assert ready.recorder.model_folder is not None
    assert ready.recorder.model_folder.name.startswith("exported-")


def test_a_zip_file_without_a_model_is_told(ready: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "photos.zip").write_bytes(b"PK nothing")
    ready.opening.open_model(tmp_path / "photos.zip")
    qtbot.waitUntil(lambda: "photos.zip» cannot be unpacked" in ready.banner.text.text(), timeout=10_000)


def test_space_goes_on_belonging_to_record(ready: MainWindow, qtbot: QtBot) -> None:
    ready.activateWindow()
    qtbot.waitUntil(lambda: not ready.recorder.inputs.is_opening)
    ready.bar.rescan_button.setFocus()
    # Rescan is disabled while something is recorded; Qt would hand the keyboard to what comes next.
    ready.recorder.play(paths.demo_clip(), "demo")
    wait_for(qtbot, ready, SessionState.LISTENING)
    assert ready.focusWidget() is ready.bar.record_button
    qtbot.keyClick(ready, Qt.Key.Key_Space)
    wait_for(qtbot, ready, SessionState.IDLE)
    assert ready.focusWidget() is ready.bar.record_button

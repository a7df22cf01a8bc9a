"""From the main window to the window for sound files, and while somebody records."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QGraphicsView
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import Settings
from ser_desktop.gui import messages as main_messages
from ser_desktop.gui.files import messages
from ser_desktop.gui.files.entries import EntryState
from ser_desktop.gui.main_window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.gui.files.conftest import drop
from tests.helpers.bad_files import write_long, write_voice
from tests.helpers.bundles import write_bundle

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:opensmile")
READY_MS = 60_000


def wait_for(qtbot: QtBot, window: MainWindow, state: SessionState) -> None:
    qtbot.waitUntil(lambda: window.recorder.session.state is state, timeout=READY_MS)


@pytest.fixture
def ready(open_window: OpenWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    window = open_window(Settings(bundle=str(write_bundle(tmp_path / "bundle"))))
    window.recorder.start()
    wait_for(qtbot, window, SessionState.IDLE)
    return window


def test_the_menu_and_its_key_open_it(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    assert window.files.window is None, "it is made when it is first wanted"
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    qtbot.keyClick(window, Qt.Key.Key_F, keys)
    assert window.files.window is not None
    assert window.files.window.isVisible()
    assert not window.files.window.isModal()
    assert window.files_action.text() == messages.MENU_ENTRY


def test_what_is_dropped_anywhere_on_the_main_window_is_analysed_with_its_model(
    ready: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    plots = ready.findChildren(QGraphicsView)
    assert len(plots) >= 2
    targets = [ready, ready.cards.answer, ready.cards.bars, ready.cards.timeline, *(plot.viewport() for plot in plots)]
    for i, target in enumerate(targets):
        assert drop(target, write_voice(tmp_path / f"voice {i}.wav")), type(target).__name__
    queue = ready.files.queue
    qtbot.waitUntil(lambda: len(queue.table.entries) == len(targets), timeout=READY_MS)
    qtbot.waitUntil(lambda: not queue.is_busy, timeout=READY_MS)
    assert {(entry.state, entry.model) for entry in queue.table.entries} == {(EntryState.DONE, "Small model")}
    assert ready.files.window is not None
    assert ready.files.window.isVisible()


def test_a_sign_says_what_a_drop_will_do_and_goes_away(open_window: OpenWindow, tmp_path: Path) -> None:
    from PySide6.QtCore import QMimeData, QPoint, QUrl
    from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent
    from PySide6.QtWidgets import QApplication

    window = open_window()
    sign = window.files.drops.sign  # type: ignore[union-attr]
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    mouse, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, mouse, keys))
    assert sign.isVisible()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not sign.isVisible()
    assert not drop(window, urls=("https://example.org/voice.wav",))
    assert not sign.isVisible()


def test_files_dropped_while_recording_wait_and_no_window_of_the_recording_is_skipped(
    ready: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    queue, recorder = ready.files.queue, ready.recorder
    long = write_long(tmp_path / "long.wav", 30)
    ready.files.take([long])
    qtbot.waitUntil(lambda: bool(queue.table.entries) and len(queue.table.entries[0].windows) > 1, timeout=READY_MS)
    (entry,) = queue.table.entries
    recorder.play(paths.demo_clip(), main_messages.DEMO_SOURCE)
    wait_for(qtbot, ready, SessionState.LISTENING)
    drop(ready, write_voice(tmp_path / "short.wav"))
    window = ready.files.window
    assert window is not None
    assert window.held.text() == messages.RECORDING
    qtbot.waitUntil(lambda: len(queue.table.entries) == 2, timeout=READY_MS)
    for _ in range(3):
        with qtbot.waitSignal(recorder.predicted, timeout=10_000):
            pass
    # What was under way when the recording began has ended by now.
    n_heard = len(entry.windows)
    for _ in range(3):
        with qtbot.waitSignal(recorder.predicted, timeout=10_000):
            pass
    assert len(entry.windows) == n_heard
    assert queue.table.entries[1].state is EntryState.WAITING
    assert recorder.last is not None
    assert recorder.last.n_skipped == 0
    assert "paused at" in queue.table.index(0, 5).data()
    assert recorder.session.is_recording, "nothing took its keyboard or its time"
    queue.cancel([entry])
    recorder.stop()
    wait_for(qtbot, ready, SessionState.IDLE)
    qtbot.waitUntil(lambda: queue.table.entries[1].state is EntryState.DONE, timeout=READY_MS)
    assert not window.held.isVisible()


def test_a_file_at_hand_goes_on_where_it_was_when_the_recording_ends(
    ready: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    queue = ready.files.queue
    turnstile = queue._analysis._turnstile
    goes_on, waits, passes = threading.Event(), threading.Event(), turnstile.check
    heard: list[object] = []
    queue._analysis.heard.connect(lambda *answer: heard.append(answer), Qt.ConnectionType.DirectConnection)

    def check() -> None:
        # However fast the machine is, the file is held after its second answer.
        if len(heard) >= 2:
            assert goes_on.wait(READY_MS / 1000)
            if turnstile._is_held:
                waits.set()
        passes()

    turnstile.check = check  # type: ignore[method-assign]
    ready.files.take([write_voice(tmp_path / "long.wav", 40.0)])
    qtbot.waitUntil(lambda: len(heard) >= 2, timeout=READY_MS)
    queue.hold(messages.RECORDING)
    goes_on.set()
    qtbot.waitUntil(waits.is_set, timeout=READY_MS)
    (entry,) = queue.table.entries
    n_heard = len(heard)
    assert n_heard < 9
    assert queue.is_busy
    queue.hold("")
    qtbot.waitUntil(lambda: not queue.is_busy, timeout=READY_MS)
    assert [round(w.end_s) for w in entry.windows] == list(range(8, 41, 4))


def test_before_the_model_is_loaded_files_wait(open_window: OpenWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(Settings(bundle=str(write_bundle(tmp_path / "bundle"))))
    window.files.take([write_voice(tmp_path / "voice.wav")])
    queue = window.files.queue
    qtbot.waitUntil(lambda: len(queue.table.entries) == 1, timeout=READY_MS)
    assert queue.held_because == messages.LOADING
    assert queue.table.entries[0].state is EntryState.WAITING
    window.recorder.start()
    qtbot.waitUntil(lambda: not queue.is_busy, timeout=READY_MS)
    assert queue.table.entries[0].state is EntryState.DONE


def test_closing_the_main_window_closes_it_and_stops_the_analysis(
    ready: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    queue = ready.files.queue
    ready.files.take([write_long(tmp_path / "long.wav", 30)])
    qtbot.waitUntil(lambda: bool(queue.table.entries) and len(queue.table.entries[0].windows) > 0, timeout=READY_MS)
    ready.close()
    assert not ready.files.window.isVisible()  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: not queue.is_busy, timeout=10_000)
    assert ready.files.shut_down()

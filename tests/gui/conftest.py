"""Windows without a screen; nothing may be left behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from ser_desktop import microphone
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import TERMS_VERSION, Settings
from ser_desktop.gui.errands import wait_for_all
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.theme import apply_theme
from ser_desktop.microphone import InputDevice

OpenWindow = Callable[..., MainWindow]
READY_MS = 90_000


def wait_for(qtbot: QtBot, window: MainWindow, state: SessionState) -> None:
    qtbot.waitUntil(lambda: window.recorder.session.state is state, timeout=READY_MS)


@pytest.fixture(autouse=True)
def _no_sound_card(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*, refresh: bool = False) -> tuple[InputDevice, ...]:
        return ()

    monkeypatch.setattr(microphone, "list_devices", nothing)


@pytest.fixture(autouse=True)
def _nothing_left_behind(qapp: QApplication) -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert wait_for_all(), "an errand did not end in time"
    for _ in range(3):
        qapp.processEvents()
    # Without an event loop nobody deletes what was closed, and every style sheet would be worked out for it again.
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not [w for w in qapp.topLevelWidgets() if w.isVisible()], "a window was left open"
    # Threads that Qt made are counted by `Recorder.shut_down`; Python keeps a dummy for those that logged.
    left = {t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)}
    assert left <= before, "a thread was left running"


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenWindow]:
    """Open a window on a real recorder with real threads, its limits understood; shut both down afterwards."""
    recorders: list[Recorder] = []
    windows: list[MainWindow] = []

    def open_one(settings: Settings | None = None, *, understood: str = TERMS_VERSION, **workers: object) -> MainWindow:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply_theme(app, "light")
        acknowledged = replace(settings or Settings(), understood=understood)
        recorder = Recorder(acknowledged, tmp_path / "settings.json", **workers)  # type: ignore[arg-type]
        window = MainWindow(recorder)
        qtbot.addWidget(window)
        recorders.append(recorder)
        windows.append(window)
        window.show()
        return window

    yield open_one
    for window in windows:
        assert window.files.shut_down(), "a thread for sound files did not end in time"
    for recorder in recorders:
        assert recorder.shut_down(), "a worker did not end in time"


@pytest.fixture
def ready(open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    """A window whose model is loaded."""
    window = open_window()
    window.recorder.start()
    wait_for(qtbot, window, SessionState.IDLE)
    return window

"""A chosen voice in the real main window, with a real model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.normalise import Normalisation, Statistics
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import Settings
from ser_desktop.core.voices import Voice, VoiceInfo, VoiceUse, key_of, save_voice
from ser_desktop.gui.main_window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.helpers.bundles import EGEMAPS, small_config, write_bundle

pytestmark = pytest.mark.filterwarnings("ignore")
READY_MS = 30_000


@pytest.fixture(autouse=True)
def _models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "program" / "models"
    config = replace(small_config(), normalisation=Normalisation.SPEAKER)
    for name in ("default", "egemaps"):
        write_bundle(folder / name, config)
    monkeypatch.setattr(paths, "shipped_models", lambda: folder)


def stored(name: str) -> None:
    one = np.ones((1, 25), np.float32)
    info = VoiceInfo(name, 21.0, datetime(2026, 1, 5, tzinfo=UTC))
    save_voice(Voice(info, {key_of(EGEMAPS): Statistics(one, one)}))


def started(open_window: OpenWindow, qtbot: QtBot, voice: str = "") -> MainWindow:
    window = open_window(Settings(voice=voice))
    window.recorder.start()
    qtbot.waitUntil(lambda: window.recorder.session.state is SessionState.IDLE, timeout=READY_MS)
    return window


def tip(window: MainWindow) -> str:
    return window.model_text.toolTip()


def test_a_remembered_voice_is_used_from_the_start(open_window: OpenWindow, qtbot: QtBot) -> None:
    stored("Anna")
    window = started(open_window, qtbot, "Anna")
    assert window.recorder.model is not None
    assert window.recorder.model.voice_use is VoiceUse.USED
    assert "set to the voice of Anna" in tip(window)


def test_without_a_voice_the_tooltip_says_who_stands_in(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = started(open_window, qtbot)
    assert "average training speaker stands in" in tip(window)
    stored("Anna")
    window.recorder.use_voice("Anna")
    qtbot.waitUntil(lambda: "voice of Anna" in tip(window), timeout=READY_MS)
    window.recorder.use_voice("")
    qtbot.waitUntil(lambda: "stands in" in tip(window), timeout=READY_MS)


def test_a_remembered_voice_that_is_gone_is_told_once_and_the_model_is_loaded_all_the_same(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = started(open_window, qtbot, "Anna")
    assert "no voice «Anna»" in window.banner.text.text()
    assert window.recorder.settings.voice == ""
    assert window.recorder.model is not None
    assert window.bar.record_button.isEnabled()


def test_the_menu_opens_the_window_and_closing_the_program_ends_its_thread(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    stored("Anna")
    window = started(open_window, qtbot, "Anna")
    window.voice_action.trigger()
    voices = window.voices.window
    assert voices is not None
    qtbot.waitUntil(lambda: len(voices.list.rows) == 2, timeout=READY_MS)
    assert voices.list.rows[1].button.isChecked()
    assert "listens for the voice of Anna" in voices.list.use_text.text()
    window.close()
    assert not voices.isVisible()
    assert window.voices.close()

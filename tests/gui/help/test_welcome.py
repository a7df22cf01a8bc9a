"""Before the first recording people are told what the program can and may not do."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import TERMS_VERSION, load_settings
from ser_desktop.gui import messages
from ser_desktop.gui.help import messages as help_messages
from ser_desktop.gui.main_window import MainWindow
from tests.gui.conftest import OpenWindow


@pytest.fixture
def first(open_window: OpenWindow) -> MainWindow:
    """The window as it comes up for the first time, its model loaded."""
    window = open_window(understood="")
    window.recorder.session.go(SessionState.IDLE)
    window.recorder.state_changed.emit(SessionState.IDLE)
    window.activateWindow()
    return window


def test_the_limits_stand_where_the_answer_will_be(first: MainWindow) -> None:
    assert first.welcome.isVisible()
    assert not first.cards.isVisible()
    said = " ".join(label.text() for label in first.welcome.findChildren(QLabel))
    for words in ("actors", "often wrong", "not a feeling", "Article 5(1)(f)", "Tell people", "on this computer"):
        assert words in said


def test_record_leads_to_them_and_records_nothing(first: MainWindow, qtbot: QtBot) -> None:
    assert not first.welcome.hint.isVisible()
    qtbot.mouseClick(first.bar.record_button, Qt.MouseButton.LeftButton)
    assert first.recorder.session.state is SessionState.IDLE
    assert first.welcome.hint.isVisible()
    assert first.focusWidget() is first.welcome.button


def test_once_understood_they_give_way_and_never_come_again(
    first: MainWindow, open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    first.welcome.button.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not first.welcome.isVisible())
    assert first.cards.isVisible()
    assert first.focusWidget() is first.bar.record_button
    stored, _ = load_settings(tmp_path / "settings.json")
    assert stored.understood == TERMS_VERSION
    assert open_window(stored, understood=stored.understood).cards.isVisible()


def test_other_limits_are_asked_about_again(open_window: OpenWindow) -> None:
    assert open_window(understood="an older version").welcome.isVisible()


def test_the_demo_clip_waits_until_they_are_understood(first: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[Path, str]] = []
    monkeypatch.setattr(first.recorder.inputs._capture, "open_file", lambda *order: opened.append(order) or 1)
    first.opening.demo_action.trigger()
    assert opened == []
    first.welcome.button.click()
    assert opened == [(paths.demo_clip(), messages.DEMO_SOURCE)]


def test_the_audience_view_leads_to_them(first: MainWindow) -> None:
    first.audience.open()
    assert first.audience.view is None
    assert first.welcome.hint.isVisible()


def test_they_are_within_reach_of_the_keyboard(first: MainWindow, qtbot: QtBot) -> None:
    first.bar.record_button.setFocus()
    met = []
    for _ in range(12):
        qtbot.keyClick(QApplication.focusWidget() or first, Qt.Key.Key_Tab)
        met.append(first.focusWidget())
    assert first.welcome.button in met
    assert first.welcome.more_button in met


def test_enter_is_enough(first: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(first.bar.record_button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(first.welcome.button, Qt.Key.Key_Return)
    assert first.cards.isVisible()


def test_they_block_nothing_else(first: MainWindow) -> None:
    assert not first.welcome.isModal()
    for action in (first.encoders_action, first.train_action, first.opening.model_action):
        assert action.isEnabled()


def test_every_point_has_a_drawing() -> None:
    for icon, title, text in help_messages.LIMITS:
        assert (paths.assets_folder() / "icons" / f"{icon}.svg").is_file()
        assert title
        assert text.endswith(".")

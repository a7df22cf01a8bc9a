"""The menu behind “More”: where an entry comes to stand, and that its keys work."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ser_desktop.gui.menu import MoreMenu, Section
from tests.gui.conftest import OpenWindow


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


def seen(menu: MoreMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.isVisible() and action.text()]


def test_entries_stand_in_their_sections_in_the_order_they_came(window: QWidget) -> None:
    menu = MoreMenu(window)
    menu.add(Section.MODELS, "Train", lambda: None)
    menu.add(Section.REST, "Settings", lambda: None)
    menu.add(Section.FILES, "Open", lambda: None)
    menu.add(Section.RECORDING, "Save", lambda: None)
    menu.add(Section.FILES, "Analyse", lambda: None)
    menu.add(Section.HELP, "About", lambda: None)
    assert seen(menu) == ["Save", "Open", "Analyse", "Train", "Help", "Settings"]
    assert [action.text() for action in menu.entries(Section.FILES)] == ["Open", "Analyse"]
    assert [action.text() for action in menu.entries(Section.HELP)] == ["About"]


def test_a_section_without_entries_is_not_shown(window: QWidget) -> None:
    menu = MoreMenu(window)
    assert not [action for action in menu.actions() if action.isVisible()]
    menu.add(Section.VIEW, "Audience", lambda: None)
    assert seen(menu) == ["View"]


def test_keys_work_while_the_menu_is_closed(window: QWidget, qtbot: QtBot) -> None:
    pressed: list[str] = []
    menu = MoreMenu(window)
    menu.add(Section.HELP, "Deep down", lambda: pressed.append("deep"), "Ctrl+J")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert pressed == ["deep"]


def test_one_of_the_choices_is_checked_and_told(window: QWidget) -> None:
    told: list[str] = []
    menu = MoreMenu(window)
    actions = menu.add_choices(Section.VIEW, "Appearance", {"light": "Light", "dark": "Dark"}, told.append)
    actions["light"].trigger()
    actions["dark"].trigger()
    assert told == ["light", "dark"]
    assert [actions[name].isChecked() for name in ("light", "dark")] == [False, True]


def test_the_appearance_in_force_is_the_one_that_is_checked(open_window: OpenWindow) -> None:
    window = open_window()
    window.recorder.change_settings(theme="dark")
    window.restyle()
    assert [name for name, action in window.appearance_actions.items() if action.isChecked()] == ["dark"]


def test_no_two_entries_of_the_window_have_the_same_keys(open_window: OpenWindow) -> None:
    keys = [a.shortcut().toString() for a in open_window().findChildren(QAction) if not a.shortcut().isEmpty()]
    assert len(keys) == len(set(keys))

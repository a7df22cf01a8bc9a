"""The sheet of keys says what the window really does."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ser_desktop.gui.help import messages
from ser_desktop.gui.help.shortcuts_sheet import ShortcutsSheet, all_shortcuts, shortcuts_of
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.menu import Section
from tests.gui.conftest import OpenWindow


def keys_of(window: MainWindow) -> dict[str, str]:
    return {key: words for entries in shortcuts_of(window).values() for words, keys in entries for key in keys}


def test_every_key_of_the_window_is_on_it_with_words(open_window: OpenWindow) -> None:
    window = open_window()
    real = {sequence.toString() for action in window.findChildren(QAction) for sequence in action.shortcuts()}
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    real |= {shortcut.key().toString() for shortcut in window.findChildren(QShortcut, options=direct)}
    found = keys_of(window)
    assert set(found) == real
    assert messages.SHORTCUT_UNNAMED not in found.values(), "a shortcut says in its whatsThis what it does"


def test_how_to_record_stands_first(open_window: OpenWindow) -> None:
    assert next(iter(shortcuts_of(open_window()).values()))[0] == (messages.SHORTCUT_RECORD, ("Space",))


def test_it_is_grouped_like_the_menu(open_window: OpenWindow) -> None:
    groups = shortcuts_of(open_window())
    assert (messages.SHORTCUT_RECORD, ("Space",)) in groups[messages.SHORTCUTS_WINDOW]
    assert ("Audience view", ("F11",)) in groups[Section.VIEW.value]
    assert (messages.SHORTCUTS, ("Ctrl+/", "?")) in groups[Section.HELP.value]


def test_what_is_added_later_is_on_it(open_window: OpenWindow) -> None:
    window = open_window()
    menu = window.bar.menu_button.menu()
    menu.add(Section.FILES, "Dance…", lambda: None, "Ctrl+Shift+Y")  # type: ignore[attr-defined]
    jump = QShortcut(QKeySequence("Ctrl+J"), window)
    jump.setWhatsThis("Jump")
    found = keys_of(window)
    assert found["Ctrl+Shift+Y"] == "Dance"
    assert found["Ctrl+J"] == "Jump"


def test_both_keys_open_it(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    for key, modifier in (
        (Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_Question, Qt.KeyboardModifier.NoModifier),
    ):
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        qtbot.keyClick(window, key, modifier)
        sheet = window.help.shortcuts
        assert sheet is not None
        assert sheet.isVisible()
        sheet.close()


def test_it_shows_words_and_keys(qtbot: QtBot) -> None:
    sheet = ShortcutsSheet({"Group": [("Do it", ("Ctrl+D", "D"))]})
    qtbot.addWidget(sheet)
    texts = [label.text() for label in sheet.findChildren(QLabel)]
    assert {"Group", "Do it", "Ctrl+D", "D"} <= set(texts)


def test_the_keys_of_the_timeline_are_on_it_and_do_something(open_window: OpenWindow) -> None:
    window = open_window()
    keys = [QKeySequence(key) for _, keys in all_shortcuts(window)[messages.SHORTCUTS_TIMELINE] for key in keys]
    assert len(keys) >= 11
    nothing = QKeySequence("X")
    for sequence in (*keys, nothing):
        pressed = sequence[0]
        event = QKeyEvent(QEvent.Type.KeyPress, pressed.key(), pressed.keyboardModifiers())
        window.cards.timeline.keyPressEvent(event)
        assert event.isAccepted() is (sequence != nothing), sequence.toString()

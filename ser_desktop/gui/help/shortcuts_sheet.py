"""All keys of a window, read from its actions and shortcuts, so that the sheet is never out of date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ser_desktop.gui.help import messages
from ser_desktop.gui.menu import MoreMenu, Section
from ser_desktop.gui.plots.words import TIMELINE_KEYS
from ser_desktop.gui.widgets import label, scrolled

Keys = tuple[str, tuple[str, ...]]
"""What is done, and the keys that do it."""


def shortcuts_of(window: QWidget) -> dict[str, list[Keys]]:
    """Return the keys of a window by group: first what works everywhere, then the sections of its menus.

    Parameters
    ----------
    window : QWidget
        Shortcuts say what they do in their ``whatsThis``.
    """
    everywhere = [
        (shortcut.whatsThis() or messages.SHORTCUT_UNNAMED, _written([shortcut.key()]))
        for shortcut in window.findChildren(QShortcut, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if not shortcut.key().isEmpty()
    ]
    # What people need first stands first.
    everywhere.sort(key=lambda keys: keys[0] != messages.SHORTCUT_RECORD)
    groups: dict[str, list[Keys]] = {messages.SHORTCUTS_WINDOW: everywhere}
    met: set[QAction] = set()
    for menu in window.findChildren(MoreMenu):
        for section in Section:
            for action in _with_inner(menu.entries(section)):
                met.add(action)
                if action.shortcuts():
                    group = section.value or messages.SHORTCUTS_WINDOW
                    groups.setdefault(group, []).append(_of(action))
    # What is in no menu.
    everywhere += [_of(action) for action in window.actions() if action not in met and action.shortcuts()]
    return {group: keys for group, keys in groups.items() if keys}


def all_shortcuts(window: QWidget) -> dict[str, list[Keys]]:
    """Return the keys of a window, and those of its timeline while that has the keyboard."""
    timeline = [(words, _written([QKeySequence(key) for key in keys])) for words, keys in TIMELINE_KEYS]
    return {**shortcuts_of(window), messages.SHORTCUTS_TIMELINE: timeline}


def _with_inner(actions: Sequence[QAction]) -> Iterator[QAction]:
    for action in actions:
        yield action
        inner = action.menu()
        if inner is not None:
            yield from _with_inner(inner.actions())


def _of(action: QAction) -> Keys:
    return action.text().replace("&", "").removesuffix("…"), _written(action.shortcuts())


def _written(sequences: Sequence[QKeySequence]) -> tuple[str, ...]:
    return tuple(sequence.toString(QKeySequence.SequenceFormat.NativeText) for sequence in sequences)


class ShortcutsSheet(QDialog):
    """A table of keys.

    Parameters
    ----------
    groups : dict
        See `shortcuts_of`.
    parent : QWidget or None
    """

    def __init__(self, groups: Mapping[str, Sequence[Keys]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(messages.SHORTCUTS_TITLE)
        self.setMinimumSize(420, 320)
        self.resize(560, 620)
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 12, 0)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        for group, entries in groups.items():
            row = grid.rowCount()
            heading = label(group, "point")
            heading.setContentsMargins(0, 8 if row > 1 else 0, 0, 0)
            grid.addWidget(heading, row, 0, 1, 2)
            for words, keys in entries:
                row = grid.rowCount()
                grid.addWidget(label(words), row, 0)
                grid.addLayout(_caps(words, keys), row, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        close = QPushButton(messages.CLOSE)
        close.clicked.connect(self.close)
        page, foot = QVBoxLayout(self), QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        page.setContentsMargins(16, 16, 16, 16)
        page.setSpacing(12)
        page.addWidget(label(messages.SHORTCUTS_TITLE, "question"))
        page.addWidget(scrolled(content), stretch=1)
        page.addLayout(foot)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)
        self.close_button = close
        close.setFocus()


def _caps(words: str, keys: Sequence[str]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addStretch(1)
    for key in keys:
        cap = label(key, "key")
        cap.setAccessibleName(f"{words}: {key}")
        row.addWidget(cap)
    return row

"""The menu behind “More”: sections in a fixed order, one line for each entry."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget, QWidgetAction

from ser_desktop.gui import icons
from ser_desktop.gui.widgets import label


class Section(StrEnum):
    """What belongs together, in the order of the menu; the words are the heading."""

    RECORDING = "This recording"
    FILES = "Files"
    MODELS = "Models"
    VIEW = "View"
    HELP = "Help"
    REST = ""


_FOLDED = {Section.VIEW: "screen", Section.HELP: "help"}
"""These open to the side, so that the menu stays shorter than a small screen; the icon of each."""


class MoreMenu(QMenu):
    """Entries by section; a section without entries is not shown.

    Parameters
    ----------
    window : QWidget
        Hears the keys of the entries also while the menu is closed.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._entries: dict[Section, list[QAction]] = {section: [] for section in Section}
        self._heads: dict[Section, list[QAction]] = {}
        self._folds: dict[Section, QMenu] = {}
        for section in Section:
            if section in _FOLDED:
                rule = [self.addSeparator()] if not self._folds else []
                self._folds[section] = fold = self.addMenu(section.value)
                icons.dress(fold.menuAction(), _FOLDED[section])
                self._heads[section] = [*rule, fold.menuAction()]
            else:
                self._heads[section] = [self.addSeparator(), *self._heading(section.value)]
            for head in self._heads[section]:
                head.setVisible(False)

    def _heading(self, words: str) -> list[QAction]:
        if not words:
            return []
        heading = QWidgetAction(self)
        heading.setDefaultWidget(label(words, "heading"))
        heading.setEnabled(False)
        self.addAction(heading)
        return [heading]

    def add(self, section: Section, text: str, slot: Callable[[], object], keys: str = "", icon: str = "") -> QAction:
        """Add an entry at the end of a section.

        Parameters
        ----------
        section : Section
        text : str
        slot : callable
            Called without arguments.
        keys : str
            They also work while the menu is closed.
        icon : str
            Of `icons`.
        """
        action = QAction(text, self)
        if icon:
            icons.dress(action, icon)
        action.triggered.connect(lambda _checked=False: slot())
        if keys:
            action.setShortcut(QKeySequence(keys))
            # A menu that is closed does not hear its shortcuts; the window does.
            self._window.addAction(action)
        self._put(section, action)
        return action

    def add_choices(
        self,
        section: Section,
        title: str,
        choices: dict[str, str],
        chosen: Callable[[str], object],
        icon: str = "",
    ) -> dict[str, QAction]:
        """Add a menu of choices, one of which can be checked.

        Parameters
        ----------
        section : Section
        title : str
        choices : dict
            From what is handed to ``chosen`` to its words.
        chosen : callable
        icon : str
            Of `icons`.
        """
        menu, group = self.add_menu(section, title, icon), QActionGroup(self)
        actions: dict[str, QAction] = {}
        for choice, words in choices.items():
            action = actions[choice] = menu.addAction(words)
            action.setCheckable(True)
            action.triggered.connect(lambda _checked=False, value=choice: chosen(value))
            group.addAction(action)
        return actions

    def add_menu(self, section: Section, title: str, icon: str = "") -> QMenu:
        """Add an empty menu of its own at the end of a section, with an icon of `icons`."""
        menu = QMenu(title, self)
        if icon:
            icons.dress(menu.menuAction(), icon)
        self._put(section, menu.menuAction())
        return menu

    def entries(self, section: Section) -> tuple[QAction, ...]:
        """Return the entries of a section, in order."""
        return tuple(self._entries[section])

    def _put(self, section: Section, action: QAction) -> None:
        if section in self._folds:
            self._folds[section].addAction(action)
        else:
            self.insertAction(self._after(section), action)
        self._entries[section].append(action)
        for head in self._heads[section]:
            head.setVisible(True)

    def _after(self, section: Section) -> QAction | None:
        """Return what follows a section: where its next entry is put before."""
        later = list(Section)[list(Section).index(section) + 1 :]
        return self._heads[later[0]][0] if later else None

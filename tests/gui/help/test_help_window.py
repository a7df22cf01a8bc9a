"""Pages that are all there, can be searched, and follow the theme."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.gui import theme
from ser_desktop.gui.help import messages
from ser_desktop.gui.help.help_window import HelpWindow, _drawn, pages
from tests.gui.conftest import OpenWindow

FOLDER = paths.assets_folder() / "help"


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> Iterator[HelpWindow]:
    theme.apply_theme(qapp, "light")
    window = HelpWindow()
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


def listed(window: HelpWindow) -> list[str]:
    items = [window.list.item(row) for row in range(window.list.count())]
    return [item.text() for item in items if not item.isHidden()]


def test_every_file_of_the_help_is_a_page(qapp: QApplication) -> None:
    assert {page.name for page in pages()} == {file.stem for file in FOLDER.glob("*.md")} - {"README"}


@pytest.mark.parametrize("name", [name for name, _icon in messages.HELP_PAGES])
def test_pictures_and_links_of_a_page_lead_somewhere(qapp: QApplication, name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text()
    assert text.startswith("# ")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (FOLDER / target).is_file()
    for picture in re.findall(r"!\[([^\]]*)\]", text):
        assert picture, "a picture says what it shows"


def test_every_drawing_is_shown_on_a_page(qapp: QApplication) -> None:
    shown = set(re.findall(r"\]\(([\w-]+\.svg)\)", "".join(page.text for page in pages())))
    assert shown == {file.name for file in FOLDER.glob("*.svg")}


@pytest.mark.parametrize("drawing", sorted(file.name for file in FOLDER.glob("*.svg")))
def test_a_drawing_is_sharp_and_takes_the_colours_of_the_theme(qapp: QApplication, drawing: str) -> None:
    pictures: dict[str, QImage] = {}
    for name in ("dark", "light"):
        theme.apply_theme(qapp, name)
        pictures[name] = _drawn(drawing, 2.0)
        inks = {pictures[name].pixelColor(x, y).name() for x in range(0, 1200, 2) for y in range(0, 100, 2)}
        assert QColor(theme.theme().raised).name() in inks
    assert pictures["dark"].width() == 1200
    assert pictures["dark"].devicePixelRatio() == 2.0
    assert pictures["dark"] != pictures["light"]


def test_the_window_shows_the_page_that_is_chosen(window: HelpWindow) -> None:
    assert listed(window) == [page.title for page in pages()]
    for row, page in enumerate(pages()):
        window.list.setCurrentRow(row)
        assert window.browser.toPlainText().startswith(page.title)


def test_no_page_is_wider_than_the_window(window: HelpWindow) -> None:
    window.resize(window.minimumSize())
    for row in range(window.list.count()):
        window.list.setCurrentRow(row)
        window.grab()
        assert not window.browser.horizontalScrollBar().isVisible()


def test_a_search_leaves_the_pages_that_speak_of_it_and_marks_the_places(window: HelpWindow) -> None:
    window.search.setText("projector")
    assert listed(window) == ["Showing it to others"]
    assert "projector" in window.browser.toPlainText()
    marked = window.browser.extraSelections()
    assert {selection.cursor.selectedText() for selection in marked} == {"projector"}
    window.search.setText("zebra")
    assert listed(window) == []
    assert window.nothing.isVisible()
    assert "zebra" in window.nothing.text()
    window.search.clear()
    assert len(listed(window)) == len(pages())
    assert not window.nothing.isVisible()


def test_a_link_turns_to_its_page(window: HelpWindow) -> None:
    window.browser.anchorClicked.emit(QUrl("layers.md"))
    assert window.browser.toPlainText().startswith("What the layers mean")


def test_f1_opens_it_beside_the_window(open_window: OpenWindow) -> None:
    window = open_window()
    action = next(a for a in window.actions() if a.text() == messages.HELP)
    assert action.shortcut().toString() == "F1"
    action.trigger()
    assert window.help.pages is not None
    assert window.help.pages.isVisible()
    assert not window.help.pages.isModal()
    window.close()
    assert not window.help.pages.isVisible()

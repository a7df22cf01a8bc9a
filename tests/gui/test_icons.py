"""Drawings that are sharp, follow the theme, and can be told apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QColor, QIcon, QImage
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.gui import icons, theme
from tests.gui.conftest import OpenWindow

FOLDER = paths.assets_folder() / "icons"
NAMES = sorted(file.stem for file in FOLDER.glob("*.svg") if "-" not in file.stem)
ROOM = Path(icons.__file__).parent


def pixels(icon: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> list[QColor]:
    """Colours of all pixels that are not see-through at all."""
    image = icon.pixmap(QSize(36, 36), 1.0, mode).toImage().convertToFormat(QImage.Format.Format_ARGB32)
    found = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return [pixel for pixel in found if pixel.alpha() == 255]


def is_all_of(pixels: list[QColor], colour: str) -> bool:
    """Where two lines meet, blending may round by one."""
    wanted = QColor(colour).getRgb()
    return bool(pixels) and all(abs(a - b) <= 2 for p in pixels for a, b in zip(p.getRgb(), wanted, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_is_of_one_ink_on_the_common_grid(qapp: QApplication, name: str) -> None:
    text = (FOLDER / f"{name}.svg").read_text()
    assert 'viewBox="0 0 24 24"' in text
    assert "#" not in text, "its colour is that of the theme"


@pytest.mark.parametrize("name", NAMES)
def test_an_icon_is_drawn_in_the_colour_that_is_asked_for(qapp: QApplication, name: str) -> None:
    theme.apply_theme(qapp, "light")
    assert is_all_of(pixels(icons.icon(name)), theme.LIGHT.text)
    assert is_all_of(pixels(icons.icon(name), QIcon.Mode.Selected), theme.LIGHT.text)
    assert is_all_of(pixels(icons.icon(name, "accent")), theme.LIGHT.accent)
    assert is_all_of(pixels(icons.icon(name), QIcon.Mode.Disabled), theme.LIGHT.muted)


def test_no_icon_looks_like_another(qapp: QApplication) -> None:
    pictures = {bytes(icons.icon(name).pixmap(QSize(36, 36), 1.0).toImage().constBits()) for name in NAMES}
    assert len(pictures) == len(NAMES)


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("size", [16, icons.SIZE])
def test_an_icon_has_a_pixel_for_each_of_the_screen(qapp: QApplication, size: int, scale: float) -> None:
    drawn = icons.icon("record").pixmap(QSize(size, size), scale)
    assert drawn.width() >= round(size * scale) - 1
    assert drawn.width() == drawn.height()


def test_dressed_things_follow_the_theme(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply_theme(qapp, "light")
    button, entry = QPushButton("Go"), QAction("Go")
    qtbot.addWidget(button)
    button.addAction(entry)
    icons.dress(button, "play", "accent")
    icons.dress(entry, "save")
    theme.apply_theme(qapp, "dark")
    icons.redress()
    assert is_all_of(pixels(button.icon()), theme.DARK.accent)
    assert is_all_of(pixels(entry.icon()), theme.DARK.text)
    theme.apply_theme(qapp, "light")


def test_a_label_is_drawn_in_the_theme_in_force(qapp: QApplication, qtbot: QtBot) -> None:
    label = icons.IconLabel("stop", 32, "good")
    qtbot.addWidget(label)
    for name in ("light", "dark"):
        in_force = theme.apply_theme(qapp, name)
        assert label.grab().toImage().pixelColor(16, 16) == QColor(in_force.good)
    theme.apply_theme(qapp, "light")


def test_every_icon_that_the_window_names_is_there(open_window: OpenWindow) -> None:
    window = open_window()
    named = {action.property("icon-name") for action in window.findChildren(QAction)} - {None}
    named |= set(
        re.findall(
            r'(?:(?<!def )dress\([^"\n]+|IconLabel\(|icon=)"([a-z]+)"',
            "".join(file.read_text(encoding="utf-8") for file in ROOM.rglob("*.py")),
        )
    )
    assert len(named) > 10
    assert named <= set(NAMES)


def test_every_entry_of_the_menu_has_an_icon(open_window: OpenWindow) -> None:
    menu = open_window().bar.menu_button.menu()
    assert not [action.text() for action in menu.actions() if action.text() and action.icon().isNull()]


def test_the_program_has_an_icon_of_its_own(qapp: QApplication) -> None:
    assert len({pixel.name() for pixel in pixels(icons.app_icon())}) > 5


def test_the_desktop_entry_names_program_and_icon(qapp: QApplication) -> None:
    lines = (paths.assets_folder() / "ser-desktop.desktop").read_text().splitlines()
    assert lines[0] == "[Desktop Entry]"
    entries = dict(line.split("=", 1) for line in lines[1:])
    assert entries["Exec"] == "ser-desktop"
    assert (FOLDER / f"{entries['Icon']}.svg").is_file()

"""The program's own icons: one drawing each, in the colours of the theme in force."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QWidget
from shiboken6 import isValid

from ser_desktop.core import paths
from ser_desktop.gui import theme

SIZE = 18
"""Pixels of an icon on a button, at 100 %."""

_SIZES = (16, SIZE, 24, 3 * SIZE // 2, 32, 2 * SIZE)
"""Sizes at which icons are drawn: those of menus and buttons at 100, 150 and 200 %, so that nothing is scaled."""

_MODES = (QIcon.Mode.Normal, QIcon.Mode.Disabled, QIcon.Mode.Selected)

_NAME, _INK = "icon-name", "icon-ink"

_dressed: set[QAbstractButton | QAction] = set()
"""What has an icon; what Qt has destroyed is forgotten at the next change of theme."""


def icon(name: str, ink: str = "text") -> QIcon:
    """Return an icon in a colour of the theme in force; the next theme does not change it (see `dress`).

    Parameters
    ----------
    name : str
        Of the drawing in ``assets/icons``.
    ink : str
        Of `theme.Theme`.
    """
    return _drawn(name, getattr(theme.theme(), ink), theme.theme().muted)


def dress(target: QAbstractButton | QAction, name: str, ink: str = "text") -> None:
    """Give a button or an entry of a menu an icon that follows the theme."""
    target.setProperty(_NAME, name)
    target.setProperty(_INK, ink)
    _dressed.add(target)
    target.setIcon(icon(name, ink))
    if isinstance(target, QAbstractButton):
        # Wider than the drawing, which keeps the words at a distance.
        target.setIconSize(QSize(SIZE + 6, SIZE))


def redress() -> None:
    """Take over the theme in force wherever `dress` was used."""
    # Asking Qt for all widgets instead would also find those that are just being destroyed.
    _dressed.intersection_update([target for target in _dressed if isValid(target)])
    for target in _dressed:
        target.setIcon(icon(target.property(_NAME), target.property(_INK)))


def app_icon() -> QIcon:
    """Return the icon of the program itself, in its own colours."""
    return QIcon(str(paths.assets_folder() / "icons" / f"{paths.APP_NAME}.svg"))


class IconLabel(QWidget):
    """A drawing beside words; it says nothing that they do not.

    Parameters
    ----------
    name : str
    size : int
        Pixels at 100 %.
    ink : str
        Of `theme.Theme`.
    """

    def __init__(self, name: str, size: int = 24, ink: str = "text") -> None:
        super().__init__()
        self.name, self.ink = name, ink
        self.setFixedSize(QSize(size, size))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it in the theme in force."""
        painter = QPainter(self)
        renderer = QSvgRenderer(_tinted(self.name, getattr(theme.theme(), self.ink)))
        renderer.render(painter, QRectF(self.rect()))


@cache
def _source(name: str) -> str:
    return (paths.assets_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def _tinted(name: str, colour: str) -> QByteArray:
    return QByteArray(_source(name).replace("currentColor", colour).encode())


@cache
def _drawn(name: str, colour: str, disabled: str) -> QIcon:
    made = QIcon()
    for mode in _MODES:
        tint = disabled if mode is QIcon.Mode.Disabled else colour
        renderer = QSvgRenderer(_tinted(name, tint))
        for pixels in _SIZES:
            picture = QPixmap(pixels, pixels)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            renderer.render(painter)
            painter.end()
            made.addPixmap(picture, mode)
    return made

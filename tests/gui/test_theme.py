"""Colours that everybody can tell apart and read."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ser_desktop.core.labels import RAVDESS_8
from ser_desktop.core.prediction import AnswerState
from ser_desktop.gui.symbols import paint_symbol
from ser_desktop.gui.theme import DARK, LIGHT, Theme, apply_theme, look_of


def luminance(colour: str) -> float:
    channels = np.array(QColor(colour).getRgbF()[:3])
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
@pytest.mark.parametrize("token", ["text", "muted", "good", "warning", "error", "accent"])
def test_words_stand_out_from_both_surfaces(theme: Theme, token: str) -> None:
    for surface in (theme.surface, theme.raised):
        assert contrast(getattr(theme, token), surface) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_links_stand_out_from_what_they_stand_in(qapp: QApplication, theme: Theme) -> None:
    apply_theme(qapp, theme.name)
    palette = qapp.palette()
    for link in (palette.link(), palette.linkVisited()):
        assert contrast(link.color().name(), palette.base().color().name()) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_the_record_button_can_be_read(theme: Theme) -> None:
    assert contrast(theme.on_accent, theme.accent) >= 4.5


@pytest.mark.parametrize("emotion", RAVDESS_8)
def test_bars_stand_out_from_all_surfaces(emotion: str) -> None:
    for surface in (LIGHT.surface, LIGHT.raised, DARK.surface, DARK.raised):
        assert contrast(look_of(emotion).colour, surface) >= 3.0


def test_no_two_emotions_share_colour_or_pattern() -> None:
    looks = [look_of(emotion) for emotion in RAVDESS_8]
    for one, other in combinations(looks, 2):
        assert one.colour != other.colour
        assert one.pattern != other.pattern


def test_every_symbol_is_drawn_and_none_looks_like_another(qtbot: QtBot) -> None:
    pictures: dict[str, bytes] = {}
    for name in [*RAVDESS_8, AnswerState.NO_SPEECH, AnswerState.TOO_QUIET, AnswerState.NOT_SURE]:
        image = QImage(48, 48, QImage.Format.Format_Grayscale8)
        image.fill(255)
        painter = QPainter(image)
        paint_symbol(painter, name, QRectF(0, 0, 48, 48), QColor("black"))
        painter.end()
        pictures[name] = bytes(image.constBits())
    assert len(set(pictures.values())) == len(pictures)
    for name, picture in pictures.items():
        assert min(picture) < 128, f"nothing was drawn for {name}"

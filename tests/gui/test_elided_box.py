"""Combo boxes whose names do not fit."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from ser_desktop.gui.elided_box import ElidedComboBox
from ser_desktop.gui.theme import apply_theme

NAME = "A model whose name is longer than there is room for · 26-11 10:00"


@pytest.fixture
def box(qtbot: QtBot, qapp: QApplication) -> ElidedComboBox:
    apply_theme(qapp, "light")
    box = ElidedComboBox()
    qtbot.addWidget(box)
    box.addItems([NAME, "Short"])
    box.resize(220, 36)
    box.show()
    return box


def tip(box: ElidedComboBox) -> str:
    QApplication.sendEvent(box, QHelpEvent(QEvent.Type.ToolTip, QPoint(5, 5), box.mapToGlobal(QPoint(5, 5))))
    return QToolTip.text()


def test_a_name_that_does_not_fit_ends_in_dots_and_the_tooltip_has_all(box: ElidedComboBox) -> None:
    assert box.shown_text().endswith("…")
    assert NAME.startswith(box.shown_text()[:-1])
    assert tip(box) == NAME
    box.setToolTip("Which model to compare with")
    assert tip(box) == f"{NAME}\n\nWhich model to compare with"
    box.resize(900, 36)
    assert box.shown_text() == NAME
    QToolTip.hideText()


def test_a_name_that_fits_stands_as_it_is(box: ElidedComboBox) -> None:
    box.setToolTip("Which model")
    box.setCurrentText("Short")
    assert box.shown_text() == "Short"
    assert tip(box) == "Which model"
    QToolTip.hideText()


def test_what_is_drawn_is_what_fits(box: ElidedComboBox) -> None:
    drawn = box.grab().toImage()
    box.setItemText(0, box.shown_text())
    assert box.grab().toImage() == drawn

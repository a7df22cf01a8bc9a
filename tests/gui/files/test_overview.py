from __future__ import annotations

from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.window_log import WindowLog
from ser_desktop.gui import theme
from ser_desktop.gui.files.overview import Overview

LABELS = ("calm", "angry")


def window(end_s: float, state: AnswerState, *probabilities: float) -> Prediction:
    return Prediction(end_s - 8, end_s, state, LABELS, probabilities)


LOG = WindowLog(
    LABELS,
    [
        window(8.0, AnswerState.EMOTION, 0.9, 0.1),
        window(12.0, AnswerState.EMOTION, 0.2, 0.8),
        window(16.0, AnswerState.NOT_SURE, 0.5, 0.5),
        window(20.0, AnswerState.NO_SPEECH),
    ],
)


def rgb(colour: QColor) -> list[int]:
    return list(colour.getRgb())


def test_every_moment_has_the_colour_of_its_answer_and_what_is_not_heard_yet_is_empty(qtbot: QtBot) -> None:
    overview = Overview()
    qtbot.addWidget(overview)
    overview.show_windows(LOG, 40.0)
    calm, angry = (rgb(QColor(theme.look_of(name).colour)) for name in LABELS)
    silent, unsure, empty = rgb(theme.colour("line")), [*calm[:3], 90], [0, 0, 0, 0]
    # Ten stretches of four seconds.
    colours = overview.strip.colours(10).tolist()
    assert colours == [calm, calm, angry, unsure, silent, empty, empty, empty, empty, empty]


def test_the_shares_are_said_the_most_first(qtbot: QtBot) -> None:
    overview = Overview()
    qtbot.addWidget(overview)
    overview.show_windows(WindowLog(LABELS, [LOG[0], *LOG]), 20.0)
    assert overview.words.text() == "The whole file: calm 40 % · angry 20 % · not sure 20 % · no speech 20 %"
    assert overview.strip.accessibleDescription() == overview.words.text()
    overview.show_windows(LOG, 3600.0)
    assert overview.words.text().startswith("So far: ")
    overview.resize(300, 60)
    overview.grab()


def test_nothing_heard_is_nothing_shown(qtbot: QtBot) -> None:
    overview = Overview()
    qtbot.addWidget(overview)
    overview.show_windows(WindowLog(()), 0.0)
    assert overview.words.text() == ""
    assert not overview.strip.colours(5).any()
    overview.grab()

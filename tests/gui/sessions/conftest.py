"""A window with a recording in it, made without model, microphone or waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from pytestqt.qtbot import QtBot

from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.session import Session, SessionState
from ser_desktop.gui.main_window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.unit.test_messages import MODEL

NOON = datetime(2026, 5, 1, 12, 0, 0, tzinfo=timezone(timedelta(hours=2)))
Recorded = Callable[..., MainWindow]


def answer(end_s: float, best: int | None = 0) -> Prediction:
    labels = MODEL.labels
    chances = () if best is None else tuple(0.8 if i == best else 0.1 for i in range(len(labels)))
    state = AnswerState.NO_SPEECH if best is None else AnswerState.EMOTION
    return Prediction(max(0.0, end_s - 8), end_s, state, labels, chances)


def hear(window: MainWindow, prediction: Prediction) -> None:
    """As the model's thread would tell."""
    recorder = window.recorder
    recorder._answered(recorder._segment, prediction)


@pytest.fixture
def recorded(open_window: OpenWindow, qtbot: QtBot) -> Recorded:
    """Make a window that is recording, with an answer for each second."""

    def make(seconds: int = 30) -> MainWindow:
        window = open_window()
        recorder = window.recorder
        recorder.model = replace(MODEL, layer_weights=(0.25, 0.75), head="fusion")
        recorder.session = Session.of(recorder.model)
        recorder.session.go(SessionState.IDLE)
        recorder.model_changed.emit(recorder.model)
        recorder.session.start("Desk Mic", NOON)
        recorder.state_changed.emit(recorder.session.state)
        for i in range(seconds):
            hear(window, answer(i + 1.0, i // 5 % 3))
        return window

    return make

"""A window with a recording in it, made without model, microphone or waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.session import Session, SessionState
from ser_desktop.gui.main_window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.helpers.microphones import PretendMicrophone
from tests.helpers.sessions import recording
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


def open_it(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    """As from the menu, until it is read."""
    with qtbot.waitSignal(window.sessions.files.worker.opened):
        window.sessions.files.open(path)


def begin_recording(window: MainWindow) -> None:
    window.recorder.inputs.source = PretendMicrophone()
    window.recorder._record()


def begin_as_people_do(window: MainWindow, n_answers: int) -> Session:
    """With the button, and so many answers, one a second."""
    window.recorder.inputs.source = PretendMicrophone()
    window.recorder.toggle()
    for i in range(n_answers):
        hear(window, answer(i + 1.0))
    return window.recorder.session


def end_recording(window: MainWindow) -> None:
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)


def record(window: MainWindow, n_answers: int) -> Session:
    """A recording from its beginning to its end."""
    session = begin_as_people_do(window, n_answers)
    end_recording(window)
    return session


def mark(window: MainWindow, index: int, note: str = "") -> None:
    """Set a marker; its note is typed, and not yet finished."""
    window.sessions.moments.choose(index)
    window.sessions.marking.mark()
    window.sessions.card.editor.note.setText(note)


def save(window: MainWindow, path: Path, qtbot: QtBot, **more: object) -> None:
    with qtbot.waitSignal(window.sessions.files.worker.saved):
        window.sessions.files.save(path, **more)  # type: ignore[arg-type]


def close_as_people_do(window: MainWindow) -> None:
    """As the system tells when the cross in the corner is pressed."""
    QApplication.sendEvent(window.windowHandle(), QCloseEvent())


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


@pytest.fixture
def window(recorded: Recorded) -> MainWindow:
    """A window with a recording that is over."""
    window = recorded(12)
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    return window


@pytest.fixture
def idle(recorded: Recorded) -> MainWindow:
    """A window in which nothing was recorded yet."""
    window = recorded(0)
    end_recording(window)
    return window


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """A session that was saved, of two minutes and of another model."""
    path = tmp_path / "story.json"
    recording().save(path)
    return path

"""What the real window says about its microphone and about what is no voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from pytestqt.qtbot import QtBot

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.levels import InputLight
from ser_desktop.core.prediction import AnswerState
from ser_desktop.core.session import SessionState
from ser_desktop.gui.main_window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.helpers import noises
from tests.helpers.sounds import speech_like
from trainer.degrade import through_telephone

READY_MS = 30_000


@pytest.fixture
def ready(open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    window = open_window()
    window.recorder.start()
    qtbot.waitUntil(lambda: window.recorder.session.state is SessionState.IDLE, timeout=READY_MS)
    return window


def played(samples: FloatArray, path: Path) -> Path:
    sf.write(path, samples, SAMPLE_RATE_HZ)
    return path


def test_a_voice_without_high_tones_lights_the_input_light(ready: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = played(through_telephone(speech_like(8.0)), tmp_path / "phone.wav")
    ready.recorder.play(path, path.name)
    qtbot.waitUntil(lambda: ready.bar.light.light is InputLight.NARROW, timeout=10_000)
    assert "Bluetooth" in ready.bar.light.toolTip()
    assert "phone quality" in ready.bar.light.accessibleName()
    ready.recorder.stop()
    qtbot.waitUntil(lambda: ready.recorder.session.state is SessionState.IDLE, timeout=READY_MS)


def test_a_fan_is_named_and_gets_no_emotion(ready: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    fan = noises.at_level(noises.fan(np.random.default_rng(0), 6 * SAMPLE_RATE_HZ), -30.0)
    path = played(fan, tmp_path / "fan.wav")
    with qtbot.waitSignal(ready.recorder.predicted, timeout=10_000):
        ready.recorder.play(path, path.name)
    qtbot.waitUntil(lambda: ready.cards.answer.title == "No speech", timeout=5_000)
    assert "like a fan" in ready.cards.answer.subtitle
    qtbot.waitUntil(lambda: "stays level" in ready.cards.why_text.text(), timeout=5_000)
    ready.recorder.stop()
    qtbot.waitUntil(lambda: ready.recorder.session.state is SessionState.IDLE, timeout=READY_MS)
    assert {p.state for p in ready.recorder.session.history} == {AnswerState.NO_SPEECH}


def test_an_answer_says_how_often_the_model_that_came_along_was_right(
    ready: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = played(speech_like(8.0), tmp_path / "voice.wav")
    with qtbot.waitSignal(ready.recorder.predicted, timeout=10_000, check_params_cb=lambda p: bool(p.probabilities)):
        ready.recorder.play(path, path.name)
    qtbot.waitUntil(lambda: "test recordings" in ready.cards.why_text.text(), timeout=5_000)
    assert "right in" in ready.status.model.toolTip()
    ready.recorder.stop()
    qtbot.waitUntil(lambda: ready.recorder.session.state is SessionState.IDLE, timeout=READY_MS)

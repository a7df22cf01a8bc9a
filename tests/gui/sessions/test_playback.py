"""Hearing a moment again, on a sound card without sound."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ser_desktop import microphone
from ser_desktop.core.session import SessionState
from ser_desktop.core.session_sound import SoundSpool
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.sessions import messages
from tests.gui.sessions.conftest import Recorded
from tests.helpers.sound_cards import FakePortAudioError, FakeSoundCard

SPEAKER = {"name": "Speaker", "index": 3, "max_input_channels": 0, "max_output_channels": 2, "default_samplerate": 48e3}


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakeSoundCard:
    card = FakeSoundCard([SPEAKER])
    monkeypatch.setattr(microphone, "load_sounddevice", lambda: card)
    return card


@pytest.fixture
def window(recorded: Recorded, card: FakeSoundCard) -> MainWindow:
    window = recorded(20)
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    spool = SoundSpool()
    spool.begin(0.0)
    spool.append(np.full(20 * 16_000, 0.25, np.float32))
    window.sessions.keeper.sound = window.sessions.listening.sound = spool
    window.destroyed.connect(spool.close)
    window.sessions.moments.choose(11)
    yield window  # type: ignore[misc]
    spool.close()


def listen(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.sessions.card.listen, Qt.MouseButton.LeftButton)


def test_the_window_of_the_moment_is_played_to_its_end(window: MainWindow, card: FakeSoundCard, qtbot: QtBot) -> None:
    listen(window, qtbot)
    qtbot.waitUntil(lambda: bool(card.outputs))
    (stream,) = card.outputs
    assert (stream.options["device"], stream.options["samplerate"]) == (3, 48_000)
    assert window.sessions.card.listen.text() == messages.STOP_LISTENING
    heard = stream.fetch(5 * 48_000)
    assert heard[48_000:] == pytest.approx(0.25, abs=0.01)
    qtbot.waitUntil(lambda: window.cards.timeline.scene.playhead_s is not None)
    assert window.cards.timeline.scene.playhead_s == pytest.approx(4 + 5, abs=0.1)
    rest = stream.fetch(4 * 48_000)
    assert not rest[3 * 48_000 + 10 :].any()
    qtbot.waitUntil(lambda: stream.closed)
    qtbot.waitUntil(lambda: window.sessions.card.listen.text() == messages.LISTEN)
    assert window.cards.timeline.scene.playhead_s is None


def test_it_stops_when_asked_and_when_another_moment_is_chosen(
    window: MainWindow, card: FakeSoundCard, qtbot: QtBot
) -> None:
    listen(window, qtbot)
    qtbot.waitUntil(lambda: bool(card.outputs))
    listen(window, qtbot)
    qtbot.waitUntil(lambda: card.outputs[0].closed)
    listen(window, qtbot)
    qtbot.waitUntil(lambda: len(card.outputs) == 2)
    window.sessions.moments.choose(3)
    qtbot.waitUntil(lambda: card.outputs[1].closed)


def test_without_a_loudspeaker_the_banner_says_so(window: MainWindow, card: FakeSoundCard, qtbot: QtBot) -> None:
    card.devices = []
    listen(window, qtbot)
    qtbot.waitUntil(window.banner.isVisible)
    assert "no loudspeaker was found" in window.banner.text.text()
    qtbot.waitUntil(lambda: not window.sessions.listening.is_playing)
    card.devices = [SPEAKER]
    card.refusal = FakePortAudioError("Device unavailable")
    listen(window, qtbot)
    qtbot.waitUntil(lambda: "Device unavailable" in window.banner.text.text())
    card.refusal = None
    listen(window, qtbot)
    qtbot.waitUntil(lambda: bool(card.outputs))


def test_a_defect_does_not_leave_the_button_at_stop(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_spool: SoundSpool, _start_s: float, _end_s: float) -> np.ndarray:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(SoundSpool, "read", read)
    said: list[BaseException] = []
    window.recorder.crashed.connect(said.append)
    listen(window, qtbot)
    qtbot.waitUntil(lambda: bool(said))
    assert isinstance(said[0], ZeroDivisionError)
    qtbot.waitUntil(lambda: not window.sessions.listening.is_playing)
    assert window.sessions.card.listen.text() == messages.LISTEN


def test_closing_the_window_ends_the_sound(window: MainWindow, card: FakeSoundCard, qtbot: QtBot) -> None:
    listen(window, qtbot)
    qtbot.waitUntil(lambda: bool(card.outputs))
    window.close()
    assert card.outputs[0].closed


def test_without_sound_it_says_why(window: MainWindow) -> None:
    window.sessions.listening.sound = None
    window.sessions.listening.show()
    assert not window.sessions.card.listen.isEnabled()
    assert window.sessions.card.listen.toolTip() == messages.NO_SOUND

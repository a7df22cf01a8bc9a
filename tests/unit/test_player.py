from __future__ import annotations

import numpy as np
import pytest

from ser_desktop import microphone
from ser_desktop.core.errors import PlaybackError
from ser_desktop.microphone import list_devices
from ser_desktop.player import Player
from tests.helpers.sound_cards import FakePortAudioError, FakeSoundCard

SPEAKER = {"name": "Speaker", "index": 5, "max_input_channels": 0, "max_output_channels": 2, "default_samplerate": 48e3}
SERVER = {**SPEAKER, "name": "pulse", "index": 7, "default_samplerate": 44_100.0}


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakeSoundCard:
    card = FakeSoundCard()
    monkeypatch.setattr(microphone, "load_sounddevice", lambda: card)
    return card


def test_a_player_gives_all_samples_once_at_the_device_s_rate(card: FakeSoundCard) -> None:
    card.devices = [SPEAKER]
    tone = np.sin(2 * np.pi * 300 * np.arange(16_000) / 16_000).astype(np.float32)
    player = Player(tone)
    (stream,) = card.outputs
    assert (stream.options["samplerate"], stream.options["device"]) == (48_000, 5)
    heard = np.concatenate([stream.fetch(960) for _ in range(60)])
    expected = np.sin(2 * np.pi * 300 * np.arange(48_000) / 48_000)
    assert heard[1000:47_000] == pytest.approx(expected[1000:47_000], abs=0.01)
    assert not heard[48_000:].any()
    assert player.is_done()
    assert player.position_s() == pytest.approx(1.0)
    player.close()
    assert stream.closed


def test_a_player_is_done_only_when_the_last_sample_was_heard(card: FakeSoundCard) -> None:
    card.devices = [SPEAKER]
    player = Player(np.zeros(16_000, np.float32))
    card.outputs[0].fetch(48_000)
    assert not player.is_done(), "40 ms are still on their way"
    assert player.position_s() == pytest.approx(0.96)
    card.outputs[0].fetch(1_920)
    assert player.is_done()
    player.close()


def test_the_sound_server_is_preferred_and_a_lost_loudspeaker_ends_it(card: FakeSoundCard) -> None:
    card.devices = [SPEAKER, SERVER]
    player = Player(np.zeros(16_000, np.float32))
    assert card.outputs[0].options["device"] == 7
    card.outputs[0].active = False
    assert player.is_done()
    player.close()


def test_portaudio_is_not_started_anew_beneath_a_player(card: FakeSoundCard) -> None:
    card.devices = [SPEAKER]
    player = Player(np.zeros(16_000, np.float32))
    list_devices(refresh=True)
    assert card.n_restarts == 0
    player.close()
    list_devices(refresh=True)
    assert card.n_restarts == 1


def test_a_loudspeaker_that_is_missing_or_refuses_is_said_and_can_be_tried_again(card: FakeSoundCard) -> None:
    with pytest.raises(PlaybackError, match="no loudspeaker was found"):
        Player(np.zeros(10, np.float32))
    card.devices = [SPEAKER]
    card.refusal = FakePortAudioError("Error opening OutputStream: Device unavailable")
    with pytest.raises(PlaybackError, match=r"played \(Device unavailable.*loudspeaker or headphones"):
        Player(np.zeros(10, np.float32))
    card.refusal = None
    Player(np.zeros(10, np.float32)).close()

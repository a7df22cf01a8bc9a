from __future__ import annotations

import builtins
import os
from typing import Any

import numpy as np
import pytest

from ser_desktop import microphone, sound_server
from ser_desktop.core.errors import MicrophoneError
from ser_desktop.microphone import InputDevice, Microphone, list_devices
from tests.helpers.clocks import Clock
from tests.helpers.sound_cards import FakePortAudioError, FakeSoundCard, FakeStream

DESK = InputDevice("Desk Mic", 3, 48_000.0)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakeSoundCard:
    card = FakeSoundCard()
    monkeypatch.setattr(microphone, "load_sounddevice", lambda: card)
    monkeypatch.setattr(sound_server, "list_sources", lambda: None)
    return card


def source(name: str, description: str, monitor_of: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "monitor_source": monitor_of,
        "sample_specification": "s16le 2ch 44100Hz",
        "properties": {"device.class": "monitor" if monitor_of else "sound"},
    }


def test_a_microphone_is_opened_at_its_own_rate_and_only_copied_from(card: FakeSoundCard) -> None:
    opened = Microphone(DESK, Clock())
    assert card.streams[0].options["samplerate"] == 48_000
    assert card.streams[0].options["device"] == 3
    block = np.linspace(-1, 1, 960, dtype=np.float32)
    card.streams[0].deliver(block)
    card.streams[0].deliver(block, overflowed=True)
    np.testing.assert_array_equal(opened.ring.latest(960), block)
    assert opened.ring.n_written == 1920
    assert opened.n_overflows == 1
    opened.close()
    assert card.streams[0].closed


def test_a_microphone_that_stalls_or_stops_is_lost(card: FakeSoundCard) -> None:
    clock = Clock()
    opened = Microphone(DESK, clock)
    clock.now += 3.0
    assert opened.service(), "some devices take seconds to begin"
    card.streams[0].deliver(np.zeros(960, np.float32))
    assert opened.service()
    clock.now += 0.9
    assert opened.service()
    clock.now += 0.2
    assert not opened.service()
    other = Microphone(DESK, clock)
    card.streams[1].active = False
    assert not other.service()


def test_a_microphone_that_never_begins_is_lost(card: FakeSoundCard) -> None:
    clock = Clock()
    opened = Microphone(DESK, clock)
    clock.now += 4.1
    assert not opened.service()


def test_a_microphone_that_left_the_sound_server_is_lost_although_sound_goes_on(
    card: FakeSoundCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = [source("usb", "USB Mic"), source("built-in", "Built-in")]
    monkeypatch.setattr(sound_server, "list_sources", lambda: present)
    monkeypatch.setenv("PULSE_SOURCE", "")
    clock = Clock()
    opened = Microphone(InputDevice("USB Mic", 0, 48_000.0, server_source="usb"), clock)
    assert os.environ["PULSE_SOURCE"] == "usb"
    for _ in range(3):
        clock.now += 0.6
        card.streams[0].deliver(np.zeros(960, np.float32))
        assert opened.service()
    del present[0]
    clock.now += 0.6
    card.streams[0].deliver(np.zeros(960, np.float32))
    assert not opened.service()


@pytest.mark.parametrize("refusal", [FakePortAudioError("Device unavailable", -9985), ValueError("No input device")])
def test_a_microphone_that_cannot_be_opened_says_why_and_what_to_do(card: FakeSoundCard, refusal: Exception) -> None:
    card.refusal = refusal
    with pytest.raises(MicrophoneError, match="«Desk Mic» cannot be opened") as caught:
        Microphone(DESK)
    assert "privacy settings" in caught.value.fix


def test_the_sound_servers_own_microphones_are_listed_default_first(
    card: FakeSoundCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    card.devices = [{"name": "pulse", "index": 5, "max_input_channels": 32, "default_samplerate": 44_100.0}]
    sources = [
        source("usb", "Headset"),
        source("usb2", "Headset"),
        source("built-in", "Built-in"),
        source("out.monitor", "Monitor of Speakers", "out"),
    ]
    monkeypatch.setattr(sound_server, "list_sources", lambda: sources)
    monkeypatch.setattr(sound_server, "default_source", lambda: "built-in")
    devices = list_devices()
    assert [d.name for d in devices] == ["Built-in", "Headset", "Headset (2)"]
    assert devices[0].is_default
    assert {d.index for d in devices} == {5}
    assert devices[1].server_source == "usb"
    assert devices[0].rate_hz == 44_100


def test_monitors_are_offered_where_there_is_nothing_else(card: FakeSoundCard, monkeypatch: pytest.MonkeyPatch) -> None:
    card.devices = [{"name": "pulse", "index": 0, "max_input_channels": 32, "default_samplerate": 44_100.0}]
    monkeypatch.setattr(sound_server, "list_sources", lambda: [source("o.monitor", "Monitor of Speakers", "o")])
    monkeypatch.setattr(sound_server, "default_source", lambda: "o.monitor")
    assert [d.name for d in list_devices()] == ["Monitor of Speakers"]


def test_without_a_sound_server_portaudios_inputs_are_listed(card: FakeSoundCard) -> None:
    card.devices = [
        {"name": "Speakers", "index": 0, "max_input_channels": 0, "default_samplerate": 48_000.0},
        {"name": "Mic", "index": 1, "max_input_channels": 1, "default_samplerate": 44_100.0},
        {"name": "Line In", "index": 2, "max_input_channels": 2, "default_samplerate": 96_000.0},
    ]
    card.default.device = [2, 0]
    assert [(d.name, d.index, d.rate_hz, d.is_default) for d in list_devices()] == [
        ("Line In", 2, 96_000.0, True),
        ("Mic", 1, 44_100.0, False),
    ]
    assert card.n_restarts == 0
    list_devices(refresh=True)
    assert card.n_restarts == 1


def test_a_sound_system_that_does_not_answer_is_said(card: FakeSoundCard) -> None:
    card.refusal = FakePortAudioError("Internal PortAudio error", -9986)
    with pytest.raises(MicrophoneError, match=r"does not answer \(Internal PortAudio error"):
        list_devices(refresh=True)


def test_a_source_without_a_description_goes_by_its_name() -> None:
    (device,) = microphone._server_devices([{"name": "alsa_input.usb"}], "alsa_input.usb", 7)
    assert (device.name, device.server_source, device.index, device.is_default) == (
        "alsa_input.usb",
        "alsa_input.usb",
        7,
        True,
    )


def test_equal_names_are_numbered_and_others_left_alone() -> None:
    devices = [InputDevice(name, i, 48_000.0) for i, name in enumerate(["A", "B", "A", "A"])]
    assert [(d.name, d.index) for d in microphone._distinct(devices)] == [
        ("A", 0),
        ("B", 1),
        ("A (2)", 2),
        ("A (3)", 3),
    ]


def test_a_missing_portaudio_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_portaudio(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_portaudio)
    with pytest.raises(MicrophoneError, match="PortAudio is not installed") as caught:
        list_devices()
    assert "apt install libportaudio2" in caught.value.fix


def test_while_the_sound_server_lists_a_silent_microphone_it_is_given_time(
    card: FakeSoundCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_server, "list_sources", lambda: [source("usb", "USB Mic")])
    monkeypatch.setenv("PULSE_SOURCE", "")
    clock = Clock()
    opened = Microphone(InputDevice("USB Mic", 0, 48_000.0, server_source="usb"), clock)
    card.streams[0].deliver(np.zeros(960, np.float32))
    assert opened.service()
    clock.now += microphone.PATIENCE_S - 0.1
    assert opened.service(), "it stalls, but the server vouches for it"
    clock.now += 0.2
    assert not opened.service()


def test_a_server_that_goes_away_leaves_the_stall_to_decide(
    card: FakeSoundCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_SOURCE", "")
    clock = Clock()
    opened = Microphone(InputDevice("USB Mic", 0, 48_000.0, server_source="usb"), clock)
    card.streams[0].deliver(np.zeros(960, np.float32))
    assert opened.service()
    clock.now += 0.6
    assert opened.service()
    clock.now += 0.6
    assert not opened.service()


def test_a_microphone_that_opens_but_does_not_start_is_let_go(
    card: FakeSoundCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: FakeStream) -> None:
        raise FakePortAudioError("Unanticipated host error")

    monkeypatch.setattr(FakeStream, "start", refuse)
    with pytest.raises(MicrophoneError, match="Unanticipated host error"):
        Microphone(DESK)
    assert card.streams[0].closed

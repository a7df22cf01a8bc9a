from __future__ import annotations

import builtins
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from ser_desktop import microphone
from ser_desktop.core.errors import MicrophoneError, PlaybackError
from ser_desktop.microphone import FileSource, InputDevice, Microphone, Player, list_devices
from tests.helpers.sound_cards import FakePortAudioError, FakeSoundCard, FakeStream
from tests.helpers.sounds import speech_like

DESK = InputDevice("Desk Mic", 3, 48_000.0)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakeSoundCard:
    card = FakeSoundCard()
    monkeypatch.setattr(microphone, "_sounddevice", lambda: card)
    monkeypatch.setattr(microphone, "_server_sources", lambda: None)
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
    monkeypatch.setattr(microphone, "_server_sources", lambda: present)
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
    monkeypatch.setattr(microphone, "_server_sources", lambda: sources)
    monkeypatch.setattr(microphone, "_server_default", lambda: "built-in")
    devices = list_devices()
    assert [d.name for d in devices] == ["Built-in", "Headset", "Headset (2)"]
    assert devices[0].is_default
    assert {d.index for d in devices} == {5}
    assert devices[1].server_source == "usb"
    assert devices[0].rate_hz == 44_100


def test_monitors_are_offered_where_there_is_nothing_else(card: FakeSoundCard, monkeypatch: pytest.MonkeyPatch) -> None:
    card.devices = [{"name": "pulse", "index": 0, "max_input_channels": 32, "default_samplerate": 44_100.0}]
    monkeypatch.setattr(microphone, "_server_sources", lambda: [source("o.monitor", "Monitor of Speakers", "o")])
    monkeypatch.setattr(microphone, "_server_default", lambda: "o.monitor")
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


def test_a_file_is_played_in_real_time_and_ends(tmp_path: Path) -> None:
    samples = speech_like(1.0)
    sf.write(tmp_path / "voice.wav", samples, 16_000, subtype="FLOAT")
    clock = Clock()
    played = FileSource(tmp_path / "voice.wav", "A clip", clock)
    assert played.service()
    assert played.ring.n_written == 0
    clock.now += 0.5
    assert played.service()
    assert played.ring.n_written == pytest.approx(8000, abs=320)
    clock.now += 0.6
    assert not played.service()
    np.testing.assert_allclose(played.ring.latest(16_000), samples, atol=1e-6)


@pytest.mark.parametrize(
    ("specification", "rate_hz"),
    [("s16le 2ch 44100Hz", 44_100), ("float32le 1ch 16000Hz", 16_000), ("nonsense", 48_000), ("", 48_000)],
)
def test_the_rate_is_read_from_the_sound_servers_words(specification: str, rate_hz: float) -> None:
    assert microphone._server_rate({"sample_specification": specification}) == rate_hz
    assert microphone._server_rate({}) == 48_000


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


def write_pactl(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program named pactl first on the path."""
    folder.mkdir()
    program = folder / "pactl"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has this sound server")
@pytest.mark.parametrize("body", ["exit 1", "echo '{'", "echo", "echo null", "echo '{}'"])
def test_a_sound_server_that_gives_no_answer_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    write_pactl(tmp_path / "bin", body, monkeypatch)
    assert microphone._server_sources() is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has this sound server")
def test_the_sound_servers_sources_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pactl(
        tmp_path / "bin", """echo '[{"name": "usb", "description": "Mikrofön"}, {"index": 1}, 5]'""", monkeypatch
    )
    assert microphone._server_sources() == [{"name": "usb", "description": "Mikrofön"}]


def test_without_the_servers_program_there_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert microphone._server_sources() is None
    assert microphone._server_default() == ""


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
    monkeypatch.setattr(microphone, "_server_sources", lambda: [source("usb", "USB Mic")])
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


def test_a_closed_file_plays_no_more(tmp_path: Path) -> None:
    sf.write(tmp_path / "voice.wav", speech_like(1.0), 16_000)
    clock = Clock()
    played = FileSource(tmp_path / "voice.wav", "A clip", clock)
    played.close()
    clock.now += 1.0
    assert not played.service()
    assert played.ring.n_written == 0


def test_a_file_of_another_rate_is_played_at_16_khz(tmp_path: Path) -> None:
    sf.write(tmp_path / "voice.wav", np.repeat(speech_like(1.0), 3), 48_000)
    clock = Clock()
    played = FileSource(tmp_path / "voice.wav", "A clip", clock)
    clock.now += 2.0
    assert not played.service()
    assert played.rate_hz == 16_000
    assert played.ring.n_written == pytest.approx(16_000, abs=2)


def test_a_microphone_that_opens_but_does_not_start_is_let_go(
    card: FakeSoundCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: FakeStream) -> None:
        raise FakePortAudioError("Unanticipated host error")

    monkeypatch.setattr(FakeStream, "start", refuse)
    with pytest.raises(MicrophoneError, match="Unanticipated host error"):
        Microphone(DESK)
    assert card.streams[0].closed


SPEAKER = {"name": "Speaker", "index": 5, "max_input_channels": 0, "max_output_channels": 2, "default_samplerate": 48e3}
SERVER = {**SPEAKER, "name": "pulse", "index": 7, "default_samplerate": 44_100.0}


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

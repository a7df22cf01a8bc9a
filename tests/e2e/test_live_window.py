"""The main job with nothing faked: a voice played into a microphone, the real window, real clicks."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.e2e.conftest import OpenWindow
from tests.helpers.pulse import DESCRIPTION, PrivatePulse
from tests.helpers.sounds import speech_onset_s

pytestmark = pytest.mark.e2e

ANSWERS = {"emotion", "not sure"}


def test_a_click_on_record_answers_within_two_seconds_and_stop_ends_cleanly(
    pulse: PrivatePulse, clip: Path, open_window: OpenWindow, output: Path
) -> None:
    pulse.plug_in()
    window = open_window()
    assert DESCRIPTION in window.await_microphone()["name"]
    window.await_state("idle")
    # Silence first, so that the time from the voice to its answer can be told.
    window.order("click")
    window.await_state("listening")
    voice_at = time.monotonic()
    player = pulse.play(clip)
    answer = window.await_event(lambda e: e["event"] == "prediction" and e["state"] in ANSWERS)
    # The player's own start is part of the time, which makes it an upper bound.
    assert answer["at"] - (voice_at + speech_onset_s(clip)) < 2.0
    assert sum(answer["probabilities"].values()) == pytest.approx(1.0, abs=1e-4)
    later = window.await_event(lambda e: e["event"] == "prediction" and e["end_s"] > answer["end_s"] + 3)
    assert later["n_skipped"] == 0
    assert later["latency_s"] < 0.5
    assert window.ask(f"screenshot {output / 'recording.png'}", "screenshot")["saved"]
    assert QImage(str(output / "recording.png")).width() >= 1280
    window.order("click")
    window.await_state("finishing")
    window.await_state("idle")
    last = [e for e in window.events if e["event"] == "prediction"][-1]
    elapsed_s = last["at"] - next(e["at"] for e in window.events if e["event"] == "state" and e["state"] == "listening")
    assert last["end_s"] == pytest.approx(elapsed_s, abs=0.6), "the last words were not analysed"
    assert window.quit() == 0
    player.kill()
    player.wait()


def test_space_starts_and_stops_and_silence_is_no_speech(pulse: PrivatePulse, open_window: OpenWindow) -> None:
    pulse.plug_in()
    window = open_window()
    window.await_microphone()
    window.await_state("idle")
    window.order("space")
    window.await_state("listening")
    assert window.await_named("prediction")["state"] == "no speech"
    window.order("space")
    window.await_state("idle")
    assert window.quit() == 0


@pytest.mark.parametrize("other_microphone", [False, True], ids=["the only one", "beside another"])
def test_a_microphone_that_is_unplugged_is_awaited_and_used_again(
    pulse: PrivatePulse, clip: Path, open_window: OpenWindow, other_microphone: bool, output: Path
) -> None:
    pulse.plug_in()
    window = open_window()
    window.await_microphone()
    window.await_state("idle")
    if other_microphone:
        # The server would now move the stream to this one without telling anyone.
        pulse.add_other_source()
    window.order("click")
    window.await_state("listening")
    window.await_named("prediction")
    pulse.unplug()
    window.await_state("paused", timeout_s=3)
    assert f"waiting for «Monitor of {DESCRIPTION}»" in window.await_named("notice", timeout_s=3)["text"]
    window.ask(f"screenshot {output / 'waiting.png'}", "screenshot")
    time.sleep(1.5)
    pulse.plug_in()
    assert DESCRIPTION in window.await_microphone(timeout_s=6)["name"]
    window.await_state("listening")
    player = pulse.play(clip)
    answer = window.await_event(lambda e: e["event"] == "prediction" and e["state"] in ANSWERS)
    assert answer["start_s"] > 1.5, "a window joins sound from before the interruption"
    window.order("click")
    window.await_state("idle")
    assert window.quit() == 0
    player.kill()
    player.wait()


def test_stop_while_waiting_for_the_microphone_ends_the_recording(pulse: PrivatePulse, open_window: OpenWindow) -> None:
    pulse.plug_in()
    window = open_window()
    window.await_microphone()
    window.await_state("idle")
    window.order("click")
    window.await_named("prediction")
    pulse.unplug()
    window.await_state("paused", timeout_s=3)
    window.order("click")
    window.await_state("idle")
    assert window.quit() == 0


def test_the_window_starts_without_a_microphone_and_plays_the_demo(open_window: OpenWindow, tmp_path: Path) -> None:
    nowhere = f"unix:{tmp_path / 'no-server'}"
    window = open_window("--demo", PULSE_SERVER=nowhere)
    window.await_state("listening")
    assert "synthetic voice" in next(e["name"] for e in window.events if e["event"] == "source" and e["name"])
    window.await_event(lambda e: e["event"] == "prediction" and e["state"] in ANSWERS)
    window.order("click")
    window.await_state("idle")
    assert window.quit() == 0


def test_a_slow_model_answers_about_the_latest_window_and_counts_what_it_skipped(
    pulse: PrivatePulse, clip: Path, open_window: OpenWindow
) -> None:
    pulse.plug_in()
    window = open_window("--slow", "3")
    window.await_microphone()
    window.await_state("idle")
    player = pulse.play(clip)
    window.order("click")
    answers = [window.await_event(lambda e: e["event"] == "prediction" and e["state"] in ANSWERS) for _ in range(2)]
    assert answers[1]["n_skipped"] >= 2
    assert answers[1]["latency_s"] < 4.0
    window.order("reset")
    levels = set()
    for _ in range(8):
        time.sleep(0.15)
        stats = window.ask("stats", "stats")
        levels.add(round(stats["meter_db"], 1))
    assert len(levels) > 3, "the meter stood still while the model was busy"
    skipped = re.search(r"(\d+) skipped", stats["status"])
    assert skipped is not None, stats["status"]
    assert int(skipped[1]) >= 2
    window.order("click")
    window.await_state("idle")
    assert window.quit() == 0
    player.kill()
    player.wait()


def test_the_first_start_tells_the_limits_before_anything_is_recorded(
    open_window: OpenWindow, tmp_path: Path, output: Path
) -> None:
    nowhere = f"unix:{tmp_path / 'no-server'}"
    window = open_window("--first-start", "--demo", PULSE_SERVER=nowhere)
    window.await_state("idle", timeout_s=120)
    window.order("click")
    window.await_named("clicked")
    assert window.ask(f"screenshot {output / 'first-start.png'}", "screenshot")["saved"]
    assert not [e for e in window.events if e["event"] == "state" and e["state"] == "listening"]
    answer = window.ask("understand", "understood")
    assert (answer["seen"], answer["gone"]) == (True, True)
    window.await_event(lambda e: e["event"] == "prediction" and e["state"] in ANSWERS)
    window.order("click")
    window.await_state("idle")
    assert window.quit() == 0

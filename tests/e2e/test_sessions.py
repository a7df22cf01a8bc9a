"""Sessions in the real window: killed while it records, opened again, saved with sound."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_desktop.core import paths
from ser_desktop.core.journal import read_journal
from ser_desktop.core.session_file import open_session
from tests.e2e.conftest import OpenWindow
from tests.helpers.pulse import PrivatePulse

pytestmark = pytest.mark.e2e

_FIRST_S = 120
"""A model that was never opened in this home is first computed in every way."""


def test_a_recording_of_a_killed_program_is_offered_at_the_next_start(open_window: OpenWindow, tmp_path: Path) -> None:
    nowhere = f"unix:{tmp_path / 'no-server'}"
    window = open_window("--demo", PULSE_SERVER=nowhere)
    window.await_state("listening", timeout_s=_FIRST_S)
    window.await_event(lambda e: e["event"] == "prediction" and e["end_s"] > 6.0, timeout_s=_FIRST_S)
    window.crash()
    (journal,) = paths.journals_folder().glob("*.journal")
    answers = [e for e in window.events if e["event"] == "prediction"]
    kept = read_journal(journal).history
    # What was answered in the last two seconds may be lost.
    assert kept[-1].end_s >= answers[-1]["end_s"] - 3.5
    assert sorted(p.suffix for p in journal.parent.iterdir()) == [".journal", ".lock"]

    again = open_window(PULSE_SERVER=nowhere)
    again.await_state("idle", timeout_s=_FIRST_S)
    offer = again.ask("recovery", "recovery")
    assert "was not saved" in offer["text"]
    opened = again.ask("recovery open", "recovery")
    assert opened["n_drawn"] == len(kept)
    assert again.ask("moment 1", "moment")["text"].startswith("from 00:00 to")
    assert again.quit() == 0
    assert journal.exists(), "it was neither saved nor discarded"

    last = open_window(PULSE_SERVER=nowhere)
    last.await_state("idle", timeout_s=_FIRST_S)
    assert "was not saved" in last.ask("recovery", "recovery")["text"]
    last.ask("recovery discard", "recovery")
    assert last.quit() == 0
    assert list(journal.parent.iterdir()) == []


def test_a_recording_is_saved_with_its_sound_and_a_clean_end_leaves_nothing(
    pulse: PrivatePulse, clip: Path, open_window: OpenWindow, tmp_path: Path
) -> None:
    pulse.plug_in()
    window = open_window()
    window.await_microphone()
    window.await_state("idle", timeout_s=_FIRST_S)
    player = pulse.play(clip)
    window.order("click")
    window.await_event(lambda e: e["event"] == "prediction" and e["end_s"] > 5.0, timeout_s=_FIRST_S)
    window.order("click")
    window.await_state("idle")
    target = tmp_path / "story.json"
    window.ask(f"save with {target}", "saved")
    session = open_session(target)
    sound, rate = sf.read(target.parent / session.audio)
    assert rate == 16_000
    assert len(sound) / rate == pytest.approx(session.history[-1].end_s, abs=0.3)
    assert np.abs(sound).max() > 0.01, "silence was saved"
    assert window.ask("scroll 60", "scrolled", timeout_s=30)["frame_ms_p99"] > 0
    assert window.quit() == 0
    assert not list(paths.journals_folder().glob("*"))
    player.kill()
    player.wait()


PLAY = """
import time
import numpy as np
from ser_desktop.microphone import Microphone, list_devices
from ser_desktop.player import Player
(device,) = list_devices(refresh=True)
listener = Microphone(device)
time.sleep(0.5)
player = Player((0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype(np.float32))
began = time.monotonic()
while not player.is_done() and time.monotonic() - began < 10:
    time.sleep(0.05)
took = time.monotonic() - began
player.close()
time.sleep(0.5)
heard = listener.ring.latest(round(4 * listener.rate_hz))
listener.close()
loud = np.flatnonzero(np.abs(heard) > 0.1)
length = (loud[-1] - loud[0]) / listener.rate_hz
pitch = np.abs(np.fft.rfft(heard[loud[0] : loud[-1]])).argmax() / length
# A sine of 0.5 has a mean square of 1/8; silence that the server inserts adds nothing.
sounded = 8 * np.square(heard).sum() / listener.rate_hz
print(np.abs(heard).max(), sounded, length, pitch, took)
"""


def test_a_moment_is_heard_from_a_real_sound_server(pulse: PrivatePulse) -> None:
    pulse.plug_in()
    folder = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PLAY], env=pulse.env, cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    peak, sounded_s, length_s, pitch_hz, took_s = map(float, done.stdout.split())
    assert peak == pytest.approx(0.5, abs=0.05)
    assert sounded_s == pytest.approx(1.0, abs=0.15)
    # On a busy machine the sound server inserts silence.
    assert length_s > 0.85
    assert pitch_hz == pytest.approx(440, abs=5)
    assert 0.9 < took_s < 6

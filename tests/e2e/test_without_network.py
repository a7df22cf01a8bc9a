"""The network goes away at the worst moments: nobody notices, because nobody asked for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import helpers
from tests.e2e.conftest import OpenWindow
from tests.helpers.pulse import PrivatePulse

pytestmark = pytest.mark.e2e


class Network:
    """Cut, and asked about, from outside of a process."""

    def __init__(self, folder: Path) -> None:
        self._cut, self._log = folder / "cut", folder / "log"
        self.env = {
            "PYTHONPATH": str(Path(helpers.__file__).parent / "cut_network"),
            "TEST_NETWORK_CUT": str(self._cut),
            "TEST_NETWORK_LOG": str(self._log),
        }

    def cut(self) -> None:
        self._cut.touch()

    @property
    def attempts(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


def test_the_cut_is_real(network: Network) -> None:
    network.cut()
    code = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')"
    env = {"PATH": "/usr/bin", **network.env}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert "unreachable" in done.stderr
    assert network.attempts[0] == "getaddrinfo 127.0.0.1"


def test_the_window_starts_while_the_network_is_cut(
    network: Network, pulse: PrivatePulse, clip: Path, open_window: OpenWindow
) -> None:
    pulse.plug_in()
    network.cut()
    window = open_window(**network.env)
    window.await_microphone()
    window.await_state("idle")
    window.order("click")
    window.await_state("listening")
    player = pulse.play(clip)
    assert window.await_event(lambda e: e["event"] == "prediction" and e["state"] != "no speech")
    assert window.quit() == 0
    player.kill()
    player.wait()
    assert network.attempts == []


def test_a_recording_goes_on_when_the_network_is_cut(
    network: Network, pulse: PrivatePulse, clip: Path, open_window: OpenWindow
) -> None:
    pulse.plug_in()
    window = open_window(**network.env)
    window.await_microphone()
    window.await_state("idle")
    window.order("click")
    window.await_state("listening")
    player = pulse.play(clip)
    before = window.await_named("prediction")
    network.cut()
    after = window.await_event(lambda e: e["event"] == "prediction" and e["end_s"] > before["end_s"] + 4)
    assert after["n_skipped"] == 0
    window.order("click")
    window.await_state("idle")
    assert window.quit() == 0
    player.kill()
    player.wait()
    assert network.attempts == []

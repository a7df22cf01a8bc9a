"""Real display, real sound server, real window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile as sf

from tests.helpers.data import spoken_clip
from tests.helpers.display import PrivateDisplay
from tests.helpers.pulse import PrivatePulse
from tests.helpers.window_driver import RemoteWindow

OpenWindow = Callable[..., RemoteWindow]


@pytest.fixture(scope="session")
def display() -> Iterator[PrivateDisplay]:
    if not PrivateDisplay.is_available():
        pytest.fail("Xvfb is missing: `make test` installs it")
    server = PrivateDisplay()
    yield server
    server.stop()


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[PrivatePulse]:
    if not PrivatePulse.is_available():
        pytest.fail("PulseAudio is missing: `make test` installs it")
    server = PrivatePulse(tmp_path / "pulse")
    yield server
    server.stop()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A spoken clip as WAV, repeated to about twelve seconds."""
    path, origin = spoken_clip()
    print(f"clip: {origin}")
    samples, rate = sf.read(path, dtype="float32")
    wav = tmp_path / "clip.wav"
    sf.write(wav, [*samples] * max(1, round(12 * rate / len(samples))), rate)
    return wav


@pytest.fixture
def open_window(display: PrivateDisplay, pulse: PrivatePulse) -> Iterator[OpenWindow]:
    windows: list[RemoteWindow] = []

    def open_one(*arguments: str, **env: str) -> RemoteWindow:
        environment = {**pulse.env, "DISPLAY": display.name, "QT_QPA_PLATFORM": "xcb", **env}
        windows.append(RemoteWindow(environment, *arguments))
        return windows[-1]

    yield open_one
    for window in windows:
        window.kill()


@pytest.fixture
def output() -> Path:
    """Folder for screenshots, kept for people to look at."""
    folder = Path(__file__).resolve().parents[1] / "output"
    folder.mkdir(exist_ok=True)
    return folder

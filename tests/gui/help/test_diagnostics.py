"""What goes into the clipboard for somebody who helps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication

from ser_desktop import __version__
from ser_desktop.core import paths
from ser_desktop.core.settings import Settings
from ser_desktop.gui.help import messages
from ser_desktop.gui.help.diagnostics import N_LOG_LINES, diagnostics, without_home
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.microphone import InputDevice
from tests.gui.conftest import OpenWindow
from tests.helpers.models import model_info

MODEL = model_info(
    labels=("calm", "angry"),
    device="A card",
    device_reason="it is the fastest",
    backend="PyTorch float32",
    backend_reason="it was asked for",
)


@pytest.fixture
def window(open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.setenv("HOME", str(tmp_path / "home" / "eve"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home" / "eve"))
    window = open_window(Settings(bundle=str(Path.home() / "models" / "mine"), hop_s=2.0))
    window.recorder.model = MODEL
    window.recorder.inputs.devices = (InputDevice("Desk Mic", 0, 48_000.0),)
    return window


def write_log(n_lines: int) -> None:
    paths.log_file().parent.mkdir(parents=True, exist_ok=True)
    lines = [f"line {i} in {Path.home()}/secret" for i in range(n_lines)]
    paths.log_file().write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_it_names_what_somebody_who_helps_asks_for(window: MainWindow) -> None:
    text = diagnostics(window.recorder)
    for said in (
        f"ser-desktop {__version__}",
        f"Qt {qVersion()}",
        "torch ",
        "transformers ",
        "A card: it is the fastest",
        "model: A model",
        "PyTorch float32: it was asked for",
        "Desk Mic (48000 Hz)",
        '"hop_s": 2.0',
        "(there is no log)",
    ):
        assert said in text


def test_the_home_folder_is_nowhere_in_it(window: MainWindow) -> None:
    write_log(3)
    text = diagnostics(window.recorder)
    assert str(Path.home()) not in text
    assert '"bundle": "~' in text
    assert "line 2 in ~/secret" in text


def test_whose_voice_is_used_stays_here(open_window: OpenWindow) -> None:
    window = open_window(Settings(voice="Marie Curie"))
    text = diagnostics(window.recorder)
    assert "Curie" not in text
    assert '"voice": "(one is chosen)"' in text


def test_a_home_with_backslashes_is_shortened_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser_desktop.gui.help.diagnostics.Path", FakePath)
    assert without_home('{"bundle": "C:\\\\Users\\\\eve\\\\m"} C:\\Users\\eve\\x C:/Users/eve/y') == (
        '{"bundle": "~\\\\m"} ~\\x ~/y'
    )


class FakePath:
    """A path on Windows."""

    def __init__(self, text: str) -> None:
        self._text = text

    @staticmethod
    def home() -> str:
        return "C:\\Users\\eve"

    def as_posix(self) -> str:
        return self._text.replace("\\", "/")


def test_of_the_log_only_the_end_is_taken(window: MainWindow) -> None:
    write_log(20_000)
    lines = diagnostics(window.recorder).splitlines()
    log = lines[lines.index(f"the last {N_LOG_LINES} lines of the log:") + 1 :]
    assert len(log) == N_LOG_LINES
    assert log[-1].startswith("line 19999")


def test_without_a_model_it_says_so(window: MainWindow) -> None:
    window.recorder.model = None
    assert "model: none is loaded" in diagnostics(window.recorder)


def test_the_menu_copies_it_and_says_so(window: MainWindow) -> None:
    window.help.copy_diagnostics()
    assert f"ser-desktop {__version__}" in QGuiApplication.clipboard().text()
    assert window.banner.text.text() == messages.DIAGNOSTICS_COPIED


def test_the_log_folder_is_opened_or_named(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or len(opened) < 2)
    window.help.open_log()
    assert opened == []
    assert str(paths.log_file().parent) in window.banner.text.text()
    write_log(1)
    window.help.open_log()
    assert opened == [str(paths.log_file().parent)]
    window.help.open_log()
    assert window.banner.text.text() == messages.LOG_FOLDER_CLOSED.format(paths.log_file().parent)


def test_no_library_is_imported_for_its_version(window: MainWindow) -> None:
    before = set(sys.modules)
    diagnostics(window.recorder)
    assert not {"torch", "transformers", "opensmile"} & (set(sys.modules) - before)

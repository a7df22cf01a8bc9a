"""The window that checks this computer, with a doctor that says what it is told to say."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from ser_desktop.doctor import Finding
from ser_desktop.gui import theme
from ser_desktop.gui.help import doctor_worker, messages
from ser_desktop.gui.help.doctor_window import DoctorWindow, commands_in
from ser_desktop.gui.help.doctor_worker import DoctorWorker
from tests.gui.conftest import OpenWindow

FINDINGS = (
    Finding("python", "ok", "3.12 on Linux"),
    Finding("microphone", "warn", "no microphone was found", "Connect one. Or: sudo apt install libasound2-plugins"),
    Finding("display", "fail", "libraries are missing", "sudo apt install libxcb-cursor0 libegl1"),
)


def says(findings: tuple[Finding, ...]) -> list[str]:
    text = json.dumps([finding.as_json() for finding in findings])
    return [sys.executable, "-c", f"print({text!r})"]


def make(qtbot: QtBot, command: list[str]) -> DoctorWindow:
    window = DoctorWindow(DoctorWorker(command))
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> Iterator[DoctorWindow]:
    theme.apply_theme(qapp, "light")
    window = make(qtbot, says(FINDINGS))
    yield window
    assert window._worker.shut_down()


def test_what_does_not_work_comes_first_with_what_to_do(window: DoctorWindow, qtbot: QtBot) -> None:
    window.look()
    assert window.bar.isVisible()
    assert not window.again_button.isEnabled()
    qtbot.waitUntil(lambda: len(window.cards) == 3, timeout=20_000)
    assert not window.bar.isVisible()
    assert window.again_button.isEnabled()
    texts = [" ".join(label.text() for label in card.findChildren(QLabel)) for card in window.cards]
    for text, said in zip(texts, ("libxcb-cursor0", "Connect one.", "3.12 on Linux"), strict=True):
        assert said in text
    assert window.summary.text() == messages.doctor_summary(1, 1)
    assert messages.STATUS_WORDS["fail"] in window.cards[0].accessibleName()


def test_a_command_is_copied_with_one_click(window: DoctorWindow, qtbot: QtBot) -> None:
    window._found(FINDINGS)
    (button,) = window.cards[0].buttons
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "sudo apt install libxcb-cursor0 libegl1"
    assert "libegl1" in window.banner.text.text()


def test_all_findings_are_copied(window: DoctorWindow) -> None:
    window._found(FINDINGS)
    window.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert all(finding.detail in copied and finding.fix in copied for finding in FINDINGS)


def test_looking_again_replaces_what_was_found(window: DoctorWindow) -> None:
    window._found(FINDINGS)
    window._found(FINDINGS[:1])
    assert len(window.cards) == 1
    assert window.summary.text() == messages.doctor_summary(0, 0)


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "-c", "import sys; sys.exit('the loader said no')"], ["/no/such/program"]],
    ids=["ends", "is missing"],
)
def test_a_check_that_fails_is_said(qtbot: QtBot, qapp: QApplication, command: list[str]) -> None:
    window = make(qtbot, command)
    window.look()
    qtbot.waitUntil(window.banner.isVisible, timeout=20_000)
    said = "the loader said no" if command[0] == sys.executable else "No such file"
    assert said in window.banner.text.text()
    assert messages.DOCTOR_FAILED_FIX in window.banner.text.text()
    assert window.again_button.isEnabled()
    assert window._worker.shut_down()


def test_the_end_of_the_program_does_not_wait_for_a_check(qtbot: QtBot, qapp: QApplication) -> None:
    window = make(qtbot, [sys.executable, "-c", "import time; time.sleep(60)"])
    window.look()
    qtbot.waitUntil(lambda: window._worker._process is not None, timeout=20_000)
    assert window._worker.shut_down(5000)


@pytest.mark.parametrize(
    ("fix", "commands"),
    [
        ("sudo apt install libegl1", ["sudo apt install libegl1"]),
        ("pip install opensmile", ["pip install opensmile"]),
        (
            "To add the paper's: ser-desktop models get wav2vec2-base  or  ser-desktop models get wav2vec2-base-960h",
            ["ser-desktop models get wav2vec2-base", "ser-desktop models get wav2vec2-base-960h"],
        ),
        ("Install the program again.", []),
    ],
)
def test_the_commands_of_a_fix_are_found(fix: str, commands: list[str]) -> None:
    assert commands_in(fix) == commands


def test_the_menu_opens_it_and_closing_the_window_ends_it(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    monkeypatch.setattr(doctor_worker, "_COMMAND", tuple(says(FINDINGS)))
    window.help.open_doctor()
    assert window.help.doctor is not None
    assert not window.help.doctor.isModal()
    qtbot.waitUntil(lambda: len(window.help.doctor.cards) == 3, timeout=20_000)
    window.close()
    assert not window.help.doctor.isVisible()
    assert not window.help.doctor._worker.isRunning()

from __future__ import annotations

import pytest

from ser_desktop import doctor, microphone
from ser_desktop.core import paths
from ser_desktop.core.errors import MicrophoneError
from ser_desktop.doctor import Finding, run_checks


def by_name() -> dict[str, Finding]:
    return {finding.check: finding for finding in run_checks()}


def test_every_part_is_looked_at_and_the_model_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(microphone, "list_devices", lambda: ())
    findings = by_name()
    assert {"python", "libraries", "display", "microphone", "processor", "model", "openSMILE"} <= set(findings)
    assert findings["model"].status == "ok"
    assert findings["openSMILE"].status == "ok"
    assert findings["microphone"].status == "warn"
    assert all(finding.fix for finding in findings.values() if finding.status != "ok")


def test_a_missing_portaudio_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> tuple[object, ...]:
        raise MicrophoneError("The sound library PortAudio is not installed.", "sudo apt install libportaudio2")

    monkeypatch.setattr(microphone, "list_devices", missing)
    finding = by_name()["microphone"]
    assert finding.status == "fail"
    assert "apt install libportaudio2" in finding.fix


def test_missing_display_libraries_name_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor.ctypes.util, "find_library", lambda _name: None)
    finding = doctor._display()
    assert finding.status == "fail"
    assert "sudo apt install libxcb-cursor0" in finding.fix


def test_a_damaged_model_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(microphone, "list_devices", lambda: ())
    monkeypatch.setattr(paths, "default_bundle", lambda: tmp_path)
    finding = by_name()["model"]
    assert finding.status == "fail"
    assert finding.fix

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest

from ser_desktop import doctor, microphone
from ser_desktop.core import catalogue, device, paths
from ser_desktop.core.catalogue import EncoderEntry
from ser_desktop.core.device import Device, DeviceKind
from ser_desktop.core.errors import MicrophoneError
from ser_desktop.doctor import Finding, run_checks
from ser_desktop.microphone import InputDevice
from tests.helpers.bundles import ship_encoder, write_bundle


def by_name() -> dict[str, Finding]:
    return {finding.check: finding for finding in run_checks()}


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EncoderEntry:
    """A program that came with a small encoder and a small model."""
    models = tmp_path / "program" / "models"
    write_bundle(models / "default")
    return ship_encoder(models, monkeypatch)


def test_every_part_is_looked_at_and_the_model_is_fine(monkeypatch: pytest.MonkeyPatch, shipped: EncoderEntry) -> None:
    monkeypatch.setattr(microphone, "list_devices", lambda: ())
    findings = by_name()
    assert {"python", "libraries", "display", "microphone", "processor", "model", "openSMILE"} <= set(findings)
    assert findings["model"] == Finding("model", "ok", "Small model, 3 emotions")
    assert findings["speech encoders"].status == "ok"
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


def test_a_check_that_breaks_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Finding:
        raise RuntimeError("the driver said no")

    monkeypatch.setattr(microphone, "list_devices", lambda: ())
    monkeypatch.setattr(doctor, "_processor", broken)
    findings = by_name()
    assert findings["processor"].status == "fail"
    assert findings["processor"].detail == "RuntimeError: the driver said no"
    assert findings["openSMILE"].status == "ok"


def test_microphones_are_listed_with_their_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = (InputDevice("Desk Mic", 0, 48_000.0), InputDevice("Headset", 1, 44_100.0))
    monkeypatch.setattr(microphone, "list_devices", lambda: devices)
    assert doctor._microphone() == Finding("microphone", "ok", "Desk Mic (48000 Hz), Headset (44100 Hz)")


def test_a_missing_library_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = doctor.importlib.metadata.version

    def version(name: str) -> str:
        if name == "opensmile":
            raise PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    finding = doctor._libraries()
    assert (finding.status, finding.detail, finding.fix) == ("fail", "missing: opensmile", "pip install opensmile")


def test_a_gpu_that_cannot_be_used_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = Device(DeviceKind.CPU, "CPU (2 threads)", "this PyTorch build has no NVIDIA support")
    monkeypatch.setattr(device, "choose_device", lambda: cpu)
    monkeypatch.setattr(doctor.shutil, "which", lambda _name: None)
    assert doctor._processor().status == "ok"
    monkeypatch.setattr(doctor.shutil, "which", lambda _name: "/usr/bin/nvidia-smi")
    finding = doctor._processor()
    assert finding.status == "warn"
    assert "no NVIDIA support" in finding.detail
    assert "CUDA build" in finding.fix


def test_a_data_folder_that_is_full_or_closed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor._data_folder().status == "ok"
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=2e8))
    assert "only 0.2 GB free" in doctor._data_folder().detail
    monkeypatch.setattr(doctor.os, "access", lambda _folder, _mode: False)
    assert "cannot be written" in doctor._data_folder().detail


def test_encoders_that_are_not_installed_come_with_their_commands(shipped: EncoderEntry) -> None:
    finding = doctor._encoders()
    assert (finding.status, finding.detail) == ("ok", "compact")
    for entry in catalogue.ENCODERS:
        assert (entry.install_command() in finding.fix) is not entry.is_shipped


def test_when_all_encoders_are_installed_there_is_nothing_to_do(shipped: EncoderEntry) -> None:
    for entry in catalogue.ENCODERS[1:]:
        entry.folder.mkdir(parents=True)
        for name in ("config.json", entry.weights):
            (entry.folder / name).touch()
    names = "compact, wav2vec2-base, wav2vec2-base-960h"
    assert doctor._encoders() == Finding("speech encoders", "ok", names)


@pytest.mark.parametrize(("content", "said"), [(None, "is missing from"), (b"half", "its checksum differs")])
def test_a_damaged_installation_of_the_encoder_that_comes_along_is_reported(
    shipped: EncoderEntry, monkeypatch: pytest.MonkeyPatch, content: bytes | None, said: str
) -> None:
    weights = shipped.folder / shipped.weights
    if content is None:
        weights.unlink()
    else:
        weights.write_bytes(content)
    monkeypatch.setattr(microphone, "list_devices", lambda: ())
    finding = by_name()["speech encoders"]
    assert finding.status == "fail"
    assert said in finding.detail
    assert "Install the program again" in finding.fix


def test_a_terminal_without_a_display_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor.ctypes.util, "find_library", lambda name: f"lib{name}.so")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert doctor._display().status == "warn"
    monkeypatch.setenv("DISPLAY", ":7")
    assert doctor._display() == Finding("display", "ok", ":7")

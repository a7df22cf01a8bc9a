"""What works on this computer and what does not, each finding with its fix."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from ser_desktop import microphone
from ser_desktop.core import catalogue, paths
from ser_desktop.core.errors import UserFacingError

Status = Literal["ok", "warn", "fail"]

_LIBRARIES = ("PySide6-Essentials", "torch", "transformers", "opensmile", "sounddevice", "pyqtgraph", "numpy")
_XCB = {"xcb-cursor": "libxcb-cursor0", "EGL": "libegl1", "xkbcommon-x11": "libxkbcommon-x11-0"}
_MIN_FREE_GB = 1.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    check : str
    status : {"ok", "warn", "fail"}
        ``warn``: the program works with less; ``fail``: something people expect does not work.
    detail : str
    fix : str
        What to do, empty when there is nothing to do.
    """

    check: str
    status: Status
    detail: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        """Return ``check, status, detail, fix``."""
        return asdict(self)


def run_checks() -> list[Finding]:
    """Look at everything; a check that fails does not stop the others."""
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("python", _python),
        ("libraries", _libraries),
        ("display", _display),
        ("microphone", _microphone),
        ("processor", _processor),
        ("model", _model),
        ("openSMILE", _opensmile),
        ("speech encoders", _encoders),
        ("data folder", _data_folder),
    )
    findings = []
    for name, check in checks:
        try:
            findings.append(check())
        except UserFacingError as error:
            findings.append(Finding(name, "fail", error.what, error.fix))
        except (ImportError, OSError, RuntimeError) as error:
            findings.append(Finding(name, "fail", f"{type(error).__name__}: {error}", "Install the program again."))
    return findings


def _python() -> Finding:
    return Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _libraries() -> Finding:
    versions, missing = [], []
    for name in _LIBRARIES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if "PySide6-Essentials" in missing and _has("PySide6"):
        missing.remove("PySide6-Essentials")
    if missing:
        return Finding("libraries", "fail", f"missing: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    return Finding("libraries", "ok", ", ".join(versions))


def _has(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _display() -> Finding:
    if not sys.platform.startswith("linux"):
        return Finding("display", "ok", "the system's own")
    absent = [package for library, package in _XCB.items() if ctypes.util.find_library(library) is None]
    if absent:
        return Finding(
            "display",
            "fail",
            f"system libraries are missing: {', '.join(absent)}",
            f"sudo apt install {' '.join(absent)}",
        )
    where = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM")
    if not where:
        return Finding("display", "warn", "no display in this terminal", "Start the window from a desktop session.")
    return Finding("display", "ok", where)


def _microphone() -> Finding:
    devices = microphone.list_devices()
    if not devices:
        fix = "Connect a microphone. On Linux a sound server also needs: sudo apt install libasound2-plugins"
        return Finding("microphone", "warn", "no microphone was found; files and the demo clip still work", fix)
    names = ", ".join(f"{d.name} ({d.rate_hz:.0f} Hz)" for d in devices)
    return Finding("microphone", "ok", names)


def _processor() -> Finding:
    from ser_desktop.core.device import DeviceKind, choose_device

    device = choose_device()
    if device.kind is DeviceKind.CPU and shutil.which("nvidia-smi"):
        fix = "Install the CUDA build of PyTorch and a driver it accepts."
        return Finding("processor", "warn", f"{device.name}: {device.reason}", fix)
    return Finding("processor", "ok", f"{device.name}: {device.reason}")


def _model() -> Finding:
    from ser_desktop.core.bundle import load_bundle

    config = load_bundle(paths.default_bundle()).config
    return Finding("model", "ok", f"{config.name}, {len(config.labels)} emotions")


def _opensmile() -> Finding:
    import numpy as np

    from ser_desktop.core.features import Egemaps

    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * np.float32(0.01)
    _, n_frames, n_features = Egemaps().extract(noise).shape
    return Finding("openSMILE", "ok", f"one second gives {n_frames} frames of {n_features} features")


def _encoders() -> Finding:
    for entry in catalogue.ENCODERS:
        if entry.is_shipped:
            catalogue.find_encoder(entry.name)
    installed = [entry.name for entry in catalogue.ENCODERS if entry.is_installed()]
    absent = [entry for entry in catalogue.ENCODERS if not entry.is_installed()]
    commands = "  or  ".join(entry.install_command() for entry in absent)
    return Finding("speech encoders", "ok", ", ".join(installed), f"To add the paper's: {commands}" if absent else "")


def _data_folder() -> Finding:
    folder = paths.data_folder()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        fix = "Allow writing there; until then settings last only while the window is open."
        return Finding("data folder", "warn", f"{folder} cannot be written", fix)
    free_gb = shutil.disk_usage(existing).free / 1e9
    if free_gb < _MIN_FREE_GB:
        return Finding("data folder", "warn", f"{folder}: only {free_gb:.1f} GB free", "Free some space.")
    return Finding("data folder", "ok", f"{folder}, {free_gb:.0f} GB free")

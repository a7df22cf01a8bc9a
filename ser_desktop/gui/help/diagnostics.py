"""What somebody who helps wants to know, and nothing else."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import qVersion

from ser_desktop import __version__
from ser_desktop.core import paths
from ser_desktop.core.settings import Settings
from ser_desktop.gui.recorder import Recorder

_LIBRARIES = (
    "PySide6-Essentials",
    "pyqtgraph",
    "torch",
    "transformers",
    "opensmile",
    "sounddevice",
    "numpy",
    "openvino",
    "onnxruntime",
)
"""Their versions are read from what is installed: importing them would take seconds."""

N_LOG_LINES = 100
_TAIL_BYTES = 64_000


def diagnostics(recorder: Recorder) -> str:
    """Describe the program as it runs here, as text to paste.

    Parameters
    ----------
    recorder : Recorder

    Returns
    -------
    str
        The home folder is written as ``~``. It holds no sound, no answers, not whose voice is used, and no file
        names but those of the settings and of the log.
    """
    model = recorder.model
    microphones = ", ".join(f"{d.name} ({d.rate_hz:.0f} Hz)" for d in recorder.inputs.devices) or "none"
    lines = [
        f"ser-desktop {__version__}",
        f"system: {platform.platform()}, {platform.machine()}",
        f"Python {platform.python_version()}, Qt {qVersion()}",
        f"libraries: {', '.join(_versions())}",
    ]
    if model is not None:
        lines += [
            f"device: {model.device}: {model.device_reason}",
            f"model: {model.name}",
            f"backend: {model.backend or 'none'}{': ' if model.backend_reason else ''}{model.backend_reason}",
        ]
    else:
        lines.append("model: none is loaded")
    lines += [
        f"state: {recorder.session.state}",
        f"microphones: {microphones}; in use: {recorder.chosen_name or 'the default one'}",
        f"settings: {_settings(recorder.settings)}",
        f"the last {N_LOG_LINES} lines of the log:",
        *_log_tail(),
    ]
    return without_home("\n".join(lines)) + "\n"


def without_home(text: str) -> str:
    """Write the home folder as ``~``, also where its backslashes are doubled."""
    home = str(Path.home())
    if len(home) <= 1:
        return text
    for spelling in (json.dumps(home)[1:-1], home, Path(home).as_posix()):
        text = text.replace(spelling, "~")
    return text


def _versions() -> list[str]:
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} is not installed")
    return found


def _settings(settings: Settings) -> str:
    values = asdict(settings)
    if settings.voice:
        # It is somebody's name.
        values["voice"] = "(one is chosen)"
    return json.dumps(values, ensure_ascii=False)


def _log_tail() -> list[str]:
    try:
        with paths.log_file().open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ["(there is no log)"]
    return text.splitlines()[-N_LOG_LINES:] or ["(the log is empty)"]

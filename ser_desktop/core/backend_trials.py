"""How fast and how exact the ways to compute an encoder are on this machine; what was measured is remembered."""

from __future__ import annotations

import json
import logging
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from ser_desktop.core import paths
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.backends import Backend
from ser_desktop.core.device import BackendName, Device
from ser_desktop.core.errors import first_line
from ser_desktop.core.settings import write_atomically

MAX_RELATIVE_ERROR = 0.02
"""Of all layers together, against the reference."""

_WINDOW_S = 8.0
_N_RUNS = 5
_HOPELESS = 3.0
_LIBRARIES = ("ser-desktop", "torch", "transformers", "openvino")
_log = logging.getLogger(__name__)

Maker = Callable[[], Backend]


@dataclass(frozen=True)
class Trial:
    """What came of trying a backend.

    Attributes
    ----------
    name : BackendName
    seconds : float
        Shortest of several for a window of eight seconds; infinite where it could not be used.
    relative_error : float
        Norm of the difference of all layers from the reference's, divided by that of the reference.
    obstacle : str
        Why it cannot be used; empty where it can.
    """

    name: BackendName
    seconds: float
    relative_error: float = 0.0
    obstacle: str = ""

    def in_words(self) -> str:
        """Say what came of it."""
        if self.obstacle:
            return f"{self.name.in_words} {self.obstacle}"
        error = f", differs by {100 * self.relative_error:.1f} %" if self.relative_error else ""
        return f"{self.name.in_words} {1000 * self.seconds:.0f} ms{error}"


def measure(reference: Maker, others: Mapping[BackendName, Maker]) -> list[Trial]:
    """Try every backend on a window of eight seconds; the reference is the first of the trials."""
    window = probe_window()
    exact = reference()
    wanted, short_s = exact.layers(window), _seconds(exact, window[:, :SAMPLE_RATE_HZ], 1)
    trials = [Trial(exact.name, _seconds(exact, window, _N_RUNS))]
    for name, make in others.items():
        try:
            backend = make()
            if _seconds(backend, window[:, :SAMPLE_RATE_HZ], 1) > _HOPELESS * short_s:
                trials.append(Trial(name, float("inf"), obstacle="is far slower here"))
                continue
            error = relative_error(backend.layers(window), wanted)
            if error > MAX_RELATIVE_ERROR:
                trials.append(Trial(name, float("inf"), error, f"differs too much ({100 * error:.0f} %)"))
                continue
            trials.append(Trial(name, _seconds(backend, window, _N_RUNS), error))
        except (RuntimeError, OSError, ImportError) as problem:
            _log.warning("%s cannot be used", name.in_words, exc_info=True)
            trials.append(Trial(name, float("inf"), obstacle=f"failed: {first_line(problem)}"))
    return trials


def probe_window() -> FloatArray:
    """Return eight seconds of something like a voice, the same everywhere: (1, n_samples)."""
    time_s = np.arange(round(_WINDOW_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    phase = 2 * np.pi * np.cumsum(140 + 40 * np.sin(2 * np.pi * 0.4 * time_s)) / SAMPLE_RATE_HZ
    voice = sum(np.sin(n * phase) / n for n in range(1, 20)) * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * time_s))
    noise = np.random.default_rng(0).standard_normal(len(time_s))
    return (0.05 * voice + 0.003 * noise).astype(np.float32)[None]


def relative_error(found: FloatArray, wanted: FloatArray) -> float:
    """Norm of the difference divided by the norm of what is wanted; infinite for what is no number."""
    error = float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
    return error if np.isfinite(error) else float("inf")


def _seconds(backend: Backend, waveforms: FloatArray, n_runs: int) -> float:
    backend.layers(waveforms)
    taken = []
    for _ in range(n_runs):
        began = time.perf_counter()
        backend.layers(waveforms)
        taken.append(time.perf_counter() - began)
    # What else the machine does can only add to it.
    return min(taken)


def machine(identity: str, device: Device) -> str:
    """Name everything that decides which backend is fastest."""
    versions = []
    for library in _LIBRARIES:
        try:
            versions.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            continue
    return " | ".join((identity, device.name, _processor(), f"{os.cpu_count()} cores", *versions))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def remembered(key: str) -> list[Trial] | None:
    """Return what was measured before under a key of `machine`."""
    try:
        stored = json.loads(paths.backends_file().read_text(encoding="utf-8"))[key]
        return [Trial(**{**trial, "name": BackendName(trial["name"])}) for trial in stored]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(key: str, trials: list[Trial]) -> None:
    """Keep what was measured; where that fails it will be measured again."""
    file = paths.backends_file()
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    try:
        known = known if isinstance(known, dict) else {}
        write_atomically(file, json.dumps({**known, key: [asdict(trial) for trial in trials]}, indent=1))
    except OSError:
        _log.warning("the fastest backend could not be remembered", exc_info=True)

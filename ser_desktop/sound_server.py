"""The sound server of Linux (PulseAudio, or PipeWire in its name), as its program `pactl` tells of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any


def list_sources() -> list[dict[str, Any]] | None:
    """List the sound server's sources, None when there is no server to ask."""
    text = _pactl("-f", "json", "list", "sources")
    if text is None:
        return None
    try:
        sources = json.loads(text)
    except ValueError:
        return None
    if not isinstance(sources, list):
        return None
    return [s for s in sources if isinstance(s, dict) and "name" in s]


def default_source() -> str:
    """Name the source that the server takes where none is named, "" when there is no server to ask."""
    return (_pactl("get-default-source") or "").strip()


def worth_offering(sources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out monitors of loudspeakers, except where nothing else is."""
    real = [s for s in sources if s.get("monitor_source", "") == "" and not _is_monitor(s)]
    return real or sources


def rate_hz(source: dict[str, Any]) -> float:
    """Return a source's own rate, 48 kHz where the server does not say it."""
    # "s16le 2ch 48000Hz"
    digits = str(source.get("sample_specification", "")).rsplit(" ", 1)[-1].removesuffix("Hz")
    return float(digits) if digits.isdigit() else 48_000.0


def _is_monitor(source: dict[str, Any]) -> bool:
    return str(source.get("properties", {}).get("device.class", "")) == "monitor"


def _pactl(*arguments: str) -> str | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        done = subprocess.run(
            ["pactl", *arguments],
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None

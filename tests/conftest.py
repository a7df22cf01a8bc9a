"""Every test has a home of its own and no network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Small matrices are slower with several threads than with one, much slower on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "home" / name.lower()))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

"""Every test has a home of its own and no network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Small matrices are slower with several threads than with one, much slower on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _own_home(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if request.node.get_closest_marker("gpu") is None:
        # Figures are compared to the last digit; a graphics card rounds otherwise.
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "home" / name.lower()))
    # What can be made again is made once for all tests: it takes seconds.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

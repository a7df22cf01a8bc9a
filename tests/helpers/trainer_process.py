"""The real trainer as a child process, and the whole tree of processes it starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]


class TrainerProcess:
    """``python -m trainer …`` with JSON events."""

    def __init__(self, *arguments: str | Path, cwd: Path = ROOT) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "trainer", *map(str, arguments), "--events", "json"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, env=env
        )
        self.events: list[dict[str, Any]] = []

    def await_event(self, kind: str) -> dict[str, Any]:
        """Read events until one of a kind comes."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == kind:
                return self.events[-1]
        raise AssertionError(f"it ended without {kind}: {self.process.communicate()[1]}")

    def finish(self) -> int:
        """Read all events and return the exit status."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.events += [json.loads(line) for line in self.process.stdout]
        self.errors = self.process.stderr.read()
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process.stderr.close()
        return status

    def runs_longer_than(self, seconds: float) -> bool:
        """Let it run for so long; False when it ended by itself."""
        try:
            self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def kill(self) -> None:
        """End the main process as the system would, and wait until its workers are gone too."""
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        deadline = time.monotonic() + 10
        while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family):
            assert time.monotonic() < deadline, "a worker outlived its parent"
            time.sleep(0.02)

    def terminate(self) -> None:
        """Ask it to stop after the current step."""
        self.process.send_signal(signal.SIGTERM)

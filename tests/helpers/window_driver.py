"""The parent's side of `tests.helpers.remote_window`."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class RemoteWindow:
    """A running window: send orders, await events.

    Parameters
    ----------
    env : dict
        Environment with display and sound server.
    arguments : str
        For the window's process.
    """

    def __init__(self, env: dict[str, str], *arguments: str) -> None:
        self.events: list[Event] = []
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.remote_window", *arguments],
            cwd=Path(__file__).resolve().parents[2],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                self._queue.put(json.loads(line))
        self._queue.put(None)

    def order(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def await_event(self, matches: Callable[[Event], bool], timeout_s: float = 60.0) -> Event:
        """Return the next event that matches; events before it are kept in `events`."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                event = self._queue.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"not seen within {timeout_s} s; last events: {self.events[-6:]}") from None
            if event is None:
                raise RuntimeError(f"the window ended; last events: {self.events[-6:]}")
            self.events.append(event)
            if event["event"] == "crash":
                raise RuntimeError(event["error"])
            if matches(event):
                return event

    def await_state(self, state: str, timeout_s: float = 60.0) -> Event:
        return self.await_event(lambda e: e["event"] == "state" and e["state"] == state, timeout_s)

    def await_named(self, name: str, timeout_s: float = 60.0) -> Event:
        return self.await_event(lambda e: e["event"] == name, timeout_s)

    def await_microphone(self, timeout_s: float = 60.0) -> Event:
        return self.await_event(lambda e: e["event"] == "source" and e["name"] is not None, timeout_s)

    def ask(self, order: str, answer: str, timeout_s: float = 10.0) -> Event:
        self.order(order)
        return self.await_named(answer, timeout_s)

    def quit(self, timeout_s: float = 20.0) -> int:
        """Close the window and return the exit status."""
        self.order("quit")
        return self._process.wait(timeout=timeout_s)

    def crash(self) -> None:
        """End the window's process as a crash does: without a word to it."""
        self._process.kill()
        self._process.wait(timeout=10)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(timeout=10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._reader.join(timeout=5)

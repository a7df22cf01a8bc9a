"""Drives the training window of a remote window as a person would."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.helpers.window_driver import Event, RemoteWindow


class TrainingDriver:
    """Presses buttons and waits for what they lead to; counts the clicks.

    Parameters
    ----------
    window : RemoteWindow
    """

    def __init__(self, window: RemoteWindow) -> None:
        self.window = window
        self.n_clicks = 0

    def open(self) -> None:
        """Open the training window."""
        self.n_clicks += 1
        self.window.order("train")

    def drop(self, path: Path) -> None:
        """Drop a corpus."""
        self.n_clicks += 1
        self.window.order(f"drop {path}")

    def facts(self) -> Event:
        """What is shown now."""
        return self.window.ask("training", "training", timeout_s=30)

    def wait(self, matches: Callable[[Event], bool], timeout_s: float = 120.0) -> Event:
        """Wait until what is shown matches."""
        end = time.monotonic() + timeout_s
        while True:
            facts = self.facts()
            if matches(facts):
                return facts
            if time.monotonic() > end:
                raise TimeoutError(f"not shown within {timeout_s} s: {facts}")
            time.sleep(0.2)

    def press(self, text: str, timeout_s: float = 120.0) -> None:
        """Press a button as soon as it can be pressed."""
        self.wait(lambda facts: text in facts["buttons"], timeout_s)
        self.n_clicks += 1
        assert self.window.ask(f"press {text}", "pressed")["found"], f"«{text}» cannot be pressed"

    def shows(self, sentence: str, timeout_s: float = 120.0) -> Event:
        """Wait for a sentence, or a part of one."""
        return self.wait(lambda facts: any(sentence in text for text in facts["texts"]), timeout_s)


def trainer_of(folder: Path) -> psutil.Process:
    """Return the process that works in a folder of trainings."""
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "--follow" in words and words[words.index("--follow") + 1].startswith(str(folder)):
            return process
    raise LookupError(f"no trainer works in {folder}")


def kill_tree(process: psutil.Process) -> None:
    """End a process and its children as the system would, without a word."""
    family = [process, *process.children(recursive=True)]
    for member in family:
        member.kill()
    psutil.wait_procs(family, timeout=10)

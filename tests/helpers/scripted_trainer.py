"""A process in the trainer's place that tells what a file says: ``python -m tests.helpers.scripted_trainer FILE``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ser_desktop.gui import trainer_process


class ScriptedTrainer:
    """Takes the trainer's place in the window.

    Parameters
    ----------
    folder : Path
    monkeypatch : pytest.MonkeyPatch
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[list[str]] = []
        self._script = folder / "script.json"
        self.says([])
        monkeypatch.setattr(trainer_process, "trainer_command", self._command)

    def says(self, events: Sequence[dict[str, Any]], status: int = 0, complaints: str = "") -> None:
        """Decide what is told from now on."""
        text = json.dumps({"events": list(events), "status": status, "complaints": complaints})
        self._script.write_text(text, encoding="utf-8")

    def _command(self, arguments: Sequence[str]) -> list[str]:
        self.asked.append(list(arguments))
        return [sys.executable, "-m", "tests.helpers.scripted_trainer", str(self._script)]


def main() -> int:
    script = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for event in script["events"]:
        print(json.dumps(event), flush=True)
    print(script["complaints"], file=sys.stderr)
    return int(script["status"])


if __name__ == "__main__":
    sys.exit(main())

"""The trainer as a child process: one that answers while somebody waits, or one that outlives the window."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from ser_desktop.core.training_folder import parse_event

_SHOWN_LINES = 15
_KILL_AFTER_MS = 5_000


def trainer_command(arguments: Sequence[str]) -> list[str]:
    """Return the words that start the trainer with the interpreter of this program."""
    return [sys.executable, "-m", "trainer", *arguments]


def start_detached(arguments: Sequence[str], log: Path) -> bool:
    """Start a trainer that lives on when the window is closed; what it prints goes to the log."""
    program, *words = trainer_command(arguments)
    process = QProcess()
    process.setProgram(program)
    process.setArguments(words)
    process.setProcessEnvironment(_environment())
    process.setStandardInputFile(QProcess.nullDevice())
    process.setStandardOutputFile(str(log), QProcess.OpenModeFlag.Append)
    process.setStandardErrorFile(str(log), QProcess.OpenModeFlag.Append)
    return bool(process.startDetached())


def _environment() -> QProcessEnvironment:
    environment = QProcessEnvironment.systemEnvironment()
    environment.insert("PYTHONUTF8", "1")
    # What the window's display needs is of no use to the trainer, and PyTorch decides on its threads itself.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        if name not in os.environ:
            environment.remove(name)
    return environment


class TrainerCall(QObject):
    """A trainer that is asked something and heard to its end.

    Signals
    -------
    told(dict)
        An event, see ``trainer.events``.
    ended(int, str)
        Exit status, and the last lines of what it complained about.
    """

    told = Signal(object)
    ended = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._rest = b""

    @property
    def is_running(self) -> bool:
        """Whether an answer is awaited."""
        return self._process is not None

    def start(self, arguments: Sequence[str]) -> None:
        """Ask; an earlier question is forgotten."""
        self.cancel()
        program, *words = trainer_command([*arguments, "--events", "json"])
        process = QProcess(self)
        process.setProcessEnvironment(_environment())
        process.readyReadStandardOutput.connect(lambda: self._read(process))
        process.finished.connect(lambda code, _status: self._finished(process, code))
        process.errorOccurred.connect(lambda error: self._failed(process, error))
        self._process, self._rest = process, b""
        process.start(program, words)

    def cancel(self) -> None:
        """Forget the question; nothing more is heard of it."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(_KILL_AFTER_MS)
            process.deleteLater()

    def _read(self, process: QProcess) -> None:
        if process is not self._process:
            return
        *lines, self._rest = (self._rest + bytes(process.readAllStandardOutput().data())).split(b"\n")
        for line in lines:
            event: dict[str, Any] | None = parse_event(line)
            if event is not None and process is self._process:
                self.told.emit(event)

    def _finished(self, process: QProcess, code: int) -> None:
        if process is not self._process:
            return
        self._read(process)
        complaints = bytes(process.readAllStandardError().data()).decode(errors="replace")
        if process is self._process:
            self._process = None
            process.deleteLater()
            self.ended.emit(code, "\n".join(complaints.splitlines()[-_SHOWN_LINES:]))

    def _failed(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if process is self._process and error is QProcess.ProcessError.FailedToStart:
            self._process = None
            self.ended.emit(127, process.errorString())
            process.deleteLater()

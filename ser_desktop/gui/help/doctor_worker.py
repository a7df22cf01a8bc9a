"""The thread that has this computer checked, by a process of its own.

In a process, because openSMILE and the sound library are not safe to use from a second thread, and because a
library that ends the process when it is loaded must not end the window.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from PySide6.QtCore import Signal

from ser_desktop.core.errors import UserFacingError
from ser_desktop.doctor import Finding
from ser_desktop.gui.help import messages
from ser_desktop.gui.workers import Worker

_COMMAND = (sys.executable, "-m", "ser_desktop", "doctor", "--json")


class DoctorWorker(Worker):
    """Runs the checks of `ser_desktop.doctor`.

    Parameters
    ----------
    command : sequence of str or None
        Prints the findings as JSON; None stands for this program's own.

    Signals
    -------
    found(list of Finding)
    """

    found = Signal(object)

    def __init__(self, command: Sequence[str] | None = None) -> None:
        super().__init__("doctor")
        self._command = tuple(command or _COMMAND)
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ending = False

    def look(self) -> None:
        """Order: check everything."""
        self._orders.put(self._look)

    def shut_down(self, timeout_ms: int = 10_000) -> bool:
        """End the thread; a check at hand is given up."""
        if not self.isRunning():
            return True
        self._is_ending = True
        process = self._process
        if process is not None:
            process.kill()
        return super().shut_down(timeout_ms)

    def _look(self) -> None:
        if self._is_ending:
            return
        environment = {**os.environ, "PYTHONUTF8": "1"}
        try:
            with subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
            ) as process:
                self._process = process
                printed, complaints = process.communicate()
        except OSError as error:
            raise _failed(str(error)) from error
        finally:
            self._process = None
        if self._is_ending:
            return
        try:
            findings = [Finding(**item) for item in json.loads(printed)]
        except (ValueError, TypeError) as error:
            said = complaints.decode("utf-8", errors="replace").strip().splitlines()
            raise _failed(said[-1] if said else str(error)) from error
        self.found.emit(findings)


def _failed(why: str) -> UserFacingError:
    return UserFacingError(messages.DOCTOR_FAILED.format(why), messages.DOCTOR_FAILED_FIX)

"""A private X server."""

from __future__ import annotations

import os
import shutil
import subprocess


class PrivateDisplay:
    """Starts Xvfb on a free display number."""

    def __init__(self, size: str = "2600x1700x24") -> None:
        read_end, write_end = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_end), "-screen", "0", size, "-nolisten", "tcp"],
            pass_fds=(write_end,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write_end)
        with os.fdopen(read_end) as answer:
            self.name = f":{answer.readline().strip()}"

    @staticmethod
    def is_available() -> bool:
        return shutil.which("Xvfb") is not None

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(timeout=10)

"""A private PulseAudio server whose null sink is the microphone."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

SINK = "ser_test"
DESCRIPTION = "Test Microphone"


class PrivatePulse:
    """Starts PulseAudio on a socket of its own; sinks come and go on demand.

    Parameters
    ----------
    folder : Path
        For socket, cookie and home; nothing of the user's is touched.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        run, home = folder / "run", folder / "home"
        for path in (run, home / ".config"):
            path.mkdir(parents=True, exist_ok=True)
        run.chmod(0o700)
        socket = run / "native"
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("PULSE_")},
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_RUNTIME_DIR": str(run),
            "PULSE_SERVER": f"unix:{socket}",
        }
        command = [
            *("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disallow-exit"),
            *("-L", f"module-native-protocol-unix socket={socket}"),
        ]
        with (folder / "pulse.log").open("wb") as log:
            self._server = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait_until(lambda: self._pactl("info", check=False).returncode == 0)
        self._module: str | None = None

    @staticmethod
    def is_available() -> bool:
        return all(shutil.which(name) for name in ("pulseaudio", "pactl", "paplay"))

    def plug_in(self) -> None:
        """Load the null sink; its monitor is the microphone."""
        # norewinds keeps the sink's buffer short, as a real microphone's is.
        done = self._pactl(
            *("load-module", "module-null-sink", f"sink_name={SINK}", "rate=48000", "channels=1", "norewinds=1"),
            f"sink_properties='device.description=\"{DESCRIPTION}\"'",
        )
        self._module = done.stdout.strip()
        self._wait_until(lambda: f"{SINK}.monitor" in self._pactl("list", "short", "sources").stdout)

    def unplug(self) -> None:
        """Unload the null sink: the microphone is gone."""
        assert self._module is not None
        self._pactl("unload-module", self._module)
        self._module = None

    def add_other_source(self) -> None:
        """Load a second microphone, to which the server would move a stream silently."""
        self._pactl("load-module", "module-null-sink", "sink_name=other", "norewinds=1")

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Play a sound file into the microphone; returns at once."""
        return subprocess.Popen(["paplay", "-d", SINK, str(path)], env=self.env, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(timeout=10)

    def _pactl(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pactl", *arguments], env=self.env, capture_output=True, text=True, timeout=5, check=check
        )

    @staticmethod
    def _wait_until(condition: object, timeout_s: float = 10.0) -> None:
        end = time.monotonic() + timeout_s
        while not condition():  # type: ignore[operator]
            if time.monotonic() > end:
                raise TimeoutError("PulseAudio did not get ready")
            time.sleep(0.05)

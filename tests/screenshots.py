"""The pictures of the README, taken from the real program: ``python -m tests.screenshots [--out FOLDER]``.

A voice is played into the microphone of a real window on a virtual screen; nothing is drawn by hand.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import soundfile as sf

from ser_desktop.core import paths
from ser_desktop.gui.training import messages, result_messages
from tests.helpers.data import ravdess_folder
from tests.helpers.display import PrivateDisplay
from tests.helpers.pulse import PrivatePulse
from tests.helpers.training_driver import TrainingDriver
from tests.helpers.window_driver import RemoteWindow

VOICE = "Actor_23/03-01-05-02-01-01-23.flac"
OTHER_VOICE = "Actor_24/03-01-03-02-01-01-24.flac"
SETTLED_S = 1.0


def speech(folder: Path, corpus: Path) -> Path:
    """One voice, then another, about fifteen seconds."""
    first, rate = sf.read(corpus / VOICE, dtype="float32")
    second, _ = sf.read(corpus / OTHER_VOICE, dtype="float32")
    clip = folder / "speech.wav"
    sf.write(clip, [*first, *first, *second, *second, *second], rate)
    return clip


class Camera:
    """Takes pictures of a remote window.

    Parameters
    ----------
    window : RemoteWindow
    folder : Path
        Where they go.
    """

    def __init__(self, window: RemoteWindow, folder: Path) -> None:
        self.window, self._folder = window, folder

    def main(self, name: str) -> None:
        """The main window."""
        time.sleep(SETTLED_S)
        self.window.ask(f"screenshot {self._folder / name}.png", "screenshot", timeout_s=60)

    def of(self, kind: str, name: str) -> None:
        """The visible window of a class."""
        time.sleep(SETTLED_S)
        saved = self.window.ask(f"grab {kind} {self._folder / name}.png", "grab", timeout_s=60)["saved"]
        assert saved, f"no {kind} is visible"

    def behind(self, entry: str, kind: str, name: str) -> None:
        """The window that an entry of the menu opens."""
        assert self.window.ask(f"menu {entry}", "menu", timeout_s=60)["found"], entry
        self.of(kind, name)


def live(camera: Camera, pulse: PrivatePulse, clip: Path) -> None:
    """A recording: as it goes on, a moment of it, and what spectators see."""
    window = camera.window
    player = pulse.play(clip)
    window.order("click")
    for _ in range(8):
        window.await_named("prediction")
    camera.main("window")
    window.order("menu Audience view")
    window.order("agree")
    window.await_named("prediction")
    camera.of("AudienceView", "audience")
    window.order("leave")
    for _ in range(4):
        window.await_named("prediction")
    window.order("click")
    window.await_state("idle")
    window.order("moment 10")
    camera.main("moment")
    player.kill()
    player.wait()


def training(camera: Camera, corpus: Path) -> None:
    """A quick model on all of RAVDESS speech, up to its result."""
    driver = TrainingDriver(camera.window)
    driver.open()
    driver.drop(corpus)
    driver.press(messages.NEXT)
    driver.wait(lambda facts: messages.NEXT in facts["buttons"])
    camera.of("TrainingWindow", "training-check")
    driver.press(messages.NEXT)
    driver.press(messages.TRAIN)
    driver.shows(result_messages.RECALL_TITLE, timeout_s=1200)
    camera.of("TrainingWindow", "training")


def files(camera: Camera, corpus: Path) -> None:
    """Some recordings, analysed."""
    window = camera.window
    names = ("03-01-03-02-01-01-24", "03-01-04-02-02-01-24", "03-01-05-02-01-01-24", "03-01-08-02-02-01-24")
    window.ask("menu Analyse sound files", "menu", timeout_s=60)
    window.order("analyse " + "|".join(str(corpus / "Actor_24" / f"{name}.flac") for name in names))
    window.await_named("analysed", timeout_s=120)
    camera.of("FilesWindow", "files")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=paths.assets_folder() / "screenshots")
    parser.add_argument("--theme", default="light")
    parser.add_argument("--scale", default="1")
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--every", action="store_true", help="also of windows that the README does not show")
    parser.add_argument("--skip", nargs="*", default=[], choices=("training",))
    options = parser.parse_args()
    corpus = ravdess_folder()
    if corpus is None:
        raise SystemExit("RAVDESS is not beside the project (see $SER_TEST_DATA).")
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        home = {f"XDG_{part}_HOME": str(Path(name) / part.lower()) for part in ("DATA", "CACHE", "CONFIG", "STATE")}
        display, pulse = PrivateDisplay(), PrivatePulse(Path(name) / "pulse")
        pulse.plug_in()
        env = {**os.environ, **pulse.env, **home, "DISPLAY": display.name}
        env |= {"QT_QPA_PLATFORM": "xcb", "QT_SCALE_FACTOR": options.scale}
        window = RemoteWindow(env, "--theme", options.theme, "--size", options.size, "--first-start")
        try:
            window.await_state("idle", timeout_s=120)
            camera = Camera(window, options.out)
            if options.every:
                camera.main("welcome")
            window.order("understand")
            live(camera, pulse, speech(Path(name), corpus))
            files(camera, corpus)
            camera.behind("Speech encoders", "EncodersDialog", "encoders")
            if options.every:
                camera.behind("Settings", "SettingsDialog", "settings")
            if "training" not in options.skip:
                training(camera, corpus)
            window.quit()
        finally:
            window.kill()
            pulse.stop()
            display.stop()


if __name__ == "__main__":
    main()

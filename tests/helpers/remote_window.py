"""The real window as a child process that obeys lines on stdin and reports JSON lines on stdout.

``python -m tests.helpers.remote_window [--demo] [--slow SECONDS] [--bundle FOLDER] [--first-start]``
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
from PySide6.QtCore import QObject, QPoint, QSocketNotifier, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ser_desktop.core import paths
from ser_desktop.core.settings import TERMS_VERSION, load_settings, save_settings
from ser_desktop.gui import app as app_room
from ser_desktop.gui.app import Application, AppOptions
from tests.helpers.remote_training import TrainingOrders

_TICK_MS = 5
_BIN_MS, _N_BINS = 0.1, 20_000


class GapMeter(QObject):
    """Measures how long the event loop leaves a 5 ms timer waiting, in memory that does not grow with the time."""

    def __init__(self) -> None:
        super().__init__()
        self._counts = np.zeros(_N_BINS, np.int64)
        self._longest_ms = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer(self, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer, timeout=self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        gap_ms = 1000 * (now - self._last)
        self._counts[min(int(gap_ms / _BIN_MS), _N_BINS - 1)] += 1
        self._longest_ms = max(self._longest_ms, gap_ms)
        self._last = now

    def report(self) -> dict[str, float]:
        so_many = np.cumsum(self._counts)
        p99 = _BIN_MS * (1 + int(np.searchsorted(so_many, 0.99 * so_many[-1])))
        return {"gap_ms_p99": min(p99, self._longest_ms), "gap_ms_max": self._longest_ms}

    def reset(self) -> None:
        self._counts[:], self._longest_ms = 0, 0.0
        self._last = time.perf_counter()


class Remote(QObject):
    """Reports what the recorder says and does what stdin says, with real mouse and key events."""

    def __init__(self, application: Application, began_at: float) -> None:
        super().__init__()
        self._window = application.window
        self._recorder = application.recorder
        self._began_at = began_at
        self._training = TrainingOrders(self._window)
        self.gaps = GapMeter()
        self._window.painted.connect(self._painted)
        recorder = self._recorder
        recorder.state_changed.connect(lambda state: self.tell("state", state=str(state), ready_s=self._since()))
        recorder.predicted.connect(self._predicted)
        recorder.noticed.connect(lambda notice: self.tell("notice", text=notice.text if notice else ""))
        inputs = recorder.inputs
        inputs.source_changed.connect(lambda: self.tell("source", name=inputs.source.name if inputs.source else None))
        recorder.model_changed.connect(lambda model: self.tell("model", name=model.name, labels=model.labels))
        inputs.devices_changed.connect(lambda: self.tell("devices", names=[d.name for d in inputs.devices]))
        recorder.crashed.connect(lambda error: self.tell("crash", error=repr(error)))
        self._rest = b""
        self._reader = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._reader.activated.connect(self._read)

    def _painted(self) -> None:
        self.tell("visible", after_s=self._since())
        self.gaps.reset()

    def tell(self, what: str, **facts: object) -> None:
        print(json.dumps({"event": what, "at": round(time.monotonic(), 4), **facts}), flush=True)

    def _since(self) -> float:
        return round(time.time() - self._began_at, 4)

    def _predicted(self, prediction: object) -> None:
        facts = prediction.as_json()  # type: ignore[attr-defined]
        facts["latency_s"] = prediction.latency_s  # type: ignore[attr-defined]
        facts["n_skipped"] = prediction.n_skipped  # type: ignore[attr-defined]
        self.tell("prediction", title=self._window.cards.answer.title, **facts)

    def _read(self) -> None:
        # Not through Python's own buffer: what waits there wakes nobody.
        read = os.read(sys.stdin.fileno(), 65_536)
        if not read:
            self._reader.setEnabled(False)
            return
        *lines, self._rest = (self._rest + read).split(b"\n")
        for line in lines:
            order, _, argument = line.decode().strip().partition(" ")
            getattr(self, f"do_{order}")(argument)

    def do_click(self, _argument: str) -> None:
        button = self._window.bar.record_button
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=button.rect().center())
        self.tell("clicked", text=button.text())

    def do_understand(self, _argument: str) -> None:
        button = self._window.welcome.button
        seen = button.isVisible()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.tell("understood", seen=seen, gone=not self._window.welcome.isVisible())

    def do_space(self, _argument: str) -> None:
        self._window.activateWindow()
        QTest.qWaitForWindowActive(self._window)
        QTest.keyClick(self._window, Qt.Key.Key_Space)

    def do_screenshot(self, argument: str) -> None:
        screen = self._window.screen()
        corner = self._window.mapToGlobal(QPoint(0, 0))
        picture = screen.grabWindow(0, corner.x(), corner.y(), self._window.width(), self._window.height())
        self.tell("screenshot", saved=picture.save(argument))

    def do_train(self, _argument: str) -> None:
        self._training.open()

    def do_press(self, argument: str) -> None:
        self.tell("pressed", text=argument, found=self._training.press(argument))

    def do_drop(self, argument: str) -> None:
        self._training.drop(argument)

    def do_training(self, _argument: str) -> None:
        self.tell("training", **self._training.facts())

    def do_picture(self, argument: str) -> None:
        self.tell("picture", saved=self._training.picture(argument))

    def do_banner(self, _argument: str) -> None:
        banner = self._window.banner
        self.tell("banner", text=banner.text.text() if banner.isVisible() else "")

    def do_recovery(self, argument: str) -> None:
        """Report the offer of an interrupted recording, after pressing ``open`` or ``discard``."""
        banner = self._window.sessions.recovery.banner
        button = {"open": banner.open_button, "discard": banner.discard_button}.get(argument)
        if button is not None:
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.tell(
            "recovery",
            text=banner.text.text() if banner.isVisible() else "",
            n_drawn=self._window.cards.timeline.scene.lanes.n_answers,
        )

    def do_open(self, argument: str) -> None:
        """Open a saved session."""
        self._window.sessions.files.worker.opened.connect(lambda *_: self.tell("opened", **self.gaps.report()))
        self.gaps.reset()
        self._window.sessions.files.open(Path(argument))

    def do_moment(self, argument: str) -> None:
        """Look at the answer with that index."""
        self._window.sessions.moments.choose(int(argument))
        self.tell("moment", text=self._window.sessions.card.text.text(), title=self._window.cards.answer.title)

    def do_scroll(self, argument: str) -> None:
        """Scroll and zoom the timeline through so many pictures; report how long each took."""
        timeline, taken = self._window.cards.timeline, []
        for i in range(int(argument)):
            began = time.perf_counter()
            timeline.view.zoom(1.2 if i % 40 < 20 else 1 / 1.2)
            timeline.view.scroll(-1.0)
            timeline.moved()
            timeline.repaint()
            taken.append(1000 * (time.perf_counter() - began))
        timeline.follow()
        self.tell("scrolled", frame_ms_p99=float(np.percentile(taken, 99)), frame_ms_max=max(taken))

    def do_save(self, argument: str) -> None:
        """Save the session, with sound where the order says ``with PATH``."""
        with_sound, _, name = argument.rpartition(" ")
        files = self._window.sessions.files
        files.worker.saved.connect(lambda saving: self.tell("saved", path=str(saving.path)))
        files.save(Path(name), with_sound=bool(with_sound))

    def do_stats(self, _argument: str) -> None:
        source = self._recorder.inputs.source
        self.tell(
            "stats",
            **self.gaps.report(),
            rss_mb=psutil.Process().memory_info().rss / 1e6,
            n_overflows=source.n_overflows if source else 0,
            status=self._window.status.answer.text(),
            meter_db=float(self._window.bar.meter.level_db),
            age_s=self._recorder.age_s(),
        )

    def do_reset(self, _argument: str) -> None:
        self.gaps.reset()

    def do_menu(self, argument: str) -> None:
        """Choose the entry of the menu that begins so."""
        entries = [action for action in self._window.findChildren(QAction) if not action.menu()]
        entry = next((action for action in entries if action.text().startswith(argument)), None)
        if entry is not None:
            entry.trigger()
        self.tell("menu", found=entry is not None)

    def do_agree(self, _argument: str) -> None:
        """Answer the audience view's question."""
        QTest.mouseClick(self._window.audience.view.consent.yes_button, Qt.MouseButton.LeftButton)

    def do_leave(self, _argument: str) -> None:
        """Leave the audience view by its button."""
        view = self._window.audience.view
        QTest.mouseClick(view.leave_button, Qt.MouseButton.LeftButton)

    def do_analyse(self, argument: str) -> None:
        """Hand files, with a bar between them, to the window for sound files; tell when all are done."""
        queue = self._window.files.queue
        queue.add([Path(name) for name in argument.split("|")])

        def done() -> None:
            if not queue.is_busy:
                timer.stop()
                self._window.files.window.choose(queue.table.entries[0])
                self.tell("analysed")

        timer = QTimer(self, interval=200, timeout=done)
        timer.start()

    def do_grab(self, argument: str) -> None:
        """Save a picture of the visible window of that class."""
        name, _, path = argument.partition(" ")
        shown = [w for w in QApplication.topLevelWidgets() if w.isVisible() and type(w).__name__ == name]
        self.tell("grab", saved=bool(shown) and shown[0].grab().save(path))

    def do_key(self, argument: str) -> None:
        """Press a key in the window that is in front."""
        QTest.keySequence(QApplication.activeWindow() or self._window, QKeySequence(argument))

    def do_quit(self, _argument: str) -> None:
        self._window.close()


def slow_model(seconds: float) -> None:
    """Make every inference take longer, as a large model on a weak machine would."""
    from ser_desktop.core.analysis import Analyser

    real = Analyser.probabilities

    def slowed(self: Analyser, samples: np.ndarray) -> np.ndarray:
        time.sleep(seconds)
        return real(self, samples)

    Analyser.probabilities = slowed  # type: ignore[method-assign]


def acknowledge() -> None:
    """Store, as a person would, that the limits are understood; in a home of its own where none was given."""
    if "XDG_CONFIG_HOME" not in os.environ:
        os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="ser-desktop-config-")
        atexit.register(shutil.rmtree, os.environ["XDG_CONFIG_HOME"], ignore_errors=True)
    settings, _ = load_settings(paths.settings_file())
    save_settings(replace(settings, understood=TERMS_VERSION), paths.settings_file())


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--theme", default="light")
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--first-start", action="store_true", help="nobody has said yet that the limits are understood")
    options = parser.parse_args()
    if not options.first_start:
        acknowledge()
    # Seconds since the operating system created this process, so that Python's own start counts.
    began_at = psutil.Process(os.getpid()).create_time()
    qt = QApplication(sys.argv[:1])
    application = Application(AppOptions(demo=options.demo, theme=options.theme, bundle=options.bundle), qt)
    width, height = map(int, options.size.split("x"))
    application.window.resize(width, height)
    app_room._catch_everything(application)
    signal.signal(signal.SIGTERM, lambda *_: qt.quit())
    remote = Remote(application, began_at)
    if options.slow:
        # Only once the model is there, so that the window is not held up by the import.
        application.recorder.model_changed.connect(lambda _model: slow_model(options.slow))
    status = application.exec()
    remote.tell("exit", status=status)
    return status


if __name__ == "__main__":
    sys.exit(main())

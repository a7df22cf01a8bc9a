"""A session of ten hours: saved, opened, shown, moved about in; and what its sound and journal take."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from ser_desktop.core.audio import SAMPLE_RATE_HZ
from ser_desktop.core.journal import Journal, read_journal
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.session_file import open_session
from ser_desktop.core.session_sound import SoundSpool
from tests.helpers.sessions import recording

Figures = dict[str, float | str]

_HOURS = 10
_N_FRAMES = 100


def session() -> Figures:
    """36 000 answers, as a recording of ten hours at one answer a second has."""
    long = recording(_HOURS * 3600)
    figures: Figures = {"answers": len(long.history)}
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "session.json"
        figures["save_s"] = _taken(lambda: long.save(path))
        figures["file_mb"] = round(path.stat().st_size / 1e6, 1)
        figures["open_s"] = _taken(lambda: open_session(path))
        began = time.process_time()
        open_session(path)
        # What it takes where nothing else runs.
        figures["open_processor_s"] = round(time.process_time() - began, 3)
        answers, long.history = long.history, []
        journal = Journal(Path(name), long)
        for answer in answers:
            journal.add_answer(answer)
        journal.flush()
        figures["recover_s"] = _taken(lambda: read_journal(journal.path))
        journal.remove()
        figures |= _on_the_screen(path, answers)
    return figures | _sound()


def _on_the_screen(path: Path, answers: list[Prediction]) -> Figures:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication

    from ser_desktop.gui.plots import Timeline
    from ser_desktop.gui.plots.timeline_export import timeline_png
    from ser_desktop.gui.sessions.report import as_html
    from ser_desktop.gui.theme import apply_theme

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply_theme(app, "light")
    opened = open_session(path)
    timeline = Timeline()
    timeline.set_labels(opened.labels)
    timeline.resize(1248, 220)
    timeline.show()
    shown_s = _taken(lambda: (timeline.show_history(opened.history, opened.gaps, opened.markers), timeline.grab()))
    figures: Figures = {"show_s": shown_s}
    canvas = QImage(2 * timeline.width(), 2 * timeline.height(), QImage.Format.Format_RGB32)
    for scale in (1, 2):
        canvas.setDevicePixelRatio(scale)
        frames = []
        for i in range(_N_FRAMES):
            began = time.perf_counter()
            # Out to all ten hours, back in to half a minute, along the way.
            timeline.view.zoom(1.2 if i % 50 < 25 else 1 / 1.2, 18_000.0)
            timeline.view.scroll(-3.0)
            timeline.moved()
            timeline.render(canvas)
            frames.append(1000 * (time.perf_counter() - began))
        figures[f"frame_ms_p99_at_{scale}00"] = round(float(np.percentile(frames, 99)), 2)
    growing = Timeline()
    growing.set_labels(opened.labels)
    process = psutil.Process()
    before = process.memory_info().rss
    adds = []
    for answer in answers:
        began = time.perf_counter()
        growing.add(answer)
        adds.append(1e6 * (time.perf_counter() - began))
    figures["memory_mb"] = round((process.memory_info().rss - before) / 1e6, 1)
    figures["add_us_first_minute"] = round(statistics.median(adds[:60]), 1)
    figures["add_us_last_minute"] = round(statistics.median(adds[-60:]), 1)
    figures["add_ms_max"] = round(max(adds) / 1000, 2)
    figures["picture_s"] = _taken(lambda: timeline_png(opened))
    figures["report_s"] = _taken(lambda: as_html(opened))
    timeline.close()
    return figures


def _sound() -> Figures:
    """An hour of sound: time for each second, memory, and the time to reach back."""
    spool = SoundSpool()
    spool.begin(0.0)
    second = np.random.default_rng(0).uniform(-0.5, 0.5, SAMPLE_RATE_HZ).astype(np.float32)
    for _ in range(60):
        spool.append(second)
    process = psutil.Process()
    before = process.memory_info().rss
    began = time.perf_counter()
    for _ in range(3600):
        spool.append(second)
    each_ms = (time.perf_counter() - began) / 3.6
    grown_mb = (process.memory_info().rss - before) / 1e6
    read_s = _taken(lambda: spool.read(1800.0, 1808.0))
    spool.close()
    return {
        "sound_ms_per_s": round(each_ms, 3),
        "sound_memory_mb_per_hour": round(grown_mb, 1),
        "sound_read_8_s": read_s,
    }


def _taken(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return round(statistics.median(taken), 4)

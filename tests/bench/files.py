"""Long sound files: time per hour of sound, memory, and how fast a cancelled one stops."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import soundfile as sf

from ser_desktop.core import paths
from ser_desktop.core.analysis import open_analyser
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, load
from ser_desktop.core.errors import Cancelled
from ser_desktop.core.files import FILE_HOP_S, analyse_file
from ser_desktop.core.stream import Judge
from tests.helpers.data import ravdess_folder, spoken_clip

_N_CANCELS = 10
_WARM_UP_S = 60.0


def files(minutes: float, hop_s: float = FILE_HOP_S) -> dict[str, float | str]:
    """Analyse one file of so many minutes, made of real speech where the corpus is there.

    Parameters
    ----------
    minutes : float
    hop_s : float
        From one window to the next; longer ones make a long file affordable where only memory is in question.
    """
    analyser = open_analyser(paths.default_bundle())
    with tempfile.TemporaryDirectory() as name:
        long, short = Path(name) / "long.flac", Path(name) / "short.flac"
        voice = _speech()
        _write(long, voice, 60 * minutes)
        _write(short, voice, _WARM_UP_S)
        # What the libraries allocate once is not the file's.
        analyse_file(analyser, short)
        watch = _Watch()
        began, cpu_began = time.perf_counter(), time.process_time()
        analysis = analyse_file(analyser, long, hop_s)
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        peak, before = watch.stop()
        stops = [_cancel(analyser, long, after_s=0.5 + 0.13 * i) for i in range(_N_CANCELS)]
    hours = analysis.duration_s / 3600
    return {
        "model": analyser.bundle.config.name,
        "device": analyser.device.name,
        "backend": analyser.encoder.backend.in_words if analyser.encoder else "",
        "minutes": round(minutes, 2),
        "hop_s": hop_s,
        "windows": len(analysis.windows),
        "seconds_per_hour_of_sound": round(took_s / hours, 1),
        # Unlike the seconds on the clock, this hardly depends on what else the computer does.
        "cpu_seconds_per_hour_of_sound": round(cpu_s / hours, 1),
        "times_real_time": round(analysis.duration_s / took_s, 1),
        "peak_rss_growth_mb": round((peak - before) / 1e6, 1),
        "peak_rss_mb": round(peak / 1e6, 1),
        "cancel_s_median": round(statistics.median(stops), 3),
        "cancel_s_max": round(max(stops), 3),
    }


def _speech() -> FloatArray:
    """About a minute of different voices."""
    folder = ravdess_folder()
    clips = [spoken_clip()[0]] if folder is None else sorted(folder.glob("Actor_2[1-4]/*.flac"))[::12]
    return np.concatenate([load(clip) for clip in clips])


def _write(path: Path, voice: FloatArray, seconds: float) -> None:
    n_left = round(seconds * SAMPLE_RATE_HZ)
    with sf.SoundFile(path, "w", SAMPLE_RATE_HZ, 1) as sound:
        while n_left > 0:
            sound.write(voice[:n_left])
            n_left -= len(voice)


def _cancel(analyser: Judge, path: Path, after_s: float) -> float:
    """Seconds from the wish to stop until the analysis has stopped."""
    wished_at = time.perf_counter() + after_s

    def check() -> None:
        if time.perf_counter() >= wished_at:
            raise Cancelled

    try:
        analyse_file(analyser, path, check=check)
    except Cancelled:
        return time.perf_counter() - wished_at
    raise SystemExit("The file is too short to be cancelled: give more --minutes.")


class _Watch:
    """Looks at the memory of this process every few milliseconds."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._before = self._peak = self._process.memory_info().rss
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> tuple[int, int]:
        """Return the highest and the first value, in bytes."""
        self._done.set()
        self._thread.join()
        return self._peak, self._before

    def _look(self) -> None:
        while not self._done.wait(0.01):
            self._peak = max(self._peak, self._process.memory_info().rss)

"""One live window through the default bundle, part by part, and the real-time factor of file analysis."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile as sf

from ser_desktop.core import paths
from ser_desktop.core.analysis import collate, open_analyser, prepare
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, load
from ser_desktop.core.files import analyse_file
from tests.helpers.data import spoken_clip

Figures = dict[str, float | str]

_FILE_S = 120


def window(n_repeats: int = 15) -> Figures:
    """Medians over windows of eight seconds of a voice, and a file of two minutes."""
    analyser = open_analyser(paths.default_bundle())
    config = analyser.bundle.config
    voice = load(spoken_clip()[0])
    n_samples = round(analyser.window_s * SAMPLE_RATE_HZ)
    samples = np.tile(voice, n_samples // len(voice) + 1)[:n_samples]
    figures: Figures = {"model": config.name, "device": analyser.device.name}
    branches: list[FloatArray] = []
    for spec, extractor in zip(config.features, analyser._extractors, strict=True):
        figures[f"{spec.name}_s"] = _median(lambda e=extractor: e.extract(samples), n_repeats)  # type: ignore[misc]
        branches.append(extractor.extract(samples))
    ready = prepare(branches, analyser.bundle.statistics, config.max_frames())
    figures["head_s"] = _median(lambda: analyser.bundle.head(*collate([ready])), n_repeats)
    figures["window_s"] = _median(lambda: analyser.probabilities([samples]), n_repeats)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "voice.wav"
        n_file = _FILE_S * SAMPLE_RATE_HZ
        sf.write(file, np.tile(voice, n_file // len(voice) + 1)[:n_file], SAMPLE_RATE_HZ)
        figures["file_real_time_factor"] = round(_median(lambda: analyse_file(analyser, file), 3) / _FILE_S, 4)
    return figures


def _median(work: Callable[[], object], n_repeats: int) -> float:
    work()
    taken = []
    for _ in range(n_repeats):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return round(statistics.median(taken), 4)

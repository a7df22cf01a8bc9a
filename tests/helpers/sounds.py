"""Sounds made for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, load
from ser_desktop.core.levels import SpeechGate, frame_levels_db


def speech_like(seconds: float, level: float = 0.2, seed: int = 0) -> FloatArray:
    """A buzzing voice of four syllables a second with pauses, over a faint background."""
    n = round(seconds * SAMPLE_RATE_HZ)
    t = np.arange(n) / SAMPLE_RATE_HZ
    random = np.random.default_rng(seed)
    pitch = 120 + 30 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ
    buzz = sum(np.sin(k * phase) / k for k in range(1, 9))
    syllables = np.clip(np.sin(2 * np.pi * 2 * t), 0, 1) ** 0.5
    return (level * buzz * syllables + 1e-4 * random.standard_normal(n)).astype(np.float32)


def speech_onset_s(path: Path) -> float:
    """Where the voice in a file begins."""
    return 0.02 * int(np.argmax(frame_levels_db(load(path)) > SpeechGate().speech_db))


def noise(seconds: float, level: float, seed: int = 0) -> FloatArray:
    """Steady white noise."""
    n = round(seconds * SAMPLE_RATE_HZ)
    return (level * np.random.default_rng(seed).standard_normal(n)).astype(np.float32)

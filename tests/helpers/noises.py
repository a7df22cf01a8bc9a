"""Sounds without a voice, made from numbers: what a microphone hears while nobody speaks.

Each maker takes a random generator and a number of samples and returns (n_samples,) float32 at 16 kHz of unit
power; `at_level` sets the level. They are made, not recorded: real rooms hold more than this.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray

Floats = npt.NDArray[np.float64]
Maker = Callable[[np.random.Generator, int], FloatArray]

_PENTATONIC = np.array([0, 2, 4, 7, 9])


def at_level(samples: FloatArray, level_db: float) -> FloatArray:
    """Scale to an RMS level relative to full scale; peaks are clipped, as a sound card does."""
    rms = max(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))), 1e-9)
    return np.clip(samples * np.float32(10 ** (level_db / 20) / rms), -1.0, 1.0).astype(np.float32)


def silence(_rng: np.random.Generator, n: int) -> FloatArray:
    """Digital silence."""
    return np.zeros(n, np.float32)


def white(rng: np.random.Generator, n: int) -> FloatArray:
    """Hiss."""
    return _coloured(rng, n, 0.0)


def pink(rng: np.random.Generator, n: int) -> FloatArray:
    """Rain, ventilation."""
    return _coloured(rng, n, 0.5)


def brown(rng: np.random.Generator, n: int) -> FloatArray:
    """Rumble."""
    return _coloured(rng, n, 1.0)


def fan(rng: np.random.Generator, n: int) -> FloatArray:
    """A fan of 600–3000 turns a minute: air, and blades passing, both drifting slowly and turning unevenly."""
    turns_hz, n_blades = rng.uniform(10.0, 50.0), int(rng.integers(3, 10))
    speed = turns_hz * (1 + 0.03 * _drift(rng, n, 0.3))
    angle = 2 * np.pi * np.cumsum(speed) / SAMPLE_RATE_HZ
    blades = np.zeros(n)
    for k in range(1, 7):
        if k * n_blades * turns_hz < 7000:
            blades += np.sin(k * n_blades * angle + rng.uniform(0, 6.28)) / k**1.5
    # Air is louder at low frequencies, and a blade that is bent is heard once a turn.
    air = _coloured(rng, n, rng.uniform(0.3, 0.8)) * (1 + 0.1 * np.sin(angle)) * (1 + 0.12 * _drift(rng, n, 0.5))
    hum = blades / max(float(blades.std()), 1e-9) * (1 + 0.12 * _drift(rng, n, 0.5))
    return _unit(air + rng.uniform(0.1, 0.9) * hum)


def mains_hum(rng: np.random.Generator, n: int) -> FloatArray:
    """50 or 60 Hz with harmonics, over a little hiss."""
    t = np.arange(n) / SAMPLE_RATE_HZ
    base = float(rng.choice([50.0, 60.0]))
    hum = sum(np.sin(2 * np.pi * k * base * t + rng.uniform(0, 6.28)) / k ** rng.uniform(0.5, 1.5) for k in range(1, 9))
    return _unit(np.asarray(hum) + 0.1 * rng.standard_normal(n))


def keyboard(rng: np.random.Generator, n: int) -> FloatArray:
    """Typing: four to nine keys a second, pressed and let go, over a faint room."""
    sound = 0.002 * _coloured(rng, n, 0.5).astype(np.float64)
    at = 0.0
    while (at := at + rng.exponential(1 / rng.uniform(4.0, 9.0)) + 0.04) < n / SAMPLE_RATE_HZ:
        for late_s, loud in ((0.0, 1.0), (rng.uniform(0.06, 0.12), rng.uniform(0.2, 0.6))):
            length = int(rng.uniform(0.006, 0.03) * SAMPLE_RATE_HZ)
            click = _decaying(rng.standard_normal(length), 5.0)
            ring = _decaying(np.sin(2 * np.pi * rng.uniform(900, 4500) * np.arange(length) / SAMPLE_RATE_HZ), 4.0)
            _add(sound, loud * rng.uniform(0.4, 1.0) * (click + 0.7 * ring), at + late_s)
    return _unit(sound)


def doors(rng: np.random.Generator, n: int) -> FloatArray:
    """Doors and things put down: a thud with its resonances, one every second or two, over a faint room."""
    sound = 0.002 * _coloured(rng, n, 0.7).astype(np.float64)
    at = rng.uniform(-0.5, 0.5)
    while (at := at + rng.uniform(0.7, 2.0)) < n / SAMPLE_RATE_HZ:
        length = int(rng.uniform(0.1, 0.45) * SAMPLE_RATE_HZ)
        t = np.arange(length) / SAMPLE_RATE_HZ
        thud = _decaying(_coloured(rng, length, 0.8).astype(np.float64), 7.0)
        for _ in range(int(rng.integers(2, 6))):
            thud += rng.uniform(0.2, 0.8) * _decaying(np.sin(2 * np.pi * rng.uniform(60, 900) * t), rng.uniform(5, 12))
        _add(sound, rng.uniform(0.3, 1.0) * thud, at)
    return _unit(sound)


def chords(rng: np.random.Generator, n: int) -> FloatArray:
    """Synthetic: triads of a piano or an organ, changing every half to two seconds."""
    sound, at, root = np.zeros(n), 0.0, 110 * 2 ** (rng.integers(0, 12) / 12)
    decay = rng.uniform(0.0, 3.0)
    while at < n / SAMPLE_RATE_HZ:
        length_s = rng.uniform(0.4, 2.0)
        start = int(rng.choice([0, 5, 7, 9]))
        for step in (0, int(rng.choice([3, 4])), 7, 12):
            hz = root * 2 ** ((start + step) / 12)
            _add(sound, _note(np.full(int(length_s * SAMPLE_RATE_HZ), hz), decay, 8), at)
        at += length_s
    return _unit(sound)


def drums(rng: np.random.Generator, n: int) -> FloatArray:
    """Synthetic: a loop of bass drum, snare and hi-hat."""
    sound = np.zeros(n)
    beat_s = 60 / rng.uniform(80, 150) / 2
    for k in range(int(n / SAMPLE_RATE_HZ / beat_s) + 1):
        t = np.arange(int(0.25 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        hat = np.diff(rng.standard_normal(len(t) + 1))
        _add(sound, 0.15 * _decaying(hat, 25.0), k * beat_s)
        if k % 4 == 0 or rng.random() < 0.15:
            _add(sound, _decaying(np.sin(2 * np.pi * (50 * t + 3 * (1 - np.exp(-30 * t)))), 6.0), k * beat_s)
        if k % 4 == 2:
            snare = rng.standard_normal(len(t)) + np.sin(2 * np.pi * 190 * t)
            _add(sound, 0.4 * _decaying(snare, 8.0), k * beat_s)
    return _unit(sound)


def melody(rng: np.random.Generator, n: int) -> FloatArray:
    """Synthetic: one instrument with vibrato, like a violin or a flute, two to five notes a second, with rests."""
    sound, at = np.zeros(n), 0.0
    base = rng.uniform(180, 440)
    while at < n / SAMPLE_RATE_HZ:
        length_s = float(rng.choice([0.2, 0.25, 0.4, 0.5, 0.8]))
        t = np.arange(int(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        hz = base * 2 ** ((int(rng.choice(_PENTATONIC)) + 12 * int(rng.integers(0, 2))) / 12)
        vibrato = 1 + 0.015 * np.sin(2 * np.pi * rng.uniform(5, 7) * t) * np.minimum(1, t / 0.15)
        is_rest = rng.random() < 0.2
        if not is_rest:
            _add(sound, _note(hz * vibrato, rng.uniform(0.0, 1.5), 10), at)
        at += length_s
    return _unit(sound)


def band(rng: np.random.Generator, n: int) -> FloatArray:
    """Synthetic: chords, drums and melody together."""
    return _unit(0.8 * chords(rng, n) + 0.8 * drums(rng, n) + melody(rng, n))


STEADY: dict[str, Maker] = {"white noise": white, "pink noise": pink, "brown noise": brown, "fan": fan}
"""Noise that goes on."""
ROOM: dict[str, Maker] = {"mains hum": mains_hum, "keyboard": keyboard, "doors": doors}
"""What else happens in a room."""
MUSIC: dict[str, Maker] = {"chords": chords, "drums": drums, "melody": melody, "band": band}
"""Made of sines and noise: no recorded music."""


def _coloured(rng: np.random.Generator, n: int, exponent: float) -> FloatArray:
    """Noise of unit power whose amplitude falls as frequency to the power of ``-exponent``."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hz = np.fft.rfftfreq(n, 1 / SAMPLE_RATE_HZ)
    # A microphone passes little below 50 Hz.
    shape = np.maximum(hz, 1.0) ** -exponent * (hz / 50) ** 2 / (1 + (hz / 50) ** 2)
    return _unit(np.fft.irfft(spectrum * shape, n))


def _drift(rng: np.random.Generator, n: int, hz: float) -> Floats:
    """A slow random course of unit variance, no faster than ``hz``."""
    n_knots = int(n / SAMPLE_RATE_HZ * hz * 2) + 4
    return np.interp(np.linspace(0, n_knots - 1, n), np.arange(n_knots), rng.standard_normal(n_knots))


def _note(hz: Floats, decay: float, n_harmonics: int) -> Floats:
    """A note of harmonics, with attack and release; ``hz`` is its pitch at every sample."""
    n = len(hz)
    t, phase = np.arange(n) / SAMPLE_RATE_HZ, 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ
    envelope = np.minimum(1, t / 0.02) * np.minimum(1, (n / SAMPLE_RATE_HZ - t) / 0.03) * np.exp(-decay * t)
    sound = np.zeros(n)
    for k in range(1, n_harmonics + 1):
        if k * hz.max() < SAMPLE_RATE_HZ / 2:
            sound += np.sin(k * phase) / k
    return envelope * sound


def _decaying(sound: Floats, times: float) -> Floats:
    """Let a sound die away by ``times`` powers of e over its length."""
    return sound * np.exp(-times * np.arange(len(sound)) / len(sound))


def _add(sound: Floats, part: Floats, at_s: float) -> None:
    """Add a part to a sound from some second on, as far as both reach."""
    start = round(at_s * SAMPLE_RATE_HZ)
    part = part[max(0, -start) :]
    end = max(start, 0) + len(part)
    sound[max(start, 0) : end] += part[: max(0, len(sound) - max(start, 0))]


def _unit(samples: npt.NDArray[np.floating]) -> FloatArray:
    """Scale to a power of 1."""
    return np.asarray(samples / max(float(np.std(samples)), 1e-9), np.float32)

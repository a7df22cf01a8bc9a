"""How well the input light tells a telephone from a microphone: real voices as recorded, and sampled at 8 kHz."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, load
from ser_desktop.core.input_watch import NARROW_DB, high_tones_db
from ser_desktop.core.levels import frame_levels_db
from tests.helpers.data import data_folder
from trainer.degrade import through_telephone, with_gain

_CORPORA = ("ravdess/*/*.flac", "ravdess_song_2s/*/*.flac", "nemo/*.ogg", "picovoice/*.ogg")
_LIGHT_S = 3.0


def loudest(samples: FloatArray) -> FloatArray:
    """The three seconds around the loudest one."""
    power = 10 ** (frame_levels_db(samples) / 10)
    middle = 320 * int(np.argmax(np.convolve(power, np.ones(50), "same")))
    half = round(_LIGHT_S / 2 * SAMPLE_RATE_HZ)
    return samples[max(0, middle - half) : middle + half]


def through_a_card(samples: FloatArray, rng: np.random.Generator) -> FloatArray:
    """In 16 bits with dither, as sound cards deliver it: what is left of the high tones is their noise."""
    return ((np.round(samples * 32767 + rng.uniform(-0.5, 0.5, len(samples)))) / 32767).astype(np.float32)


def narrow(n: int = 200) -> dict[str, object]:
    """Judge ``n`` recordings of each corpus in four ways."""
    rng, folder = np.random.default_rng(3), data_folder()
    levels: dict[str, list[float | None]] = {}
    for pattern in _CORPORA:
        files: list[Path] = sorted(folder.glob(pattern))
        for i in rng.permutation(len(files))[:n]:
            samples = loudest(load(files[i]))
            ways = {"as recorded": samples, "8 kHz sampling": through_telephone(samples)}
            ways |= {f"{name}, 10 dB quieter": with_gain(sound, -10.0) for name, sound in list(ways.items())}
            for name, sound in ways.items():
                found = high_tones_db(through_a_card(sound, rng), SAMPLE_RATE_HZ)
                levels.setdefault(name, []).append(found)
    if not levels:
        raise SystemExit("The corpora are not beside the project (see $SER_TEST_DATA).")
    figures: dict[str, object] = {"threshold_db": NARROW_DB}
    for name, found_levels in levels.items():
        known = [level for level in found_levels if level is not None]
        figures[name] = {
            "n": len(found_levels),
            "judged": round(len(known) / len(found_levels), 4),
            "narrow_of_judged": round(float(np.mean(np.array(known) < NARROW_DB)), 4),
            "lowest_db": round(min(known), 1),
            "highest_db": round(max(known), 1),
        }
    return figures

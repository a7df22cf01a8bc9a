from __future__ import annotations

import numpy as np
import pytest
import soxr

from ser_desktop.core.audio import FloatArray, load
from ser_desktop.core.input_watch import NARROW_DB, InputWatch, high_tones_db
from ser_desktop.core.levels import InputLight
from tests.helpers.data import ravdess_folder
from tests.helpers.sounds import noise, speech_like
from trainer.degrade import through_telephone

S = 16_000


def spoken(seconds: float = 3.0) -> FloatArray:
    """A voice with hissing consonants, a little of everything up to 8 kHz, in every third syllable."""
    voice = speech_like(seconds)
    hiss = noise(seconds, 0.02, seed=5) * (np.sin(2 * np.pi * 0.7 * np.arange(len(voice)) / S) > 0.6)
    return (voice + hiss).astype(np.float32)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_a_telephone_lacks_the_high_tones_whatever_the_cards_rate(rate: int) -> None:
    wide = soxr.resample(spoken(), S, rate)
    narrow = soxr.resample(through_telephone(spoken()), S, rate)
    high, low = (high_tones_db(samples, rate) for samples in (wide, narrow))
    assert high is not None
    assert low is not None
    assert high > NARROW_DB + 5 > NARROW_DB - 5 > low
    assert InputWatch().light(wide, rate, heard_speech=True) is InputLight.GOOD
    assert InputWatch().light(narrow, rate, heard_speech=True) is InputLight.NARROW


def test_a_card_that_itself_runs_at_8_khz_is_narrow() -> None:
    narrow = soxr.resample(spoken(), S, 8000)
    assert InputWatch().light(narrow, 8000, heard_speech=True) is InputLight.NARROW


@pytest.mark.parametrize("samples", [noise(3.0, 0.01), np.zeros(3 * S, np.float32), spoken(0.3), 1e-4 * spoken()])
def test_nothing_is_said_without_enough_speech(samples: FloatArray) -> None:
    assert high_tones_db(samples.astype(np.float32), S) is None


def test_it_is_told_only_after_speech_and_stays_through_pauses_until_another_microphone() -> None:
    watch, narrow, pause = InputWatch(), through_telephone(spoken()), through_telephone(noise(3.0, 0.003))
    assert watch.light(narrow, S, heard_speech=False) is InputLight.GOOD
    assert watch.light(narrow, S, heard_speech=True) is InputLight.NARROW
    assert watch.light(pause, S, heard_speech=True) is InputLight.NARROW
    watch.reset()
    assert watch.light(pause, S, heard_speech=True) is InputLight.GOOD


def test_speech_with_high_tones_takes_it_back() -> None:
    watch = InputWatch()
    assert watch.light(through_telephone(spoken()), S, heard_speech=True) is InputLight.NARROW
    assert watch.light(spoken(), S, heard_speech=True) is InputLight.GOOD


def test_what_is_worse_is_said_first() -> None:
    watch, narrow = InputWatch(), through_telephone(spoken())
    clipped = np.clip(30 * narrow, -1, 1).astype(np.float32)
    assert watch.light(clipped, S, heard_speech=True) is InputLight.CLIPPING
    assert watch.light(np.zeros(3 * S, np.float32), S, heard_speech=True) is InputLight.ZEROS


@pytest.mark.data
def test_real_voices_are_told_apart() -> None:
    folder = ravdess_folder()
    if folder is None:
        pytest.skip("RAVDESS is not beside the project (see $SER_TEST_DATA)")
    wide, narrow = [], []
    for file in sorted(folder.glob("Actor_*/*.flac"))[::60]:
        samples = load(file)[: 4 * S]
        wide.append(high_tones_db(samples, S))
        narrow.append(high_tones_db(through_telephone(samples), S))
    assert sum(level is not None for level in wide) > 0.7 * len(wide)
    assert all(level > NARROW_DB for level in wide if level is not None)
    assert np.mean([level < NARROW_DB for level in narrow if level is not None]) > 0.95

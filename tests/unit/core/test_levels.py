from __future__ import annotations

import numpy as np
import pytest

from ser_desktop.core.levels import FLOOR_DB, InputLight, Speech, SpeechGate, frame_levels_db, input_light, level_db
from tests.helpers.data import ravdess_folder
from tests.helpers.sounds import noise, speech_like


@pytest.mark.parametrize("level", [1e-4, 1e-3, 1e-2, 0.1])
def test_steady_noise_is_no_speech(level: float) -> None:
    assert SpeechGate()(noise(8.0, level)) is Speech.ABSENT


def test_silence_hum_and_nothing_are_no_speech() -> None:
    hum = (0.2 * np.sin(2 * np.pi * 100 * np.arange(128_000) / 16_000)).astype(np.float32)
    for samples in (np.zeros(128_000, np.float32), hum, np.zeros(0, np.float32), np.full(16_000, 0.3, np.float32)):
        assert SpeechGate()(samples) is Speech.ABSENT


def test_a_voice_is_speech_also_over_noise() -> None:
    assert SpeechGate()(speech_like(8.0)) is Speech.PRESENT
    assert SpeechGate()(speech_like(8.0) + noise(8.0, 0.01)) is Speech.PRESENT


def test_a_short_word_in_a_long_silence_is_speech() -> None:
    samples = noise(8.0, 1e-4)
    samples[60_000:70_000] += speech_like(0.625)
    assert SpeechGate()(samples) is Speech.PRESENT


def test_a_faint_voice_is_too_quiet() -> None:
    assert SpeechGate()(speech_like(8.0, level=0.0004)) is Speech.TOO_QUIET


@pytest.mark.data
def test_nearly_all_of_a_real_corpus_is_speech() -> None:
    from ser_desktop.core.audio import load

    folder = ravdess_folder()
    if folder is None:
        pytest.skip("RAVDESS is not beside the project (see $SER_TEST_DATA)")
    files = sorted(folder.glob("Actor_2[1-4]/*.flac"))[::4]
    missed = [file.name for file in files if SpeechGate()(load(file)) is not Speech.PRESENT]
    assert len(missed) <= 0.02 * len(files), missed


@pytest.mark.parametrize(
    ("samples", "light"),
    [
        (np.zeros(48_000, np.float32), InputLight.ZEROS),
        (noise(3.0, 1e-4), InputLight.QUIET),
        (np.clip(speech_like(3.0, level=3.0), -1, 1), InputLight.CLIPPING),
        (speech_like(3.0), InputLight.GOOD),
        (speech_like(0.1), InputLight.WAITING),
    ],
)
def test_the_input_light_tells_what_is_wrong(samples: np.ndarray, light: InputLight) -> None:
    assert input_light(samples, heard_speech=False) is light


def test_a_pause_after_speech_is_no_reason_to_complain() -> None:
    assert input_light(noise(3.0, 1e-4), heard_speech=True) is InputLight.GOOD


def test_levels_are_relative_to_full_scale() -> None:
    assert level_db(np.ones(100, np.float32)) == pytest.approx(0.0)
    assert level_db(np.full(100, 0.1, np.float32)) == pytest.approx(-20.0, abs=1e-3)
    assert level_db(np.zeros(100, np.float32)) == FLOOR_DB
    assert level_db(np.zeros(0, np.float32)) == FLOOR_DB


@pytest.mark.parametrize("hz", [50, 60, 100, 120, 440])
def test_mains_hum_and_tones_are_no_speech(hz: int) -> None:
    t = np.arange(8 * 16_000) / 16_000
    hum = sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, 5))
    assert SpeechGate()((0.1 * hum).astype(np.float32) + noise(8.0, 1e-3)) is Speech.ABSENT


def test_a_microphones_constant_offset_is_not_sound() -> None:
    voice = speech_like(4.0)
    assert SpeechGate()(voice + np.float32(0.2)) is SpeechGate()(voice) is Speech.PRESENT
    np.testing.assert_allclose(frame_levels_db(voice + np.float32(0.2)), frame_levels_db(voice), atol=0.1)


def test_a_click_is_too_short_to_be_speech() -> None:
    samples = noise(8.0, 1e-4)
    samples[60_000:61_600] += speech_like(1.0, level=0.5)[1000:2600]
    assert SpeechGate()(samples) is Speech.ABSENT


def test_a_window_shorter_than_the_speech_it_needs_is_no_speech() -> None:
    assert SpeechGate()(speech_like(1.0)[: 16 * 240]) is Speech.ABSENT

from __future__ import annotations

import numpy as np
import pytest

from ser_desktop.core.levels import (
    FLOOR_DB,
    Heard,
    InputLight,
    Speech,
    SpeechGate,
    frame_levels_db,
    input_light,
    level_db,
)
from tests.helpers import noises
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


@pytest.mark.parametrize("name", [*noises.STEADY, *noises.ROOM])
@pytest.mark.parametrize("level", [-60.0, -40.0, -20.0])
def test_noise_of_every_kind_and_length_is_no_speech(name: str, level: float) -> None:
    maker = {**noises.STEADY, **noises.ROOM}[name]
    for seed, seconds in enumerate((1, 2, 4, 8, 8)):
        samples = noises.at_level(maker(np.random.default_rng(seed), 16_000 * seconds), level)
        assert SpeechGate()(samples) is Speech.ABSENT, (seed, seconds)


@pytest.mark.parametrize("name", ["drums", "band"])
def test_music_with_a_beat_but_no_voice_is_no_speech(name: str) -> None:
    rng = np.random.default_rng(3)
    heard = [SpeechGate()(noises.at_level(noises.MUSIC[name](rng, 128_000), -25.0)) for _ in range(6)]
    assert heard == [Speech.ABSENT] * 6


@pytest.mark.parametrize(
    ("samples", "heard"),
    [
        (np.zeros(128_000, np.float32), Heard.SILENCE),
        (noise(8.0, 1e-5), Heard.SILENCE),
        (noise(8.0, 0.01), Heard.STEADY),
        (noises.at_level(noises.fan(np.random.default_rng(0), 128_000), -30.0), Heard.STEADY),
        (noises.at_level(noises.keyboard(np.random.default_rng(0), 128_000), -30.0), Heard.NO_VOICE),
        (speech_like(8.0, level=0.0004), Heard.FAINT_VOICE),
        (speech_like(8.0), Heard.VOICE),
    ],
)
def test_the_gate_says_what_it_heard(samples: np.ndarray, heard: Heard) -> None:
    assert SpeechGate().listen(samples) is heard


@pytest.mark.parametrize("make", [noises.pink, noises.fan])
def test_a_voice_is_heard_over_the_noise_of_a_room(make: noises.Maker) -> None:
    voice = speech_like(8.0, level=0.05)
    room = noises.at_level(make(np.random.default_rng(1), len(voice)), level_db(voice) - 10)
    assert SpeechGate()(room) is Speech.ABSENT
    assert SpeechGate()(voice + room) is Speech.PRESENT


@pytest.mark.data
@pytest.mark.parametrize("change_db", [0.0, -20.0])
def test_quiet_actors_are_answered_or_told_that_they_are_too_quiet(change_db: float) -> None:
    from ser_desktop.core.audio import load

    folder = ravdess_folder()
    if folder is None:
        pytest.skip("RAVDESS is not beside the project (see $SER_TEST_DATA)")
    files = sorted(folder.glob("Actor_2[34]/*.flac"))[::4]
    answers = [SpeechGate()(load(file) * np.float32(10 ** (change_db / 20))) for file in files]
    assert answers.count(Speech.PRESENT) >= (0.99 if change_db == 0 else 0.9) * len(files)
    assert Speech.ABSENT not in answers


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

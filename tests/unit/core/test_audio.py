from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_desktop.core.audio import SAMPLE_RATE_HZ, Resampler, file_info, load, read_blocks, resample
from ser_desktop.core.errors import AudioFileError
from ser_desktop.core.files import analyse_file
from tests.helpers.judges import SteadyJudge
from tests.helpers.sounds import speech_like


def tone(rate: int, seconds: float, hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 192_000])
def test_any_rate_becomes_16_khz(tmp_path: Path, rate: int) -> None:
    file = tmp_path / "tone.wav"
    sf.write(file, tone(rate, 1.0), rate, subtype="FLOAT")
    samples = load(file)
    assert len(samples) == pytest.approx(SAMPLE_RATE_HZ, abs=2)
    middle = slice(2000, 14_000)
    np.testing.assert_allclose(samples[middle], tone(SAMPLE_RATE_HZ, 1.0)[middle], atol=2e-3)


def test_eight_channels_are_mixed_to_one(tmp_path: Path) -> None:
    channels = np.stack([np.full(4000, 0.1 * i, np.float32) for i in range(8)], axis=1)
    sf.write(tmp_path / "eight.wav", channels, SAMPLE_RATE_HZ, subtype="FLOAT")
    np.testing.assert_allclose(load(tmp_path / "eight.wav"), 0.35, atol=1e-6)
    assert file_info(tmp_path / "eight.wav").n_channels == 8


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_the_usual_formats_are_read(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"voice ä.{suffix}"
    sf.write(file, tone(16_000, 1.0), 16_000)
    assert len(load(file)) == pytest.approx(16_000, abs=2400)


def test_streaming_conversion_equals_the_whole() -> None:
    sound = tone(44_100, 2.0)
    streamed = Resampler(44_100)
    pieces = [streamed.push(sound[i : i + 1000]) for i in range(0, len(sound), 1000)]
    pieces.append(streamed.push(np.zeros(0, np.float32), last=True))
    joined = np.concatenate(pieces)
    whole = resample(sound, 44_100)
    assert len(joined) == pytest.approx(len(whole), abs=1)
    n = min(len(joined), len(whole))
    np.testing.assert_allclose(joined[:n], whole[:n], atol=1e-5)


def write_unreadable(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 8)


def write_empty(file: Path) -> None:
    file.write_bytes(b"")


def write_no_samples(file: Path) -> None:
    sf.write(file, np.zeros(0, np.float32), 16_000)


def write_nan(file: Path) -> None:
    sound = tone(16_000, 1.0)
    sound[8000] = np.nan
    sf.write(file, sound, 16_000, subtype="FLOAT")


def write_folder(file: Path) -> None:
    file.mkdir()


def write_nothing(_file: Path) -> None:
    return


def test_a_name_that_no_file_can_have_gets_a_sentence_too() -> None:
    with pytest.raises(AudioFileError, match="cannot be read"):
        load(Path("x" * 300))


def write_one_sample(file: Path) -> None:
    sf.write(file, np.full(1, 0.5, np.float32), 16_000)


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (write_unreadable, "cannot be read as sound"),
        (write_empty, "is empty"),
        (write_no_samples, "holds no usable sound"),
        (write_nan, r"not numbers \(first at 0.50 s\)"),
        (write_folder, "is a folder"),
        (write_nothing, "does not exist"),
        (write_one_sample, "too short to judge"),
    ],
)
def test_a_bad_file_gets_one_clear_sentence(tmp_path: Path, write: object, sentence: str) -> None:
    file = tmp_path / "bad.wav"
    write(file)  # type: ignore[operator]
    with pytest.raises(AudioFileError, match=sentence) as caught:
        analyse_file(SteadyJudge(), file)
    assert "bad.wav" in caught.value.what
    assert caught.value.fix


def test_a_three_hour_file_is_streamed_with_bounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "long.flac"
    minute = (speech_like(60.0) * 0.5).astype(np.float32)[::2]
    with sf.SoundFile(file, "w", 8_000, 1, format="FLAC") as sound:
        for _ in range(180):
            sound.write(minute)
    judge = SteadyJudge()
    judge.n_at_once = 8
    judge.windows = NoMemory()  # type: ignore[assignment]
    tracemalloc.start()
    analysis = analyse_file(judge, file, hop_s=30.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert analysis.duration_s == pytest.approx(3 * 3600)
    assert len(analysis.windows) == pytest.approx(360, abs=2)
    assert peak < 20e6, "three hours would be 690 MB"


class NoMemory(list[object]):
    """Forgets at once what is appended."""

    def append(self, _item: object) -> None:
        return


def test_blocks_join_to_the_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "voice.wav"
    sf.write(file, tone(48_000, 3.3), 48_000, subtype="FLOAT")
    np.testing.assert_array_equal(np.concatenate(list(read_blocks(file))), load(file))


def test_a_file_that_breaks_off_gives_what_it_holds_or_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "voice.wav"
    sf.write(file, tone(16_000, 4.0), 16_000, subtype="FLOAT")
    file.write_bytes(file.read_bytes()[:-64_000])
    np.testing.assert_array_equal(load(file), tone(16_000, 4.0)[: 3 * 16_000])
    flac = tmp_path / "voice.flac"
    sf.write(flac, tone(16_000, 4.0), 16_000)
    flac.write_bytes(flac.read_bytes()[:5000])
    with pytest.raises(AudioFileError, match=r"voice\.flac"):
        load(flac)


def test_infinite_values_are_refused_like_nan_wherever_they_are(tmp_path: Path) -> None:
    sound = np.stack([tone(48_000, 3.0)] * 2, axis=1)
    sound[2 * 48_000 + 4800, 1] = np.inf
    sf.write(tmp_path / "bad.wav", sound, 48_000, subtype="FLOAT")
    with pytest.raises(AudioFileError, match=r"first at 2\.10 s"):
        load(tmp_path / "bad.wav")


def test_what_16_khz_cannot_hold_is_filtered_out(tmp_path: Path) -> None:
    sf.write(tmp_path / "high.wav", tone(48_000, 1.0, hz=12_000), 48_000, subtype="FLOAT")
    assert np.abs(load(tmp_path / "high.wav")[1000:-1000]).max() < 1e-3, "it would fold down to 4 kHz"


@settings(deadline=None, max_examples=20)
@given(sizes=st.lists(st.integers(0, 5000), max_size=20), rate=st.sampled_from([8_000, 44_100, 48_000]))
def test_streaming_conversion_does_not_depend_on_the_blocks(sizes: list[int], rate: int) -> None:
    sound = tone(rate, 0.5)
    streamed, pieces, at = Resampler(rate), [], 0
    for size in sizes:
        pieces.append(streamed.push(sound[at : at + size]))
        at = min(len(sound), at + size)
    pieces.append(streamed.push(sound[at:], last=True))
    joined, whole = np.concatenate(pieces), resample(sound, rate)
    assert len(joined) == len(whole)
    np.testing.assert_allclose(joined, whole, atol=1e-5)


def test_a_file_says_its_own_rate_and_length(tmp_path: Path) -> None:
    sf.write(tmp_path / "voice.wav", tone(44_100, 1.5), 44_100)
    info = file_info(tmp_path / "voice.wav")
    assert (info.rate_hz, info.n_channels, info.duration_s) == (44_100, 1, 1.5)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100])
def test_a_stretch_of_a_file_is_what_lies_between_start_and_end(tmp_path: Path, rate_hz: int) -> None:
    t = np.arange(5 * rate_hz) / rate_hz
    sf.write(tmp_path / "a.wav", (0.1 * t).astype(np.float32), rate_hz, subtype="FLOAT")
    whole, part = load(tmp_path / "a.wav"), load(tmp_path / "a.wav", 1.25, 3.5)
    assert len(part) == pytest.approx(2.25 * SAMPLE_RATE_HZ, abs=2)
    middle = slice(2000, 30_000)
    np.testing.assert_allclose(part[middle], whole[20_000:][middle], atol=1e-3)
    np.testing.assert_allclose(load(tmp_path / "a.wav", 4.0, 60.0)[2000:], whole[64_000:][2000:], atol=1e-3)


def test_a_stretch_behind_the_end_is_refused(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", np.zeros(16_000, np.float32), 16_000)
    with pytest.raises(AudioFileError, match=r"no sound from 2 s on: it is 1\.00 s long"):
        load(tmp_path / "a.wav", 2.0, 3.0)

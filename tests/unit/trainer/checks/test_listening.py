"""What a recording sounds like, from real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_desktop.core.errors import Cancelled
from trainer.checks.listening import Heard, listen
from trainer.corpora import Utterance

QUALITIES = ("is_silent", "is_quiet", "is_clipped", "is_narrow", "is_short")


def tone(level: float, seconds: float = 0.6, rate: int = 16_000) -> np.ndarray:
    t = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * 220 * t)).astype(np.float32)


def recording(path: Path, samples: np.ndarray, rate: int = 16_000) -> Utterance:
    sf.write(path, samples, rate, subtype="FLOAT")
    return Utterance(path.stem, path, "anna", "calm")


def hear(*utterances: Utterance, n_at_once: int | None = None) -> dict[str, Heard]:
    return listen(utterances, lambda _done, _total: None, n_at_once)


def qualities(heard: Heard) -> list[str]:
    return [name for name in QUALITIES if getattr(heard, name)]


def test_length_rate_and_loudness_are_those_of_the_file(tmp_path: Path) -> None:
    (heard,) = hear(recording(tmp_path / "a.wav", tone(0.5, seconds=1.25))).values()
    assert heard.duration_s == pytest.approx(1.25)
    assert heard.rate_hz == 16_000
    assert heard.peak == pytest.approx(0.5, abs=1e-3)
    assert heard.level_db == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.05)
    assert (heard.clipped, heard.unreadable) == (0.0, "")
    assert qualities(heard) == []


@pytest.mark.parametrize(
    ("samples", "rate", "expected"),
    [
        (tone(0.0), 16_000, ["is_silent"]),
        (tone(0.0009), 16_000, ["is_silent"]),
        (tone(0.0013), 16_000, ["is_quiet"]),
        (tone(0.002), 16_000, []),
        (np.clip(tone(1.5), -1, 1), 16_000, ["is_clipped"]),
        (tone(0.99), 16_000, []),
        (tone(0.1, rate=8_000), 8_000, ["is_narrow"]),
        (tone(0.1, rate=48_000), 48_000, []),
        (tone(0.1, seconds=0.29), 16_000, ["is_short"]),
        (tone(0.1, seconds=0.31), 16_000, []),
        (tone(0.0, seconds=0.1, rate=8_000), 8_000, ["is_silent", "is_narrow", "is_short"]),
    ],
)
def test_faults_are_heard_and_nothing_else(tmp_path: Path, samples: np.ndarray, rate: int, expected: list[str]) -> None:
    (heard,) = hear(recording(tmp_path / "a.wav", samples, rate)).values()
    assert qualities(heard) == expected


def test_one_full_sample_is_not_clipping(tmp_path: Path) -> None:
    samples = tone(0.3, seconds=1.0)
    samples[5000] = 1.0
    (heard,) = hear(recording(tmp_path / "a.wav", samples)).values()
    assert heard.peak == pytest.approx(1.0)
    assert not heard.is_clipped


def test_a_recording_longer_than_a_block_is_heard_to_its_end(tmp_path: Path) -> None:
    samples = np.concatenate([tone(0.0, seconds=12.0), tone(0.5, seconds=1.0), tone(0.0, seconds=9.0)])
    (heard,) = hear(recording(tmp_path / "a.wav", samples)).values()
    assert heard.duration_s == pytest.approx(22.0)
    assert heard.peak == pytest.approx(0.5, abs=1e-3)
    assert heard.level_db == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)) - 10 * np.log10(22), abs=0.05)


def test_other_rates_have_the_same_length_in_seconds(tmp_path: Path) -> None:
    places = [(rate, tmp_path / f"{rate}.wav") for rate in (8_000, 22_050, 44_100, 48_000)]
    heard = hear(*(recording(path, tone(0.2, rate=rate), rate) for rate, path in places))
    assert [heard[str(rate)].rate_hz for rate, _ in places] == [8_000, 22_050, 44_100, 48_000]
    assert [found.duration_s for found in heard.values()] == pytest.approx([0.6] * 4, abs=0.001)


def test_of_a_stretch_only_the_stretch_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "dialogue.wav"
    recording(path, np.concatenate([tone(0.8, seconds=1.0), tone(0.0, seconds=1.0)]))
    loud = Utterance("loud", path, "anna", "angry", start_s=0.0, end_s=0.5)
    silent = Utterance("silent", path, "ben", "calm", start_s=1.2)
    heard = hear(loud, silent)
    assert heard["loud"].duration_s == pytest.approx(0.5)
    assert heard["silent"].duration_s == pytest.approx(0.8)
    assert (heard["loud"].is_silent, heard["silent"].is_silent) == (False, True)


def test_a_stretch_behind_the_end_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "dialogue.wav"
    recording(path, tone(0.5))
    (heard,) = hear(Utterance("late", path, "anna", "angry", start_s=5.0)).values()
    assert "has no sound from 5 s on" in heard.unreadable


def test_a_file_with_values_that_are_no_numbers_is_found_in_its_middle(tmp_path: Path) -> None:
    samples = tone(0.3, seconds=15.0)
    samples[200_000] = np.nan
    (heard,) = hear(recording(tmp_path / "a.wav", samples)).values()
    assert "values that are not numbers (first at 12.50 s)" in heard.unreadable


@pytest.mark.parametrize("content", [None, b"", b"no sound at all", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_cannot_be_read_has_a_reason_and_no_other_fault(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.wav"
    if content is not None:
        path.write_bytes(content)
    (heard,) = hear(Utterance("broken", path, "anna", "calm")).values()
    assert "broken.wav" in heard.unreadable
    assert qualities(heard) == [], "of a file that cannot be read nothing else is known"


def test_a_bad_file_does_not_keep_the_others_from_being_heard(tmp_path: Path) -> None:
    (tmp_path / "1.wav").write_bytes(b"no sound")
    good = [recording(tmp_path / f"{i}.wav", tone(0.1 * i)) for i in (2, 3, 4)]
    heard = hear(Utterance("1", tmp_path / "1.wav", "anna", "calm"), *good)
    assert [name for name, found in heard.items() if found.unreadable] == ["1"]
    assert [found.peak for found in heard.values()] == pytest.approx([0.0, 0.2, 0.3, 0.4], abs=1e-3)


def test_several_threads_hear_the_same_in_the_same_order(tmp_path: Path) -> None:
    utterances = [recording(tmp_path / f"{i:02d}.wav", tone(0.05 + 0.03 * i)) for i in range(20)]
    one, many = (hear(*utterances, n_at_once=n) for n in (1, 4))
    assert list(one.items()) == list(many.items())
    assert list(one) == [u.identity for u in utterances]


def test_every_recording_is_counted(tmp_path: Path) -> None:
    utterances = [recording(tmp_path / f"{i}.wav", tone(0.1)) for i in range(5)]
    told: list[tuple[int, int]] = []
    listen(utterances, lambda done, total: told.append((done, total)))
    assert told == [(i, 5) for i in range(1, 6)]


def test_nobody_listens_on_after_a_stop(tmp_path: Path) -> None:
    utterances = [recording(tmp_path / f"{i}.wav", tone(0.1)) for i in range(12)]
    told: list[int] = []

    def stop(done: int, _total: int) -> None:
        told.append(done)
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        listen(utterances, stop, 1)
    assert told == [1, 2, 3]

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_desktop.core import audio
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.errors import AudioFileError, Cancelled, CorpusError, SaveError
from ser_desktop.core.labels import RAVDESS_7, Emotion
from tests.helpers.sounds import noise
from trainer.pretrain.recordings import Recording
from trainer.pretrain.stretches import LEAD, N_SAMPLES, UNLABELLED, Stretches, prepare_stretches

LENGTH = N_SAMPLES + LEAD
SECONDS = (3.0, 5.0, 2.0, 4.5, 6.0)


def record(folder: Path, seconds: Sequence[float] = SECONDS, level: float = 0.1) -> list[Recording]:
    """Recordings of noise, no two alike, by turns angry ones of an actor and unknown ones."""
    folder.mkdir(parents=True, exist_ok=True)
    recordings = []
    for i, s in enumerate(seconds):
        sf.write(folder / f"{i}.wav", noise(s, level, seed=i), 16_000, subtype="FLOAT")
        spoken = Recording(folder / f"{i}.wav", "actor01", Emotion.ANGRY)
        recordings.append(spoken if i % 2 == 0 else Recording(folder / f"{i}.wav"))
    return recordings


def prepare(recordings: Sequence[Recording], folder: Path, n_passes: int = 1, seed: int = 1) -> Stretches:
    return prepare_stretches(recordings, folder, n_passes=n_passes, seed=seed)


def likeness(one: FloatArray, other: FloatArray) -> float:
    """Correlation; 1.0 for the same sound at another level."""
    n = min(len(one), len(other))
    return float(np.corrcoef(one[:n], other[:n])[0, 1])


@pytest.fixture
def recordings(tmp_path: Path) -> list[Recording]:
    return record(tmp_path / "audio")


def test_stretches_last_eight_seconds_and_the_lead(recordings: list[Recording], tmp_path: Path) -> None:
    found = prepare(recordings, tmp_path / "scratch")
    assert LENGTH == 8 * 16_000 + 200
    assert len(found) == int(sum(SECONDS) / 8.0125) == 2
    assert found.samples.shape == (2, LENGTH)
    assert found.samples.dtype == np.int16
    assert found.as_float(1).shape == (LENGTH,)
    np.testing.assert_allclose(found.as_float(1) * 32767, found.samples[1], rtol=1e-6)
    assert found.hours == pytest.approx(16 / 3600)


def test_parts_follow_each_other_without_a_gap(recordings: list[Recording], tmp_path: Path) -> None:
    for parts in prepare(recordings, tmp_path / "scratch", n_passes=3).parts:
        assert parts[0].start == 0
        assert parts[-1].stop == LENGTH
        assert all(before.stop == after.start for before, after in pairwise(parts))
        assert all(part.stop > part.start for part in parts)


def test_recordings_are_joined_without_padding(recordings: list[Recording], tmp_path: Path) -> None:
    found = prepare(recordings, tmp_path / "scratch")
    sounds = [audio.load(r.path) for r in recordings]
    joined = np.concatenate([found.as_float(i) for i in range(len(found))])
    pieces = [part for parts in found.parts for part in parts]
    heard: list[int] = []
    begun = 0
    place = 0
    for part in pieces:
        length = part.stop - part.start
        piece = joined[place : place + length]
        # What a stretch's end cuts off begins the next one.
        rest = sounds[heard[-1]][begun:] if heard else sounds[0][:0]
        if len(rest) >= 8000:
            assert likeness(piece, rest) > 0.999
        else:
            best = max(range(len(sounds)), key=lambda i: likeness(piece, sounds[i]))
            assert likeness(piece, sounds[best]) > 0.999
            heard.append(best)
            begun = 0
        begun += length
        place += length
    assert len(set(heard)) == len(heard), "each recording once"
    assert not (np.abs(joined) < 1e-9).reshape(-1, 20).all(axis=1).any(), "no silence was put in"


def test_parts_carry_the_labels_that_a_loss_may_use(tmp_path: Path) -> None:
    (path,) = (r.path for r in record(tmp_path / "audio", [8.5]))
    angry = RAVDESS_7.index(Emotion.ANGRY)
    for recording, label in (
        (Recording(path, "actor16", Emotion.ANGRY), angry),
        (Recording(path, "actor17", Emotion.ANGRY), UNLABELLED),
        (Recording(path, "actor20", Emotion.ANGRY), UNLABELLED),
        (Recording(path, "actor01"), UNLABELLED),
        (Recording(path), UNLABELLED),
    ):
        found = prepare([recording, recording], tmp_path / "scratch")
        assert {part.label for parts in found.parts for part in parts} == {label}


def test_labels_lie_where_their_recordings_do(tmp_path: Path) -> None:
    loud, quiet = tmp_path / "loud.wav", tmp_path / "quiet.wav"
    sf.write(loud, noise(3.0, 0.2), 16_000, subtype="FLOAT")
    sf.write(quiet, noise(3.0, 0.002), 16_000, subtype="FLOAT")
    pair = [Recording(loud, "actor01", Emotion.SAD), Recording(quiet)]
    found = prepare(pair * 4, tmp_path / "scratch")
    for i, parts in enumerate(found.parts):
        for part in parts:
            is_loud = np.abs(found.as_float(i)[part.start : part.stop]).mean() > 0.02
            assert part.label == (RAVDESS_7.index(Emotion.SAD) if is_loud else UNLABELLED)


def test_a_long_recording_gives_eight_seconds_of_a_pass(tmp_path: Path) -> None:
    (long,) = record(tmp_path / "audio", [30.0])
    assert len(prepare([long] * 2, tmp_path / "scratch")) == 1
    other = prepare([long] * 2, tmp_path / "scratch", seed=2)
    assert not np.array_equal(prepare([long] * 2, tmp_path / "scratch").samples, other.samples)


def test_a_snippet_at_a_cut_is_dropped(tmp_path: Path) -> None:
    three = record(tmp_path / "audio", [4.0, 4.3, 8.0])
    found = prepare(three, tmp_path / "scratch", seed=_seed_for([0, 1, 2]))
    # With the 0.29 s that the first cut leaves, the last recording would fill a second stretch.
    assert len(found) == 1


def test_what_a_cut_leaves_of_a_recording_begins_the_next_stretch(tmp_path: Path) -> None:
    three = record(tmp_path / "audio", [4.0, 5.0, 8.0])
    found = prepare(three, tmp_path / "scratch", seed=_seed_for([0, 1, 2]))
    rest = round(9.0 * 16_000) - LENGTH
    assert [part.stop - part.start for part in found.parts[1]] == [rest, LENGTH - rest]
    assert likeness(found.as_float(1)[:rest], audio.load(three[1].path)[-rest:]) > 0.999


def _seed_for(order: list[int]) -> int:
    return next(s for s in range(1000) if np.random.default_rng(s).permutation(len(order)).tolist() == order)


def test_later_passes_are_faster_or_slower_and_in_another_order(tmp_path: Path) -> None:
    (tone,) = (tmp_path / "tone.wav",)
    t = np.arange(16_000 * 2) / 16_000
    sf.write(tone, (0.2 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32), 16_000, subtype="FLOAT")
    found = prepare([Recording(tone)] * 8, tmp_path / "scratch", n_passes=4)
    n_first = 8 * 2 * 16_000 // LENGTH
    tones = [
        [_loudest_hz(found.as_float(i)[p.start : p.stop]) for p in parts if p.stop - p.start > 8000]
        for i, parts in enumerate(found.parts)
    ]
    assert all(hz == pytest.approx(1000, abs=5) for own in tones[: n_first - 1] for hz in own)
    later = [hz for own in tones[n_first + 1 :] for hz in own]
    assert min(later) >= 1000 * 0.87
    assert max(later) <= 1000 * 1.15
    assert np.ptp(later) > 50


def _loudest_hz(samples: FloatArray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) / len(samples) * 16_000)


def test_each_recording_has_a_level_of_its_own_within_six_decibels(tmp_path: Path) -> None:
    same = record(tmp_path / "audio", [2.0])
    found = prepare(same * 40, tmp_path / "scratch")
    before = float(np.sqrt(np.mean(audio.load(same[0].path) ** 2)))
    levels = [
        20 * np.log10(np.sqrt(np.mean(found.as_float(i)[p.start : p.stop] ** 2)) / before)
        for i, parts in enumerate(found.parts)
        for p in parts
        if p.stop - p.start > 8000
    ]
    assert -6.1 <= min(levels) < -4
    assert 4 < max(levels) <= 6.1


def test_a_loud_recording_is_not_clipped(tmp_path: Path) -> None:
    t = np.arange(16_000 * 8) / 16_000
    sf.write(tmp_path / "loud.wav", (0.98 * np.sin(2 * np.pi * 220 * t)).astype(np.float32), 16_000, subtype="FLOAT")
    found = prepare([Recording(tmp_path / "loud.wav")] * 12, tmp_path / "scratch")
    for i in range(len(found)):
        samples = found.as_float(i)
        assert np.abs(samples).max() <= 1.0
        assert np.abs(np.diff(samples)).max() < 0.2, "a sample that wrapped around would jump"


def test_the_same_audio_is_joined_once_wherever_it_lies(recordings: list[Recording], tmp_path: Path) -> None:
    first = prepare(recordings, tmp_path / "scratch")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "scratch").iterdir()}
    shutil.copytree(tmp_path / "audio", tmp_path / "elsewhere")
    moved = [replace(r, path=tmp_path / "elsewhere" / r.path.name) for r in recordings]
    shutil.rmtree(tmp_path / "audio")
    again = prepare(moved, tmp_path / "scratch")
    assert again.identity == first.identity
    assert again.parts == first.parts
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "scratch").iterdir()} == before
    anew = prepare(moved, tmp_path / "another")
    np.testing.assert_array_equal(anew.samples, first.samples)


def test_other_audio_labels_passes_and_orders_have_another_identity(
    recordings: list[Recording], tmp_path: Path
) -> None:
    found = {
        "as it is": prepare(recordings, tmp_path).identity,
        "passes": prepare(recordings, tmp_path, n_passes=2).identity,
        "seed": prepare(recordings, tmp_path, seed=2).identity,
        "fewer": prepare(recordings[:-1], tmp_path).identity,
        "label": prepare([replace(recordings[0], emotion=Emotion.SAD), *recordings[1:]], tmp_path).identity,
    }
    sf.write(recordings[0].path, noise(3.0, 0.1, seed=99), 16_000, subtype="FLOAT")
    found["content"] = prepare(recordings, tmp_path).identity
    assert len(set(found.values())) == len(found), found


def test_probing_actors_are_joined_alike_with_and_without_their_emotions(tmp_path: Path) -> None:
    (path,) = (r.path for r in record(tmp_path / "audio", [9.0]))
    known, unknown = Recording(path, "actor18", Emotion.HAPPY), Recording(path)
    assert prepare([known] * 2, tmp_path).identity == prepare([unknown] * 2, tmp_path).identity


def test_a_stop_leaves_nothing_half_and_the_next_time_gives_the_same(
    recordings: list[Recording], tmp_path: Path
) -> None:
    def stop(done: int, total: int) -> None:
        assert total == len(recordings) * 2
        if done == 7:
            raise Cancelled

    with pytest.raises(Cancelled):
        prepare_stretches(recordings, tmp_path / "scratch", n_passes=2, seed=1, progress=stop)
    assert not list(tmp_path.glob("scratch/*"))
    told: list[tuple[int, int]] = []
    found = prepare_stretches(
        recordings, tmp_path / "scratch", n_passes=2, seed=1, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(i + 1, 10) for i in range(10)]
    np.testing.assert_array_equal(found.samples, prepare(recordings, tmp_path / "fresh", n_passes=2).samples)


def test_samples_without_their_parts_are_made_again(recordings: list[Recording], tmp_path: Path) -> None:
    first = prepare(recordings, tmp_path / "scratch")
    samples = np.array(first.samples)
    (tmp_path / "scratch" / f"stretches-{first.identity}.json").unlink()
    (tmp_path / "scratch" / f"stretches-{first.identity}.npy").write_bytes(b"half")
    again = prepare(recordings, tmp_path / "scratch")
    assert again.parts == first.parts
    np.testing.assert_array_equal(again.samples, samples)


def test_too_little_sound_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="less than 8 seconds"):
        prepare(record(tmp_path / "audio", [3.0, 4.0]), tmp_path / "scratch")


def test_a_file_that_is_no_sound_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    with pytest.raises(AudioFileError, match=r"broken\.wav"):
        prepare([Recording(tmp_path / "broken.wav")], tmp_path / "scratch")


def test_a_folder_that_cannot_be_written_is_named(recordings: list[Recording], tmp_path: Path) -> None:
    (tmp_path / "scratch").write_text("a file stands in the way")
    with pytest.raises(SaveError, match="scratch"):
        prepare(recordings, tmp_path / "scratch")

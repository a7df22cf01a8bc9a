from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile as sf

from ser_desktop.core.audio import SAMPLE_RATE_HZ
from ser_desktop.core.errors import AudioFileError, SaveError
from ser_desktop.core.session_sound import SoundSpool, StoredSound, save_sound

STEP = 1 / 32_767


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    n = round(seconds * SAMPLE_RATE_HZ)
    return np.random.default_rng(seed).uniform(-0.9, 0.9, n).astype(np.float32)


MakeSpool = Callable[..., SoundSpool]


@pytest.fixture
def make_spool() -> Iterator[MakeSpool]:
    made: list[SoundSpool] = []

    def make(**limits: float) -> SoundSpool:
        made.append(SoundSpool(**limits))  # type: ignore[arg-type]
        made[-1].begin(0.0)
        return made[-1]

    yield make
    for spool in made:
        spool.close()


@pytest.fixture
def spool(make_spool: MakeSpool) -> SoundSpool:
    return make_spool()


def test_what_was_heard_can_be_heard_again_from_anywhere(spool: SoundSpool) -> None:
    sound = noise(10.37)
    for start in range(0, len(sound), 7_777):
        spool.append(sound[start : start + 7_777])
    assert spool.duration_s == pytest.approx(10.37, abs=1e-3)
    for start_s, end_s in ((0, 10), (2.345, 2.4), (0.9999, 3.0001)):
        there = sound[round(start_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)]
        assert spool.read(start_s, end_s) == pytest.approx(there, abs=STEP)


def test_beyond_its_end_is_silence(spool: SoundSpool) -> None:
    spool.append(noise(1))
    found = spool.read(0.5, 2.0)
    assert len(found) == 1.5 * SAMPLE_RATE_HZ
    assert found[: SAMPLE_RATE_HZ // 2].any()
    assert not found[SAMPLE_RATE_HZ // 2 :].any()


def test_a_gap_is_silent_and_takes_no_room(spool: SoundSpool) -> None:
    spool.append(noise(2, seed=1))
    spool.begin(3_600.0)
    spool.append(noise(3, seed=2))
    assert spool.duration_s == pytest.approx(3_603)
    assert not spool.read(2, 3_600).any()
    assert spool.read(3_601, 3_602) == pytest.approx(noise(3, seed=2)[SAMPLE_RATE_HZ : 2 * SAMPLE_RATE_HZ], abs=STEP)
    joined = spool.read(1.5, 2.5)
    assert joined[: SAMPLE_RATE_HZ // 2] == pytest.approx(noise(2, seed=1)[-SAMPLE_RATE_HZ // 2 :], abs=STEP)
    assert os.fstat(spool._file.fileno()).st_size == 2 * 5 * SAMPLE_RATE_HZ


def test_what_lies_on_the_disk_is_noise(spool: SoundSpool) -> None:
    spool.append(np.zeros(4 * SAMPLE_RATE_HZ, np.float32))
    spool._file.seek(0)
    written = np.frombuffer(spool._file.read(), np.uint8)
    counts = np.bincount(written, minlength=256) / len(written)
    assert counts == pytest.approx(1 / 256, abs=1e-3), "silence can be told from noise"
    # Each block has its own key stream.
    assert not np.array_equal(written[: 2 * SAMPLE_RATE_HZ], written[2 * SAMPLE_RATE_HZ : 4 * SAMPLE_RATE_HZ])


@pytest.mark.skipif(sys.platform == "win32", reason="there it has a name until it is closed")
def test_the_file_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("ser_desktop.core.paths.cache_folder", lambda: tmp_path)
    spool = SoundSpool()
    spool.begin(0.0)
    spool.append(noise(5))
    assert list(tmp_path.iterdir()) == []
    spool.close()


def test_it_lies_in_the_cache_and_not_where_memory_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def make(**options: object) -> object:
        asked.append(Path(str(options["dir"])))
        return (tmp_path / "sound").open("w+b", buffering=0)

    monkeypatch.setattr("ser_desktop.core.paths.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("tempfile.TemporaryFile", make)
    SoundSpool().close()
    assert asked == [tmp_path / "cache"]
    assert asked[0].is_dir()


def test_what_was_given_up_is_not_read_as_silence(spool: SoundSpool, tmp_path: Path) -> None:
    spool.append(noise(2))
    spool.close()
    spool.append(noise(1))
    with pytest.raises(AudioFileError, match="no longer kept"):
        spool.read(0, 1)
    with pytest.raises(AudioFileError, match="no longer kept"):
        save_sound(spool, tmp_path / "story.flac")
    assert list(tmp_path.iterdir()) == []


def test_who_holds_it_can_read_until_it_is_released(spool: SoundSpool) -> None:
    sound = noise(2)
    spool.append(sound)
    spool.hold()
    spool.hold()
    spool.close()
    spool.append(noise(1))
    assert spool.duration_s == 2
    assert spool.read(0, 2) == pytest.approx(sound, abs=STEP)
    spool.release()
    assert spool.read(0, 1).any()
    spool.release()
    assert spool._file.closed


def test_the_longest_recording_that_is_kept_is_bounded(make_spool: MakeSpool) -> None:
    spool = make_spool(longest_s=3)
    for _ in range(5):
        spool.append(noise(1))
    assert spool.is_full
    assert spool.duration_s == 3
    assert spool.read(2, 3).any()


def test_a_disk_that_is_nearly_full_is_left_alone(make_spool: MakeSpool) -> None:
    spool = make_spool(spare_bytes=1 << 60)
    spool.append(noise(1))
    assert spool.is_full
    assert spool.duration_s == 0


def test_an_hour_of_sound_takes_no_memory(spool: SoundSpool) -> None:
    minute = noise(60)
    spool.append(minute)
    gc.collect()
    before = psutil.Process().memory_info().rss
    for _ in range(20):
        spool.append(minute)
    gc.collect()
    assert psutil.Process().memory_info().rss - before < 15e6, "20 minutes are 38 MB"


def test_it_is_saved_as_flac_and_heard_from_there(spool: SoundSpool, tmp_path: Path) -> None:
    sound = noise(65.5)
    spool.append(sound)
    path = tmp_path / "story.flac"
    save_sound(spool, path)
    assert sf.info(path).format == "FLAC"
    stored = StoredSound(path)
    assert stored.duration_s == pytest.approx(65.5)
    assert stored.read(59.0, 61.0) == pytest.approx(sound[59 * SAMPLE_RATE_HZ : 61 * SAMPLE_RATE_HZ], abs=3 * STEP)
    assert [p.name for p in tmp_path.iterdir()] == ["story.flac"]


def test_a_place_that_cannot_be_written_is_named_and_an_old_file_survives(spool: SoundSpool, tmp_path: Path) -> None:
    spool.append(noise(1))
    (tmp_path / "file").write_text("old")
    with pytest.raises(SaveError, match="could not be saved"):
        save_sound(spool, tmp_path / "file" / "story.flac")
    assert (tmp_path / "file").read_text() == "old"


def test_sound_that_is_missing_or_ends_earlier_is_said(spool: SoundSpool, tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="does not exist"):
        StoredSound(tmp_path / "gone.flac")
    spool.append(noise(2))
    save_sound(spool, tmp_path / "short.flac")
    with pytest.raises(AudioFileError, match="ends at 2 s, before this moment"):
        StoredSound(tmp_path / "short.flac").read(5, 6)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_saved_sound_can_be_read_by_nobody_else(spool: SoundSpool, tmp_path: Path) -> None:
    spool.begin(0.0)
    spool.append(noise(1.0))
    save_sound(spool, tmp_path / "session.flac")
    assert (tmp_path / "session.flac").stat().st_mode & 0o077 == 0

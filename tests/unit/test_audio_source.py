from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_desktop.audio_source import FileSource
from tests.helpers.clocks import Clock
from tests.helpers.sounds import speech_like


def test_a_file_is_played_in_real_time_and_ends(tmp_path: Path) -> None:
    samples = speech_like(1.0)
    sf.write(tmp_path / "voice.wav", samples, 16_000, subtype="FLOAT")
    clock = Clock()
    played = FileSource(tmp_path / "voice.wav", "A clip", clock)
    assert played.service()
    assert played.ring.n_written == 0
    clock.now += 0.5
    assert played.service()
    assert played.ring.n_written == pytest.approx(8000, abs=320)
    clock.now += 0.6
    assert not played.service()
    np.testing.assert_allclose(played.ring.latest(16_000), samples, atol=1e-6)


def test_a_closed_file_plays_no_more(tmp_path: Path) -> None:
    sf.write(tmp_path / "voice.wav", speech_like(1.0), 16_000)
    clock = Clock()
    played = FileSource(tmp_path / "voice.wav", "A clip", clock)
    played.close()
    clock.now += 1.0
    assert not played.service()
    assert played.ring.n_written == 0


def test_a_file_of_another_rate_is_played_at_16_khz(tmp_path: Path) -> None:
    sf.write(tmp_path / "voice.wav", np.repeat(speech_like(1.0), 3), 48_000)
    clock = Clock()
    played = FileSource(tmp_path / "voice.wav", "A clip", clock)
    clock.now += 2.0
    assert not played.service()
    assert played.rate_hz == 16_000
    assert played.ring.n_written == pytest.approx(16_000, abs=2)

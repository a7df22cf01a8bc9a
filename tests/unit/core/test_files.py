from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_desktop.core.errors import AudioFileError
from ser_desktop.core.files import analyse_file
from tests.helpers.judges import SteadyJudge
from tests.helpers.sounds import speech_like


def write(folder: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    file = folder / "voice.wav"
    sf.write(file, samples, rate, subtype="FLOAT")
    return file


def test_a_short_file_is_one_window_from_begin_to_end(tmp_path: Path) -> None:
    judge = SteadyJudge()
    analysis = analyse_file(judge, write(tmp_path, speech_like(3.3)))
    (window,) = analysis.windows
    assert (window.start_s, window.end_s) == (0.0, pytest.approx(3.3))
    assert analysis.answer.probabilities == window.probabilities
    np.testing.assert_array_equal(judge.windows[0], speech_like(3.3))


def test_windows_lie_on_the_hop_grid_and_the_last_one_ends_with_the_file(tmp_path: Path) -> None:
    analysis = analyse_file(SteadyJudge(), write(tmp_path, speech_like(13.0)), hop_s=2.0)
    assert [(w.start_s, w.end_s) for w in analysis.windows] == [(0, 8), (2, 10), (4, 12), (5, 13)]
    assert {w.latency_s for w in analysis.windows} == {0.0}


def test_progress_grows_to_the_whole(tmp_path: Path) -> None:
    shares: list[float] = []
    analyse_file(SteadyJudge(), write(tmp_path, speech_like(12.0)), 1.0, shares.append)
    assert shares == sorted(shares)
    assert len(shares) == 5
    assert shares[-1] == pytest.approx(1.0)


def test_a_report_holds_exactly_what_is_promised(tmp_path: Path) -> None:
    file = write(tmp_path, speech_like(2.0))
    report = analyse_file(SteadyJudge(), file).as_json("A model")
    assert list(report) == ["file", "duration_s", "state", "label", "probabilities", "windows", "bundle"]
    assert (report["file"], report["duration_s"], report["bundle"]) == (str(file), 2.0, "A model")
    assert (report["state"], report["label"]) == ("emotion", "angry")
    assert report["probabilities"] == {"calm": 0.2, "angry": 0.7, "happy": 0.1}
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("n_samples", [1, 400, 1599])
def test_a_file_too_short_for_any_feature_is_refused(tmp_path: Path, n_samples: int) -> None:
    with pytest.raises(AudioFileError, match="too short to judge"):
        analyse_file(SteadyJudge(), write(tmp_path, speech_like(1.0)[:n_samples]))


def test_a_file_just_long_enough_is_judged(tmp_path: Path) -> None:
    assert len(analyse_file(SteadyJudge(), write(tmp_path, speech_like(1.0)[:1600])).windows) == 1

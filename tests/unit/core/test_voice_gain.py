"""What the window says that calibrating gained comes from the stored study alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ser_desktop.core import voice_gain
from ser_desktop.core.voice_gain import OFFERED, VoiceGain, find_gain


def figures(uar: float, gain: float, n_speakers: int) -> dict[str, Any]:
    return {"uar_mean": uar, "gain": {"mean": gain, "n_speakers": n_speakers, "n_better": n_speakers - 1}}


def row(uar: float = 60.0, gain: float = 10.0, n_speakers: int = 2, **changes: object) -> dict[str, Any]:
    calibrated = figures(uar, gain, n_speakers)
    parts = {part: {"training": {"uar_mean": 50.0}, OFFERED: calibrated} for part in ("validation", "test")}
    found = {"head": "dense", "features": ["egemaps"], "encoder": "", "normalisation": "speaker", "parts": parts}
    return {**found, **changes}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    file = tmp_path / "study.json"
    monkeypatch.setattr(voice_gain, "study_file", lambda: file)
    voice_gain.forget()

    def write(*studies: list[dict[str, Any]]) -> None:
        file.write_text(json.dumps({"studies": [{"rows": rows} for rows in studies]}))

    yield write
    voice_gain.forget()


def test_the_gain_is_that_of_models_of_the_same_kind(store: Any) -> None:
    store([row(99.0, head="fusion"), row(99.0, encoder="other"), row(99.0, normalisation="global"), row(61.0)])
    assert find_gain("dense", ("egemaps",), "") == VoiceGain(50.0, 61.0, 10.0, 2, 1)
    assert find_gain("lstm", ("egemaps",), "") is None


def test_the_study_with_more_speakers_speaks(store: Any) -> None:
    store([row(61.0)], [row(55.0, n_speakers=24)], [row(62.0)])
    found = find_gain("dense", ("egemaps",), "")
    assert found is not None
    assert (found.calibrated, found.n_speakers) == (55.0, 24)


def test_validation_speakers_alone_decide_whether_it_is_worth_it(store: Any) -> None:
    better = row(70.0, gain=20.0)
    better["parts"]["validation"] = {"training": {"uar_mean": 50.0}, OFFERED: figures(49.0, -1.0, 2)}
    store([better])
    found = find_gain("dense", ("egemaps",), "")
    assert found is not None
    assert not found.is_worth_it


def test_without_the_study_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_gain, "study_file", lambda: tmp_path / "nothing.json")
    voice_gain.forget()
    assert find_gain("dense", ("egemaps",), "") is None

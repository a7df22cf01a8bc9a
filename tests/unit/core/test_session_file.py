from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ser_desktop.core.errors import SessionFileError
from ser_desktop.core.levels import Heard
from ser_desktop.core.reliability import ReliabilityBin
from ser_desktop.core.session import Session, SessionState
from ser_desktop.core.session_file import as_text, open_session
from ser_desktop.core.voices import VoiceUse
from tests.helpers.sessions import recording


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "story.json"
    recording().save(path)
    return path


def altered(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return path


def complaint(path: Path) -> str:
    with pytest.raises(SessionFileError) as caught:
        open_session(path)
    assert caught.value.fix
    return caught.value.what


def test_a_session_comes_back_as_it_was_saved(saved: Path) -> None:
    before, after = recording(), open_session(saved)
    assert after.state is SessionState.IDLE
    for name in ("model", "model_info", "labels", "hop_s", "source", "started_at", "note", "gaps", "markers"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.path == saved
    assert len(after.history) == len(before.history)
    for one, other in zip(after.history, before.history, strict=True):
        assert (one.start_s, one.end_s, one.state, one.labels) == (
            other.start_s,
            other.end_s,
            other.state,
            other.labels,
        )
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-6)
        assert (one.latency_s, one.n_skipped) == (other.latency_s, other.n_skipped)


def test_what_the_gate_heard_and_how_often_the_model_was_right_come_back(tmp_path: Path) -> None:
    session = recording(6)
    assert session.model_info is not None
    counted = (ReliabilityBin(0.6, 0.7, 21, 13, 0.645),)
    session.model_info = replace(session.model_info, reliability=counted)
    session.history = [replace(p, heard=heard) for p, heard in zip(session.history, [*Heard, None], strict=False)]
    path = tmp_path / "session.json"
    path.write_text(as_text(session))
    again = open_session(path)
    assert again.model_info == session.model_info
    assert [p.heard for p in again.history] == [p.heard for p in session.history]


@pytest.mark.parametrize("use", list(VoiceUse))
def test_what_became_of_a_calibrated_voice_comes_back(tmp_path: Path, use: VoiceUse) -> None:
    session = recording(6)
    assert session.model_info is not None
    session.model_info = replace(session.model_info, voice="Anna", voice_use=use)
    path = tmp_path / "session.json"
    session.save(path)
    again = open_session(path).model_info
    assert again == session.model_info
    assert again.voice_use is use


def test_each_answer_has_a_line_of_its_own(saved: Path) -> None:
    lines = saved.read_text().splitlines()
    assert sum(line.startswith('{"start_s"') for line in lines) == 120


def test_an_empty_session_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text(as_text(Session("A model")))
    assert open_session(path).history == []


def test_version_1_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    windows = [p.as_json() for p in recording(40).history]
    gaps = [{"start_s": 3.0, "end_s": 4.0}]
    head = {"format": "ser-desktop session", "version": 1, "model": "Old", "source": "Mic", "started_at": None}
    path.write_text(json.dumps({**head, "gaps": gaps, "windows": windows}, indent=1))
    session = open_session(path)
    assert (session.model, session.model_info, session.markers, session.audio) == ("Old", None, [], "")
    assert session.labels == recording().labels
    assert session.hop_s == 1.0
    assert session.gaps[0].end_s == 4.0


def test_a_newer_version_is_refused_with_what_to_do(saved: Path) -> None:
    with pytest.raises(SessionFileError, match=r"newer version .*format 3; this one reads up to 2") as caught:
        open_session(altered(saved, version=3))
    assert "Update the program" in caught.value.fix


@pytest.mark.parametrize("version", [None, "2", 2.5])
def test_a_version_that_is_none_is_refused(saved: Path, version: object) -> None:
    assert "session format" in complaint(altered(saved, version=version))


def test_a_file_that_breaks_off_says_where(saved: Path) -> None:
    text = saved.read_text()
    saved.write_text(text[: len(text) // 2])
    n_lines = len(saved.read_text().splitlines())
    assert f"line {n_lines}, column" in complaint(saved)


def test_bytes_that_are_no_text_are_named(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    data[1000] = 0xFF
    saved.write_bytes(data)
    assert "byte 1000" in complaint(saved)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "bored"}, "bored"),
        ({"end_s": 1.0}, "not in order"),
        ({"end_s": float("inf")}, "not in order"),
        ({"probabilities": {"calm": 1.0}}, "emotions are not those of the session"),
        ({"start_s": "now"}, "now"),
        ({"state": "emotion", "probabilities": {}}, "do not fit"),
        ({"state": "not sure", "probabilities": {}}, "do not fit"),
    ],
)
def test_a_damaged_answer_is_counted(saved: Path, change: dict[str, Any], said: str) -> None:
    value = json.loads(saved.read_text())
    value["windows"][59] |= change
    saved.write_text(json.dumps(value))
    what = complaint(saved)
    assert "answer 60 of 120" in what
    assert said in what


def test_probabilities_of_silence_are_damage(saved: Path) -> None:
    value = json.loads(saved.read_text())
    value["windows"][3]["state"] = "no speech"
    saved.write_text(json.dumps(value))
    assert "answer 4 of 120" in complaint(saved)


def test_a_probability_beyond_one_is_damage(saved: Path) -> None:
    value = json.loads(saved.read_text())
    value["windows"][3]["probabilities"][value["labels"][0]] = 1.5
    saved.write_text(json.dumps(value))
    assert "answer 4 of 120" in complaint(saved)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"markers": [{"at_s": 1}]}, "markers"),
        ({"markers": [{"at_s": float("nan"), "note": ""}]}, "markers"),
        ({"markers": [{"at_s": -1, "note": ""}]}, "markers"),
        ({"markers": [{"at_s": 1e9, "note": ""}]}, "markers"),
        ({"gaps": [{"start_s": None}]}, "gaps"),
        ({"gaps": [{"start_s": 1, "end_s": float("inf")}]}, "gaps"),
        ({"started_at": "yesterday"}, "head"),
        ({"model": 5}, "head"),
        ({"hop_s": 10**400}, "head"),
        ({"model_info": {"name": "x"}}, "head"),
        ({"windows": None}, "no list of answers"),
    ],
)
def test_the_damaged_part_is_named(saved: Path, change: dict[str, Any], part: str) -> None:
    assert part in complaint(altered(saved, **change))


@pytest.mark.parametrize("weights", [[0.0, 0.0], [0.5, -0.5, 1.0], [float("nan"), 1.0], [float("inf"), 1.0], []])
def test_layers_whose_weights_are_no_shares_are_damage(saved: Path, weights: list[float]) -> None:
    info = {**json.loads(saved.read_text())["model_info"], "layer_weights": weights}
    what = complaint(altered(saved, model_info=info))
    assert "head" in what
    assert "no shares" in what


@pytest.mark.parametrize("text", ["[]", '{"format": "something else"}', "42", "null"])
def test_other_files_are_no_sessions(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    assert "no session" in complaint(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    assert "does not exist" in complaint(tmp_path / "gone.json")
    assert "cannot be read" in complaint(tmp_path)

from __future__ import annotations

import csv
import errno
import json
from datetime import datetime, timedelta, timezone
from itertools import product
from pathlib import Path

import pytest

from ser_desktop.core.errors import SaveError
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.session import Gap, Session, SessionState, SessionStateError

S = SessionState
ALLOWED = {
    (S.LOADING, S.IDLE),
    (S.LOADING, S.FAILED),
    (S.IDLE, S.LOADING),
    (S.IDLE, S.LISTENING),
    (S.LISTENING, S.PAUSED),
    (S.LISTENING, S.FINISHING),
    (S.LISTENING, S.FAILED),
    (S.PAUSED, S.LISTENING),
    (S.PAUSED, S.FINISHING),
    (S.PAUSED, S.FAILED),
    (S.FINISHING, S.IDLE),
    (S.FINISHING, S.FAILED),
    (S.FAILED, S.LOADING),
}
NOON = datetime(2026, 5, 1, 12, 0, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_only_sensible_changes_of_state_happen(before: S, after: S) -> None:
    session = Session()
    session.state = before
    if (before, after) in ALLOWED or before is after:
        session.go(after)
        assert session.state is after
    else:
        with pytest.raises(SessionStateError):
            session.go(after)
        assert session.state is before


@pytest.fixture
def recorded() -> Session:
    session = Session("A model")
    session.go(S.IDLE)
    session.start("Desk Mic", NOON)
    session.add(Prediction(0, 1, AnswerState.NO_SPEECH, ("calm", "angry")))
    session.add(Prediction(0, 2.5, AnswerState.EMOTION, ("calm", "angry"), (0.25, 0.75)))
    session.gaps.append(Gap(3.0, 4.0))
    return session


def test_a_table_has_a_row_for_every_window(recorded: Session, tmp_path: Path) -> None:
    recorded.save(tmp_path / "session.csv")
    with (tmp_path / "session.csv").open() as file:
        silent, spoken = csv.DictReader(file)
    assert silent["state"] == "no speech"
    assert silent["calm"] == ""
    assert spoken["label"] == "angry"
    assert float(spoken["angry"]) == 0.75
    assert spoken["clock_end"] == "2026-05-01T12:00:02.500+02:00"


def test_json_holds_everything(recorded: Session, tmp_path: Path) -> None:
    recorded.save(tmp_path / "session.json")
    value = json.loads((tmp_path / "session.json").read_text())
    assert (value["model"], value["source"], value["version"]) == ("A model", "Desk Mic", 2)
    assert value["gaps"] == [{"start_s": 3.0, "end_s": 4.0}]
    assert value["windows"][1]["probabilities"] == {"calm": 0.25, "angry": 0.75}


def test_a_full_disk_keeps_the_old_file_and_the_session(
    recorded: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "session.csv"
    target.write_text("old")

    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SaveError, match=r"No space left on device.*still here"):
        recorded.save(target)
    assert target.read_text() == "old"
    assert len(recorded.history) == 2
    assert list(tmp_path.glob("*session*")) == [target], "no scratch file stays behind"


def test_a_new_recording_begins_empty(recorded: Session) -> None:
    recorded.go(S.FINISHING)
    recorded.go(S.IDLE)
    recorded.start("Other Mic", NOON)
    assert recorded.history == []
    assert recorded.gaps == []


def test_an_empty_session_can_be_saved(tmp_path: Path) -> None:
    Session("A model").save(tmp_path / "empty.csv")
    assert (tmp_path / "empty.csv").read_text().startswith("start_s")


@pytest.mark.parametrize("name", ["session.csv", "session.json"])
def test_a_folder_that_cannot_be_written_is_named(recorded: Session, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SaveError, match=f"could not be saved to «.*{name}»") as caught:
        recorded.save(tmp_path / "file" / name)
    assert "choose another place" in caught.value.fix
    assert len(recorded.history) == 2


def test_saving_replaces_an_older_file(recorded: Session, tmp_path: Path) -> None:
    target = tmp_path / "session.JSON"
    target.write_text("old")
    recorded.save(target)
    assert json.loads(target.read_text())["windows"]


def test_lines_of_a_table_end_once(recorded: Session, tmp_path: Path) -> None:
    recorded.save(tmp_path / "session.csv")
    content = (tmp_path / "session.csv").read_bytes()
    assert content.count(b"\r\n") == 3
    assert b"\r\r" not in content


def test_a_position_has_a_time_of_day_once_the_recording_began(recorded: Session) -> None:
    assert Session().clock(1.0) is None
    assert recorded.clock(90.0) == NOON + timedelta(seconds=90)


def test_only_a_recording_that_goes_on_is_one(recorded: Session) -> None:
    assert recorded.is_recording
    recorded.go(S.PAUSED)
    assert recorded.is_recording
    recorded.go(S.FINISHING)
    assert not recorded.is_recording

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ser_desktop.core.errors import SaveError, TrainingError
from ser_desktop.core.training_folder import EventReader, Order, TrainingFolder, TrainingKind, TrainingState

ORDER = Order("Meine Stimme", TrainingKind.MODEL, "2026-01-02T03:04:05+01:00", ("train", "--x"), {"Recipe": "Quick"})


def tell(folder: TrainingFolder, *events: dict[str, object]) -> None:
    with folder.events_file.open("a", encoding="utf-8") as file:
        for event in events:
            file.write(json.dumps(event) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> TrainingFolder:
    made = TrainingFolder(tmp_path / "a training")
    made.write(ORDER)
    return made


def test_what_was_asked_for_is_read_again(folder: TrainingFolder) -> None:
    assert folder.read() == ORDER
    folder.rename("Anders")
    assert folder.read().title == "Anders"
    assert folder.read().arguments == ORDER.arguments


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 1}', '{"schema_version": 2}'])
def test_a_damaged_description_is_told_as_such(folder: TrainingFolder, text: str) -> None:
    (folder.path / "training.json").write_text(text)
    with pytest.raises(TrainingError, match=r"training\.json"):
        folder.read()


@pytest.mark.parametrize(
    ("last", "state"),
    [
        ({"event": "done", "out": "x"}, TrainingState.DONE),
        ({"event": "error", "code": 3}, TrainingState.STOPPED),
        ({"event": "error", "code": 130}, TrainingState.STOPPED),
        ({"event": "error", "code": 1}, TrainingState.FAILED),
        ({"event": "epoch", "epoch": 4}, TrainingState.INTERRUPTED),
        ({"event": "begin"}, TrainingState.INTERRUPTED),
    ],
)
def test_the_last_event_tells_how_a_training_without_a_trainer_stands(
    folder: TrainingFolder, last: dict[str, object], state: TrainingState
) -> None:
    tell(folder, {"event": "stage", "stage": "train"}, last)
    assert folder.state() is state


def test_a_training_that_told_nothing_was_interrupted(folder: TrainingFolder) -> None:
    assert folder.state() is TrainingState.INTERRUPTED


def test_as_long_as_somebody_works_there_it_runs_or_waits(folder: TrainingFolder) -> None:
    with folder.kept_alive():
        tell(folder, {"event": "stage", "stage": "queue"})
        assert folder.state() is TrainingState.QUEUED
        tell(folder, {"event": "stage", "stage": "read"})
        assert folder.state() is TrainingState.RUNNING
    assert folder.state() is TrainingState.INTERRUPTED


def test_a_new_beginning_is_no_longer_what_was_before(folder: TrainingFolder) -> None:
    tell(folder, {"event": "error", "code": 1})
    folder.ask_to_stop()
    folder.begin()
    assert folder.state() is TrainingState.INTERRUPTED
    assert not folder.stop_file.exists()


def test_a_line_that_was_never_finished_is_left_out(folder: TrainingFolder) -> None:
    tell(folder, {"event": "done"})
    with folder.events_file.open("a") as file:
        file.write('{"event": "err')
    assert folder.state() is TrainingState.DONE


def test_events_are_read_as_they_come_whole(folder: TrainingFolder) -> None:
    reader = EventReader(folder)
    assert reader.read() == []
    tell(folder, {"event": "stage", "text": "Über «ä»"})
    assert [event["text"] for event in reader.read()] == ["Über «ä»"]
    with folder.events_file.open("ab") as file:
        file.write('{"event": "notice", "text": "hä'.encode()[:-1])
    assert reader.read() == []
    with folder.events_file.open("ab") as file:
        file.write('ä"}\n\n{"no": "event"}\nnot json\n'.encode()[1:])
    assert [event["event"] for event in reader.read()] == ["notice"]
    assert reader.read() == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("in the way")
    with pytest.raises(SaveError, match="cannot be written"):
        TrainingFolder(place / "x").write(ORDER)
    with pytest.raises(SaveError, match="cannot be told to stop"):
        TrainingFolder(place / "x").ask_to_stop()
    assert not TrainingFolder(place / "x").is_alive()

"""Trainings in processes of their own, followed from outside."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ser_desktop.core.errors import TrainingError
from ser_desktop.core.training_folder import EventReader, TrainingFolder, TrainingState
from trainer.events import Done, Notice
from trainer.followed import EventFile, followed

ROOT = Path(__file__).resolve().parents[3]
WORK = """
import signal, sys, time
from pathlib import Path
from ser_desktop.core.errors import Cancelled
from trainer.events import Done, Failure, Notice
from trainer.followed import followed

def stop(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, stop)
try:
    with followed(Path(sys.argv[1])) as listener:
        listener(Notice("works"))
        try:
            while not Path(sys.argv[2]).exists():
                time.sleep(0.02)
            listener(Done("x"))
        except KeyboardInterrupt:
            listener(Failure("Stopped.", "", 3))
except Cancelled:
    sys.exit(3)
"""


class Working:
    """A process that works in a training's folder until it is told that the work is done."""

    def __init__(self, folder: Path, may_end: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = TrainingFolder(folder)
        self.process = subprocess.Popen([sys.executable, "-c", WORK, str(folder), str(may_end)], cwd=ROOT)

    def events(self) -> list[str]:
        return [f"{e['event']} {e.get('stage', '')}".strip() for e in EventReader(self.folder).read()]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Callable[[str], Working]]:
    begun: list[Working] = []

    def begin(name: str) -> Working:
        begun.append(Working(tmp_path / "trainings" / name, tmp_path / f"{name} may end"))
        return begun[-1]

    yield begin
    for one in begun:
        one.process.kill()
        one.process.wait(timeout=10)


def test_one_works_and_the_other_waits_for_its_turn(work: Callable[[str], Working], tmp_path: Path) -> None:
    first = work("first")
    until(lambda: first.events() == ["notice"])
    second = work("second")
    until(lambda: second.events() == ["stage queue"])
    assert (first.folder.state(), second.folder.state()) == (TrainingState.RUNNING, TrainingState.QUEUED)
    (tmp_path / "first may end").touch()
    assert first.process.wait(timeout=30) == 0
    until(lambda: "notice" in second.events())
    (tmp_path / "second may end").touch()
    assert second.process.wait(timeout=30) == 0
    assert [one.folder.state() for one in (first, second)] == [TrainingState.DONE] * 2


def test_asked_to_stop_it_hears_a_signal(work: Callable[[str], Working]) -> None:
    one = work("one")
    until(lambda: one.events() == ["notice"])
    one.folder.ask_to_stop()
    assert one.process.wait(timeout=30) == 0
    assert one.folder.state() is TrainingState.STOPPED
    assert not one.folder.stop_file.exists()


def test_asked_to_stop_while_it_starts_it_stops_as_soon_as_it_can(
    work: Callable[[str], Working], tmp_path: Path
) -> None:
    folder = tmp_path / "trainings" / "one"
    folder.mkdir(parents=True)
    TrainingFolder(folder).ask_to_stop()
    one = work("one")
    assert one.process.wait(timeout=30) == 0
    assert one.folder.state() is TrainingState.STOPPED
    assert not one.folder.stop_file.exists()


def test_asked_to_stop_before_its_turn_it_does_not_begin(work: Callable[[str], Working]) -> None:
    first = work("first")
    until(lambda: first.events() == ["notice"])
    second = work("second")
    until(lambda: second.events() == ["stage queue"])
    second.folder.ask_to_stop()
    assert second.process.wait(timeout=30) == 3
    assert second.folder.state() is TrainingState.STOPPED
    assert first.folder.state() is TrainingState.RUNNING


def test_killed_it_is_known_to_be_gone_and_leaves_its_turn(work: Callable[[str], Working]) -> None:
    first = work("first")
    until(lambda: first.events() == ["notice"])
    first.process.kill()
    first.process.wait(timeout=10)
    assert first.folder.state() is TrainingState.INTERRUPTED
    second = work("second")
    until(lambda: second.events() == ["notice"])


def test_nobody_else_works_in_the_same_folder(work: Callable[[str], Working], monkeypatch: pytest.MonkeyPatch) -> None:
    one = work("one")
    until(lambda: one.events() == ["notice"])
    monkeypatch.setattr("ser_desktop.core.training_folder._PROBED_S", 0.1)
    with pytest.raises(TrainingError, match=r"works in .* already"), followed(one.folder.path):
        pass


def test_events_that_find_no_room_are_lost_and_the_next_ones_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = TrainingFolder(tmp_path)
    events = EventFile(folder.events_file)
    events(Notice("before"))
    real = events._file

    class FullDisk:
        def write(self, data: bytes) -> int:
            real.write(data[:9])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(events, "_file", FullDisk())
    events(Notice("lost"))
    monkeypatch.setattr(events, "_file", real)
    events(Done("after"))
    events.close()
    assert [event["event"] for event in EventReader(folder).read()] == ["notice", "done"]


def test_half_a_line_of_a_killed_process_does_not_spoil_the_next(tmp_path: Path) -> None:
    folder = TrainingFolder(tmp_path)
    folder.events_file.write_bytes(b'{"event": "noti')
    events = EventFile(folder.events_file)
    events(Done("x"))
    events.close()
    assert [event["event"] for event in EventReader(folder).read()] == ["done"]

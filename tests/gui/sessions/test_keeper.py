"""Sound and journal of a recording under way."""

from __future__ import annotations

import errno
import threading
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ser_desktop.core import journal as journal_room
from ser_desktop.core import paths
from ser_desktop.core.journal import Journal, find_interrupted, read_journal
from ser_desktop.core.markers import Marker
from ser_desktop.core.ring import RingBuffer
from ser_desktop.core.session import Session, SessionState
from ser_desktop.core.session_sound import SoundSpool
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.sessions import keeper_worker as keeper_room
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.keeper_worker import KeeperWorker
from ser_desktop.gui.workers import Segment
from tests.gui.sessions.conftest import Recorded, answer, hear, record

RATE = 48_000


def tone(seconds: float, hz: float = 440) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def segment(ring: RingBuffer, start_s: float = 0.0, number: int = 1) -> Segment:
    return Segment(ring, RATE, ring.n_written, start_s, 0.0, number)


@pytest.fixture
def ring() -> RingBuffer:
    return RingBuffer(30 * RATE)


@pytest.fixture
def window(recorded: Recorded, ring: RingBuffer) -> MainWindow:
    window = recorded(0)
    window.recorder.segment_begun.emit(segment(ring))
    window.recorder.state_changed.emit(SessionState.LISTENING)
    return window


def kept_s(window: MainWindow) -> float:
    sound = window.sessions.keeper.sound
    assert sound is not None
    return sound.duration_s


def journals() -> list[Path]:
    return list(paths.journals_folder().glob("*.journal"))


def test_sound_is_kept_at_16_khz_in_its_place(window: MainWindow, ring: RingBuffer, qtbot: QtBot) -> None:
    ring.write(tone(3))
    qtbot.waitUntil(lambda: kept_s(window) > 2.9)
    window.recorder._go(SessionState.PAUSED)
    qtbot.waitUntil(lambda: kept_s(window) == pytest.approx(3, abs=0.001))
    other = RingBuffer(30 * RATE)
    window.recorder.session.state = SessionState.LISTENING
    window.recorder.segment_begun.emit(segment(other, start_s=10.0, number=2))
    other.write(tone(2))
    window.recorder._go(SessionState.FINISHING)
    qtbot.waitUntil(lambda: kept_s(window) == pytest.approx(12, abs=0.001))
    sound = window.sessions.keeper.sound
    assert sound is not None
    assert np.abs(sound.read(1, 2)).max() == pytest.approx(0.5, abs=0.02)
    assert not sound.read(4, 9).any()
    assert np.abs(sound.read(10.5, 11.5)).max() == pytest.approx(0.5, abs=0.02)


def test_frequent_answers_do_not_keep_the_sound_waiting(
    ring: RingBuffer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 100.0
    monkeypatch.setattr(keeper_room, "time", SimpleNamespace(monotonic=lambda: now_s))
    worker, spool = KeeperWorker(), SoundSpool()
    session = Session("A model")
    worker.begin(spool, Journal(tmp_path, session), session)
    worker.listen(segment(ring))
    for i in range(12):
        ring.write(tone(0.25))
        worker.answer(answer(0.25 * (i + 1)))
        while not worker._orders.empty():
            worker._orders.get()()
        # An order comes each time before the tick would.
        now_s += 0.25
    assert spool.duration_s > 3 - 2 * worker.tick_s
    worker._end()


def test_answers_reach_the_disk_while_it_records(window: MainWindow, qtbot: QtBot) -> None:
    for i in range(5):
        hear(window, answer(i + 1.0))
    window.sessions.moments.choose(2)
    window.sessions.marking.mark()
    qtbot.waitUntil(lambda: bool(journals()), timeout=5000)
    qtbot.waitUntil(lambda: len(read_journal(journals()[0]).history) == 5, timeout=5000)
    assert read_journal(journals()[0]).markers[0].at_s == 3.0
    assert {p.suffix for p in paths.journals_folder().iterdir()} == {".journal", ".lock"}, "never sound"


def worker_with(folder: Path, n_answers: int, started_at: datetime, *, is_live: bool = True) -> KeeperWorker:
    worker = KeeperWorker()
    keep_another(worker, folder, n_answers, started_at, is_live=is_live)
    return worker


def keep_another(
    worker: KeeperWorker,
    folder: Path,
    n_answers: int,
    started_at: datetime,
    *,
    is_live: bool = True,
    hop_s: float = 1.0,
) -> Session:
    session = Session("A model")
    session.started_at = started_at
    worker.begin(None, Journal(folder, session), session, is_live=is_live)
    for i in range(n_answers):
        worker.answer(answer(hop_s * (i + 1)))
    while not worker._orders.empty():
        worker._orders.get()()
    return session


def test_the_answers_of_the_last_recording_that_was_not_saved_lie_for_the_next_start(tmp_path: Path) -> None:
    noon = datetime(2026, 5, 1, 12, 0)
    worker = worker_with(tmp_path, 40, noon)
    keep_another(worker, tmp_path, 50, noon + timedelta(minutes=5))
    worker._end()
    (found,) = find_interrupted(tmp_path)
    assert len(found.session.history) == 50


@pytest.mark.parametrize(("n_answers", "is_live"), [(5, True), (50, False)], ids=["too short", "a clip"])
def test_what_is_not_worth_it_is_not_offered(tmp_path: Path, n_answers: int, is_live: bool) -> None:
    worker_with(tmp_path, n_answers, datetime(2026, 5, 1, 12, 0), is_live=is_live)._end()
    assert find_interrupted(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("hop_s", "n_answers", "is_offered"), [(0.25, 16, False), (8.0, 2, True)])
def test_seconds_count_and_not_how_often_it_answers(
    tmp_path: Path, hop_s: float, n_answers: int, is_offered: bool
) -> None:
    worker = KeeperWorker()
    keep_another(worker, tmp_path, n_answers, datetime(2026, 5, 1, 12, 0), hop_s=hop_s)
    worker._end()
    assert bool(find_interrupted(tmp_path)) is is_offered


def test_a_short_clip_with_a_marker_is_worth_it(tmp_path: Path) -> None:
    worker = KeeperWorker()
    session = keep_another(worker, tmp_path, 5, datetime(2026, 5, 1, 12, 0), is_live=False)
    session.markers = [Marker(2.0, "here")]
    worker.mark(session)
    while not worker._orders.empty():
        worker._orders.get()()
    worker._end()
    (found,) = find_interrupted(tmp_path)
    assert found.session.markers == session.markers


def test_a_recording_that_was_saved_is_not_offered(tmp_path: Path) -> None:
    worker = worker_with(tmp_path, 50, datetime(2026, 5, 1, 12, 0))
    worker._remove_journal()
    worker._end()
    assert find_interrupted(tmp_path) == []


def test_closing_the_window_removes_the_journal_of_a_few_answers(window: MainWindow, qtbot: QtBot) -> None:
    hear(window, answer(1.0))
    qtbot.waitUntil(lambda: bool(journals()), timeout=5000)
    window.close()
    assert list(paths.journals_folder().iterdir()) == []


def test_a_recording_that_was_saved_needs_no_journal(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    hear(window, answer(1.0))
    qtbot.waitUntil(lambda: bool(journals()), timeout=5000)
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    window.sessions.files.save(tmp_path / "story.json")
    qtbot.waitUntil(lambda: not journals(), timeout=5000)


def test_a_journal_that_cannot_be_written_is_said_once_and_nothing_else_stops(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def full(fd: int) -> None:
        tries.append(fd)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal_room.os, "fsync", full)
    monkeypatch.setattr(keeper_room, "_FLUSH_S", 0.0)
    said: list[object] = []
    window.recorder.noticed.connect(said.append)
    hear(window, answer(1.0))
    qtbot.waitUntil(lambda: bool(said), timeout=5000)
    assert "No space left" in window.banner.text.text()
    n_before = len(tries)
    hear(window, answer(2.0))
    # The third try begins only after what the second one said has arrived.
    qtbot.waitUntil(lambda: len(tries) >= n_before + 3, timeout=10_000)
    assert len(said) == 1
    assert window.recorder.session.is_recording


def test_a_recording_that_another_replaced_can_be_brought_back(idle: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    banner, files = idle.sessions.recovery.banner, idle.sessions.files
    before = record(idle, 12)
    assert not banner.isVisible()
    with qtbot.waitSignal(idle.sessions.keeper.replaced):
        after = record(idle, 11)
    assert "12 seconds long, was not saved" in banner.text.text()
    banner.open_button.click()
    assert idle.recorder.session is before
    assert not banner.isVisible()
    with qtbot.waitSignal(files.saved):
        files.save(tmp_path / "before.json")
    idle.sessions.card.close_session.click()
    assert idle.recorder.session is after
    idle.close()
    (found,) = find_interrupted(paths.journals_folder())
    assert len(found.session.history) == 11


def test_after_a_try_of_a_few_seconds_nothing_is_offered(idle: MainWindow, qtbot: QtBot) -> None:
    record(idle, 5)
    record(idle, 12)
    with qtbot.waitSignal(idle.sessions.keeper.replaced):
        record(idle, 1)
    assert "12 seconds" in idle.sessions.recovery.banner.text.text()
    record(idle, 1)
    idle.sessions.recovery.discard()
    idle.close()
    assert journals() == []


def test_only_the_latest_of_several_is_offered(idle: MainWindow, qtbot: QtBot) -> None:
    for n_answers in (12, 14, 16):
        record(idle, n_answers)
    qtbot.waitUntil(lambda: "14 seconds" in idle.sessions.recovery.banner.text.text())
    idle.sessions.recovery.discard()
    assert not idle.sessions.recovery.banner.open_button.isVisible()


def test_one_that_was_still_being_saved_is_offered_no_more(idle: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    files, may_write = idle.sessions.files, threading.Event()
    record(idle, 12)
    files.ensure_thread()._orders.put(lambda: may_write.wait(10))
    files.save(tmp_path / "story.json")
    with qtbot.waitSignal(idle.sessions.keeper.replaced):
        record(idle, 1)
    with qtbot.waitSignal(files.saved):
        may_write.set()
    assert not idle.sessions.recovery.banner.isVisible()


def test_listening_waits_for_the_end_of_the_recording(window: MainWindow, ring: RingBuffer, qtbot: QtBot) -> None:
    ring.write(tone(2))
    hear(window, answer(2.0))
    window.sessions.moments.choose(0)
    listen = window.sessions.card.listen
    assert listen.isVisible()
    assert not listen.isEnabled()
    assert listen.toolTip() == messages.WOULD_BE_HEARD
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    assert listen.isEnabled()
    assert listen.focusPolicy() & Qt.FocusPolicy.TabFocus

"""Opening and saving, and the markers and the sound that go with it."""

from __future__ import annotations

import csv
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.journal import find_interrupted
from ser_desktop.core.markers import Marker
from ser_desktop.core.ring import RingBuffer
from ser_desktop.core.session import SessionState
from ser_desktop.core.session_file import open_session
from ser_desktop.core.session_sound import SoundSpool, StoredSound
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.workers import Segment
from tests.gui.sessions.conftest import (
    Recorded,
    answer,
    begin_recording,
    close_as_people_do,
    hear,
    mark,
    open_it,
    save,
)
from tests.helpers.microphones import PretendMicrophone


def test_while_it_records_nothing_is_opened(recorded: Recorded, story: Path, qtbot: QtBot) -> None:
    window = recorded(3)
    assert not window.sessions.open_action.isEnabled()
    open_it(window, story, qtbot)
    assert window.cards.timeline.scene.lanes.n_answers == 3
    assert window.banner.text.text() == messages.OPEN_WHEN_IDLE


def test_a_damaged_session_is_said_and_changes_nothing(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    story.write_text(story.read_text()[:3000])
    with qtbot.waitSignal(window.sessions.files.worker.failed):
        window.sessions.files.open(story)
    assert "breaks off in line" in window.banner.text.text()
    assert window.cards.timeline.scene.lanes.n_answers == 12


def test_markers_of_an_opened_session_are_changed_and_saved(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    open_it(window, story, qtbot)
    window.sessions.moments.choose(40)
    window.sessions.marking.mark()
    window.sessions.card.editor.note.setText("new")
    window.sessions.card.editor.done.click()
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(story)
    assert Marker(41.0, "new") in open_session(story).markers


def test_an_opened_session_says_once_that_new_markers_were_not_saved(
    window: MainWindow, story: Path, qtbot: QtBot
) -> None:
    close = window.sessions.card.close_session
    open_it(window, story, qtbot)
    mark(window, 40)
    close.click()
    assert window.sessions.files.is_opened
    assert window.banner.text.text() == messages.MARKERS_UNSAVED.format(messages.SESSION_HAS, messages.CLOSE_AGAIN)
    close.click()
    assert not window.sessions.files.is_opened
    assert not window.banner.isVisible()
    open_it(window, story, qtbot)
    mark(window, 40)
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(story)
    close.click()
    assert not window.sessions.files.is_opened


def test_record_and_another_session_do_not_drop_new_markers_without_a_word(
    window: MainWindow, story: Path, qtbot: QtBot
) -> None:
    recorder = window.recorder
    recorder.inputs.source = PretendMicrophone()
    open_it(window, story, qtbot)
    mark(window, 40)
    n_markers = len(recorder.session.markers)
    open_it(window, story, qtbot)
    assert len(recorder.session.markers) == n_markers == 3
    assert window.banner.text.text() == messages.MARKERS_UNSAVED.format(messages.SESSION_HAS, messages.OPEN_AGAIN)
    open_it(window, story, qtbot)
    assert len(recorder.session.markers) == 2
    mark(window, 40)
    recorder.toggle()
    assert not recorder.session.is_recording
    assert window.banner.text.text() == messages.MARKERS_UNSAVED.format(messages.SESSION_HAS, messages.RECORD_AGAIN)
    recorder.toggle()
    assert recorder.session.is_recording
    assert not window.sessions.files.is_opened
    recorder.stop()


@pytest.mark.parametrize("name", ["s.csv", "s.png", "s.html"])
def test_a_table_or_picture_of_a_recording_with_a_note_leaves_it_to_be_offered(
    recorded: Recorded, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    window = recorded(0)
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    begin_recording(window)
    hear(window, answer(1.0))
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    save(window, tmp_path / name, qtbot, note="Anna, in the kitchen")
    window.close()
    (found,) = find_interrupted(paths.journals_folder())
    assert found.session.note == "Anna, in the kitchen"


def test_a_table_of_an_opened_session_does_not_keep_its_new_note(
    window: MainWindow, story: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    open_it(window, story, qtbot)
    save(window, tmp_path / "table.csv", qtbot, note="Another note")
    window.sessions.card.close_session.click()
    assert window.sessions.files.is_opened
    assert window.banner.text.text() == messages.NOTE_UNSAVED.format(messages.SESSION_HAS, messages.CLOSE_AGAIN)
    window.sessions.card.close_session.click()
    assert not window.sessions.files.is_opened


def test_markers_set_after_a_recording_was_saved_are_not_dropped_without_a_word(
    window: MainWindow, story: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    save(window, tmp_path / "mine.json", qtbot)
    window.sessions.moments.choose(3)
    window.sessions.marking.mark()
    save(window, tmp_path / "mine.csv", qtbot)
    open_it(window, story, qtbot)
    assert window.sessions.files.is_opened, "the recording waits: nothing is lost"
    window.recorder.inputs.source = PretendMicrophone()
    window.recorder.toggle()
    assert not window.recorder.session.is_recording
    assert window.banner.text.text() == messages.MARKERS_UNSAVED.format(messages.RECORDING_HAS, messages.RECORD_AGAIN)
    window.recorder.toggle()
    assert window.recorder.session.is_recording
    window.recorder.stop()


def test_the_window_says_once_that_closing_it_drops_what_was_written(
    window: MainWindow, story: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    open_it(window, story, qtbot)
    mark(window, 40)
    save(window, tmp_path / "report.html", qtbot, note="A note")
    close_as_people_do(window)
    assert window.isVisible()
    assert window.banner.text.text() == messages.BOTH_UNSAVED.format(messages.SESSION_HAS, messages.CLOSE_WINDOW_AGAIN)
    save(window, story, qtbot)
    close_as_people_do(window)
    assert not window.isVisible()


def test_the_second_time_the_window_closes(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    open_it(window, story, qtbot)
    mark(window, 40)
    close_as_people_do(window)
    assert window.isVisible()
    close_as_people_do(window)
    assert not window.isVisible()


def test_sound_is_saved_only_when_asked(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    spool = SoundSpool()
    spool.begin(0.0)
    spool.append(np.full(12 * 16_000, 0.25, np.float32))
    window.sessions.files.sound = spool
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(tmp_path / "silent.json")
    assert open_session(tmp_path / "silent.json").audio == ""
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(tmp_path / "with.json", with_sound=True, note="A note")
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["silent.json", "with.flac", "with.json"]
    assert "with its sound" in window.banner.text.text()
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(tmp_path / "silent again.json")
    assert open_session(tmp_path / "silent again.json").audio == "", "not that of the other file"
    spool.close()
    open_it(window, tmp_path / "with.json", qtbot)
    assert window.recorder.session.note == "A note"
    assert isinstance(window.sessions.listening.sound, StoredSound)
    (tmp_path / "with.flac").unlink()
    open_it(window, tmp_path / "with.json", qtbot)
    assert window.sessions.listening.sound is None
    assert "cannot be listened to" in window.banner.text.text()


def test_a_window_that_is_closed_at_once_still_saves_the_sound(
    recorded: Recorded, tmp_path: Path, qtbot: QtBot
) -> None:
    window = recorded(2)
    ring = RingBuffer(4 * 16_000)
    window.recorder.segment_begun.emit(Segment(ring, 16_000, 0, 0.0, 0.0, 1))
    window.recorder.state_changed.emit(SessionState.LISTENING)
    ring.write(np.full(2 * 16_000, 0.25, np.float32))
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    files = window.sessions.files
    files.sound = window.sessions.keeper.sound
    assert files.sound is not None
    qtbot.waitUntil(lambda: files.sound.duration_s == pytest.approx(2, abs=0.01))
    may_write = threading.Event()
    files.ensure_thread()._orders.put(lambda: may_write.wait(10))
    files.save(tmp_path / "story.json", with_sound=True)
    threading.Timer(0.3, may_write.set).start()
    window.close()
    sound, _ = sf.read(tmp_path / "story.flac")
    assert sound == pytest.approx(0.25, abs=0.01)
    assert open_session(tmp_path / "story.json").audio == "story.flac"


def test_a_recording_that_begins_while_the_last_one_is_saved_is_another_one(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    recorder, files = window.recorder, window.sessions.files
    before = recorder.session
    may_write = threading.Event()
    files.ensure_thread()._orders.put(lambda: may_write.wait(10))
    files.save(tmp_path / "story.json", note="The first one")
    begin_recording(window)
    with qtbot.waitSignal(files.worker.saved):
        may_write.set()
    assert recorder.session is not before
    assert (before.path, before.note) == (tmp_path / "story.json", "The first one")
    assert (recorder.session.path, recorder.session.audio, recorder.session.note) == (None, "", "")
    assert len(open_session(tmp_path / "story.json").history) == len(before.history) == 12
    recorder.stop()


def test_answers_that_come_while_it_is_saved_keep_their_journal(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    recorder, files = window.recorder, window.sessions.files
    begin_recording(window)
    recorder._answered(recorder._segment, answer(1.0))
    may_write = threading.Event()
    files.ensure_thread()._orders.put(lambda: may_write.wait(10))
    files.save(tmp_path / "story.json")
    recorder._answered(recorder._segment, answer(2.0))
    recorder._go(SessionState.FINISHING)
    recorder._go(SessionState.IDLE)
    qtbot.waitUntil(lambda: bool(list(paths.journals_folder().glob("*.journal"))), timeout=5000)
    with qtbot.waitSignal(files.worker.saved):
        may_write.set()
    done = threading.Event()
    window.sessions.keeper._worker._orders.put(done.set)
    qtbot.waitUntil(done.is_set)
    assert list(paths.journals_folder().glob("*.journal"))
    with qtbot.waitSignal(files.saved):
        files.save(tmp_path / "story.json")
    qtbot.waitUntil(lambda: not list(paths.journals_folder().glob("*.journal")))


def test_every_format_is_written(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.recorder.session.markers = [Marker(3.0, "here")]
    for name in ("s.csv", "s.png", "s.html"):
        with qtbot.waitSignal(window.sessions.files.worker.saved):
            window.sessions.files.save(tmp_path / name)
    with (tmp_path / "s.csv").open() as file:
        assert [row["marker"] for row in csv.DictReader(file)][:4] == ["", "", "here", ""]
    assert QImage(str(tmp_path / "s.png")).width() > 2000
    assert "here" in (tmp_path / "s.html").read_text()


def test_an_opened_session_is_seen_from_its_beginning_to_its_end(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    open_it(window, story, qtbot)
    view, end_s = window.cards.timeline.view, window.recorder.session.history[-1].end_s
    assert end_s > 60
    assert view.start_s == 0
    assert view.start_s + view.span_s >= end_s

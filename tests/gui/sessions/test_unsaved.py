"""Words that nothing would bring back: what is said before they are dropped, and when nothing is."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.journal import find_interrupted
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.sessions import messages
from tests.gui.sessions.conftest import (
    begin_as_people_do,
    close_as_people_do,
    end_recording,
    mark,
    open_it,
    record,
    save,
)
from tests.helpers.microphones import PretendMicrophone


def said(window: MainWindow) -> str:
    return window.banner.text.text()


@pytest.mark.parametrize("name", ["s.csv", "s.png", "s.html"])
def test_words_after_a_table_or_picture_of_a_recording_are_not_dropped_without_a_word(
    idle: MainWindow, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    record(idle, 12)
    save(idle, tmp_path / name, qtbot)
    mark(idle, 3)
    close_as_people_do(idle)
    assert idle.isVisible()
    assert said(idle) == messages.MARKERS_UNSAVED.format(messages.SESSION_HAS, messages.CLOSE_WINDOW_AGAIN)
    save(idle, tmp_path / "s.json", qtbot)
    close_as_people_do(idle)
    assert not idle.isVisible()


def test_markers_after_a_recording_under_way_was_saved_are_in_its_journal(
    idle: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    begin_as_people_do(idle, 5)
    save(idle, tmp_path / "s.json", qtbot)
    mark(idle, 3)
    end_recording(idle)
    with qtbot.waitSignal(idle.sessions.keeper.replaced):
        idle.recorder.toggle()
    assert idle.recorder.session.is_recording, "nothing is dropped"
    idle.recorder.stop()


def test_what_was_said_of_one_action_does_not_count_for_another(idle: MainWindow, story: Path, qtbot: QtBot) -> None:
    idle.recorder.inputs.source = PretendMicrophone()
    open_it(idle, story, qtbot)
    mark(idle, 40)
    idle.sessions.card.close_session.click()
    assert messages.CLOSE_AGAIN in said(idle)
    idle.recorder.toggle()
    assert not idle.recorder.session.is_recording
    assert messages.RECORD_AGAIN in said(idle)
    idle.recorder.toggle()
    assert idle.recorder.session.is_recording
    idle.recorder.stop()


def test_words_on_their_way_into_a_file_are_as_good_as_saved(idle: MainWindow, story: Path, qtbot: QtBot) -> None:
    files, may_write = idle.sessions.files, threading.Event()
    open_it(idle, story, qtbot)
    mark(idle, 40)
    files.ensure_thread()._orders.put(lambda: may_write.wait(10))
    with qtbot.waitSignal(files.worker.saved):
        files.save(story)
        idle.sessions.card.close_session.click()
        may_write.set()
    assert not files.is_opened


def test_words_whose_saving_failed_are_not(idle: MainWindow, story: Path, qtbot: QtBot) -> None:
    open_it(idle, story, qtbot)
    mark(idle, 40)
    with qtbot.waitSignal(idle.sessions.files.worker.over):
        idle.sessions.files.save(story / "no folder.json")
    idle.sessions.card.close_session.click()
    assert idle.sessions.files.is_opened
    assert messages.CLOSE_AGAIN in said(idle)


def test_a_recording_whose_window_closes_while_it_is_saved_is_not_offered(
    idle: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    record(idle, 12)
    may_write = threading.Event()
    idle.sessions.files.ensure_thread()._orders.put(lambda: may_write.wait(10))
    idle.sessions.files.save(tmp_path / "s.json")
    threading.Timer(0.3, may_write.set).start()
    idle.close()
    assert find_interrupted(paths.journals_folder()) == []


def test_a_note_that_is_still_being_written_is_not_lost_when_the_window_closes(idle: MainWindow) -> None:
    record(idle, 12)
    mark(idle, 3, "laughs")
    idle.close()
    (found,) = find_interrupted(paths.journals_folder())
    assert [m.note for m in found.session.markers] == ["laughs"]


@pytest.mark.parametrize("action", ["record", "close", "open", "save", "mark", "pick"])
def test_a_note_that_is_still_being_written_is_kept_before_something_else_happens(
    idle: MainWindow, story: Path, qtbot: QtBot, action: str
) -> None:
    idle.recorder.inputs.source = PretendMicrophone()
    open_it(idle, story, qtbot)
    session, sessions = idle.recorder.session, idle.sessions
    mark(idle, 40, "laughs")
    {
        "record": idle.recorder.toggle,
        "close": sessions.card.close_session.click,
        "open": lambda: open_it(idle, story, qtbot),
        "save": lambda: save(idle, story, qtbot),
        "mark": sessions.marking.mark,
        "pick": lambda: sessions.card.timeline.marker_picked.emit(0),
    }[action]()
    assert idle.recorder.session is session
    assert "laughs" in [m.note for m in session.markers]


def test_the_sentence_says_whose_words_they_are() -> None:
    def whose(*, in_hand: bool, waiting: bool) -> str:
        text = messages.unsaved(in_hand=in_hand, waiting=waiting, markers=True, note=False, again="Record again")
        assert text.endswith("markers that were not saved in a session file. Record again, and they are dropped.")
        return text.split(" markers")[0]

    assert whose(in_hand=True, waiting=False) == "This session has"
    assert whose(in_hand=False, waiting=True) == "Your own recording has"
    assert whose(in_hand=True, waiting=True) == "This session and your own recording have"


def test_the_sound_of_a_recording_that_was_not_saved_goes_with_a_word(idle: MainWindow, qtbot: QtBot) -> None:
    record(idle, 12)
    close_as_people_do(idle)
    assert idle.isVisible()
    assert said(idle) == messages.sound_unsaved(12.0)
    close_as_people_do(idle)
    assert not idle.isVisible()


@pytest.mark.parametrize(("n_answers", "is_saved"), [(5, False), (12, True)])
def test_a_short_try_and_a_saved_recording_close_without_a_word(
    idle: MainWindow, tmp_path: Path, qtbot: QtBot, n_answers: int, is_saved: bool
) -> None:
    record(idle, n_answers)
    if is_saved:
        save(idle, tmp_path / "s.json", qtbot)
    close_as_people_do(idle)
    assert not idle.isVisible()

"""Recordings that a crash interrupted, or that another one replaced."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from ser_desktop.core import journal as journal_room
from ser_desktop.core import paths
from ser_desktop.core.journal import Journal, find_interrupted
from ser_desktop.core.session import SessionState
from ser_desktop.core.session_file import open_session
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.sessions import messages
from tests.gui.sessions.conftest import Recorded, answer, close_as_people_do, hear, mark, open_it, record, save
from tests.helpers.sessions import recording


def interrupted_recording() -> Path:
    session = recording()
    answers, session.history = session.history, []
    journal = Journal(paths.journals_folder(), session)
    for one in answers:
        journal.add_answer(one)
    journal.flush()
    assert journal._file is not None
    journal._file.close()
    journal._lock.release()
    return journal.path


def look(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.sessions.keeper.found):
        window.sessions.recovery.look()


def test_an_interrupted_recording_is_offered_opened_and_kept_until_saved(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    journal = interrupted_recording()
    look(window, qtbot)
    banner = window.sessions.recovery.banner
    assert banner.isVisible()
    assert "The recording of 1 May, 12:00, 2 minutes long, was not saved." in banner.text.text()
    banner.open_button.click()
    assert window.cards.timeline.scene.lanes.n_answers == 120
    assert not banner.isVisible()
    assert journal.exists()
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(tmp_path / "rescued.json")
    qtbot.waitUntil(lambda: not journal.exists())
    assert len(open_session(tmp_path / "rescued.json").history) == 120


def test_one_that_is_discarded_can_be_had_back_until_the_window_closes(window: MainWindow, qtbot: QtBot) -> None:
    journal = interrupted_recording()
    look(window, qtbot)
    banner = window.sessions.recovery.banner
    banner.discard_button.click()
    assert journal.exists()
    banner.undo_button.click()
    assert banner.open_button.isVisible()
    banner.discard_button.click()
    window.close()
    assert not journal.exists()


def test_while_it_records_an_interrupted_recording_waits(recorded: Recorded, qtbot: QtBot) -> None:
    window = recorded(2)
    interrupted_recording()
    look(window, qtbot)
    banner = window.sessions.recovery.banner
    assert not banner.open_button.isEnabled()
    hear(window, answer(3.0))
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    assert banner.open_button.isEnabled()
    assert not [w for w in window.findChildren(QMessageBox) if w.isVisible()]


def test_without_an_interrupted_recording_nothing_is_said(window: MainWindow) -> None:
    window.sessions.recovery.look()
    assert not window.sessions.recovery.banner.isVisible()
    assert not window.sessions.keeper._worker.isRunning()


def lengths_left() -> list[float]:
    """As the next start finds them."""
    return sorted(found.session.history[-1].end_s for found in find_interrupted(paths.journals_folder()))


@pytest.fixture
def opened(idle: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with a recording of 13 seconds, and the one of 12 before, which has a marker, opened again."""
    record(idle, 12)
    mark(idle, 3, "before")
    with qtbot.waitSignal(idle.sessions.keeper.replaced):
        record(idle, 13)
    idle.sessions.recovery.banner.open_button.click()
    assert len(idle.recorder.session.history) == 12
    return idle


def test_one_that_was_opened_is_not_given_up_for_the_next(opened: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.sessions.keeper.replaced):
        record(opened, 14)
    banner = opened.sessions.recovery.banner
    assert "13 seconds" in banner.text.text()
    banner.discard_button.click()
    opened.close()
    assert lengths_left() == [12, 14]


def test_one_that_was_opened_and_not_saved_is_offered_again_when_it_is_closed(opened: MainWindow) -> None:
    opened.sessions.card.close_session.click()
    assert not opened.sessions.files.is_opened, "its marker is in its journal"
    banner = opened.sessions.recovery.banner
    assert "12 seconds" in banner.text.text()
    banner.open_button.click()
    assert [m.note for m in opened.recorder.session.markers] == ["before"]


def test_it_is_offered_again_when_another_one_is_opened(
    opened: MainWindow, story: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    banner = opened.sessions.recovery.banner
    open_it(opened, story, qtbot)
    assert "12 seconds" in banner.text.text()
    banner.open_button.click()
    assert not banner.isVisible()
    save(opened, tmp_path / "it.json", qtbot)
    open_it(opened, story, qtbot)
    assert not banner.isVisible(), "it was saved"


def test_what_is_written_about_one_that_was_opened_comes_back(opened: MainWindow) -> None:
    mark(opened, 7, "after")
    close_as_people_do(opened)
    assert opened.banner.text.text() == messages.sound_unsaved(13.0), "the sound of the other one alone"
    close_as_people_do(opened)
    assert not opened.isVisible()
    found = {len(f.session.history): f.session for f in find_interrupted(paths.journals_folder())}
    assert sorted(found) == [12, 13]
    assert [m.note for m in found[12].markers] == ["before", "after"]


def test_words_that_the_disk_refuses_are_said(
    opened: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, qtbot.waitSignal(opened.sessions.keeper._worker.failed):
        patch.setattr(journal_room.os, "fsync", full)
        mark(opened, 7)
    assert opened.banner.text.text() == " ".join(messages.words_unwritten("No space left on device"))


def test_a_second_window_does_not_offer_what_the_first_one_offers(idle: MainWindow, qtbot: QtBot) -> None:
    record(idle, 12)
    with qtbot.waitSignal(idle.sessions.keeper.replaced):
        record(idle, 1)
    assert find_interrupted(paths.journals_folder()) == []
    idle.close()
    assert lengths_left() == [12]

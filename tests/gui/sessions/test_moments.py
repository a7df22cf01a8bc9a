"""Looking back at a moment while the recording goes on, and markers with notes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from ser_desktop.core.markers import Marker
from ser_desktop.core.session import SessionState
from ser_desktop.gui import messages as common
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.sessions import messages
from tests.gui.sessions.conftest import NOON, Recorded, answer, hear


@pytest.fixture
def window(recorded: Recorded) -> MainWindow:
    return recorded()


def test_a_moment_shows_its_answer_and_its_chances(window: MainWindow) -> None:
    window.sessions.moments.choose(7)
    assert window.cards.answer.title == "Angry"
    assert window.cards.bars.values == (0.1, 0.8, 0.1)
    assert window.sessions.card.text.text().startswith("from 00:00 to 00:08 · Angry")
    assert window.status.answer.text() == "looking back at 12:00:00–12:00:08"
    assert messages.LAYERS_SAME in window.cards.why_text.text()


def test_what_comes_meanwhile_is_drawn_and_does_not_replace_the_moment(window: MainWindow) -> None:
    window.sessions.moments.choose(7)
    hear(window, answer(31, 2))
    assert window.cards.answer.title == "Angry"
    assert window.cards.timeline.scene.lanes.n_answers == 31
    window.sessions.moments.leave()
    assert window.cards.answer.title == "Disgust"
    assert window.cards.timeline.view.follows
    assert "describes" in window.status.answer.text()


def test_a_moment_is_no_dialog_and_recording_goes_on(window: MainWindow, qtbot: QtBot) -> None:
    window.sessions.moments.choose(7)
    assert window.recorder.session.is_recording
    assert QApplication.activeModalWidget() is None
    assert not [w for w in window.findChildren(QDialog) if w.isVisible()]


def test_escape_in_the_timeline_goes_back_to_live(window: MainWindow, qtbot: QtBot) -> None:
    window.sessions.moments.choose(3)
    assert window.sessions.card.back.isVisible()
    qtbot.keyClick(window.cards.timeline, Qt.Key.Key_Escape)
    assert window.sessions.moment is None
    assert not window.sessions.card.back.isVisible()


def test_a_button_offers_to_follow_again(window: MainWindow, qtbot: QtBot) -> None:
    for i in range(30, 300):
        hear(window, answer(i + 1.0))
    assert not window.sessions.card.follow.isVisible()
    qtbot.keyClick(window.cards.timeline, Qt.Key.Key_Home)
    assert window.sessions.card.follow.isVisible()
    qtbot.mouseClick(window.sessions.card.follow, Qt.MouseButton.LeftButton)
    assert window.cards.timeline.view.follows
    assert not window.sessions.card.follow.isVisible()


def test_a_new_recording_forgets_moment_and_markers(window: MainWindow) -> None:
    window.sessions.moments.choose(3)
    window.sessions.marking.mark()
    recorder = window.recorder
    recorder._go(SessionState.FINISHING)
    recorder._go(SessionState.IDLE)
    recorder.session.start("Desk Mic", NOON)
    recorder.state_changed.emit(recorder.session.state)
    assert window.sessions.moment is None
    assert window.cards.timeline.scene.markers == ()
    assert window.cards.timeline.scene.lanes.n_answers == 0
    assert window.cards.answer.title == common.LISTENING
    assert not window.sessions.card.is_editing


def test_a_marker_is_set_at_the_moment_and_noted(window: MainWindow, qtbot: QtBot) -> None:
    card = window.sessions.card
    window.sessions.moments.choose(9)
    qtbot.keyClick(window.cards.timeline, Qt.Key.Key_M)
    assert window.recorder.session.markers == [Marker(10.0)]
    assert card.is_editing
    assert card.editor.title.text() == "Marker at 00:10"
    qtbot.keyClicks(card.editor.note, "laughs, mmm")
    qtbot.keyClick(card.editor.note, Qt.Key.Key_Return)
    assert window.recorder.session.markers == [Marker(10.0, "laughs, mmm")]
    assert window.cards.timeline.scene.markers == (Marker(10.0, "laughs, mmm"),)
    assert not card.is_editing


def test_without_a_moment_a_marker_is_set_now(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window.recorder, "elapsed_s", lambda: 30.25)
    window.sessions.marking.mark()
    assert window.recorder.session.markers == [Marker(30.25)]


def test_escape_leaves_a_note_as_it_was(window: MainWindow, qtbot: QtBot) -> None:
    window.recorder.session.markers = [Marker(10.0, "before")]
    window.sessions.marking.show()
    window.sessions.marking.open(0)
    qtbot.keyClicks(window.sessions.card.editor.note, "after")
    qtbot.keyClick(window.sessions.card.editor.note, Qt.Key.Key_Escape)
    assert window.recorder.session.markers == [Marker(10.0, "before")]


def test_a_deleted_marker_can_be_put_back(window: MainWindow, qtbot: QtBot) -> None:
    window.recorder.session.markers = [Marker(10.0, "first"), Marker(20.0, "second")]
    window.sessions.marking.show()
    window.cards.timeline.marker_picked.emit(0)
    assert window.sessions.moment is not None
    assert window.sessions.moment.end_s == 10.0
    card = window.sessions.card
    qtbot.mouseClick(card.editor.delete, Qt.MouseButton.LeftButton)
    assert window.recorder.session.markers == [Marker(20.0, "second")]
    assert card.undo.isVisible()
    qtbot.mouseClick(card.undo, Qt.MouseButton.LeftButton)
    assert window.recorder.session.markers == [Marker(10.0, "first"), Marker(20.0, "second")]
    assert not card.undo.isVisible()


def test_without_a_recording_nothing_can_be_marked(window: MainWindow) -> None:
    window.recorder.session.history.clear()
    window.recorder.session.state = "idle"  # type: ignore[assignment]
    window.sessions.marking.mark()
    assert window.recorder.session.markers == []


def test_every_control_of_the_card_can_be_reached_and_has_a_name(window: MainWindow) -> None:
    card = window.sessions.card
    for control in (card.timeline, card.listen, card.mark, card.back, card.follow, card.undo, card.editor.note):
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert control.accessibleName()


def test_leaving_a_moment_while_the_microphone_is_away_says_paused(window: MainWindow) -> None:
    window.sessions.moments.choose(7)
    window.recorder._go(SessionState.PAUSED)
    assert window.cards.answer.title == "Angry", "a moment stays"
    window.sessions.moments.leave()
    assert window.cards.answer.title == common.PAUSED


def test_where_room_is_short_the_timeline_gets_it(window: MainWindow, qtbot: QtBot) -> None:
    window.cards.timeline.set_labels(tuple("abcdefgh"))
    window.resize(1280, 800)
    qtbot.waitUntil(window.cards.waveform.isVisible)
    window.resize(960, 640)
    qtbot.waitUntil(lambda: not window.cards.waveform.isVisible())
    frame = window.cards.timeline.frame()
    assert frame.lanes.height() >= 8 * 11
    window.resize(1280, 800)
    qtbot.waitUntil(window.cards.waveform.isVisible)


def test_another_moment_ends_the_writing_of_a_note_and_keeps_it(window: MainWindow, qtbot: QtBot) -> None:
    card = window.sessions.card
    window.sessions.moments.choose(6)
    window.sessions.marking.mark()
    qtbot.keyClicks(card.editor.note, "laughs")
    window.sessions.moments.choose(20)
    assert not card.is_editing
    assert [marker.note for marker in window.recorder.session.markers] == ["laughs"]
    assert card.text.text().startswith("from 00:13"), "what is looked at is said again"


def test_what_comes_and_goes_does_not_move_mark_from_under_the_mouse(window: MainWindow, qtbot: QtBot) -> None:
    card = window.sessions.card
    qtbot.waitExposed(window)
    qtbot.wait(20)
    before = card.mark.mapTo(window, card.mark.rect().topLeft())
    window.sessions.moments.choose(6)
    qtbot.wait(20)
    assert card.back.isVisible()
    assert card.mark.mapTo(window, card.mark.rect().topLeft()) == before


def test_a_click_leaves_the_space_bar_to_record(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.bar.take_keys()
    card, keys = window.sessions.card, QApplication.focusWidget()
    window.sessions.moments.choose(6)
    qtbot.mouseClick(card.back, Qt.MouseButton.LeftButton)
    assert QApplication.focusWidget() is keys

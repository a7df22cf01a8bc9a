"""The audience view: what fills the screen, who was asked before, and how one leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QFontMetricsF
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from ser_desktop.core.labels import RAVDESS_7
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.session import SessionState
from ser_desktop.gui import messages
from ser_desktop.gui.audience import SMALLEST, AudienceView
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.sessions.messages import RECORD_AGAIN, unsaved
from ser_desktop.microphone import InputDevice
from tests.gui.conftest import OpenWindow
from tests.helpers.microphones import PretendMicrophone

LABELS = tuple(str(emotion) for emotion in RAVDESS_7)
PROBABILITIES = tuple(0.8 if label == "angry" else 0.2 / 6 for label in LABELS)


def answer(state: AnswerState = AnswerState.EMOTION, end_s: float = 8.0) -> Prediction:
    said = state is AnswerState.EMOTION
    return Prediction(
        start_s=end_s - 8.0,
        end_s=end_s,
        state=state,
        labels=LABELS if said else (),
        probabilities=PROBABILITIES if said else (),
        latency_s=0.2,
    )


@pytest.fixture
def window(open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    window = open_window()
    monkeypatch.setattr(window.recorder.session, "state", SessionState.IDLE)
    yield window
    window.close()


@pytest.fixture
def view(window: MainWindow, qtbot: QtBot) -> AudienceView:
    qtbot.mouseClick(window.bar.audience_button, Qt.MouseButton.LeftButton)
    assert window.audience.view is not None
    window.audience.view.timeline.set_labels(LABELS)
    window.audience.view.resize(1920, 1080)
    return window.audience.view


def test_the_key_opens_it_and_escape_leaves_it(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    view = window.audience.view
    assert view is not None
    assert view.isFullScreen()
    with qtbot.waitSignal(view.left):
        qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.isVisible()


def test_the_main_window_has_room_for_its_button(window: MainWindow) -> None:
    assert window.centralWidget().minimumSizeHint().width() <= 1000


def test_every_letter_can_be_read_from_ten_metres(view: AudienceView) -> None:
    view.toggle()
    presenter = view.controls
    texts = [w for w in (*view.findChildren(QLabel), *view.findChildren(QPushButton)) if not presenter.isAncestorOf(w)]
    assert texts
    for widget in texts:
        widget.ensurePolished()
        assert widget.font().pixelSize() >= round(0.04 * view.height()), widget.text()
    assert view.timeline.frame().font.pixelSize() >= round(0.04 * view.height())
    assert SMALLEST > 0.04
    longest = view.answer._fitting("A very long name of a class that somebody has made up", 300, 500.0)
    assert longest >= 0.04 * view.answer.screen_height


def test_those_who_are_heard_are_asked_once(view: AudienceView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    toggled: list[bool] = []
    monkeypatch.setattr(view._recorder, "toggle", lambda: toggled.append(True))
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.consent.isVisible()
    qtbot.mouseClick(view.consent.no_button, Qt.MouseButton.LeftButton)
    assert not toggled
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.mouseClick(view.consent.yes_button, Qt.MouseButton.LeftButton)
    assert toggled == [True]
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert toggled == [True, True]
    assert not view.consent.isVisible()


def test_the_mouse_records_and_stops(view: AudienceView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder, button, hint = view._recorder, view.controls.record_button, view.controls.hint
    toggled: list[bool] = []
    monkeypatch.setattr(recorder, "toggle", lambda: toggled.append(True))
    view._state_changed(SessionState.IDLE)
    assert (button.text(), button.accessibleName(), hint.text()) == ("Record", "Record", "Space: listen · Esc: leave")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert view.consent.isVisible()
    assert not button.isVisible(), "the question has its own buttons"
    qtbot.mouseClick(view.consent.yes_button, Qt.MouseButton.LeftButton)
    assert toggled == [True]
    monkeypatch.setattr(recorder.session, "state", SessionState.LISTENING)
    view._state_changed(SessionState.LISTENING)
    assert (button.text(), button.accessibleName(), hint.text()) == ("Stop", "Stop", "Space: stop · Esc: leave")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert toggled == [True, True]
    monkeypatch.setattr(recorder.session, "state", SessionState.FINISHING)
    view._state_changed(SessionState.FINISHING)
    assert not button.isEnabled()
    assert hint.text() == "Esc: leave"
    monkeypatch.setattr(recorder.session, "state", SessionState.IDLE)


def test_without_a_microphone_the_button_says_so(view: AudienceView, qtbot: QtBot) -> None:
    view._has_consent = True
    view._recorder.inputs.source, view._recorder.inputs.is_opening = None, False
    view._state_changed(SessionState.IDLE)
    qtbot.mouseClick(view.controls.record_button, Qt.MouseButton.LeftButton)
    assert view.answer.title == messages.NO_MICROPHONES
    assert view.controls.hint.text() == messages.NO_MICROPHONE_HINT
    view._recorder.inputs._opened(0, PretendMicrophone())
    assert view.answer.title == messages.AUDIENCE_IDLE
    assert view.controls.hint.text() == messages.audience_hint(SessionState.IDLE)


def test_a_remembered_microphone_that_is_away_is_named_where_there_are_others(
    view: AudienceView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = view._recorder
    monkeypatch.setattr(recorder, "settings", replace(recorder.settings, microphone="USB Mic"))
    view._has_consent = True
    view._state_changed(SessionState.IDLE)
    assert view.answer.title == messages.NO_MICROPHONES
    recorder.inputs._listed((InputDevice("Built-in", 0, 48_000.0, is_default=True),))
    assert view.answer.title == messages.AUDIENCE_IDLE
    qtbot.mouseClick(view.controls.record_button, Qt.MouseButton.LeftButton)
    assert view.answer.title == messages.AUDIENCE_IDLE, "there is one"
    assert view.controls.hint.text() == messages.unplugged("USB Mic")
    recorder.inputs._opened(0, PretendMicrophone())
    assert view.controls.hint.text() == messages.audience_hint(SessionState.IDLE)


def test_what_keeps_a_recording_from_beginning_is_said_until_one_begins(
    view: AudienceView, qtbot: QtBot, tmp_path: Path
) -> None:
    view._has_consent = True
    recorder, hint = view._recorder, view.controls.hint
    recorder.noticed.emit(Notice("Something in the other window."))
    assert hint.text() == messages.audience_hint(SessionState.IDLE), "it is not for those who watch"
    recorder.session.path, recorder.session.note = tmp_path / "story.json", "not saved"
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert hint.text() == unsaved(in_hand=True, waiting=False, markers=False, note=True, again=RECORD_AGAIN)
    recorder.inputs.source = PretendMicrophone()
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert recorder.session.state is SessionState.LISTENING
    assert hint.text() == messages.audience_hint(SessionState.LISTENING)


LONGEST = unsaved(in_hand=True, waiting=True, markers=True, note=True, again=RECORD_AGAIN)


@pytest.mark.parametrize("size", [(3840, 2160), (1920, 1080), (1024, 768), (800, 600)])
@pytest.mark.parametrize("words", [LONGEST, "word " * 200, "/a/long/path" * 60])
def test_what_is_said_to_the_presenter_moves_nothing(
    view: AudienceView, qtbot: QtBot, size: tuple[int, int], words: str
) -> None:
    view.resize(*size)
    view._state_changed(SessionState.IDLE)
    qtbot.wait(20)
    widgets = (view.timeline, view.answer, view.controls, view.controls.record_button, view.controls.hint)
    before = [widget.geometry() for widget in widgets]
    view.controls.say(words)
    qtbot.wait(20)
    assert [widget.geometry() for widget in widgets] == before
    hint = view.controls.hint
    font, lines = hint.lines()
    metrics = QFontMetrics(font)
    assert len(lines) * metrics.lineSpacing() <= hint.height()
    assert max(metrics.horizontalAdvance(line.rstrip()) for line in lines) <= hint.width()
    is_whole = "".join(lines) == words
    assert is_whole or (lines[-1].endswith("…") and hint.toolTip() == words)
    assert is_whole is (words == LONGEST) or size[0] > 1024


def test_the_presenters_button_takes_space_from_nobody_and_the_keys_reach_it(
    view: AudienceView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    toggled: list[bool] = []
    monkeypatch.setattr(view, "_has_consent", True)
    monkeypatch.setattr(view._recorder, "toggle", lambda: toggled.append(True))
    view._state_changed(SessionState.IDLE)
    button = view.controls.record_button
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not button.hasFocus()
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    assert button.hasFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert toggled == [True, True]
    view._state_changed(SessionState.FINISHING)
    assert view.hasFocus()


LONGEST = unsaved(in_hand=True, waiting=True, markers=True, note=True, again=RECORD_AGAIN)


@pytest.mark.parametrize("size", [(3840, 2160), (1920, 1080), (1024, 768), (800, 600)])
def test_the_presenters_button_is_large_enough_and_in_sight(
    view: AudienceView, qtbot: QtBot, size: tuple[int, int]
) -> None:
    view.resize(*size)
    button, hint = view.controls.record_button, view.controls.hint
    widths = set()
    for state in (SessionState.IDLE, SessionState.LISTENING, SessionState.FINISHING):
        view.controls.show_state(state, recording=state is SessionState.LISTENING)
        qtbot.wait(20)
        widths.add(button.width())
        assert button.width() >= button.minimumSizeHint().width()
    assert len(widths) == 1, "values move, the layout does not"
    assert button.height() >= max(44, 0.049 * view.height())
    assert view.rect().contains(view.controls.geometry())
    assert hint.geometry().left() > button.geometry().right()
    assert view.timeline.geometry().bottom() < view.controls.geometry().top()


def test_escape_declines_before_it_leaves(view: AudienceView, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.consent.isVisible()
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert view.isVisible()
    assert view.answer.isVisible()


def test_the_question_is_shown_whole(view: AudienceView) -> None:
    for size in ((1920, 1080), (1024, 768)):
        view.resize(*size)
        view.toggle()
        text = view.consent.text
        assert text.height() >= text.heightForWidth(text.width())


def test_all_of_the_timeline_is_in_sight(view: AudienceView, qtbot: QtBot) -> None:
    for size in ((1920, 1080), (1024, 768)):
        view.resize(*size)
        qtbot.wait(50)
        assert view.rect().contains(view.timeline.geometry())
        assert view.answer.geometry().bottom() < view.timeline.geometry().top()
        fonts = view.answer.fonts(view.answer.width())
        assert sum(QFontMetricsF(font).height() for font in fonts) <= view.answer.height()


def test_letters_do_not_blow_the_window_up(view: AudienceView, qtbot: QtBot) -> None:
    view.resize(800, 600)
    view.toggle()
    qtbot.wait(100)
    assert (view.width(), view.height()) == (800, 600)


def test_answers_are_said_in_one_word_with_their_certainty(view: AudienceView) -> None:
    view._predicted(answer())
    assert (view.answer.title, view.answer.subtitle) == ("Angry", "sure · 80\u00a0%")
    view._predicted(answer(AnswerState.NO_SPEECH, end_s=9.0))
    assert view.answer.title == "No speech"
    view._state_changed(SessionState.PAUSED)
    assert view.answer.title == messages.PAUSED
    assert messages.AUDIENCE_SIGN in [label.text() for label in view.findChildren(QLabel)]


def test_with_one_screen_there_is_no_choice_of_screens(open_window: OpenWindow) -> None:
    window = open_window()
    assert window.audience.screens is not None
    assert not window.audience.screens.menuAction().isVisible()


def test_a_screen_is_named_with_its_size_and_filled(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    door = window.audience
    assert door.screens is not None
    door.list_screens()
    (entry,) = door.screens.actions()
    size = window.screen().geometry().size()
    assert entry.text().startswith("Screen 1: ")
    assert entry.text().endswith(f"{size.width()} × {size.height()}")
    entry.trigger()
    assert door.view is not None
    assert door.view.isVisible()
    assert door.view.screen() is window.screen()
    door.view.close()


def test_it_can_be_left_with_the_mouse_and_the_button_does_not_take_space(view: AudienceView, qtbot: QtBot) -> None:
    assert view.leave_button.focusPolicy() is Qt.FocusPolicy.NoFocus
    with qtbot.waitSignal(view.left):
        qtbot.mouseClick(view.leave_button, Qt.MouseButton.LeftButton)


def test_whoever_says_no_is_not_listened_to_any_longer(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    toggled: list[bool] = []
    monkeypatch.setattr(window.recorder.session, "state", SessionState.LISTENING)
    monkeypatch.setattr(window.recorder, "toggle", lambda: toggled.append(True))
    window.audience.open()
    view = window.audience.view
    assert view is not None
    qtbot.mouseClick(view.consent.no_button, Qt.MouseButton.LeftButton)
    assert toggled == [True]
    assert view.isVisible()
    monkeypatch.setattr(window.recorder.session, "state", SessionState.IDLE)
    view.close()


def test_a_recording_that_goes_on_is_asked_about_before_it_is_shown(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(window.recorder.session, "state", SessionState.LISTENING)
    window.audience.open()
    view = window.audience.view
    assert view is not None
    assert view.consent.isVisible()
    assert not view.answer.isVisible()
    qtbot.mouseClick(view.consent.yes_button, Qt.MouseButton.LeftButton)
    assert view.answer.isVisible()
    assert window.recorder.session.state is SessionState.LISTENING
    view.close()
    window.audience.open()
    assert view.answer.isVisible(), "once is enough"
    monkeypatch.setattr(window.recorder.session, "state", SessionState.IDLE)
    view.close()


def test_the_last_answer_stays_when_the_recording_has_stopped(view: AudienceView) -> None:
    session = view._recorder.session
    view._recorder.inputs.source = PretendMicrophone()
    view._state_changed(SessionState.IDLE)
    assert view.answer.title == messages.AUDIENCE_IDLE
    session.history.append(answer())
    view._predicted(answer())
    heard = view.answer.title
    view._state_changed(SessionState.PAUSED)
    view._state_changed(SessionState.IDLE)
    assert view.answer.title == heard == messages.answer_title(answer())
    view._begin()
    view._state_changed(SessionState.IDLE)
    assert view.answer.title == messages.AUDIENCE_IDLE, "the answer was about another recording"

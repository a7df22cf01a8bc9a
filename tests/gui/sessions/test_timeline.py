"""The timeline draws what it was given, and mouse and keyboard move about in it."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from ser_desktop.core.markers import Marker
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.session import Gap
from ser_desktop.gui import theme
from ser_desktop.gui.plots import Timeline
from ser_desktop.gui.plots.timeline_picture import tick_step_s

LABELS = ("calm", "angry")


def answer(end_s: float, *probabilities: float) -> Prediction:
    state = AnswerState.EMOTION if probabilities else AnswerState.NO_SPEECH
    return Prediction(max(0.0, end_s - 8), end_s, state, LABELS, probabilities)


def recording(seconds: int) -> list[Prediction]:
    return [answer(i + 1.0, *((0.9, 0.1) if i % 20 < 10 else (0.1, 0.9))) for i in range(seconds)]


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply_theme(app, "light")
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.set_labels(LABELS)
    widget.resize(800, 120)
    widget.show()
    return widget


def pixel(timeline: Timeline, time_s: float, lane: int) -> QColor:
    picture: QImage = timeline.grab().toImage()
    frame = timeline.frame()
    y = frame.lanes.top() + (lane + 0.5) * frame.lanes.height() / len(LABELS)
    return picture.pixelColor(round(frame.x_of(time_s, timeline.scene)), round(y))


def place(timeline: Timeline, time_s: float) -> QPoint:
    frame = timeline.frame()
    return QPoint(round(frame.x_of(time_s, timeline.scene)), round(frame.lanes.center().y()))


def colourfulness(colour: QColor) -> int:
    return max(colour.red(), colour.green(), colour.blue()) - min(colour.red(), colour.green(), colour.blue())


def turn_wheel(timeline: Timeline, steps: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    where = QPointF(timeline.rect().center())
    event = QWheelEvent(
        where,
        timeline.mapToGlobal(where),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(timeline, event)


def test_the_more_probable_the_stronger_and_silence_stays_empty(timeline: Timeline) -> None:
    for one in (answer(10, 0.9, 0.1), answer(20), answer(30, 0.2, 0.8)):
        timeline.add(one)
    calm, angry = (colourfulness(pixel(timeline, 6, lane)) for lane in (0, 1))
    assert calm > angry > 0
    assert max(colourfulness(pixel(timeline, 16, lane)) for lane in (0, 1)) < 12
    assert colourfulness(pixel(timeline, 26, 1)) > colourfulness(pixel(timeline, 26, 0))


def test_a_gap_is_hatched_and_a_new_recording_begins_empty(timeline: Timeline) -> None:
    timeline.add(answer(10, 0.9, 0.1))
    timeline.add_gap(20.0, 30.0)
    assert timeline.scene.gaps == [(20.0, 30.0)]
    timeline.clear()
    assert timeline.scene.gaps == []
    assert timeline.scene.lanes.n_answers == 0
    assert colourfulness(pixel(timeline, 6, 0)) < 12


def test_a_click_chooses_the_answer_there(timeline: Timeline, qtbot: QtBot) -> None:
    timeline.show_history(recording(60), [Gap(3, 4)], [])
    with qtbot.waitSignal(timeline.picked) as caught:
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=place(timeline, 29.5))
    assert caught.args == [29]


def test_a_drag_scrolls_and_chooses_nothing(timeline: Timeline, qtbot: QtBot) -> None:
    timeline.show_history(recording(600), [], [])
    start_s = timeline.view.start_s
    picked: list[int] = []
    timeline.picked.connect(picked.append)
    begin = QPoint(300, 60)
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=begin)
    qtbot.mouseMove(timeline, QPoint(500, 60))
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=QPoint(500, 60))
    assert timeline.view.start_s < start_s - 10
    assert not timeline.view.follows
    assert picked == []


def test_the_wheel_zooms_and_with_shift_scrolls(timeline: Timeline) -> None:
    timeline.show_history(recording(600), [], [])
    turn_wheel(timeline, 2)
    assert timeline.view.span_s < 60
    turn_wheel(timeline, 3, Qt.KeyboardModifier.ShiftModifier)
    assert not timeline.view.follows
    turn_wheel(timeline, -30)
    assert timeline.view.span_s == pytest.approx(timeline.view.longest_span_s)


def test_it_follows_until_somebody_looks_elsewhere(timeline: Timeline, qtbot: QtBot) -> None:
    timeline.show_history(recording(600), [], [])
    with qtbot.waitSignal(timeline.follow_changed) as caught:
        qtbot.keyClick(timeline, Qt.Key.Key_PageUp)
    assert caught.args == [False]
    start_s = timeline.view.start_s
    timeline.add(answer(601, 0.9, 0.1))
    assert timeline.view.start_s == start_s
    with qtbot.waitSignal(timeline.follow_changed) as caught:
        qtbot.keyClick(timeline, Qt.Key.Key_End)
    assert caught.args == [True]


def test_arrows_and_enter_choose_without_a_mouse(timeline: Timeline, qtbot: QtBot) -> None:
    timeline.show_history(recording(60), [], [])
    picked: list[int] = []
    timeline.picked.connect(picked.append)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right):
        qtbot.keyClick(timeline, key)
    assert picked == []
    assert "from 00:51 to 00:59" in timeline.accessibleDescription()
    qtbot.keyClick(timeline, Qt.Key.Key_Return)
    assert picked == [58]
    timeline.show_moment(58)
    qtbot.keyClick(timeline, Qt.Key.Key_Left)
    assert picked == [58, 57], "while a moment is looked at, arrows go through moments"
    with qtbot.waitSignal(timeline.left):
        qtbot.keyClick(timeline, Qt.Key.Key_Escape)


def test_every_key_moves(timeline: Timeline, qtbot: QtBot) -> None:
    timeline.show_history(recording(600), [], [])
    qtbot.keyClick(timeline, Qt.Key.Key_Minus)
    assert timeline.view.span_s > 60
    qtbot.keyClick(timeline, Qt.Key.Key_Plus)
    assert timeline.view.span_s == pytest.approx(60)
    qtbot.keyClick(timeline, Qt.Key.Key_Home)
    assert timeline.view.start_s == 0
    qtbot.keyClick(timeline, Qt.Key.Key_PageDown)
    assert timeline.view.start_s == pytest.approx(54)
    qtbot.keyClick(timeline, Qt.Key.Key_A)
    assert timeline.view.span_s >= 600


def test_a_moment_far_away_is_brought_into_sight_and_bracketed(timeline: Timeline) -> None:
    timeline.show_history(recording(600), [], [])
    timeline.show_moment(100)
    assert timeline.scene.moment == (93.0, 101.0)
    assert timeline.view.start_s <= 93
    assert timeline.view.start_s + timeline.view.span_s >= 101
    ink = QColor(theme.theme().text)
    edge = pixel(timeline, 93, 0)
    assert abs(edge.red() - ink.red()) + abs(edge.green() - ink.green()) < 120


def test_flags_of_markers_can_be_clicked_and_reached_with_keys(timeline: Timeline, qtbot: QtBot) -> None:
    timeline.show_history(recording(60), [], [Marker(10.0, "first"), Marker(40.0, "second")])
    flag = QPoint(round(timeline.frame().x_of(40.0, timeline.scene)) + 3, 5)
    with qtbot.waitSignal(timeline.marker_picked) as caught:
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=flag)
    assert caught.args == [1]
    timeline.show_moment(39)
    with qtbot.waitSignal(timeline.marker_picked) as caught:
        qtbot.keyClick(timeline, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert caught.args == [0]


def test_a_pointer_that_rests_on_a_flag_is_told_the_whole_note(timeline: Timeline, qtbot: QtBot) -> None:
    note = "a note that is much too long to be written beside its flag on the timeline itself"
    timeline.show_history(recording(60), [], [Marker(40.0, note)])
    flag = QPoint(round(timeline.frame().x_of(40.0, timeline.scene)) + 3, 5)
    QApplication.sendEvent(timeline, QHelpEvent(QEvent.Type.ToolTip, flag, timeline.mapToGlobal(flag)))
    assert QToolTip.text() == f"00:40: {note}"
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_an_answer_after_ten_hours_touches_none_of_those_before(timeline: Timeline) -> None:
    timeline.show_history(recording(36_000), [], [])
    # The first one of them makes room for as many again.
    timeline.add(answer(36_001, 0.9, 0.1))
    tracemalloc.start()
    try:
        for i in range(50):
            timeline.add(answer(36_002.0 + i, 0.9, 0.1))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert timeline.scene.lanes.n_answers == 36_051
    assert peak < 8 * 36_000, "one value for each answer was copied"


def test_a_picture_of_ten_hours_costs_about_as_much_as_one_of_a_minute(timeline: Timeline) -> None:
    def cost_s(seconds: int) -> float:
        timeline.show_history(recording(seconds), [], [])
        timeline.show_all()
        taken = []
        for _ in range(10):
            timeline.view.zoom(0.9, seconds / 2)
            timeline.moved()
            began = time.perf_counter()
            timeline.grab()
            taken.append(time.perf_counter() - began)
        # Other work on the machine only ever adds.
        return min(taken)

    assert cost_s(36_000) < 10 * cost_s(60), "600 times as many answers"


@pytest.mark.parametrize("span_s", np.geomspace(8, 50_000, 12))
def test_times_below_do_not_touch(span_s: float) -> None:
    step = tick_step_s(float(span_s), 900, 12)
    assert step / span_s * 900 >= 12 * 5.5 or step == 43_200

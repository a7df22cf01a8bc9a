"""What the cards say, and whether all of them are seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.session import SessionState
from ser_desktop.gui import messages
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.widgets import Card
from tests.gui.conftest import OpenWindow
from tests.helpers.answers import LABELS, answer


def test_without_a_microphone_it_offers_the_demo_and_a_file(ready: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: ready.cards.answer.title == messages.NO_MICROPHONES)
    assert ready.cards.offers.isVisible()
    qtbot.waitUntil(lambda: not ready.recorder.inputs.is_opening)
    qtbot.mouseClick(ready.bar.record_button, Qt.MouseButton.LeftButton)
    assert ready.recorder.session.state is SessionState.IDLE
    assert not ready.banner.isVisible(), "what it would say is in the middle already"
    assert ready.cards.offers.isAncestorOf(ready.focusWidget())


@pytest.mark.parametrize(
    ("prediction", "title", "subtitle"),
    [
        (answer(AnswerState.EMOTION), "Happy", "fairly sure"),
        (answer(AnswerState.EMOTION, 0.9), "Happy", "sure"),
        (answer(AnswerState.EMOTION, 0.4), "Happy", "a tendency"),
        (answer(AnswerState.NOT_SURE, 0.3), "Not sure", "perhaps happy"),
        (Prediction(0, 8, AnswerState.NO_SPEECH, LABELS), "No speech", "voice"),
        (Prediction(0, 8, AnswerState.TOO_QUIET, LABELS), "Too quiet", "Speak louder"),
    ],
)
def test_every_kind_of_answer_has_its_words(
    open_window: OpenWindow, prediction: Prediction, title: str, subtitle: str
) -> None:
    window = open_window()
    window.cards.answer.show_prediction(prediction)
    assert window.cards.answer.title == title
    assert subtitle in window.cards.answer.subtitle
    assert title in window.cards.answer.accessibleName()
    window.grab()


def test_a_model_without_layers_says_so_and_one_with_layers_shows_them(ready: MainWindow) -> None:
    assert ready.recorder.model is not None
    ready._model_changed(replace(ready.recorder.model, layer_weights=None))
    assert "no layers" in ready.cards.layers_text.text()
    assert ready.cards.layers.weights == ()
    weights = tuple(i / 91 for i in range(1, 14))
    ready._model_changed(replace(ready.recorder.model, layer_weights=weights, head="fusion"))
    assert ready.cards.layers.weights == weights
    assert "Bars" in ready.cards.layers_text.text()


@pytest.mark.parametrize("size", [(960, 640), (1024, 700), (1280, 800), (2560, 1440)])
def test_nothing_is_pushed_out_of_the_window_at_any_size(open_window: OpenWindow, size: tuple[int, int]) -> None:
    window = open_window()
    cards = window.cards
    cards.layers.show()
    window.resize(*size)
    window.grab()
    for widget in (cards.timeline, cards.waveform, cards.layers, cards.bars, cards.answer, window.status.answer):
        corner = widget.mapTo(window, widget.rect().bottomRight())
        assert window.rect().contains(corner), type(widget).__name__
        assert widget.height() >= min(widget.minimumHeight(), 40) or widget is window.status.answer
    bottom = cards.timeline.mapTo(window, cards.timeline.rect().bottomLeft()).y()
    assert bottom <= cards.waveform.mapTo(window, cards.waveform.rect().topLeft()).y(), "timeline under waveform"


def test_a_banner_that_comes_and_goes_leaves_every_card_its_place(ready: MainWindow, qtbot: QtBot) -> None:
    ready.cards.offers.hide()
    for height in range(660, 800, 10):
        ready.resize(1024, height)
        qtbot.wait(20)
        cards = [card for card in ready.cards.findChildren(Card) if card.isVisible()]
        before = [card.geometry() for card in cards]
        assert len(before) == 5
        ready.banner.show_notice(Notice("Something happened."))
        qtbot.wait(20)
        ready.banner.close_button.click()
        qtbot.wait(20)
        assert [card.geometry() for card in cards] == before, height

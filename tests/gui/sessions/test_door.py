"""An opened session in the window, beside the recording from before and the model in use."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.markers import Marker
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.reliability import ReliabilityBin
from ser_desktop.core.session import SessionState
from ser_desktop.core.session_sound import SoundSpool
from ser_desktop.gui import messages as common
from ser_desktop.gui.main_window import MainWindow
from tests.gui.sessions.conftest import answer, begin_recording, hear, open_it
from tests.helpers.microphones import PretendMicrophone
from tests.helpers.sessions import LABELS, MODEL, recording


def test_an_opened_session_is_shown_with_its_own_model(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    open_it(window, story, qtbot)
    assert window.cards.timeline.labels == window.cards.bars.labels == LABELS
    assert window.cards.timeline.scene.lanes.n_answers == 120
    assert window.cards.timeline.scene.markers[0] == Marker(10.0, "laughs: «ha»")
    assert window.cards.layers.weights == MODEL.layer_weights
    assert "opened session of 1 May 2026, 12:00, Desk Mic, heard by A model" in window.status.answer.text()
    assert window.sessions.card.name.text() == "story.json ·"
    window.sessions.moments.choose(5)
    assert window.cards.bars.values == pytest.approx(recording().history[5].probabilities, abs=1e-6)
    window.grab()


def test_the_recording_from_before_comes_back(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    labels, history = window.cards.bars.labels, window.recorder.session.history
    open_it(window, story, qtbot)
    open_it(window, story, qtbot)
    window.sessions.card.close_session.click()
    assert window.recorder.session.history is history
    assert window.cards.timeline.labels == window.cards.bars.labels == labels
    assert window.cards.timeline.scene.lanes.n_answers == 12
    assert not window.sessions.card.close_session.isVisible()


def test_a_new_recording_after_an_opened_session_is_of_the_model_in_use(
    window: MainWindow, story: Path, qtbot: QtBot
) -> None:
    model = window.recorder.model
    assert model is not None
    open_it(window, story, qtbot)
    recorder = window.recorder
    recorder.inputs.source = PretendMicrophone()
    recorder._record()
    assert recorder.session.path is None
    assert recorder.session.model_info is model
    assert window.cards.bars.labels == window.cards.timeline.labels == model.labels
    recorder._answered(recorder._segment, answer(1.0))
    assert window.cards.timeline.scene.lanes.n_answers == 1
    assert len(recorder.session.history) == 1
    recorder.stop()


def test_the_audience_sees_an_opened_session_and_then_the_model_in_use(
    window: MainWindow, story: Path, qtbot: QtBot
) -> None:
    open_it(window, story, qtbot)
    window.audience.open()
    view = window.audience.view
    assert view is not None
    assert view.timeline.labels == LABELS
    assert view.timeline.scene.lanes.n_answers == 120
    recorder = window.recorder
    recorder.inputs.source = PretendMicrophone()
    recorder._record()
    recorder._answered(recorder._segment, answer(1.0))
    assert recorder.model is not None
    assert view.timeline.labels == recorder.model.labels
    assert view.timeline.scene.lanes.n_answers == 1
    recorder.stop()


def test_a_session_of_a_model_that_nobody_knows_is_shown(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    value = json.loads(story.read_text()) | {"model_info": None}
    story.write_text(json.dumps(value))
    open_it(window, story, qtbot)
    assert window.cards.bars.labels == LABELS
    window.grab()


def unknown_model(story: Path, version: int) -> None:
    value = json.loads(story.read_text()) | {"version": version, "model_info": None}
    if version == 1:
        for name in ("model_info", "labels", "hop_s", "note", "audio", "markers"):
            value.pop(name)
    story.write_text(json.dumps(value))


@pytest.mark.parametrize("version", [1, 2])
def test_a_recording_after_a_session_of_a_model_that_nobody_knows_is_shown(
    window: MainWindow, story: Path, qtbot: QtBot, version: int
) -> None:
    unknown_model(story, version)
    recorder = window.recorder
    assert recorder.model is not None
    open_it(window, story, qtbot)
    assert window.cards.bars.labels == window.cards.timeline.labels == LABELS
    begin_recording(window)
    assert window.cards.bars.labels == window.cards.timeline.labels == recorder.model.labels
    hear(window, answer(1.0))
    assert window.cards.timeline.scene.lanes.n_answers == 1
    assert window.cards.bars.values == pytest.approx(answer(1.0).probabilities)
    recorder.stop()


def load_model(window: MainWindow, **changes: object) -> ModelInfo:
    """As the model's thread would tell."""
    assert window.recorder.model is not None
    model = replace(window.recorder.model, **changes)  # type: ignore[arg-type]
    window.recorder._go(SessionState.LOADING)
    window.recorder._model_loaded(model)
    return model


@pytest.mark.parametrize("changes", [{"device": "Another"}, {"name": "Another", "labels": LABELS}])
def test_a_recording_that_is_over_stays_when_another_model_is_loaded(
    window: MainWindow, qtbot: QtBot, changes: dict[str, object]
) -> None:
    recorder, sessions = window.recorder, window.sessions
    recorder.session.markers = [Marker(3.0, "here")]
    sound = sessions.keeper.sound = sessions.files.sound = SoundSpool()
    sessions.keeper._kept = session = recorder.session
    labels = session.labels
    model = load_model(window, **changes)
    assert recorder.session is session
    assert len(session.history) == window.cards.timeline.scene.lanes.n_answers == 12
    assert list(window.cards.timeline.scene.markers) == session.markers
    assert window.cards.bars.labels == window.cards.timeline.labels == labels
    assert window.cards.bars.values == pytest.approx(session.history[-1].probabilities, abs=1e-6)
    assert sessions.listening.sound is sessions.keeper.sound is sound
    assert sessions.keeper._kept is session
    assert sessions.save_action.isEnabled()
    begin_recording(window)
    n = len(model.labels)
    hear(window, Prediction(0.0, 1.0, AnswerState.EMOTION, model.labels, (1.0, *(n - 1) * (0.0,))))
    assert recorder.session.model_info is model
    assert window.cards.bars.values[0] == 1
    assert window.cards.bars.labels == window.cards.timeline.labels == model.labels
    recorder.stop()
    sound.close()


def test_an_opened_session_stays_when_another_model_is_loaded(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    mine = window.recorder.session
    open_it(window, story, qtbot)
    load_model(window, name="Another")
    assert window.cards.timeline.scene.lanes.n_answers == 120
    assert window.cards.bars.labels == LABELS
    window.sessions.card.close_session.click()
    assert window.recorder.session is mine
    assert window.cards.timeline.scene.lanes.n_answers == 12


def test_an_opened_session_is_explained_with_its_own_model(
    window: MainWindow, story: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window.recorder, "model_folder", paths.default_bundle())
    own = replace(MODEL, name="Another", threshold=0.97, reliability=(ReliabilityBin(0.0, 1.0, 40, 30, 0.6),))
    session = recording(20)
    session.model_info = own
    session.save(story)
    open_it(window, story, qtbot)
    window._show_texts()
    last = session.history[-1]
    assert window.cards.why_text.text() == common.why(last, own) != common.why(last, window.recorder.model)
    assert window.status.model.text() == common.model_status(own, is_shipped=False)
    window.sessions.card.close_session.click()
    window._show_texts()
    assert window.cards.why_text.text() == common.why(window.recorder.last, window.recorder.model)

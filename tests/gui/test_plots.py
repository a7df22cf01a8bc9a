"""Timeline and waveform hold what they were given."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.gui.plots import LayerWeights, Timeline, Waveform

LABELS = ("calm", "angry")


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.set_labels(LABELS)
    return widget


def test_each_answer_fills_its_hop_stronger_where_more_probable(timeline: Timeline) -> None:
    timeline.add(Prediction(0, 1, AnswerState.EMOTION, LABELS, (0.9, 0.1)), 1.0)
    timeline.add(Prediction(0, 2, AnswerState.NO_SPEECH, LABELS), 1.0)
    timeline.add(Prediction(0, 3, AnswerState.EMOTION, LABELS, (0.2, 0.8)), 1.0)
    # Lanes are drawn from the bottom: angry is row 0, calm row 1.
    strength = timeline._pixels[:, :3, 3]
    assert strength[1, 0] > strength[0, 0] > 0
    assert strength[:, 1].tolist() == [0, 0]
    assert strength[0, 2] > strength[1, 2] > 0


def test_ten_hours_of_answers_fit(timeline: Timeline) -> None:
    timeline.add(Prediction(35_992, 36_000, AnswerState.EMOTION, LABELS, (0.9, 0.1)), 1.0)
    assert timeline._pixels.shape[1] >= 36_000
    assert timeline._pixels[1, 35_999, 3] > 0


def test_a_new_recording_begins_empty(timeline: Timeline) -> None:
    timeline.add(Prediction(0, 1, AnswerState.EMOTION, LABELS, (0.9, 0.1)), 1.0)
    timeline.add_gap(1.0, 3.0)
    timeline.clear()
    assert not timeline._pixels.any()
    assert timeline._gaps == []


def test_the_waveform_keeps_the_peaks_of_every_bin(qtbot: QtBot) -> None:
    waveform = Waveform()
    qtbot.addWidget(waveform)
    sound = np.zeros(48_000, np.float32)
    sound[24_000], sound[24_001] = 0.5, -0.25
    for start in range(0, len(sound), 777):
        waveform.push(sound[start : start + 777], 48_000)
    assert waveform._peaks[:, 1].max() == pytest.approx(0.5)
    assert waveform._peaks[:, 0].min() == pytest.approx(-0.25)


@pytest.fixture
def layers(qtbot: QtBot) -> LayerWeights:
    widget = LayerWeights()
    qtbot.addWidget(widget)
    return widget


def test_an_encoder_with_other_layers_than_the_published_one_is_set_beside_equal_shares(layers: LayerWeights) -> None:
    layers.set_weights((0.1, 0.2, 0.3, 0.4), (0.5,) * 13)
    assert layers._equal.isVisible()
    assert layers._equal.value() == pytest.approx(0.25)
    assert layers._line.getData()[0] is None


def test_an_encoder_with_as_many_layers_is_set_beside_the_published_one(layers: LayerWeights) -> None:
    layers.set_weights((1 / 13,) * 13, (0.08,) * 13)
    assert not layers._equal.isVisible()
    assert len(layers._line.getData()[0]) == 13


def test_a_model_without_layers_leaves_the_published_ones_alone(layers: LayerWeights) -> None:
    layers.set_weights(None, (0.08,) * 13)
    assert layers.weights == ()
    assert not layers._equal.isVisible()

"""Waveform and layer weights hold what they were given."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ser_desktop.gui.plots import LayerWeights, Waveform


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

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from ser_desktop.core.first_convolution import FirstConvolution, fold_first_norm
from tests.helpers.bundles import tiny_model
from tests.helpers.sounds import speech_like

SHAPES = [{}, {"conv_bias": True}, {"feat_extract_activation": "relu"}]


def model_of(**options: object) -> Wav2Vec2Model:
    torch.manual_seed(1)
    model = Wav2Vec2Model(
        Wav2Vec2Config(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, conv_dim=(16,) * 7, **options)
    ).requires_grad_(False)
    first = model.feature_extractor.conv_layers[0]
    # A norm that has learned something, and a channel that answers to differences of samples alone.
    torch.nn.init.normal_(first.layer_norm.weight, 1.0, 0.3)
    torch.nn.init.normal_(first.layer_norm.bias, 0.0, 0.3)
    first.conv.weight[0, 0] = torch.tensor([0.0, 0, 0, 1, -2, 1, 0, 0, 0, 0])
    return model


def largest_error(found: torch.Tensor, exact: torch.Tensor) -> float:
    """Of any channel."""
    return float(((found.double() - exact).norm(dim=2) / exact.norm(dim=2)).max())


@pytest.mark.parametrize("options", SHAPES, ids=str)
def test_it_gives_what_the_convolution_and_its_norm_give(options: dict[str, object]) -> None:
    layer = model_of(**options).feature_extractor.conv_layers[0]
    sounds = np.stack([speech_like(1.0, seed=seed) for seed in range(3)])
    waveforms = torch.from_numpy(sounds)[:, None]
    exact = copy.deepcopy(layer).double()(waveforms.double())
    assert largest_error(FirstConvolution(layer, torch.float32)(waveforms), exact) < 1e-5


def test_an_offset_of_the_microphone_changes_nothing() -> None:
    layer = model_of().feature_extractor.conv_layers[0]
    waveforms = torch.from_numpy(speech_like(1.0))[None, None]
    exact = copy.deepcopy(layer).double()(waveforms.double())
    assert largest_error(FirstConvolution(layer, torch.float32)(waveforms + 0.3), exact) < 1e-4


def test_silence_gives_what_the_norm_gives() -> None:
    layer = model_of().feature_extractor.conv_layers[0]
    silence = torch.zeros(1, 1, 16_000)
    torch.testing.assert_close(FirstConvolution(layer, torch.float32)(silence), layer(silence))


def test_an_encoder_with_another_norm_is_left_alone() -> None:
    model = model_of()
    assert fold_first_norm(model, torch.float32)
    other = Wav2Vec2Model(Wav2Vec2Config(**{**tiny_model().config.to_dict(), "feat_extract_norm": "layer"}))
    before = other.feature_extractor.conv_layers[0]
    assert not fold_first_norm(other, torch.float32)
    assert other.feature_extractor.conv_layers[0] is before

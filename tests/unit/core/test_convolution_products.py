from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from ser_desktop.core.backends import TorchBackend
from ser_desktop.core.convolution_products import ConvolutionAsProduct, replace_convolutions
from ser_desktop.core.device import BackendName
from tests.helpers.bundles import CPU, base_size_model, tiny_model
from tests.helpers.sounds import speech_like

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize(
    "convolution",
    [
        nn.Conv1d(1, 8, 10, 5, bias=False),
        nn.Conv1d(8, 8, 3, 2),
        nn.Conv1d(8, 16, 2, 2, bias=False),
        nn.Conv1d(8, 4, 1),
        nn.Conv1d(12, 24, 16, padding=8, groups=4),
        nn.Conv1d(12, 12, 5, padding=2, groups=3, bias=False),
    ],
    ids=str,
)
def test_a_product_gives_what_the_convolution_gives(convolution: nn.Conv1d) -> None:
    signals = torch.randn(2, convolution.in_channels, 61)
    with torch.inference_mode():
        torch.testing.assert_close(ConvolutionAsProduct(convolution)(signals), convolution(signals))


def test_one_behind_the_other_reads_what_the_one_before_wrote() -> None:
    first, second = nn.Conv1d(1, 8, 10, 5), nn.Conv1d(8, 8, 3, 2)
    signals = torch.randn(1, 1, 200)
    with torch.inference_mode():
        between = ConvolutionAsProduct(first)(signals)
        assert between.transpose(1, 2).is_contiguous()
        torch.testing.assert_close(ConvolutionAsProduct(second)(between), second(first(signals)))


@pytest.mark.parametrize("convolution", [nn.Conv1d(2, 2, 3, dilation=2), nn.Conv1d(2, 2, 3, padding="same")], ids=str)
def test_a_convolution_of_another_kind_is_refused(convolution: nn.Conv1d) -> None:
    with pytest.raises(ValueError, match="dilation"):
        ConvolutionAsProduct(convolution)


@pytest.mark.parametrize("model", [tiny_model(), base_size_model()], ids=["tiny", "base"])
def test_an_encoder_without_convolutions_gives_the_same_layers(model: nn.Module) -> None:
    replaced = copy.deepcopy(model)
    replace_convolutions(replaced)
    assert not [part for part in replaced.modules() if isinstance(part, nn.Conv1d)]
    samples = speech_like(1.0)[None]
    wanted = TorchBackend(copy.deepcopy(model), CPU, BackendName.FLOAT32).layers(samples)
    found = TorchBackend(replaced, CPU, BackendName.FLOAT32).layers(samples)
    np.testing.assert_allclose(found, wanted, atol=2e-4)

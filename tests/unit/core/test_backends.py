from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from ser_desktop.core.backend_trials import MAX_RELATIVE_ERROR, probe_window, relative_error
from ser_desktop.core.backends import Backend, LayerReader, TorchBackend
from ser_desktop.core.device import BackendName
from ser_desktop.core.openvino_backend import OpenVinoBackend
from tests.helpers.bundles import CPU, tiny_model
from tests.helpers.sounds import speech_like

pytestmark = pytest.mark.filterwarnings("ignore")


def bfloat16(model: Wav2Vec2Model) -> Backend:
    return TorchBackend(model, CPU, BackendName.BFLOAT16)


def openvino(model: Wav2Vec2Model) -> Backend:
    pytest.importorskip("openvino")
    return OpenVinoBackend(model, "tests/tiny@1")


def with_norm_over_features() -> Wav2Vec2Model:
    """Shaped like the large encoders."""
    torch.manual_seed(0)
    options = {**tiny_model().config.to_dict(), "feat_extract_norm": "layer", "do_stable_layer_norm": True}
    return Wav2Vec2Model(Wav2Vec2Config(**options))


@pytest.mark.parametrize("make", [bfloat16, openvino])
@pytest.mark.parametrize("offset", [0.0, 0.1], ids=["clean", "with an offset of the microphone"])
def test_a_faster_backend_stays_near_the_reference(make: Callable[[Wav2Vec2Model], Backend], offset: float) -> None:
    window = probe_window() + offset
    wanted = TorchBackend(tiny_model(), CPU, BackendName.FLOAT32).layers(window)
    assert relative_error(make(tiny_model()).layers(window), wanted) < MAX_RELATIVE_ERROR


def test_bfloat16_computes_encoders_with_another_norm() -> None:
    sound = speech_like(1.0)[None]
    wanted = TorchBackend(with_norm_over_features(), CPU, BackendName.FLOAT32).layers(sound)
    assert relative_error(bfloat16(with_norm_over_features()).layers(sound), wanted) < 2 * MAX_RELATIVE_ERROR


def test_sums_over_blocks_keep_their_digits_in_bfloat16() -> None:
    torch.manual_seed(0)
    deep = Wav2Vec2Model(Wav2Vec2Config(**{**tiny_model().config.to_dict(), "num_hidden_layers": 12})).eval()
    window = probe_window()
    wanted = TorchBackend(copy.deepcopy(deep), CPU, BackendName.FLOAT32).layers(window)
    found = bfloat16(copy.deepcopy(deep)).layers(window)
    with torch.inference_mode(), LayerReader(deep.bfloat16()) as reader:
        plain = torch.stack(reader(torch.from_numpy(window).bfloat16()), dim=1).float().numpy()
    assert relative_error(found[:, -1], wanted[:, -1]) < 0.9 * relative_error(plain[:, -1], wanted[:, -1])

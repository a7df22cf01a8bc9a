from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ser_desktop.core.encoder import Encoder, load_encoder
from ser_desktop.core.errors import EncoderMissingError
from tests.helpers.bundles import CPU, base_size_model, tiny_model
from tests.helpers.sounds import speech_like

pytestmark = pytest.mark.filterwarnings("ignore")


def relative_error(ours: np.ndarray, theirs: torch.Tensor) -> float:
    reference = theirs.numpy()
    return float(np.linalg.norm(ours - reference) / np.linalg.norm(reference))


def test_every_layer_of_a_base_size_encoder_equals_transformers_own() -> None:
    model = base_size_model().eval()
    samples = speech_like(1.5)
    with torch.inference_mode():
        waveform = torch.from_numpy(samples)[None]
        convolved = model.feature_extractor(waveform).transpose(1, 2)
        local = model.feature_projection(convolved)[0][0]
        states = model(waveform, output_hidden_states=True).hidden_states
    layers = Encoder(model, CPU, "tests/base@1").layers(samples)
    assert layers.shape == (13, 74, 768)
    assert layers.dtype == np.float32
    assert relative_error(layers[0], local) <= 1e-5
    for i in range(1, 13):
        assert relative_error(layers[i], states[i][0]) <= 1e-5, f"layer {i}"
    # transformers' first hidden state lies behind the positional convolution and is not f₀.
    assert relative_error(layers[0], states[0][0]) > 0.05


def test_the_waveform_is_neither_padded_nor_scaled() -> None:
    model = tiny_model()
    seen: list[torch.Tensor] = []
    model.feature_extractor.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0].clone()))
    samples = speech_like(1.0)
    n_frames = (len(samples) - 400) // 320 + 1
    assert Encoder(model, CPU, "tests/tiny@1").layers(samples).shape == (3, n_frames, 32)
    np.testing.assert_array_equal(seen[0][0].numpy(), samples)


def test_a_saved_encoder_gives_the_same_layers(tmp_path: Path) -> None:
    model = tiny_model()
    model.save_pretrained(tmp_path)
    samples = speech_like(0.5)
    loaded = load_encoder(tmp_path, CPU, "tests/tiny@1")
    np.testing.assert_allclose(loaded.layers(samples), Encoder(model, CPU, "x").layers(samples), atol=1e-6)


def test_an_encoder_that_lacks_weights_is_refused_rather_than_filled_with_random_ones(tmp_path: Path) -> None:
    tiny_model().save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["encoder.layers.1.final_layer_norm.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderMissingError, match="lacks 1 of its weights"):
        load_encoder(tmp_path, CPU, "tests/tiny@1")


def test_a_folder_without_an_encoder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EncoderMissingError, match="install the encoder again"):
        load_encoder(tmp_path, CPU, "tests/tiny@1")

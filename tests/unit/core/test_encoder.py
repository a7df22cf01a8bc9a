from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ser_desktop.core.encoder import Encoder, load_encoder
from ser_desktop.core.errors import EncoderMissingError
from tests.helpers.bundles import CPU, base_size_model, tiny_encoder, tiny_model
from tests.helpers.hub import published_as_pickle
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


@pytest.mark.parametrize("n_samples", [1600, 16_000, 16_319, 16_320, 23_999])
def test_the_number_of_frames_is_that_of_the_convolutions(n_samples: int) -> None:
    n = n_samples
    for kernel, stride in ((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2)):
        n = (n - kernel) // stride + 1
    assert tiny_encoder().layers(speech_like(1.5)[:n_samples]).shape == (3, n, 32)


def test_one_window_does_not_colour_the_next() -> None:
    encoder = tiny_encoder()
    first = encoder.layers(speech_like(0.5, seed=1))
    encoder.layers(speech_like(1.0, seed=2))
    np.testing.assert_array_equal(encoder.layers(speech_like(0.5, seed=1)), first)


def test_an_encoder_as_it_was_published_gives_the_same_layers(tmp_path: Path) -> None:
    model = tiny_model()
    published_as_pickle(model, tmp_path)
    samples = speech_like(0.5)
    loaded = load_encoder(tmp_path, CPU, "tests/tiny@1")
    np.testing.assert_allclose(loaded.layers(samples), Encoder(model, CPU, "x").layers(samples), atol=1e-6)


def write_truncated(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def write_other_size(folder: Path) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "hidden_size": 64}))


def write_no_json(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def write_noise(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(bytes(range(256)) * 9)


def write_nothing(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"")


@pytest.mark.parametrize("harm", [write_truncated, write_other_size, write_no_json, write_noise, write_nothing])
def test_a_damaged_encoder_says_what_to_do(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    tiny_model().save_pretrained(tmp_path)
    harm(tmp_path)
    with pytest.raises(EncoderMissingError, match="install the encoder again"):
        load_encoder(tmp_path, CPU, "tests/tiny@1")


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[Path, ...]]:
        return Path.touch, (self.witness,)


@pytest.mark.parametrize("as_archive", [True, False])
def test_an_encoder_that_holds_a_program_is_refused_and_not_run(tmp_path: Path, as_archive: bool) -> None:
    folder, witness = tmp_path / "encoder", tmp_path / "it was run"
    tiny_model().save_pretrained(folder)
    (folder / "model.safetensors").unlink()
    if as_archive:
        torch.save({"weights": Trap(witness)}, folder / "pytorch_model.bin")
    else:
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(witness)))
    with pytest.raises(EncoderMissingError, match="damaged or") as caught:
        load_encoder(folder, CPU, "tests/tiny@1")
    assert "weights_only" not in str(caught.value), "nobody should be told to switch the check off"
    assert not witness.exists()


def test_waveforms_of_one_length_share_a_batch_and_give_what_each_gives_alone() -> None:
    encoder = tiny_encoder()
    samples = np.stack([speech_like(0.7, seed=seed) for seed in range(3)])
    together = encoder.batch_layers(samples)
    assert together.shape[:2] == (3, encoder.n_layers)
    for layers, alone in zip(together, samples, strict=True):
        np.testing.assert_allclose(layers, encoder.layers(alone), atol=1e-5)

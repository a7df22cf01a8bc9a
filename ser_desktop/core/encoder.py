"""A frozen wav2vec 2.0 encoder whose every layer can be read."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.device import Device
from ser_desktop.core.errors import EncoderMissingError

if TYPE_CHECKING:
    import torch
    from transformers import Wav2Vec2Model


class Encoder:
    """Gives f₀ … fₙ of a waveform (Pepino et al. 2021, section 2.1).

    f₀ is the output of ``feature_projection``: the convolutional encoder's output after its layer
    norm and projection, before positional convolution and the encoder's own layer norm (so it is
    *not* ``hidden_states[0]`` of transformers). fᵢ is the output of transformer block i.

    Parameters
    ----------
    model : Wav2Vec2Model
        Put into evaluation mode, on ``device``, in float16 when ``device.half``.
    device : Device
    identity : str
        Name and revision, stored with everything computed from it.
    """

    def __init__(self, model: Wav2Vec2Model, device: Device, identity: str) -> None:
        import torch

        dtype = torch.float16 if device.half else torch.float32
        self._model = model.eval().requires_grad_(False).to(device=device.kind.value, dtype=dtype)
        self._captured: list[torch.Tensor] = []
        self.device = device
        self.identity = identity
        self.n_layers = int(model.config.num_hidden_layers) + 1
        self.n_features = int(model.config.hidden_size)
        model.feature_projection.register_forward_hook(self._capture)
        for block in model.encoder.layers:
            block.register_forward_hook(self._capture)

    def layers(self, samples: FloatArray) -> FloatArray:
        """Activations of one waveform.

        Parameters
        ----------
        samples : (n_samples,) float32
            Raw at 16 kHz. It is neither padded nor scaled: wav2vec2-base normalises over time,
            so padding would change every frame.

        Returns
        -------
        layers : (n_layers, n_frames, n_features) float32
        """
        return np.asarray(self.batch_layers(samples[None])[0])

    def batch_layers(self, samples: FloatArray) -> FloatArray:
        """Activations of several waveforms of one length: (n_waveforms, n_samples) to one more axis in front.

        Waveforms of different lengths cannot share a batch: that would need padding.
        """
        import torch

        self._captured = []
        with torch.inference_mode():
            waveforms = torch.from_numpy(samples).to(self._model.device, self._model.dtype)
            self._model(waveforms)
            stacked = torch.stack(self._captured, dim=1).float().cpu().numpy()
        self._captured = []
        return np.asarray(stacked, dtype=np.float32)

    def plain_model(self) -> Wav2Vec2Model:
        """Return a copy of the model in float32 on the CPU, without what reads its layers (for export)."""
        import copy

        model = copy.deepcopy(self._model).float().cpu()
        for part in (model.feature_projection, *model.encoder.layers):
            part._forward_hooks.clear()
        return model

    def _capture(self, _module: object, _inputs: object, output: object) -> None:
        # feature_projection returns (projected, normed); blocks return a tensor or a tuple by version.
        activation = output[0] if isinstance(output, tuple) else output
        self._captured.append(activation)  # type: ignore[arg-type]


def load_encoder(folder: Path, device: Device, identity: str) -> Encoder:
    """Load an encoder that lies on this disk; the network is never asked.

    Raises
    ------
    EncoderMissingError
        If the folder does not hold a complete wav2vec 2.0 encoder.
    """
    from safetensors import SafetensorError
    from transformers import Wav2Vec2Model
    from transformers.utils.logging import disable_progress_bar

    # It would write "Loading weights" between the lines of whoever uses the command line.
    disable_progress_bar()
    fix = "Delete that folder and install the encoder again."
    try:
        model, report = Wav2Vec2Model.from_pretrained(folder, local_files_only=True, output_loading_info=True)
    except (pickle.UnpicklingError, EOFError) as error:
        # PyTorch's own sentence here advises to load it regardless, which would run whatever it holds.
        raise EncoderMissingError(
            f"The speech encoder in «{folder}» cannot be loaded: its weights are damaged or hold more than numbers.",
            fix,
        ) from error
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise EncoderMissingError(f"The speech encoder in «{folder}» cannot be loaded ({error}).", fix) from error
    # transformers fills absent weights with random numbers; only the mask token, unused here, may be absent.
    absent = {name for name in report["missing_keys"] if not name.endswith("masked_spec_embed")}
    if absent or report["mismatched_keys"]:
        n_wrong = len(absent) + len(report["mismatched_keys"])
        raise EncoderMissingError(f"The speech encoder in «{folder}» lacks {n_wrong} of its weights.", fix)
    return Encoder(model, device, identity)

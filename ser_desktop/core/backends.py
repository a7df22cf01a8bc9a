"""Ways to compute an encoder's layers, behind one call: PyTorch in several precisions."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol, Self

import torch
from torch import nn

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.convolution_products import replace_convolutions
from ser_desktop.core.device import BackendName, Device
from ser_desktop.core.first_convolution import fold_first_norm

if TYPE_CHECKING:
    from transformers import Wav2Vec2Model


class Backend(Protocol):
    """Computes all layers of waveforms."""

    @property
    def name(self) -> BackendName:
        """Which one it is."""

    def layers(self, waveforms: FloatArray) -> FloatArray:
        """Return (n_waveforms, n_layers, n_frames, n_features) float32 of (n_waveforms, n_samples) float32.

        Raises
        ------
        RuntimeError
            If the device or the library fails.
        """


class LayerReader(nn.Module):
    """A network whose outputs are all layers of an encoder: f₀, then every block.

    Several threads may call it at once. Use it in a ``with`` statement where the model lives on without it.

    Parameters
    ----------
    model : Wav2Vec2Model
    """

    def __init__(self, model: Wav2Vec2Model) -> None:
        super().__init__()
        self.model = model
        self._here = threading.local()
        parts = (model.feature_projection, *model.encoder.layers)
        self._handles = [part.register_forward_hook(self._keep) for part in parts]

    def forward(self, waveforms: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the layers of (n_waveforms, n_samples), each (n_waveforms, n_frames, n_features)."""
        found: list[torch.Tensor] = []
        self._here.found = found
        self.model(waveforms)
        del self._here.found
        return tuple(found)

    def _keep(self, _part: object, _inputs: object, output: torch.Tensor | tuple[torch.Tensor, ...]) -> None:
        # feature_projection returns (projected, normed); blocks return a tensor or a tuple by version.
        self._here.found.append(output[0] if isinstance(output, tuple) else output)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()


class TorchBackend:
    """PyTorch, operation by operation, in one precision; several threads may use it at once.

    Parameters
    ----------
    model : Wav2Vec2Model
        Changed in place: evaluation mode, precision and device.
    device : Device
    name : BackendName
    """

    def __init__(self, model: Wav2Vec2Model, device: Device, name: BackendName) -> None:
        self.name = name
        self._device, dtype = device.kind.value, getattr(torch, name.value)
        model = model.eval().requires_grad_(False)
        self._input_dtype = torch.float32 if name is BackendName.BFLOAT16 and _lighten(model) else dtype
        model = halved(model, device) if name is BackendName.FLOAT16 else model.to(self._device, dtype)
        if name is BackendName.BFLOAT16:
            _keep_sums_exact(model)
        self._reader = LayerReader(model)
        # A norm over time takes any offset away again, on which float16 would have spent its digits.
        self._centred = name is BackendName.FLOAT16 and model.config.feat_extract_norm == "group"

    def layers(self, waveforms: FloatArray) -> FloatArray:
        """See `Backend.layers`."""
        if self._centred:
            waveforms = waveforms - waveforms.mean(axis=1, keepdims=True)
        with torch.inference_mode():
            found = self._reader(torch.from_numpy(waveforms).to(self._device, self._input_dtype))
            # Half as much to bring over where it is in half precision.
            return torch.stack(found, dim=1).cpu().float().numpy()


def halved(model: Wav2Vec2Model, device: Device) -> Wav2Vec2Model:
    """Bring an encoder to a graphics card in float16, so that no length costs more the first time than again.

    cuDNN's attention is switched off for the whole process: for every length and thread it plans anew, which took
    longer than ten windows on an NVIDIA H200 (seen in a profile; `bench extract` shows what it costs).
    """
    torch.backends.cuda.enable_cudnn_sdp(False)
    model = model.to(device.kind.value, torch.float16)
    replace_convolutions(model)
    return model


def _lighten(model: Wav2Vec2Model) -> bool:
    """Prepare a float32 encoder for bfloat16 on the processor; say whether it reads float32 all the same."""
    # PyTorch's fused attention takes longer there than two products of matrices (measured: bench encoder).
    model.set_attn_implementation("eager")
    return fold_first_norm(model, torch.bfloat16)


def _keep_sums_exact(model: Wav2Vec2Model) -> None:
    """Let every block add to a float32 stream and norm it so; products alone are in bfloat16.

    Each block's sum would lose digits that no later one brings back. Measured on a base-size encoder: the layers'
    error falls from 1.4 to 1.1 percent at the same speed.
    """
    norms = [model.feature_projection.layer_norm, model.encoder.layer_norm]
    products: list[nn.Module] = [model.feature_projection.projection, model.encoder.pos_conv_embed]
    for block in model.encoder.layers:
        norms += [block.layer_norm, block.final_layer_norm]
        attention, inner = block.attention, block.feed_forward
        products += [attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj]
        products += [inner.intermediate_dense, inner.output_dense]
    for norm in norms:
        norm.float()
    for product in products:
        product.register_forward_pre_hook(lambda _part, given: (given[0].bfloat16(), *given[1:]))
    # What it projects begins the stream.
    model.feature_projection.register_forward_hook(lambda _part, _given, out: (out[0].float(), *out[1:]))


def reference_backend(model: Wav2Vec2Model, device: Device) -> TorchBackend:
    """Return what others are measured against: float32, on an NVIDIA GPU float16."""
    return TorchBackend(model, device, BackendName.FLOAT16 if device.half else BackendName.FLOAT32)

"""Ways to compute an encoder's layers, behind one call: PyTorch in several precisions."""

from __future__ import annotations

import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.device import Device

if TYPE_CHECKING:
    import torch
    from transformers import Wav2Vec2Model


AUTO = "auto"
"""Stands for the fastest backend wherever one can be named."""


class BackendName(StrEnum):
    """How an encoder is computed; the value is what settings and command lines say."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"

    @property
    def in_words(self) -> str:
        """For people."""
        return f"PyTorch {self.value}"


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
        import torch

        self.name = name
        self._model = model.eval().requires_grad_(False).to(device.kind.value, getattr(torch, name.value))
        self._here = threading.local()
        for part in (model.feature_projection, *model.encoder.layers):
            part.register_forward_hook(self._keep)

    def layers(self, waveforms: FloatArray) -> FloatArray:
        """See `Backend.layers`."""
        import torch

        found: list[torch.Tensor] = []
        self._here.found = found
        with torch.inference_mode():
            self._model(torch.from_numpy(waveforms).to(self._model.device, self._model.dtype))
            stacked = torch.stack(found, dim=1).float().cpu().numpy()
        del self._here.found
        return np.asarray(stacked, dtype=np.float32)

    def _keep(self, _part: object, _inputs: object, output: object) -> None:
        # feature_projection returns (projected, normed); blocks return a tensor or a tuple by version.
        self._here.found.append(output[0] if isinstance(output, tuple) else output)


def reference_backend(model: Wav2Vec2Model, device: Device) -> TorchBackend:
    """Return what others are measured against: float32, on an NVIDIA GPU float16."""
    return TorchBackend(model, device, BackendName.FLOAT16 if device.half else BackendName.FLOAT32)

"""An encoder on an NVIDIA GPU in float16, its kernels recorded once for each shape and started together."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.backends import LayerReader, halved
from ser_desktop.core.device import BackendName, Device

if TYPE_CHECKING:
    from transformers import Wav2Vec2Model

_N_WARM_UP = 3
_N_TIMES = 3
_N_GRAPHS = 4


@dataclass
class _Recorded:
    """Kernels of one shape, with the memory they read and write."""

    graph: torch.cuda.CUDAGraph
    waveforms: torch.Tensor
    layers: torch.Tensor
    on_host: torch.Tensor


class CudaGraphBackend:
    """CUDA graphs: without them a GPU waits for Python between the hundreds of small kernels of a window.

    The first few shapes that come again are recorded, as windows do; others are computed operation by
    operation. Several threads may use it at once; they take turns.

    Parameters
    ----------
    model : Wav2Vec2Model
        Changed in place: evaluation mode, precision and device.
    device : Device
    """

    name = BackendName.CUDA_GRAPHS

    def __init__(self, model: Wav2Vec2Model, device: Device) -> None:
        self._device = device.kind.value
        self._centred = model.config.feat_extract_norm == "group"
        self._reader = LayerReader(halved(model.eval().requires_grad_(False), device))
        self._seen: Counter[tuple[int, ...]] = Counter()
        self._recorded: dict[tuple[int, ...], _Recorded] = {}
        self._turn = threading.Lock()

    def layers(self, waveforms: FloatArray) -> FloatArray:
        """See `Backend.layers`."""
        if self._centred:
            waveforms = waveforms - waveforms.mean(axis=1, keepdims=True)
        with self._turn, torch.inference_mode():
            shape, given = waveforms.shape, torch.from_numpy(waveforms)
            if shape not in self._recorded:
                self._seen[shape] += 1
                if self._seen[shape] < _N_TIMES or len(self._recorded) == _N_GRAPHS:
                    return self._compute(given.to(self._device)).cpu().float().numpy()
                self._recorded[shape] = self._record(given)
            recorded = self._recorded[shape]
            recorded.waveforms.copy_(given)
            recorded.graph.replay()
            recorded.on_host.copy_(recorded.layers, non_blocking=True)
            torch.cuda.synchronize()
            return recorded.on_host.float().numpy()

    def _compute(self, waveforms: torch.Tensor) -> torch.Tensor:
        return torch.stack(self._reader(waveforms.half()), dim=1)

    def _record(self, example: torch.Tensor) -> _Recorded:
        waveforms = example.to(self._device)
        # Libraries choose their kernels and allocate on another stream before, as PyTorch asks for.
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_N_WARM_UP):
                self._compute(waveforms)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            layers = self._compute(waveforms)
        return _Recorded(graph, waveforms, layers, torch.empty_like(layers, device="cpu", pin_memory=True))

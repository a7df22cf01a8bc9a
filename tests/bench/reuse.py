"""What would be gained, and lost, if a live window took over what the window before has computed.

With a hop of one second seven of eight seconds were heard before. But the first convolution is normalised over
the whole window, so what follows it differs from window to window, and every block of the transformer looks at
every frame: its outputs for old frames change with the new ones. All that could be kept is what the convolutions
gave for old frames, with the statistics of the window before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Wav2Vec2Config, Wav2Vec2Model

from ser_desktop.core import paths
from ser_desktop.core.audio import SAMPLE_RATE_HZ, load
from ser_desktop.core.encoder import load_model
from tests.bench.encoder import count_flops
from tests.helpers.data import spoken_clip

_WINDOW_S, _HOP_S, _N_RUNS = 8, 1, 9


def reuse() -> dict[str, Any]:
    """Shares of time and operations in the convolutions, and the error of keeping their outputs."""
    figures: dict[str, Any] = {}
    torch.manual_seed(0)
    for name, model in (
        ("base", Wav2Vec2Model(Wav2Vec2Config())),
        ("compact", load_model(paths.shipped_models() / "compact")),
    ):
        model.eval().requires_grad_(False)
        convolving, whole = _times(model)
        flops = count_flops(model.config, _WINDOW_S * SAMPLE_RATE_HZ)
        blocks = count_flops(_without_convolutions(model.config), _WINDOW_S * SAMPLE_RATE_HZ)
        saved = (1 - _HOP_S / _WINDOW_S) * convolving / whole
        figures[f"{name}_share_of_operations_in_convolutions"] = round(1 - blocks / flops, 3)
        figures[f"{name}_share_of_time_in_convolutions"] = round(convolving / whole, 3)
        figures[f"{name}_at_most_faster_by"] = round(1 / (1 - saved), 2)
    # The error needs weights that have learned something.
    for i, error in enumerate(_errors(model)):
        figures[f"compact_relative_error_layer_{i}"] = round(error, 4)
    return figures


def _times(model: Wav2Vec2Model) -> tuple[float, float]:
    window = 0.05 * torch.randn(1, _WINDOW_S * SAMPLE_RATE_HZ)
    return _median(lambda: model.feature_extractor(window)), _median(lambda: model(window))


def _median(work: Callable[[], object]) -> float:
    taken = []
    with torch.inference_mode():
        work()
        for _ in range(_N_RUNS):
            began = time.perf_counter()
            work()
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _without_convolutions(config: Wav2Vec2Config) -> Wav2Vec2Config:
    """The same number of frames from convolutions of one filter, which cost nothing to speak of."""
    return Wav2Vec2Config(**{**config.to_dict(), "conv_dim": [1] * len(config.conv_dim)})


def _errors(model: Wav2Vec2Model) -> list[float]:
    """Relative error of each layer where old frames keep what the convolutions gave them a second ago."""
    sound = torch.from_numpy(load(spoken_clip()[0])).repeat(20)
    n_window, n_hop = _WINDOW_S * SAMPLE_RATE_HZ, _HOP_S * SAMPLE_RATE_HZ
    before, now = sound[None, :n_window], sound[None, n_hop : n_hop + n_window]
    n_frames_hop = n_hop // 320
    with torch.inference_mode():
        old, new = model.feature_extractor(before), model.feature_extractor(now)
        kept = torch.cat([old[..., n_frames_hop:], new[..., old.shape[-1] - n_frames_hop :]], dim=-1)
        wanted, found = _layers(model, new), _layers(model, kept)
    return [float((f - w).norm() / w.norm()) for f, w in zip(found, wanted, strict=True)]


def _layers(model: Wav2Vec2Model, convolved: Tensor) -> list[Tensor]:
    given = nn.Identity()
    given.forward = lambda _samples: convolved  # type: ignore[method-assign]
    real, model.feature_extractor = model.feature_extractor, given
    try:
        return list(model(torch.zeros(1, _WINDOW_S * SAMPLE_RATE_HZ), output_hidden_states=True).hidden_states)
    finally:
        model.feature_extractor = real

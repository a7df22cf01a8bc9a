"""What the window is told of a model, without loading one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ser_desktop.core.model_info import ModelInfo

_PLAIN = ModelInfo(
    name="A model",
    labels=("calm", "happy"),
    head="dense",
    normalisation="global",
    features=("egemaps",),
    layer_weights=None,
    window_s=8.0,
    min_window_s=1.0,
    threshold=0.4,
    corpus="a corpus",
    uar_mean=0.6,
    uar_sd=0.01,
    n_test=120,
    device="CPU",
    device_reason="it is there",
)


def model_info(**changes: Any) -> ModelInfo:
    """A small Dense model on eGeMAPS, but for what is said otherwise."""
    return replace(_PLAIN, **changes)

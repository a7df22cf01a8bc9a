"""Extractors that need no model."""

from __future__ import annotations

import numpy as np

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.features import FRAME_S, FeatureName, FeatureSpec


class MeanAndIndex:
    """The mean of each 20 ms and its index; its configuration can be chosen."""

    def __init__(self, n_layers: int = 1, **configuration: str | int | float) -> None:
        self.spec = FeatureSpec(FeatureName.EGEMAPS, n_layers, 2, FRAME_S, dict(configuration))
        self.n_extracted = 0

    def extract(self, samples: FloatArray) -> FloatArray:
        self.n_extracted += 1
        means = samples[: len(samples) // 320 * 320].reshape(-1, 320).mean(axis=1)
        frames = np.stack([means, np.arange(len(means))], axis=1).astype(np.float32)
        return np.stack([frames] * self.spec.n_layers)

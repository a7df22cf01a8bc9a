"""Judges that need no model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ser_desktop.core.audio import FloatArray


class SteadyJudge:
    """Always gives the same probabilities and remembers the windows it saw."""

    labels = ("calm", "angry", "happy")
    min_window_s = 1.0
    n_at_once = 1

    def __init__(
        self, probabilities: tuple[float, ...] = (0.2, 0.7, 0.1), window_s: float = 8.0, threshold: float = 0.5
    ) -> None:
        self.window_s = window_s
        self.threshold = threshold
        self.windows: list[FloatArray] = []
        self._probabilities = np.array(probabilities)

    def probabilities(self, windows: Sequence[FloatArray]) -> list[npt.NDArray[np.float64]]:
        for samples in windows:
            self.windows.append(samples.copy())
        return [self._probabilities] * len(windows)

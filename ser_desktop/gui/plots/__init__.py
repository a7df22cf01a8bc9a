"""The only room that imports pyqtgraph."""

from __future__ import annotations

from ser_desktop.gui.plots.live import LayerWeights, Timeline, Waveform

__all__ = ["LayerWeights", "Timeline", "Waveform"]

"""The only room that imports pyqtgraph."""

from __future__ import annotations

from ser_desktop.gui.plots.live import LayerWeights, Waveform
from ser_desktop.gui.plots.timeline import Timeline
from ser_desktop.gui.plots.timeline_view import TimelineView
from ser_desktop.gui.plots.training import CurvePoint, Curves, SpeakerCounts

__all__ = ["CurvePoint", "Curves", "LayerWeights", "SpeakerCounts", "Timeline", "TimelineView", "Waveform"]

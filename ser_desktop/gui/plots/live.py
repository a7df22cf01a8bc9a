"""Waveform and layer weights of the main window."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ser_desktop.core.audio import FloatArray
from ser_desktop.gui import messages, theme
from ser_desktop.gui.plots.style import fill, paint_axes, plain_plot

_WAVE_S = 12.0
_BIN_S = 0.02


class Waveform(QWidget):
    """The last twelve seconds of sound, the window of the current answer bracketed."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = plain_plot(messages.WAVEFORM_TITLE)
        fill(self, self.plot)
        self.setMinimumHeight(52)
        self.setMaximumHeight(84)
        self.plot.getAxis("left").setTicks([[]])
        ticks = [(-12.0, messages.SECONDS_AGO.format(12)), (-8.0, "8 s"), (-4.0, "4 s"), (0.0, messages.NOW)]
        self.plot.getAxis("bottom").setTicks([ticks])
        # A little room on both sides, so that the first and last words fit below.
        self.plot.setXRange(-_WAVE_S - 0.35, 0.35, padding=0)
        self.plot.setYRange(-1, 1, padding=0.02)
        n_bins = round(_WAVE_S / _BIN_S)
        self._times = np.repeat(np.linspace(-_WAVE_S, 0, n_bins), 2)
        self._peaks = np.zeros((n_bins, 2), np.float32)
        self._rest = np.zeros(0, np.float32)
        self._curve = self.plot.plot()
        self._window = pg.LinearRegionItem((-1, 0), movable=False)
        self._window.setVisible(False)
        self.plot.addItem(self._window)

    def clear(self) -> None:
        """Forget the sound."""
        self._peaks[:] = 0
        self._rest = np.zeros(0, np.float32)
        self._draw()

    def push(self, samples: FloatArray, rate_hz: float) -> None:
        """Append new samples at the source's rate."""
        n_bin = max(1, round(_BIN_S * rate_hz))
        samples = np.concatenate((self._rest, samples))
        n_new = min(len(samples) // n_bin, len(self._peaks))
        used = len(samples) // n_bin * n_bin
        self._rest = samples[used:]
        if not n_new:
            return
        bins = samples[used - n_new * n_bin : used].reshape(n_new, n_bin)
        self._peaks = np.roll(self._peaks, -n_new, axis=0)
        self._peaks[-n_new:, 0] = bins.min(axis=1)
        self._peaks[-n_new:, 1] = bins.max(axis=1)
        self._draw()

    def show_window(self, start_ago_s: float, end_ago_s: float) -> None:
        """Bracket the stretch that the current answer describes, in seconds before now."""
        self._window.setRegion((-start_ago_s, -end_ago_s))
        self._window.setVisible(end_ago_s < _WAVE_S)

    def hide_window(self) -> None:
        """Remove the bracket."""
        self._window.setVisible(False)

    def restyle(self) -> None:
        """Take over the theme in force."""
        paint_axes(self.plot)
        self._curve.setPen(pg.mkPen(theme.colour("muted"), width=1))
        tint = theme.colour("accent")
        tint.setAlpha(28)
        self._window.setBrush(pg.mkBrush(tint))
        for line in self._window.lines:
            line.setPen(pg.mkPen(theme.colour("accent"), width=2))

    def _draw(self) -> None:
        # Speech is mostly far below full scale: the square root makes it visible and keeps clipping at the edge.
        shown = np.sign(self._peaks) * np.sqrt(np.abs(self._peaks))
        self._curve.setData(self._times, shown.ravel())


class LayerWeights(QWidget):
    """Learned layer weights as bars; beside them the published ones (Figure 2 of the paper), or equal shares."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = plain_plot(messages.LAYERS_TITLE)
        fill(self, self.plot)
        self.setMinimumHeight(84)
        self.weights: tuple[float, ...] = ()
        self._bars = pg.BarGraphItem(x=[], height=[], width=0.6)
        self.plot.addItem(self._bars)
        self._line = self.plot.plot()
        self._equal = pg.InfiniteLine(angle=0)
        self.plot.addItem(self._equal)

    def set_weights(self, weights: tuple[float, ...] | None, published: tuple[float, ...]) -> None:
        """Show a model's weights, None for a model without layers.

        The published ones stand beside those of an encoder with as many layers, and alone where there is
        nothing else to show; other encoders are set beside equal shares.
        """
        self.weights = weights or ()
        is_like = len(self.weights) in {0, len(published)}
        line = published if is_like else ()
        n = max(len(self.weights), len(line))
        self._bars.setOpts(x=list(range(len(self.weights))), height=list(self.weights), width=0.6)
        self._line.setData(range(len(line)), line)
        self._equal.setVisible(not is_like)
        self._equal.setPos(1 / n)
        highest = max(0.12, *self.weights, *line)
        self.plot.setXRange(-0.6, n - 0.4, padding=0)
        self.plot.setYRange(0, highest * 1.05, padding=0)
        step = 5 if highest < 0.15 else 10
        ticks = [(share / 100, f"{share} %" if share else "0") for share in range(0, round(100 * highest) + 1, step)]
        self.plot.getAxis("left").setTicks([ticks])
        self.plot.getAxis("bottom").setTicks([[(i, str(i)) for i in range(n)]])

    def restyle(self) -> None:
        """Take over the theme in force."""
        paint_axes(self.plot)
        # Not the accent: it is the colour of Record, and nearly that of an emotion.
        self._bars.setOpts(brush=pg.mkBrush(theme.colour("muted")), pen=pg.mkPen(None))
        self._line.setPen(pg.mkPen(theme.colour("text"), width=2))
        self._equal.setPen(pg.mkPen(theme.colour("text"), width=1, style=Qt.PenStyle.DashLine))
        self._line.setSymbol("o")
        self._line.setSymbolSize(5)
        self._line.setSymbolBrush(theme.colour("text"))
        self._line.setSymbolPen(None)

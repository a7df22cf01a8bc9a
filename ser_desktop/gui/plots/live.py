"""Timeline, waveform and layer weights of the main window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.gui import messages, theme
from ser_desktop.gui.plots.style import fill, paint_axes, plain_plot

_VIEW_S = 60.0
_WAVE_S = 12.0
_BIN_S = 0.02


class _TimeAxis(pg.AxisItem):
    """Minutes and seconds since the recording began."""

    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
        """See pyqtgraph."""
        return [f"{int(v) // 60}:{int(v) % 60:02d}" if v >= 0 else "" for v in values]

    text_size = 12

    def tickSpacing(self, minimum: float, maximum: float, size: float) -> list[tuple[float, float]]:
        """Whole seconds, never fractions, with room for the letters."""
        span = maximum - minimum
        most = min(14.0, size / (4 * self.text_size))
        step = next((s for s in (5, 10, 30, 60, 300, 600, 3600) if span / s <= most), 7200)
        return [(step, 0)]


class Timeline(QWidget):
    """One lane per class; each answer fills its hop, the stronger the more probable.

    Stretches without speech stay empty, stretches without a microphone are hatched.
    """

    def __init__(self) -> None:
        super().__init__()
        self.plot = plain_plot(messages.TIMELINE_TITLE)
        fill(self, self.plot)
        self._times = _TimeAxis("bottom")
        self.plot.setAxisItems({"bottom": self._times})
        self.plot.setMouseEnabled(x=True, y=False)
        self._image = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self._image)
        self._hint = pg.TextItem(messages.TIMELINE_EMPTY, anchor=(0.5, 0.5))
        self.plot.addItem(self._hint, ignoreBounds=True)
        self._gaps: list[pg.LinearRegionItem] = []
        self._text_size = 12
        self.set_labels(())

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """Set the lanes, top to bottom, and forget what was drawn."""
        self.labels = labels
        n = max(1, len(labels))
        self.setMinimumHeight(13 * n + 24)
        self.plot.setYRange(0, n, padding=0)
        self.plot.getAxis("left").setTicks([[(n - 0.5 - i, name) for i, name in enumerate(labels)]])
        rgb = [QColor(theme.look_of(name, i).colour).getRgb()[:3] for i, name in enumerate(labels)]
        self._colours = np.array(rgb or [(0, 0, 0)], np.uint8)[::-1]
        self.clear()

    def clear(self) -> None:
        """Begin a new recording."""
        self._ends: list[float] = []
        self._hop_s = 1.0
        self._pixels = np.zeros((max(1, len(self.labels)), 256, 4), np.uint8)
        self._n_columns = 0
        for region in self._gaps:
            self.plot.removeItem(region)
        self._gaps = []
        self._image.setVisible(False)
        self._hint.setVisible(True)
        self._hint.setPos(_VIEW_S / 2, max(1, len(self.labels)) / 2)
        self.plot.setXRange(0, _VIEW_S, padding=0)

    def add(self, prediction: Prediction, hop_s: float) -> None:
        """Append an answer; it fills the columns up to its end."""
        column = round(prediction.end_s / hop_s)
        self._hop_s = hop_s
        while column >= self._pixels.shape[1]:
            self._pixels = np.concatenate((self._pixels, np.zeros_like(self._pixels)), axis=1)
        lane = self._pixels[:, max(0, column - 1)]
        if prediction.probabilities:
            strength = np.array(prediction.probabilities[::-1])
            certain = 255 if prediction.state is AnswerState.EMOTION else 130
            lane[:, :3] = self._colours
            # The eye judges area: the square root keeps second places visible.
            lane[:, 3] = np.clip(certain * np.sqrt(strength), 0, 255)
        self._n_columns = max(self._n_columns, column)
        self._hint.setVisible(False)
        self._image.setVisible(True)
        self._image.setImage(self._pixels[:, : self._n_columns], autoLevels=False, levels=None)
        self._image.setRect(0, 0, self._n_columns * hop_s, len(self.labels))
        end = max(_VIEW_S, prediction.end_s + 2)
        self.plot.setXRange(end - _VIEW_S, end, padding=0)

    def add_gap(self, start_s: float, end_s: float) -> None:
        """Hatch a stretch without a microphone."""
        region = pg.LinearRegionItem((start_s, end_s), movable=False, pen=pg.mkPen(None))
        brush = pg.mkBrush(theme.colour("muted"))
        brush.setStyle(Qt.BrushStyle.BDiagPattern)
        region.setBrush(brush)
        self.plot.addItem(region)
        self._gaps.append(region)

    def set_text_size(self, pixels: int) -> None:
        """Write names and times in letters of so many pixels, and say nothing about what will come."""
        self._text_size = pixels
        self._times.text_size = pixels
        self._hint.setText("")
        self.restyle()

    def restyle(self) -> None:
        """Take over the theme in force."""
        paint_axes(self.plot, self._text_size)
        self.plot.getAxis("left").setTextPen(theme.colour("text"))
        self._hint.setColor(theme.colour("muted"))


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
        self._bars.setOpts(brush=pg.mkBrush(theme.colour("accent")), pen=pg.mkPen(None))
        self._line.setPen(pg.mkPen(theme.colour("text"), width=2))
        self._equal.setPen(pg.mkPen(theme.colour("text"), width=1, style=Qt.PenStyle.DashLine))
        self._line.setSymbol("o")
        self._line.setSymbolSize(5)
        self._line.setSymbolBrush(theme.colour("text"))
        self._line.setSymbolPen(None)

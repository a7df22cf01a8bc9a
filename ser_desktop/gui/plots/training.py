"""Plots of trainings: what a corpus holds, how losses and recalls develop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from ser_desktop.gui import theme
from ser_desktop.gui.curve_words import CurveWords
from ser_desktop.gui.plots.style import fill, paint_axes, plain_plot

_MOST_LETTERS = 60
_LONGEST = 10


class SpeakerCounts(QWidget):
    """One bar for each speaker, of as many pieces as there are classes.

    Parameters
    ----------
    name : str
        For screen readers.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.plot = plain_plot(name)
        fill(self, self.plot)
        self.setMinimumHeight(120)
        self._pieces: list[pg.BarGraphItem] = []

    def set_counts(self, counts: dict[str, dict[str, int]], labels: Sequence[str]) -> None:
        """Show how many recordings of each class each speaker has."""
        for piece in self._pieces:
            self.plot.removeItem(piece)
        speakers = list(counts)
        foot = np.zeros(len(speakers))
        self._pieces = []
        for i, label in enumerate(labels):
            heights = np.array([counts[s].get(label, 0) for s in speakers], dtype=float)
            colour = theme.look_of(label, i).colour
            piece = pg.BarGraphItem(
                x=np.arange(len(speakers)), y0=foot, height=heights, width=0.7, brush=colour, pen=None
            )
            self.plot.addItem(piece)
            self._pieces.append(piece)
            foot = foot + heights
        names = _short(speakers)
        longest = max(map(len, names), default=1)
        step = max(1, -(-len(names) * (longest + 2) // _MOST_LETTERS))
        ticks = [(i, name) for i, name in enumerate(names) if i % step == 0]
        self.plot.getAxis("bottom").setTicks([ticks])
        self.plot.setXRange(-0.6, len(speakers) - 0.4, padding=0)
        self.plot.setYRange(0, max(1.0, float(foot.max(initial=0))) * 1.05, padding=0)
        spoken = (f"{name}: {sum(own.values())}" for name, own in counts.items())
        self.plot.setAccessibleDescription(", ".join(spoken))
        self.restyle()

    def restyle(self) -> None:
        """Take over the theme in force."""
        paint_axes(self.plot)


@dataclass(frozen=True)
class CurvePoint:
    """An epoch of one fold and seed.

    Attributes
    ----------
    curve : str
        Of which fold and seed.
    epoch : int
    loss, validation_loss : float
    uar : float
        On the validation speakers, in percent.
    """

    curve: str
    epoch: int
    loss: float
    validation_loss: float
    uar: float


class Curves(QWidget):
    """How something develops from epoch to epoch, a line for each fold and seed; the one begun last stands out.

    Parameters
    ----------
    name : str
        For screen readers.
    value : {"loss", "uar"}
    hint : str
        Shown while there are no lines.
    words : CurveWords
        On the axes and in the legend.
    """

    def __init__(self, name: str, value: str, hint: str = "", words: CurveWords | None = None) -> None:
        super().__init__()
        self._value, self._words = value, words or CurveWords()
        self.plot = plain_plot(name)
        # Half of the topmost number stands above the axis.
        self.plot.getPlotItem().setContentsMargins(0, 8, 8, 0)
        self.hint, self.legend = QLabel(hint), QLabel()
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.legend.setWordWrap(True)
        for text in (self.hint, self.legend):
            text.setObjectName("muted")
        self.hint.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.legend)
        column.addWidget(self.plot, stretch=1)
        column.addWidget(self.hint, stretch=1)
        self.setMinimumHeight(150)
        self.clear()
        self.restyle()

    def clear(self) -> None:
        """Forget all lines."""
        self.plot.clear()
        self._points: dict[str, dict[int, CurvePoint]] = {}
        self._lines: dict[str, pg.PlotDataItem] = {}
        self._latest = ""
        self._own = self.plot.plot()
        self._show_lines(is_shown=False)

    def add(self, points: Sequence[CurvePoint]) -> None:
        """Add epochs."""
        for point in points:
            self._points.setdefault(point.curve, {})[point.epoch] = point
            if point.curve not in self._lines:
                self._lines[point.curve] = self.plot.plot()
                # Rounds learn side by side: the one that stands out must not change with every epoch.
                self._latest = point.curve
        if points:
            self._show_lines(is_shown=True)
        self._draw()

    def _draw(self) -> None:
        faint, strong = theme.colour("muted"), theme.colour("accent")
        faint.setAlpha(130)
        for curve, line in self._lines.items():
            is_latest = curve == self._latest
            epochs = sorted(self._points[curve])
            values = [self._y(self._points[curve][n]) for n in epochs]
            colour = strong if is_latest else faint
            line.setData(epochs, values)
            line.setPen(pg.mkPen(colour, width=2 if is_latest else 1))
            # One pass alone makes no line.
            line.setSymbol("o" if is_latest or len(epochs) == 1 else None)
            line.setSymbolSize(5)
            line.setSymbolBrush(colour)
            line.setSymbolPen(None)
            line.setZValue(1 if is_latest else 0)
        shown = self._points.get(self._latest, {}) if self._value == "loss" else {}
        epochs = sorted(shown)
        self._own.setData(epochs, [shown[n].loss for n in epochs])
        self._own.setPen(pg.mkPen(theme.colour("text"), width=1, style=Qt.PenStyle.DashLine))
        last = max((max(points) for points in self._points.values()), default=1)
        self.plot.setXRange(0.5, max(5, last) + 0.5, padding=0)
        self.plot.getAxis("bottom").setTicks([[(n, str(n)) for n in range(1, max(5, last) + 1, max(1, last // 8))]])
        if self._value == "uar":
            self.plot.setYRange(0, 100, padding=0.02)
        self._show_legend()

    def _show_legend(self) -> None:
        """Explain the lines that are there."""
        words, names = self._words, theme.colour
        entries = [
            ("●", names("accent").name(), words.latest),
            ("– –", names("text").name(), words.dashed),
            ("—", names("muted").name(), words.others if len(self._lines) > 1 else ""),
        ]
        shown = (f'<span style="color:{colour}">{mark}</span>&nbsp;{text}' for mark, colour, text in entries if text)
        self.legend.setText(" &nbsp; ".join(shown))

    def _show_lines(self, *, is_shown: bool) -> None:
        self.plot.setVisible(is_shown)
        self.legend.setVisible(is_shown and bool(self._words.latest))
        self.hint.setVisible(not is_shown)

    def _y(self, point: CurvePoint) -> float:
        return point.validation_loss if self._value == "loss" else point.uar

    def restyle(self) -> None:
        """Take over the theme in force."""
        paint_axes(self.plot)
        for side, text in (("bottom", self._words.x), ("left", self._words.y)):
            if text:
                self.plot.getAxis(side).setLabel(text, color=theme.colour("muted").name(), **{"font-size": "12px"})
        if self._value == "uar":
            self.plot.getAxis("left").setTicks([[(n, f"{n} %") for n in (0, 25, 50, 75, 100)]])
        self._draw()


def _short(names: Sequence[str]) -> list[str]:
    """Leave out the word that all names are made of besides their numbers, and cut what is still long."""
    stems = {name.rstrip("0123456789") for name in names}
    n = len(stems.pop()) if len(stems) == 1 and len(names) > 1 else 0
    shorter = [name[n:] or name for name in names]
    return [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in shorter]

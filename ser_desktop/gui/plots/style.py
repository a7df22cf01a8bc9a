"""What all plots share: quiet frames, axes in the theme's colours."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ser_desktop.gui import theme


def plain_plot(name: str) -> pg.PlotWidget:
    """Return a plot without menus, mouse and frame."""
    plot = pg.PlotWidget()
    plot.setMinimumHeight(40)
    plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(x=False, y=False)
    plot.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)
    plot.setRenderHint(QPainter.RenderHint.Antialiasing)
    plot.setAccessibleName(name)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return plot


def fill(widget: QWidget, plot: pg.PlotWidget) -> None:
    """Let a plot take all of a widget."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(plot)


def paint_axes(plot: pg.PlotWidget, text_size: int = 12) -> None:
    """Take over the theme in force, with letters of so many pixels."""
    plot.setBackground(theme.colour("raised"))
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(theme.colour("line"))
        axis.setTextPen(theme.colour("muted"))
        axis.setStyle(tickFont=theme.sized(plot.font(), text_size, tabular=True), tickLength=0)

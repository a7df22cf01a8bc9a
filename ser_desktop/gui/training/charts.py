"""Painted charts of trainings: shares of each class, and what is taken for what."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ser_desktop.gui import theme
from ser_desktop.gui.symbols import paint_symbol
from ser_desktop.gui.training import result_messages


class ShareBars(QWidget):
    """One bar per class, as long as its share of the largest possible value, with a number behind it."""

    _ROW = 24

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setMinimumWidth(240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rows: list[tuple[str, float, str]] = []

    def set_rows(self, rows: Sequence[tuple[str, float, str]]) -> None:
        """Show (class, share of the axis, words behind the bar) for each class."""
        self._rows = list(rows)
        self.setFixedHeight(self._ROW * max(1, len(self._rows)))
        self.setAccessibleDescription(", ".join(f"{name} {words}" for name, _, words in self._rows))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the rows."""
        if not self._rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.sized(self.font(), 13, tabular=True))
        metrics = QFontMetricsF(painter.font())
        names = max(metrics.horizontalAdvance(name) for name, _, _ in self._rows) + 34
        numbers = max(metrics.horizontalAdvance(words) for _, _, words in self._rows) + 10
        width = max(20.0, self.width() - names - numbers)
        middle = Qt.AlignmentFlag.AlignVCenter
        for i, (name, share, words) in enumerate(self._rows):
            top = i * self._ROW
            colour = QColor(theme.look_of(name, i).colour)
            paint_symbol(painter, name, QRectF(2, top + self._ROW / 2 - 7, 14, 14), colour)
            painter.setPen(theme.colour("text"))
            painter.drawText(QRectF(26, top, names - 26, self._ROW), int(middle), name)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("line"))
            painter.drawRoundedRect(QRectF(names, top + 5, width, self._ROW - 10), 4, 4)
            painter.setBrush(colour)
            if share > 0:
                painter.drawRoundedRect(QRectF(names, top + 5, max(4.0, width * share), self._ROW - 10), 4, 4)
            painter.setPen(theme.colour("text"))
            right = int(middle | Qt.AlignmentFlag.AlignRight)
            painter.drawText(QRectF(names + width, top, numbers, self._ROW), right, words)


class ConfusionMatrix(QWidget):
    """What a model takes for what, each row in percent of what was meant."""

    _CELL = 34

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(result_messages.CONFUSION_TITLE)
        self._labels: list[str] = []
        self._counts: list[list[int]] = []

    def set_counts(self, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Show counts; rows are the truth."""
        self._labels, self._counts = list(labels), [list(row) for row in counts]
        self.setMinimumSize(76 + 40 * len(labels), self._CELL * (len(labels) + 1))
        self.setAccessibleDescription(
            "; ".join(
                f"{name}: {', '.join(f'{n} {other}' for n, other in zip(row, labels, strict=True) if n)}"
                for name, row in zip(labels, counts, strict=True)
            )
        )
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the cells."""
        if not self._labels:
            return
        painter = QPainter(self)
        painter.setFont(theme.sized(self.font(), 12, tabular=True))
        metrics = QFontMetricsF(painter.font())
        names = max(metrics.horizontalAdvance(name) for name in self._labels) + 12
        width = min(96.0, (self.width() - names) / len(self._labels))
        centre = int(Qt.AlignmentFlag.AlignCenter)
        small = theme.sized(self.font(), 11)
        painter.setFont(small)
        painter.setPen(theme.colour("muted"))
        for j, name in enumerate(self._labels):
            shown = QFontMetricsF(small).elidedText(name, Qt.TextElideMode.ElideRight, width - 2)
            painter.drawText(QRectF(names + j * width, 0, width, self._CELL), centre, shown)
        painter.setFont(theme.sized(self.font(), 12, tabular=True))
        for i, (name, row) in enumerate(zip(self._labels, self._counts, strict=True)):
            top = (i + 1) * self._CELL
            painter.setPen(theme.colour("text"))
            painter.drawText(QRectF(0, top, names, self._CELL), int(Qt.AlignmentFlag.AlignVCenter), name)
            for j, n in enumerate(row):
                share = n / max(1, sum(row))
                tint = theme.colour("good" if i == j else "accent")
                tint.setAlphaF(min(1.0, 0.75 * share))
                cell = QRectF(names + j * width + 1, top + 1, width - 2, self._CELL - 2)
                painter.fillRect(cell, theme.colour("surface"))
                painter.fillRect(cell, tint)
                painter.setPen(theme.colour("text" if n else "muted"))
                painter.drawText(cell, centre, f"{100 * share:.0f} %" if n else "–")

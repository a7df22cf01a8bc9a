"""A whole file at a glance: one strip of colours, and the shares in words."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ser_desktop.core.window_log import SILENT, WindowLog
from ser_desktop.gui import theme
from ser_desktop.gui.files import messages
from ser_desktop.gui.widgets import label

_HEIGHT = 14
_PALE = 90


class Strip(QWidget):
    """The answer at every moment of a file, from its beginning at the left to its end at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName(messages.WHOLE_FILE)
        self.setToolTip(messages.WHOLE_FILE)
        self._windows = WindowLog(())
        self._duration_s = 0.0

    def show_windows(self, windows: WindowLog, duration_s: float) -> None:
        """Show what was heard so far."""
        self._windows, self._duration_s = windows, duration_s
        self.update()

    def colours(self, n: int) -> np.ndarray:
        """Return colours from left to right, (n, 4) uint8: red, green, blue, opacity."""
        found = np.zeros((n, 4), np.uint8)
        ends_s, best = self._windows.ends_s(), self._windows.best()
        if not len(best):
            return found
        middles_s = (np.arange(n) + 0.5) * max(self._duration_s, ends_s[-1]) / n
        # Each moment takes the first window that ends after it; what is not heard yet stays empty.
        places = np.searchsorted(ends_s, middles_s)
        is_heard = places < len(best)
        looks = [QColor(theme.look_of(name, i).colour) for i, name in enumerate(self._windows.labels)]
        # The last one stands for "no speech", as its negative number says.
        palette = np.array([c.getRgb() for c in (*looks, theme.colour("line"))], np.uint8)
        at = places[is_heard]
        found[is_heard] = palette[best[at]]
        # What is a mere tendency is pale, as it is in the timeline.
        is_pale = ~self._windows.is_sure()[at] & (best[at] != SILENT)
        found[is_heard, 3] = np.where(is_pale, _PALE, 255)
        return found

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the strip."""
        n = max(1, round(self.width() * self.devicePixelRatioF()))
        pixels = np.ascontiguousarray(self.colours(n))
        painter = QPainter(self)
        image = QImage(pixels.data, n, 1, 4 * n, QImage.Format.Format_RGBA8888)
        painter.drawImage(QRectF(self.rect()), image)
        painter.end()


class Overview(QWidget):
    """The strip and, below it, how much of the file sounds like what."""

    def __init__(self) -> None:
        super().__init__()
        self.strip, self.words = Strip(), label("", "muted", wraps=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.strip)
        column.addWidget(self.words)

    def show_windows(self, windows: WindowLog, duration_s: float) -> None:
        """Show what was heard so far."""
        self.strip.show_windows(windows, duration_s)
        best, is_sure = windows.best(), windows.is_sure()
        found = [(name, best[is_sure] == i) for i, name in enumerate(windows.labels)]
        found += [(messages.NOT_SURE, ~is_sure & (best != SILENT)), (messages.SILENCE, best == SILENT)]
        shares = [(name, int(np.count_nonzero(where)) / len(best)) for name, where in found] if len(best) else []
        # The last window ends with the file, but for a rounding.
        is_whole = bool(len(best)) and windows.ends_s()[-1] >= duration_s - 0.5
        self.words.setText(messages.shares(sorted(shares, key=lambda pair: -pair[1]), is_whole=is_whole))
        self.strip.setAccessibleDescription(self.words.text())

"""The timeline as a picture that grows: one lane per class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ser_desktop.core.lanes import Lanes
from ser_desktop.core.markers import Marker
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.session import Gap
from ser_desktop.gui import messages, theme
from ser_desktop.gui.plots.time_view import TimeView
from ser_desktop.gui.plots.timeline_picture import Frame, Scene, paint


class TimelineView(QWidget):
    """Draws the part of a recording that is in sight; an answer costs the same after ten hours as at first.

    Each answer fills its hop, the stronger the more probable. Stretches without speech stay empty,
    stretches without a microphone are hatched.

    Signals
    -------
    follow_changed(bool)
        Whether the newest answer is kept in sight.
    """

    follow_changed = Signal(bool)
    has_flags = False

    def __init__(self) -> None:
        super().__init__()
        self.view = TimeView()
        self.scene = Scene()
        self.text_size = 12
        self._hint = messages.TIMELINE_EMPTY
        self._followed = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(messages.TIMELINE_TITLE)
        self.set_labels(())

    @property
    def labels(self) -> tuple[str, ...]:
        """The lanes, top to bottom."""
        return self.scene.labels

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """Set the lanes, top to bottom, and forget what was drawn."""
        self.scene.labels = labels
        around = Frame.above(self.text_size, with_flags=self.has_flags) + Frame.below(self.text_size)
        self.setMinimumHeight(12 * max(1, len(labels)) + round(around))
        self.clear()

    def clear(self) -> None:
        """Begin a new recording."""
        self.scene = Scene(self.scene.labels, Lanes(len(self.scene.labels)))
        self.view.reset()
        self.moved()

    def add(self, prediction: Prediction) -> None:
        """Append an answer."""
        self.scene.lanes.add(prediction)
        self.view.grow(prediction.end_s)
        self.moved()

    def show_history(self, history: Sequence[Prediction], gaps: Sequence[Gap], markers: Sequence[Marker] = ()) -> None:
        """Show a recording that is there already, in place of what was drawn."""
        self.clear()
        self.scene.lanes.extend(history)
        self.scene.gaps = [(gap.start_s, gap.end_s) for gap in gaps]
        self.scene.markers = tuple(markers)
        self.view.grow(self.scene.lanes.end_s)
        self.moved()

    def add_gap(self, start_s: float, end_s: float) -> None:
        """Hatch a stretch without a microphone."""
        self.scene.gaps.append((start_s, end_s))
        self.view.grow(end_s)
        self.moved()

    def set_markers(self, markers: Sequence[Marker]) -> None:
        """Show these markers, in the order of their times."""
        self.scene.markers = tuple(markers)
        self.update()

    def show_playhead(self, at_s: float | None) -> None:
        """Show which second is heard, None for silence."""
        self.scene.playhead_s = at_s
        self.update()

    def set_text_size(self, pixels: int) -> None:
        """Write names and times in letters of so many pixels, and say nothing about what will come."""
        self.text_size = pixels
        self._hint = ""
        self.update()

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.update()

    def follow(self) -> None:
        """Go to the newest answer and stay with it."""
        self.view.follow()
        self.moved()

    def moved(self) -> None:
        """Take over where `view` looks; call it after every change of that."""
        self.scene.start_s, self.scene.span_s = self.view.start_s, self.view.span_s
        if self.view.follows != self._followed:
            self._followed = self.view.follows
            self.follow_changed.emit(self._followed)
        self.update()

    def sizeHint(self) -> QSize:
        """See Qt."""
        return QSize(640, self.minimumHeight())

    def frame(self) -> Frame:
        """Where things lie now."""
        room = QRectF(self.rect())
        return Frame.of(room, self.labels, self.font(), self.text_size, with_flags=self.has_flags)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw what is in sight."""
        painter = QPainter(self)
        frame = self.frame()
        paint(painter, frame, self.scene, self.devicePixelRatioF())
        if self._hint and not self.scene.lanes.n_answers:
            painter.setPen(theme.colour("muted"))
            painter.drawText(frame.lanes, int(Qt.AlignmentFlag.AlignCenter), self._hint)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

"""How a timeline is drawn: on the screen, for a file, for a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from ser_desktop.core.lanes import Lanes
from ser_desktop.core.markers import Marker
from ser_desktop.gui import theme
from ser_desktop.gui.plots import words

_STEPS_S = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 14_400)
_FLAG = 7.0


@dataclass
class Scene:
    """What is to be seen.

    Attributes
    ----------
    labels : tuple of str
    lanes : Lanes
    gaps : list of (float, float)
        Stretches without a microphone, in seconds like all times.
    markers : sequence of Marker
    moment : (float, float) or None
        Window of the answer that is looked at.
    cursor_s : float or None
        Where the keyboard is.
    playhead_s : float or None
        What is heard.
    start_s, span_s : float
    colours : Theme or None
        Other ones than those of the theme in force.
    """

    labels: tuple[str, ...] = ()
    lanes: Lanes = field(default_factory=lambda: Lanes(1))
    gaps: list[tuple[float, float]] = field(default_factory=list)
    markers: Sequence[Marker] = ()
    moment: tuple[float, float] | None = None
    cursor_s: float | None = None
    playhead_s: float | None = None
    start_s: float = 0.0
    span_s: float = 60.0
    colours: theme.Theme | None = None

    def colour(self, token: str) -> QColor:
        """Colour of a token: of the theme in force, or of the scene's own."""
        return QColor(getattr(self.colours or theme.theme(), token))


@dataclass(frozen=True)
class Frame:
    """Where things lie: names on the left, times below, flags of markers above.

    Attributes
    ----------
    lanes : QRectF
        The part that stands for time.
    text_size : int
    font : QFont
    """

    lanes: QRectF
    text_size: int
    font: QFont

    @classmethod
    def of(cls, room: QRectF, labels: Sequence[str], font: QFont, text_size: int, *, with_flags: bool) -> Frame:
        """Divide the room."""
        letters = theme.sized(font, text_size, tabular=True)
        metrics = QFontMetricsF(letters)
        left = max((metrics.horizontalAdvance(name) for name in labels), default=0.0) + 10
        above, below = cls.above(text_size, with_flags=with_flags), cls.below(text_size)
        # Half of the last time stands beyond the last lane; with hours it is longer.
        right = metrics.horizontalAdvance("0:00:00") / 2
        lanes = room.adjusted(left, above, -right, -below)
        return cls(lanes, text_size, letters)

    @staticmethod
    def above(text_size: int, *, with_flags: bool) -> float:
        """Room for the flags of markers and their notes."""
        return text_size + 2.0 if with_flags else 2.0

    @staticmethod
    def below(text_size: int) -> float:
        """Room for the times."""
        return text_size + 6.0

    def x_of(self, time_s: float, scene: Scene) -> float:
        """Place of a time, in pixels."""
        return self.lanes.left() + (time_s - scene.start_s) / scene.span_s * self.lanes.width()

    def time_at(self, x: float, scene: Scene) -> float:
        """Time at a place."""
        return scene.start_s + (x - self.lanes.left()) / max(1.0, self.lanes.width()) * scene.span_s


def paint(painter: QPainter, frame: Frame, scene: Scene, pixel_ratio: float = 1.0) -> None:
    """Draw a scene; the work depends on the number of pixels, not on the length of the recording."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(frame.font)
    _paint_lanes(painter, frame, scene, pixel_ratio)
    _paint_names(painter, frame, scene)
    _paint_times(painter, frame, scene)
    painter.save()
    painter.setClipRect(frame.lanes.adjusted(-_FLAG, -frame.lanes.top(), _FLAG, 2))
    _paint_gaps(painter, frame, scene)
    _paint_moment(painter, frame, scene)
    _paint_markers(painter, frame, scene)
    painter.restore()


def _lane(frame: Frame, i: int, n: int) -> QRectF:
    height = frame.lanes.height() / max(1, n)
    top = frame.lanes.top() + i * height
    return QRectF(frame.lanes.left(), top, frame.lanes.width(), max(1.0, height - (2 if height > 10 else 0.5)))


def _paint_lanes(painter: QPainter, frame: Frame, scene: Scene, pixel_ratio: float) -> None:
    n, n_columns = len(scene.labels), max(1, round(frame.lanes.width() * pixel_ratio))
    ground = scene.colour("line")
    ground.setAlpha(90)
    for i in range(n):
        painter.fillRect(_lane(frame, i, n), ground)
    if not n or not scene.lanes.n_answers:
        return
    edges = scene.start_s + scene.span_s * np.linspace(0, 1, n_columns + 1)
    pixels = np.empty((n, n_columns, 4), np.uint8)
    for i, name in enumerate(scene.labels):
        pixels[i, :, :3] = QColor(theme.look_of(name, i).colour).getRgb()[:3]
    # The eye judges area: the square root keeps second places visible.
    pixels[:, :, 3] = 255 * np.sqrt(np.clip(scene.lanes.strengths(edges), 0, 1))
    image = QImage(pixels.data, n_columns, n, 4 * n_columns, QImage.Format.Format_RGBA8888)
    for i in range(n):
        painter.drawImage(_lane(frame, i, n), image, QRectF(0, i, n_columns, 1))


def _paint_names(painter: QPainter, frame: Frame, scene: Scene) -> None:
    painter.setPen(scene.colour("text"))
    right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    for i, name in enumerate(scene.labels):
        lane = _lane(frame, i, len(scene.labels))
        # Letters may be higher than a low lane; they are not cut.
        middle = lane.center().y()
        painter.drawText(QRectF(0, middle - frame.text_size, lane.left() - 8, 2 * frame.text_size), right, name)


def tick_step_s(span_s: float, width: float, text_size: int) -> int:
    """Seconds between labels, so that they do not touch."""
    most = max(1.0, width / (5.5 * text_size))
    return next((step for step in _STEPS_S if span_s / step <= most), 43_200)


def _paint_times(painter: QPainter, frame: Frame, scene: Scene) -> None:
    step = tick_step_s(scene.span_s, frame.lanes.width(), frame.text_size)
    painter.setPen(scene.colour("muted"))
    first = -(-scene.start_s // step) * step
    top, width = frame.lanes.bottom() + 2, 6.0 * frame.text_size
    for k in range(int((scene.start_s + scene.span_s - first) // step) + 1):
        x = frame.x_of(first + k * step, scene)
        place = QRectF(x - width / 2, top, width, frame.text_size + 4)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignHCenter), words.time(first + k * step))


def _paint_gaps(painter: QPainter, frame: Frame, scene: Scene) -> None:
    for start_s, end_s in scene.gaps:
        if end_s < scene.start_s or start_s > scene.start_s + scene.span_s:
            continue
        left, right = (frame.x_of(t, scene) for t in (start_s, end_s))
        stretch = QRectF(left, frame.lanes.top(), max(2.0, right - left), frame.lanes.height())
        painter.fillRect(stretch, QBrush(scene.colour("muted"), Qt.BrushStyle.BDiagPattern))


def _paint_moment(painter: QPainter, frame: Frame, scene: Scene) -> None:
    if scene.moment is not None:
        left, right = (frame.x_of(t, scene) for t in scene.moment)
        # Neutral: any other tint would pass for an emotion.
        tint = scene.colour("text")
        tint.setAlpha(22)
        painter.fillRect(QRectF(left, frame.lanes.top(), right - left, frame.lanes.height()), tint)
        painter.setPen(QPen(scene.colour("text"), 2))
        for x in (left, right):
            painter.drawLine(QPointF(x, frame.lanes.top()), QPointF(x, frame.lanes.bottom()))
    if scene.playhead_s is not None:
        x = frame.x_of(scene.playhead_s, scene)
        painter.setPen(QPen(scene.colour("good"), 2.5))
        painter.drawLine(QPointF(x, frame.lanes.top()), QPointF(x, frame.lanes.bottom()))
    if scene.cursor_s is not None:
        x = frame.x_of(scene.cursor_s, scene)
        painter.setPen(QPen(scene.colour("text"), 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, frame.lanes.top()), QPointF(x, frame.lanes.bottom()))


def _paint_markers(painter: QPainter, frame: Frame, scene: Scene) -> None:
    ink = scene.colour("text")
    places = [frame.x_of(marker.at_s, scene) for marker in scene.markers]
    metrics = QFontMetricsF(frame.font)
    for i, (marker, x) in enumerate(zip(scene.markers, places, strict=True)):
        if not frame.lanes.left() - 1 <= x <= frame.lanes.right() + 1:
            continue
        top = frame.lanes.top() - frame.text_size
        painter.setPen(QPen(ink, 1.5))
        painter.drawLine(QPointF(x, top), QPointF(x, frame.lanes.bottom()))
        painter.setBrush(ink)
        flag = (QPointF(x, top), QPointF(x + _FLAG, top + _FLAG / 2), QPointF(x, top + _FLAG))
        painter.drawPolygon(QPolygonF(flag))
        room = (places[i + 1] if i + 1 < len(places) else frame.lanes.right()) - x - _FLAG - 8
        if marker.note and room > 2 * frame.text_size:
            words = metrics.elidedText(marker.note, Qt.TextElideMode.ElideRight, min(room, 18.0 * frame.text_size))
            painter.drawText(QPointF(x + _FLAG + 4, frame.lanes.top() - 4), words)

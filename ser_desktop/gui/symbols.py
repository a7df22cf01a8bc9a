"""One drawn symbol per emotion, independent of the fonts a computer has."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

from ser_desktop.core.labels import Emotion
from ser_desktop.core.prediction import AnswerState


def paint_symbol(painter: QPainter, label: str, rect: QRectF, colour: QColor) -> None:
    """Draw the symbol of a class (or of a state such as "no speech") into a square."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.center())
    unit = min(rect.width(), rect.height()) / 2
    painter.scale(unit, unit)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, 0.22, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    _DRAWERS.get(label, _dot)(painter, colour)
    painter.restore()


def _ring(painter: QPainter, _colour: QColor) -> None:
    painter.drawEllipse(QPointF(0, 0), 0.72, 0.72)


def _waves(painter: QPainter, _colour: QColor) -> None:
    for y in (-0.3, 0.3):
        path = QPainterPath(QPointF(-0.8, y))
        path.cubicTo(-0.4, y - 0.5, -0.2, y + 0.5, 0.1, y)
        path.cubicTo(0.4, y - 0.5, 0.6, y + 0.3, 0.8, y)
        painter.drawPath(path)


def _smile(painter: QPainter, _colour: QColor) -> None:
    painter.drawArc(QRectF(-0.8, -1.05, 1.6, 1.6), 200 * 16, 140 * 16)


def _frown(painter: QPainter, _colour: QColor) -> None:
    painter.drawArc(QRectF(-0.8, -0.55, 1.6, 1.6), 20 * 16, 140 * 16)


def _triangle(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(QBrush(colour))
    painter.drawPolygon(QPolygonF([QPointF(0, -0.7), QPointF(0.75, 0.6), QPointF(-0.75, 0.6)]))


def _diamond(painter: QPainter, _colour: QColor) -> None:
    painter.drawPolygon(QPolygonF([QPointF(0, -0.85), QPointF(0.65, 0), QPointF(0, 0.85), QPointF(-0.65, 0)]))


def _cross(painter: QPainter, _colour: QColor) -> None:
    painter.drawLine(QPointF(-0.6, -0.6), QPointF(0.6, 0.6))
    painter.drawLine(QPointF(-0.6, 0.6), QPointF(0.6, -0.6))


def _star(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(QBrush(colour))
    painter.setPen(Qt.PenStyle.NoPen)
    points = []
    for i in range(8):
        radius = 0.95 if i % 2 == 0 else 0.32
        angle = math.pi * i / 4
        points.append(QPointF(radius * math.sin(angle), -radius * math.cos(angle)))
    painter.drawPolygon(QPolygonF(points))


def _dot(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(QBrush(colour))
    painter.drawEllipse(QPointF(0, 0), 0.4, 0.4)


def _dash(painter: QPainter, _colour: QColor) -> None:
    painter.drawLine(QPointF(-0.65, 0), QPointF(0.65, 0))


def _dots(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(QBrush(colour))
    painter.setPen(Qt.PenStyle.NoPen)
    for x in (-0.6, 0.0, 0.6):
        painter.drawEllipse(QPointF(x, 0), 0.16, 0.16)


def _question(painter: QPainter, colour: QColor) -> None:
    path = QPainterPath()
    path.moveTo(-0.42, -0.38)
    path.cubicTo(-0.42, -0.95, 0.48, -0.95, 0.48, -0.38)
    path.cubicTo(0.48, -0.02, 0.0, -0.05, 0.0, 0.32)
    painter.drawPath(path)
    painter.setBrush(QBrush(colour))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(QPointF(0, 0.74), 0.15, 0.15)


_DRAWERS = {
    Emotion.NEUTRAL: _ring,
    Emotion.CALM: _waves,
    Emotion.HAPPY: _smile,
    Emotion.SAD: _frown,
    Emotion.ANGRY: _triangle,
    Emotion.FEARFUL: _diamond,
    Emotion.DISGUST: _cross,
    Emotion.SURPRISED: _star,
    AnswerState.NO_SPEECH: _dash,
    AnswerState.TOO_QUIET: _dots,
    AnswerState.NOT_SURE: _question,
}

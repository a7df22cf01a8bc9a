"""The timeline of a whole session as a picture, for files and reports."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF
from PySide6.QtGui import QFont, QGuiApplication, QImage, QPainter

from ser_desktop.core.lanes import Lanes
from ser_desktop.core.session import Session
from ser_desktop.gui import theme
from ser_desktop.gui.plots.timeline_picture import Frame, Scene, paint

_WIDTH = 1400
_LANE = 30
_MARGIN = 20
_TEXT_SIZE = 15
_SCALE = 2


def timeline_png(session: Session, colours: theme.Theme = theme.LIGHT) -> bytes:
    """Draw a session from its beginning to its end; may be called in any thread.

    Parameters
    ----------
    session : Session
    colours : Theme
        Paper is light, whatever the window's theme.

    Returns
    -------
    png : bytes
        2800 pixels wide.
    """
    labels = session.labels
    lanes = Lanes(len(labels))
    lanes.extend(session.history)
    around = Frame.above(_TEXT_SIZE, with_flags=True) + Frame.below(_TEXT_SIZE)
    height = round(_LANE * max(1, len(labels)) + around)
    scene = Scene(
        labels,
        lanes,
        [(gap.start_s, gap.end_s) for gap in session.gaps],
        session.markers,
        start_s=0.0,
        span_s=max(1.0, lanes.end_s),
        colours=colours,
    )
    image = QImage(_SCALE * (_WIDTH + 2 * _MARGIN), _SCALE * (height + 2 * _MARGIN), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_SCALE)
    image.fill(colours.raised)
    painter = QPainter(image)
    painter.translate(_MARGIN, _MARGIN)
    font = QFont(QGuiApplication.font())
    frame = Frame.of(QRectF(0, 0, _WIDTH, height), labels, font, _TEXT_SIZE, with_flags=True)
    paint(painter, frame, scene, _SCALE)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(data.data())

"""The timeline of the main window: scrolled, zoomed and looked into while it grows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip

from ser_desktop.gui.plots import words
from ser_desktop.gui.plots.timeline_view import TimelineView

_ZOOM = 1.25
_SLACK_PX = 5
_FLAG_PX = 9


class Timeline(TimelineView):
    """A `TimelineView` in which people move about and choose moments, with mouse or keyboard.

    Signals
    -------
    picked(int)
        Somebody chose the answer with that index.
    marker_picked(int)
        Somebody chose the marker with that index.
    left()
        Somebody asked to go back to what is new.
    """

    picked = Signal(int)
    marker_picked = Signal(int)
    left = Signal()
    has_flags = True

    def __init__(self) -> None:
        self._moment: int | None = None
        self._cursor: int | None = None
        self._pressed: QPoint | None = None
        self._pressed_start_s = 0.0
        self._is_dragged = False
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleDescription(words.TIMELINE_HELP)

    @property
    def moment(self) -> int | None:
        """Index of the answer that is looked at."""
        return self._moment

    def clear(self) -> None:
        """Begin a new recording."""
        self._moment = self._cursor = None
        super().clear()

    def show_moment(self, index: int | None) -> None:
        """Bracket the window of an answer, or of none."""
        self._moment = self._cursor = index
        self.scene.moment = None if index is None else self.scene.lanes.window(index)
        self.scene.cursor_s = None
        if self.scene.moment is not None:
            self.view.reveal(*self.scene.moment)
        where = words.TIMELINE_HELP if self.scene.moment is None else words.moment(*self.scene.moment)
        self.setAccessibleDescription(where)
        self.moved()

    # ---- moving about

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Show ``factor`` times as much time."""
        if at_s is None and self.scene.moment is not None:
            at_s = self.scene.moment[1]
        self.view.zoom(factor, at_s)
        self.moved()

    def show_all(self) -> None:
        """Show the whole recording."""
        self.view.show_all()
        self.moved()

    def move_cursor(self, by: int) -> None:
        """Go to an answer before or after; one that is looked at changes at once."""
        n = self.scene.lanes.n_answers
        if not n:
            return
        here = n if self._cursor is None else self._cursor
        self._cursor = min(max(0, here + by), n - 1)
        window = self.scene.lanes.window(self._cursor)
        self.view.reveal(window[1], window[1])
        self.setAccessibleDescription(words.moment(*window))
        if self._moment is not None:
            self.picked.emit(self._cursor)
        self.scene.cursor_s = None if self._moment is not None else window[1]
        self.moved()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; with Shift, or sideways, scroll."""
        x, y = event.angleDelta().x(), event.angleDelta().y()
        if x and abs(x) >= abs(y):
            self.view.scroll(-x / 120 * self.view.span_s / 10)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.view.scroll(-y / 120 * self.view.span_s / 10)
        else:
            self.view.zoom(_ZOOM ** (-y / 120), self.frame().time_at(event.position().x(), self.scene))
        self.moved()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed, self._is_dragged = event.position().toPoint(), False
            self._pressed_start_s = self.view.start_s

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if self._pressed is None:
            return
        dx = event.position().x() - self._pressed.x()
        self._is_dragged = self._is_dragged or abs(dx) > _SLACK_PX
        if self._is_dragged:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.view.scroll_to(self._pressed_start_s - dx / self.frame().lanes.width() * self.view.span_s)
            self.moved()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked, unless it was dragged."""
        was_pressed, self._pressed = self._pressed is not None, None
        self.unsetCursor()
        if was_pressed and not self._is_dragged:
            self._clicked(event.position().toPoint())

    def _clicked(self, place: QPoint) -> None:
        marker = self._marker_at(place)
        if marker is not None:
            self.marker_picked.emit(marker)
            return
        frame = self.frame()
        index = self.scene.lanes.at(frame.time_at(place.x(), self.scene))
        if index is not None and place.x() >= frame.lanes.left():
            self.picked.emit(index)

    def _marker_at(self, place: QPoint) -> int | None:
        frame = self.frame()
        flags = [frame.x_of(marker.at_s, self.scene) for marker in self.scene.markers]
        if place.y() >= frame.lanes.top() or not flags:
            return None
        nearest = min(range(len(flags)), key=lambda i: abs(flags[i] + _FLAG_PX / 2 - place.x()))
        # The flag and the beginning of its note.
        return nearest if -_FLAG_PX <= place.x() - flags[nearest] <= 4 * _FLAG_PX else None

    def event(self, event: QEvent) -> bool:
        """Say all of a marker's note to the pointer that rests on it."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            marker = self._marker_at(event.pos())
            shown = "" if marker is None else words.marker_tip(self.scene.markers[marker])
            QToolTip.showText(event.globalPos(), shown, self)
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and Enter choose, + and − zoom, Home, End, Page and A move, Escape goes back."""
        keys = {
            Qt.Key.Key_Left: lambda: self.move_cursor(-1),
            Qt.Key.Key_Right: lambda: self.move_cursor(1),
            Qt.Key.Key_Plus: lambda: self.zoom(1 / _ZOOM),
            Qt.Key.Key_Equal: lambda: self.zoom(1 / _ZOOM),
            Qt.Key.Key_Minus: lambda: self.zoom(_ZOOM),
            Qt.Key.Key_Home: lambda: self.view.scroll_to(0.0),
            Qt.Key.Key_End: self.view.follow,
            Qt.Key.Key_PageUp: lambda: self.view.scroll(-0.9 * self.view.span_s),
            Qt.Key.Key_PageDown: lambda: self.view.scroll(0.9 * self.view.span_s),
            Qt.Key.Key_A: self.view.show_all,
            Qt.Key.Key_Escape: self.left.emit,
            Qt.Key.Key_Return: self._enter,
            Qt.Key.Key_Enter: self._enter,
        }
        action = keys.get(Qt.Key(event.key()))
        if action is None:
            super().keyPressEvent(event)
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in {
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
        }:
            self._to_marker(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            action()
        self.moved()

    def _enter(self) -> None:
        if self._cursor is not None:
            self.picked.emit(self._cursor)

    def _to_marker(self, by: int) -> None:
        here = self.view.end_s + 1 if self._cursor is None else self.scene.lanes.window(self._cursor)[1]
        times = [marker.at_s for marker in self.scene.markers]
        beyond = [i for i, t in enumerate(times) if (t > here + 0.01 if by > 0 else t < here - 0.01)]
        if beyond:
            self.marker_picked.emit(beyond[0] if by > 0 else beyond[-1])

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Forget where the keyboard was."""
        super().focusOutEvent(event)
        if self._moment is None:
            self._cursor = None
            self.scene.cursor_s = None
            self.update()

"""The card of the timeline: what is looked at, and what one can do there."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QStackedLayout, QWidget

from ser_desktop.core.markers import Marker
from ser_desktop.gui import messages as common
from ser_desktop.gui.plots import Timeline
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.widgets import Card, ElidedLabel, label

_ZOOM = 1.5


def small_button(text: str, tip: str, name: str = "") -> QPushButton:
    """Return a button for the head of a card."""
    button = QPushButton(text)
    button.setObjectName("chip")
    button.setToolTip(tip)
    button.setAccessibleName(name or text)
    # A click leaves the space bar to whatever had it.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


class MarkerEditor(QWidget):
    """A line for a marker's note, with a way to delete it.

    Signals
    -------
    written(str)
        The note, when it was finished.
    deleted()
    closed()
        Nothing is to be changed any more.
    """

    written = Signal(str)
    deleted = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = label("", "title")
        self.note = QLineEdit()
        self.note.setObjectName("chip")
        self.note.setMaxLength(500)
        self.note.setPlaceholderText(messages.NOTE_PLACEHOLDER)
        self.note.setAccessibleName(messages.NOTE_NAME)
        self.done = small_button(messages.NOTE_DONE, messages.NOTE_DONE_TIP)
        self.delete = small_button(messages.DELETE_MARKER, messages.DELETE_MARKER_TIP)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.title)
        row.addWidget(self.note, stretch=1)
        row.addWidget(self.done)
        row.addWidget(self.delete)
        self.note.returnPressed.connect(self.finish)
        self.done.clicked.connect(self.finish)
        self.delete.clicked.connect(self.deleted.emit)

    def edit(self, marker: Marker) -> None:
        """Begin with a marker's note."""
        self.title.setText(messages.marker_title(marker.at_s))
        self.note.setText(marker.note)
        self.note.setFocus()
        self.note.selectAll()

    def finish(self) -> None:
        """Take the note as it is."""
        self.written.emit(self.note.text().strip())
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves the note as it was."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


class TimelineCard(Card):
    """The timeline below a head that says what is looked at.

    Attributes
    ----------
    timeline : Timeline
    listen, mark, back, follow : QPushButton
    editor : MarkerEditor
    """

    def __init__(self) -> None:
        super().__init__()
        self.timeline = Timeline()
        self.text = ElidedLabel("muted")
        self.text.setToolTip(messages.TIMELINE_HELP)
        self.name = label("", "muted")
        self.close_session = small_button(messages.CLOSE_SESSION, messages.CLOSE_SESSION_TIP)
        self.undo = small_button(messages.UNDO, messages.UNDO_TIP)
        self.listen = small_button(messages.LISTEN, messages.LISTEN_TIP)
        self.mark = small_button(messages.MARK, messages.MARK_TIP)
        self.back = small_button(messages.BACK, messages.BACK_TIP)
        self.follow = small_button(messages.FOLLOW, messages.FOLLOW_TIP)
        self._zoom_out = small_button(messages.ZOOM_OUT, messages.ZOOM_OUT_TIP, messages.ZOOM_OUT_NAME)
        self._zoom_in = small_button(messages.ZOOM_IN, messages.ZOOM_IN_TIP, messages.ZOOM_IN_NAME)
        self.editor = MarkerEditor()
        self._below: QWidget | None = None
        self._share = QTimer(self, singleShot=True, interval=0, timeout=self._share_room)
        self.body.setSpacing(2)
        self.body.insertLayout(0, self._build_head())
        self.body.addWidget(self.timeline, stretch=3)
        self.follow.clicked.connect(self.timeline.follow)
        self._zoom_in.clicked.connect(lambda: self.timeline.zoom(1 / _ZOOM))
        self._zoom_out.clicked.connect(lambda: self.timeline.zoom(_ZOOM))
        self.timeline.follow_changed.connect(self.show_follow)
        self.editor.closed.connect(self.show_controls)
        for widget in (self.undo, self.listen, self.back, self.follow, self.close_session, self.name):
            widget.hide()

    def _build_head(self) -> QHBoxLayout:
        controls = QWidget()
        row = QHBoxLayout(controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.name)
        row.addWidget(self.text, stretch=1)
        # What comes and goes stands before what stays, which keeps its place under the mouse.
        for button in (self.undo, self.listen, self.back, self.follow, self.close_session, self.mark):
            row.addWidget(button)
        row.addWidget(self._zoom_out)
        row.addWidget(self._zoom_in)
        self._pages = QStackedLayout()
        self._pages.addWidget(controls)
        self._pages.addWidget(self.editor)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(label(common.TIMELINE_TITLE, "title"))
        head.addLayout(self._pages, stretch=1)
        return head

    def add_below(self, widget: QWidget) -> None:
        """Put something below the timeline that may vanish where both do not fit."""
        self._below = widget
        self.body.addWidget(widget, stretch=1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the room to the timeline where it is short."""
        super().resizeEvent(event)
        # Not here: the layout that is about to place the other cards would begin anew, and lose their places.
        self._share.start()

    def _share_room(self) -> None:
        if self._below is not None:
            margins = self.body.contentsMargins()
            around = margins.top() + margins.bottom() + 2 * self.body.spacing() + self.mark.sizeHint().height()
            needed = around + self.timeline.minimumHeight() + self._below.minimumHeight()
            self._below.setHidden(self.height() < needed - 8)

    @property
    def is_editing(self) -> bool:
        """Whether a marker's note is open."""
        return self._pages.currentIndex() == 1

    def show_follow(self, follows: bool) -> None:
        """Offer to follow what is new while something else is in sight."""
        self.follow.setHidden(follows or self.timeline.moment is not None)

    def show_controls(self) -> None:
        """Show the buttons again, in place of a marker's note."""
        self._pages.setCurrentIndex(0)
        self.timeline.setFocus()

    def edit(self, marker: Marker) -> None:
        """Show a marker's note in place of the buttons."""
        self._pages.setCurrentIndex(1)
        self.editor.edit(marker)

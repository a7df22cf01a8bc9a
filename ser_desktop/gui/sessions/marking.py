"""Setting, noting and deleting markers, without a dialog, while the recording may go on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ser_desktop.core.markers import Marker
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.moments import Moments
from ser_desktop.gui.sessions.timeline_card import TimelineCard


class Marking(QObject):
    """Changes the markers of the session in hand and shows them on the timeline.

    Parameters
    ----------
    recorder : Recorder
    card : TimelineCard
    moments : Moments

    Signals
    -------
    changed()
        The session has other markers than before.
    """

    changed = Signal()

    def __init__(self, recorder: Recorder, card: TimelineCard, moments: Moments) -> None:
        super().__init__(card)
        self._recorder, self._card, self._moments = recorder, card, moments
        self._edited: Marker | None = None
        self._deleted: Marker | None = None
        card.mark.clicked.connect(self.mark)
        card.undo.clicked.connect(self.undo)
        card.editor.written.connect(self._written)
        card.editor.deleted.connect(self.delete)
        card.editor.closed.connect(self._closed)
        card.timeline.marker_picked.connect(self.open)

    def mark(self) -> None:
        """Set a marker at the moment that is looked at, or now, and ask what happened."""
        session, moment = self._recorder.session, self._moments.prediction
        if not session.history and not session.is_recording:
            return
        self.finish()
        marker = Marker(round(moment.end_s if moment else self._recorder.elapsed_s(), 3))
        self._put([*session.markers, marker])
        self._edit(marker)

    def open(self, index: int) -> None:
        """Look at a marker's moment, its note beside it."""
        self.finish()
        marker = self._recorder.session.markers[index]
        self._moments.choose_at(marker.at_s)
        self._edit(marker)

    def delete(self) -> None:
        """Delete the marker whose note is open; it can be put back."""
        if self._edited is None:
            return
        self._deleted = self._edited
        self._put([m for m in self._recorder.session.markers if m is not self._edited])
        self._card.show_controls()
        self._closed()
        self._card.text.setText(messages.MARKER_DELETED)
        self._card.undo.show()

    def undo(self) -> None:
        """Put the deleted marker back."""
        marker, self._deleted = self._deleted, None
        self._card.undo.hide()
        self._moments.show_words()
        if marker is not None:
            self._put([*self._recorder.session.markers, marker])

    def finish(self) -> None:
        """Keep a note that is being written, before something else is in hand."""
        if self._edited is not None:
            self._card.editor.finish()

    def show(self) -> None:
        """Show the markers of the session in hand."""
        self._edited = self._deleted = None
        self._card.undo.hide()
        if self._card.is_editing:
            self._card.show_controls()
        self._card.timeline.set_markers(self._recorder.session.markers)

    def _edit(self, marker: Marker) -> None:
        self._edited, self._deleted = marker, None
        self._card.undo.hide()
        self._card.edit(marker)

    def _written(self, note: str) -> None:
        if self._edited is not None and note != self._edited.note:
            others = [m for m in self._recorder.session.markers if m is not self._edited]
            self._put([*others, Marker(self._edited.at_s, note)])

    def _closed(self) -> None:
        self._edited = None

    def _put(self, markers: list[Marker]) -> None:
        self._recorder.session.markers = sorted(markers)
        self._card.timeline.set_markers(self._recorder.session.markers)
        self.changed.emit()

"""The main window's door to sessions: timeline, moments, markers."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.session import Gap, SessionState
from ser_desktop.gui import messages as common
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.marking import Marking
from ser_desktop.gui.sessions.moments import Moments
from ser_desktop.gui.sessions.timeline_card import TimelineCard


class SessionsDoor(QObject):
    """Everything about the session in hand, behind one object.

    Parameters
    ----------
    recorder : Recorder
    window : QWidget
        Hears the keys.

    Signals
    -------
    moment_changed(Prediction or None)
        What bars and answer should show; None: what is new.
    """

    moment_changed = Signal(object)

    def __init__(self, recorder: Recorder, window: QWidget) -> None:
        super().__init__(window)
        self._recorder = recorder
        self.card = TimelineCard()
        self.timeline = self.card.timeline
        self.moments = Moments(recorder, self.card)
        self.marking = Marking(recorder, self.card, self.moments)
        self.moments.changed.connect(self.moment_changed)
        recorder.model_changed.connect(self._model_changed)
        recorder.state_changed.connect(self._state_changed)
        recorder.predicted.connect(self.timeline.add)
        recorder.gap_ended.connect(self._gap_ended)
        QShortcut(QKeySequence("M"), window, self.marking.mark).setWhatsThis(messages.MARK_KEY)

    @property
    def moment(self) -> Prediction | None:
        """The answer that is looked at, None for the newest."""
        return self.moments.prediction

    def status(self) -> str | None:
        """Say which stretch is looked at, None for the newest answer."""
        session, moment = self._recorder.session, self.moment
        if moment is None:
            return None
        start, end = (session.clock(t) for t in (moment.start_s, moment.end_s))
        if start is None or end is None:
            return messages.moment(moment.start_s, moment.end_s)
        return messages.moment_status(f"{start:%H:%M:%S}", f"{end:%H:%M:%S}")

    def why(self) -> str | None:
        """Say what a moment means, and that it changes nothing about the layers; None for the newest answer."""
        model, moment = self._recorder.model, self.moment
        if moment is None:
            return None
        has_layers = model is not None and model.layer_weights is not None
        return f"{common.why(moment, model)}{messages.LAYERS_SAME if has_layers else ''}"

    def _model_changed(self, model: ModelInfo) -> None:
        self.timeline.set_labels(model.labels)
        self._begin()

    def _state_changed(self, state: SessionState) -> None:
        if state is SessionState.LISTENING and not self._recorder.session.history:
            self.timeline.clear()
            self._begin()

    def _begin(self) -> None:
        self.moments.forget()
        self.marking.show()

    def _gap_ended(self, gap: Gap) -> None:
        self.timeline.add_gap(gap.start_s, gap.end_s)

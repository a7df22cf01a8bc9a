"""The main window's door to sessions: timeline, moments, markers, sound, files, recovery."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.session import Gap, SessionState
from ser_desktop.gui import messages as common
from ser_desktop.gui.menu import MoreMenu, Section
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.files import Files
from ser_desktop.gui.sessions.keeper import Keeper
from ser_desktop.gui.sessions.marking import Marking
from ser_desktop.gui.sessions.moments import Moments
from ser_desktop.gui.sessions.playback import Listening
from ser_desktop.gui.sessions.recovery import Recovery
from ser_desktop.gui.sessions.timeline_card import TimelineCard


class SessionsDoor(QObject):
    """Everything about the session in hand, behind one object.

    Parameters
    ----------
    recorder : Recorder
    window : QWidget
        Hears the keys.

    Attributes
    ----------
    card : TimelineCard
    timeline : Timeline
    recovery : Recovery
        Its banner belongs above the cards.

    Signals
    -------
    moment_changed(Prediction or None)
        What bars and answer should show; None: what is new.
    model_shown(ModelInfo)
        Bars and layers should be those of this model: an opened session has its own.
    labels_shown(tuple of str)
        Bars should be those, of a session that does not say what its model was.
    """

    moment_changed = Signal(object)
    model_shown = Signal(object)
    labels_shown = Signal(object)

    def __init__(self, recorder: Recorder, window: QWidget) -> None:
        super().__init__(window)
        self._recorder = recorder
        self._shown: ModelInfo | None = None
        self.card = TimelineCard()
        self.timeline = self.card.timeline
        self.moments = Moments(recorder, self.card)
        self.marking = Marking(recorder, self.card, self.moments)
        self.listening = Listening(recorder, self.card, self.moments)
        self.keeper = Keeper(recorder, window)
        self.files = Files(recorder, self.keeper, window)
        self.recovery = Recovery(recorder, self.files, self.keeper)
        self.moments.changed.connect(self.moment_changed)
        self.moments.changed.connect(self._moment_changed)
        self.marking.changed.connect(self.keeper.words_changed)
        self.files.noted.connect(self.keeper.words_changed)
        self.files.leaving.connect(self.marking.finish)
        self.files.saved.connect(self.keeper.saved)
        self.files.shown.connect(self._say_what_is_open)
        self.card.close_session.clicked.connect(self.files.close)
        recorder.model_changed.connect(self._model_changed)
        recorder.state_changed.connect(self._state_changed)
        recorder.session_opened.connect(self._session_opened)
        recorder.predicted.connect(self.timeline.add)
        recorder.gap_ended.connect(self._gap_ended)
        mark = QShortcut(QKeySequence("M"), window, self.marking.mark)
        mark.setWhatsThis(messages.MARK_KEY)

    def _moment_changed(self, prediction: Prediction | None) -> None:
        if prediction is not None:
            self.marking.finish()

    def may_close(self) -> bool:
        """Whether the window may be closed; where what was written would be lost, it is said once."""
        return self.files.may_close()

    def shut_down(self) -> bool:
        """End every thread; True once they are gone."""
        self.marking.finish()
        self.recovery.finish()
        # What is being saved needs the sound, and the journal until it is done.
        return all([self.listening.shut_down(), self.files.shut_down(), self.keeper.shut_down()])

    def fill(self, menu: MoreMenu) -> None:
        """Add the entries; answers can be saved once there are some."""
        files = self.files
        self.save_action = menu.add(Section.RECORDING, common.SAVE_SESSION, files.ask_to_save, "Ctrl+S", "save")
        self.open_action = menu.add(
            Section.RECORDING, messages.OPEN_SESSION, files.ask_to_open, "Ctrl+Shift+O", "sessions"
        )
        self.report_action = menu.add(Section.RECORDING, messages.EXPORT_REPORT, files.ask_for_report, icon="export")
        self._recorder.state_changed.connect(self.enable)
        self._recorder.predicted.connect(self.enable)
        self.enable()

    def enable(self) -> None:
        """Let entries be used that make sense now."""
        session = self._recorder.session
        self.open_action.setEnabled(session.state is SessionState.IDLE)
        for action in (self.save_action, self.report_action):
            action.setEnabled(bool(session.history))

    @property
    def moment(self) -> Prediction | None:
        """The answer that is looked at, None for the newest."""
        return self.moments.prediction

    def status(self) -> str | None:
        """Say which stretch or session is looked at, None for the newest answer of a recording."""
        session, moment = self._recorder.session, self.moment
        if moment is None:
            return messages.opened(session.started_at, session.source, session.model) if self.files.is_opened else None
        start, end = (session.clock(t) for t in (moment.start_s, moment.end_s))
        if start is None or end is None:
            return messages.moment(moment.start_s, moment.end_s)
        return messages.moment_status(f"{start:%H:%M:%S}", f"{end:%H:%M:%S}")

    def why(self) -> str | None:
        """Say what a moment means, and that it changes nothing about the layers.

        None for the newest answer of the model in use.
        """
        model, moment = self._shown, self.moment
        if moment is None:
            return None if model is self._recorder.model else common.why(self._recorder.last, model)
        has_layers = model is not None and model.layer_weights is not None
        return f"{common.why(moment, model)}{messages.LAYERS_SAME if has_layers else ''}"

    def _model_changed(self, model: ModelInfo) -> None:
        if self._recorder.session.history:
            self._shown = None
            self.marking.finish()
            self._session_opened()
            return
        self._shown = model
        self.timeline.set_labels(model.labels)
        self.keeper.forget()
        self.files.begin(None)
        self._begin()
        self.model_shown.emit(model)

    def _state_changed(self, state: SessionState) -> None:
        if state is SessionState.LISTENING and not self._recorder.session.history:
            self._show_model(self._recorder.model)
            self.timeline.clear()
            self.files.begin(self.keeper.sound)
            self._begin()

    def _session_opened(self) -> None:
        session = self._recorder.session
        model = self._recorder.model
        labels = session.labels or (model.labels if model is not None else ())
        self._show_model(session.model_info or model)
        if session.model_info is None and labels:
            self.labels_shown.emit(labels)
            # Nobody knows what model that was: the next recording shows its own again.
            self._shown = None
        self.timeline.set_labels(labels)
        self.timeline.show_history(session.history, session.gaps, session.markers)
        # Nothing is added any more, so that there is no newest end to look at.
        self.timeline.show_all()
        self._begin()

    def _begin(self) -> None:
        self.listening.sound = self.files.sound
        self.moments.forget()
        self.marking.show()
        self._say_what_is_open()

    def _show_model(self, model: ModelInfo | None) -> None:
        if model is not None and model is not self._shown:
            self._shown = model
            self.timeline.set_labels(model.labels)
            self.model_shown.emit(model)

    def _say_what_is_open(self) -> None:
        path = self._recorder.session.path
        self.card.close_session.setVisible(self.files.is_opened)
        self.card.name.setText(f"{path.name} ·" if path is not None and self.files.is_opened else "")
        self.card.name.setVisible(bool(self.card.name.text()))

    def _gap_ended(self, gap: Gap) -> None:
        self.timeline.add_gap(gap.start_s, gap.end_s)

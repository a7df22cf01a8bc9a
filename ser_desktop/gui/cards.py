"""The cards of the main window: the answer, its chances, the course of it, the layers and the reasons."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QWidget

from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.published import published_weights
from ser_desktop.core.session import SessionState
from ser_desktop.gui import messages
from ser_desktop.gui.plots import LayerWeights, Waveform
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions.timeline_card import TimelineCard
from ser_desktop.gui.widgets import AnswerPanel, Card, EmotionBars, label


class Cards(QWidget):
    """Shows what a `Recorder` says, or has said at a moment that is looked at.

    Parameters
    ----------
    recorder : Recorder
    time_line : TimelineCard
        Takes its place between the others, with the waveform below.
    """

    def __init__(self, recorder: Recorder, time_line: TimelineCard) -> None:
        super().__init__()
        self._recorder = recorder
        self.answer = AnswerPanel()
        self.bars = EmotionBars()
        self.timeline = time_line.timeline
        self.waveform = Waveform()
        self.layers = LayerWeights()
        # Axes without a model would mean nothing.
        self.layers.hide()
        self.layers_text = label("", "muted", wraps=True)
        self.why_text = label(messages.why(None, None), wraps=True)
        self.why_text.setAlignment(Qt.AlignmentFlag.AlignTop)
        answer, chances = Card(), Card(messages.CHANCES_TITLE)
        layers, why = Card(messages.LAYERS_TITLE), Card(messages.WHY_TITLE)
        answer.body.addWidget(self.answer, stretch=1)
        answer.body.addWidget(self._build_offers())
        chances.body.addWidget(self.bars)
        time_line.add_below(self.waveform)
        layers.body.addWidget(self.layers, stretch=1)
        layers.body.addWidget(self.layers_text)
        why.body.addWidget(self.why_text, stretch=1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        grid.addWidget(answer, 0, 0)
        grid.addWidget(chances, 0, 1)
        grid.addWidget(time_line, 1, 0, 1, 2)
        grid.addWidget(layers, 2, 0)
        grid.addWidget(why, 2, 1)
        for row, stretch in enumerate((4, 6, 3)):
            grid.setRowStretch(row, stretch)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 4)

    def _build_offers(self) -> QWidget:
        self.offers = QWidget()
        self.demo_button, self.file_button = QPushButton(messages.PLAY_DEMO), QPushButton(messages.PLAY_FILE)
        row = QHBoxLayout(self.offers)
        row.setContentsMargins(0, 0, 0, 0)
        for button in (self.demo_button, self.file_button):
            # A click leaves the space bar to the recording it begins.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        row.addStretch(1)
        self.offers.hide()
        return self.offers

    def restyle(self) -> None:
        """Take over the theme in force."""
        for plot in (self.timeline, self.waveform, self.layers):
            plot.restyle()

    def show_state(self, state: SessionState) -> None:
        """Say what the program is at, where there is no answer yet or any more."""
        recorder = self._recorder
        is_idle = state is SessionState.IDLE
        self.offers.setVisible(is_idle and not recorder.session.history)
        if state is SessionState.LISTENING and not recorder.session.history:
            self.bars.show_prediction(None)
            self.waveform.hide_window()
            self.answer.show_text(messages.LISTENING, messages.LISTENING_HINT)
        elif state is SessionState.PAUSED:
            self.answer.show_text(messages.PAUSED, messages.PAUSED_HINT)
            self.bars.show_prediction(None)
        elif state is SessionState.LOADING:
            self.answer.show_text(messages.LOADING, messages.LOADING_HINT)
        elif state is SessionState.FAILED:
            self.answer.show_text(messages.FAILED, "")
        elif is_idle and recorder.last is not None:
            self.answer.show_prediction(recorder.last)
        elif is_idle:
            self.invite()

    def invite(self) -> None:
        """Say how to begin, or that there is no microphone to begin with."""
        if self._recorder.inputs.has_none:
            self.answer.show_text(messages.NO_MICROPHONES, messages.NO_MICROPHONE_HINT)
        else:
            self.answer.show_text(messages.READY, messages.READY_HINT)

    def show_answer(self, prediction: Prediction) -> None:
        """Show an answer and its chances."""
        self.answer.show_prediction(prediction)
        self.bars.show_prediction(prediction)

    def show_model(self, model: ModelInfo) -> None:
        """Show a model's emotions and layers."""
        self.bars.set_labels(model.labels)
        self.layers.set_weights(model.layer_weights, published_weights(model.head, model.normalisation))
        self.layers.setVisible(model.layer_weights is not None)
        self.layers_text.setText(messages.layers_sentence(model))

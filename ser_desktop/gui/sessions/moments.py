"""Moments: an answer of the past that is looked at while the recording may go on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ser_desktop.core.prediction import Prediction
from ser_desktop.gui import messages as common
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.timeline_card import TimelineCard


class Moments(QObject):
    """Which answer is looked at.

    Parameters
    ----------
    recorder : Recorder
    card : TimelineCard

    Signals
    -------
    changed(Prediction or None)
        Another moment is looked at, or what is new again.
    """

    changed = Signal(object)

    def __init__(self, recorder: Recorder, card: TimelineCard) -> None:
        super().__init__(card)
        self._recorder = recorder
        self._card = card
        self.prediction: Prediction | None = None
        card.timeline.picked.connect(self.choose)
        card.timeline.left.connect(self.leave)
        card.back.clicked.connect(self.leave)
        recorder.predicted.connect(self.show_words)
        recorder.state_changed.connect(self.show_words)

    def choose(self, index: int) -> None:
        """Look at the answer with that index."""
        history = self._recorder.session.history
        if not 0 <= index < len(history):
            return
        self.prediction = history[index]
        self._card.timeline.show_moment(index)
        self._tell()

    def choose_at(self, at_s: float) -> None:
        """Look at the answer about a time."""
        index = self._card.timeline.scene.lanes.at(at_s)
        if index is not None:
            self.choose(index)

    def leave(self) -> None:
        """Look at what is new again."""
        if self.prediction is None:
            return
        self.prediction = None
        self._card.timeline.show_moment(None)
        self._card.timeline.follow()
        self._tell()

    def forget(self) -> None:
        """Leave without a word: another recording begins."""
        self.prediction = None
        self._tell()

    def show_words(self) -> None:
        """Say in the card's head what is looked at."""
        recorder, card = self._recorder, self._card
        card.back.setText(messages.BACK if recorder.session.is_recording else messages.BACK_IDLE)
        card.back.setVisible(self.prediction is not None)
        card.show_follow(card.timeline.view.follows)
        card.mark.setEnabled(bool(recorder.session.history) or recorder.session.is_recording)
        if self.prediction is None:
            card.text.setText(messages.LIVE_HINT if recorder.session.history else "")
            return
        title, subtitle = common.answer_title(self.prediction), common.answer_subtitle(self.prediction)
        where = messages.moment(self.prediction.start_s, self.prediction.end_s)
        card.text.setText(f"{where} · {title}" + (f" · {subtitle}" if self.prediction.label else ""))

    def _tell(self) -> None:
        self.show_words()
        self.changed.emit(self.prediction)

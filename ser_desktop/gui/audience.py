"""The audience view: one emotion in large type, readable from the back of a room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QScreen
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.session import Gap, SessionState
from ser_desktop.gui import messages, theme
from ser_desktop.gui.audience_controls import PresenterControls
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.plots import TimelineView
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.symbols import paint_symbol

SMALLEST = 0.045
"""Size of the smallest letters as a share of the screen's height: readable from ten metres."""

_SIGN = 0.05
_SUBTITLE = 0.07
_WORD, _WORD_OF_PLACE = 0.26, 0.6
_LANE = 1.15


class LargeAnswer(QWidget):
    """Symbol, word and certainty, as large as the place allows."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.subtitle, self._symbol = "", "", ""
        self.screen_height = 1080

    def show_text(self, title: str, subtitle: str, symbol: str = "") -> None:
        """Say something."""
        self.title, self.subtitle, self._symbol = title, subtitle, symbol
        self.setAccessibleName(f"{title}. {subtitle}")
        self.update()

    def show_prediction(self, prediction: Prediction) -> None:
        """Show an answer."""
        is_emotion = prediction.state is AnswerState.EMOTION and prediction.label is not None
        symbol = str(prediction.label) if is_emotion else str(prediction.state)
        self.show_text(messages.answer_title(prediction), messages.answer_subtitle(prediction), symbol)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw all of it in the middle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tile = min(0.3 * self.screen_height, 0.8 * self.height()) if self._symbol else 0.0
        gap = tile / 5
        room = self.width() - tile - gap
        word, below = self.fonts(room)
        widest = max(
            QFontMetricsF(word).horizontalAdvance(self.title), QFontMetricsF(below).horizontalAdvance(self.subtitle)
        )
        heights = QFontMetricsF(word).height(), QFontMetricsF(below).height()
        left = (self.width() - tile - gap - widest) / 2
        top = (self.height() - sum(heights)) / 2
        if self._symbol:
            self._paint_tile(painter, QRectF(left, (self.height() - tile) / 2, tile, tile))
        painter.setPen(theme.colour("text"))
        painter.setFont(word)
        painter.drawText(QRectF(left + tile + gap, top, widest + 4, heights[0]), 0, self.title)
        painter.setFont(below)
        painter.drawText(QRectF(left + tile + gap, top + heights[0], widest + 4, heights[1]), 0, self.subtitle)

    def fonts(self, room: float) -> tuple[QFont, QFont]:
        """Return the fonts of word and certainty in a place so wide and as high as this one."""
        largest = round(min(_WORD * self.screen_height, _WORD_OF_PLACE * self.height()))
        word = theme.sized(self.font(), self._fitting(self.title, largest, room), bold=True)
        below = self._fitting(self.subtitle, round(_SUBTITLE * self.screen_height), room)
        return word, theme.sized(self.font(), below)

    def _fitting(self, text: str, largest: int, room: float) -> int:
        smallest = round(SMALLEST * self.screen_height)
        size = largest
        while (
            size > smallest and QFontMetricsF(theme.sized(self.font(), size, bold=True)).horizontalAdvance(text) > room
        ):
            size = max(smallest, round(0.9 * size))
        return size

    def _paint_tile(self, painter: QPainter, tile: QRectF) -> None:
        is_state = self._symbol in set(AnswerState)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("line") if is_state else QColor(theme.look_of(self._symbol).colour))
        painter.drawRoundedRect(tile, tile.width() / 10, tile.width() / 10)
        inset = 0.24 * tile.width()
        ink = theme.colour("text") if is_state else QColor("#FFFFFF")
        paint_symbol(painter, self._symbol, tile.adjusted(inset, inset, -inset, -inset), ink)


class ConsentPanel(QFrame):
    """Asks those who are heard before the first recording.

    Signals
    -------
    answered(bool)
    """

    answered = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.title, self.text = QLabel(messages.CONSENT_TITLE), QLabel(messages.CONSENT_TEXT)
        self.text.setWordWrap(True)
        self.yes_button, self.no_button = QPushButton(messages.CONSENT_YES), QPushButton(messages.CONSENT_NO)
        self.yes_button.setObjectName("primary")
        self.yes_button.clicked.connect(lambda: self.answered.emit(True))
        self.no_button.clicked.connect(lambda: self.answered.emit(False))
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.addWidget(self.title)
        column.addWidget(self.text)
        row.addWidget(self.yes_button)
        row.addWidget(self.no_button)
        row.addStretch(1)
        column.addLayout(row)

    def scale(self, pixels: int, width: int) -> None:
        """Use letters of so many pixels, and so much of the screen."""
        self.layout().setContentsMargins(pixels, pixels, pixels, pixels)
        self.layout().setSpacing(pixels // 2)
        self.setStyleSheet(
            f"QLabel, QPushButton {{ font-size: {pixels}px; }} QPushButton {{ padding: {pixels // 3}px; }}"
        )
        self.setFixedWidth(width)
        # A layout that centres asks nobody how high a text of this width is.
        self.text.setMinimumHeight(self.text.heightForWidth(width - 2 * pixels))


class AudienceView(QWidget):
    """Fills a screen with what a `Recorder` hears.

    Parameters
    ----------
    recorder : Recorder

    Signals
    -------
    left()
        It was closed.
    """

    left = Signal()

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder
        self._has_consent = False
        # Record was pressed here, and nothing has come of it yet.
        self._is_waiting = False
        # Something was heard while it was shown.
        self._has_answer = False
        self.setObjectName("audience")
        self.setWindowTitle(messages.AUDIENCE_TITLE)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.answer, self.timeline = LargeAnswer(), TimelineView()
        self.sign = QLabel(messages.AUDIENCE_SIGN)
        self.sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.leave_button = QPushButton(messages.AUDIENCE_LEAVE)
        self.leave_button.setObjectName("quiet")
        self.leave_button.setToolTip(messages.AUDIENCE_LEAVE_TIP)
        self.leave_button.setAccessibleName(messages.AUDIENCE_LEAVE_NAME)
        # Space belongs to the recording.
        self.leave_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.leave_button.clicked.connect(self.close)
        self.controls = PresenterControls()
        self.controls.record_button.clicked.connect(self.toggle)
        self.consent = ConsentPanel()
        self.consent.answered.connect(self._consented)
        self._page = QVBoxLayout(self)
        # Letters grow with the window; the window must not grow with the letters.
        self._page.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._page.addLayout(self._build_head())
        self._page.addWidget(self.answer, stretch=1)
        # In the middle of what is left: the sign stays where it is.
        self._page.addWidget(self.consent, stretch=1, alignment=Qt.AlignmentFlag.AlignCenter)
        self._page.addWidget(self.timeline)
        self._page.addWidget(self.controls)
        self.consent.hide()
        recorder.state_changed.connect(self._state_changed)
        recorder.model_changed.connect(self._model_changed)
        recorder.predicted.connect(self._predicted)
        recorder.gap_ended.connect(self._gap_ended)
        recorder.input_wanted.connect(self._input_wanted)
        recorder.noticed.connect(self._noticed)
        recorder.inputs.devices_changed.connect(self._devices_changed)
        self.restyle()

    def _build_head(self) -> QGridLayout:
        # The sign stands in the middle of the screen, whatever stands at its right.
        head = QGridLayout()
        head.addWidget(self.sign, 0, 0)
        head.addWidget(self.leave_button, 0, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return head

    def open_on(self, screen: QScreen) -> None:
        """Fill a screen, and show what has been heard so far."""
        self._begin()
        self.timeline.show_history(self._recorder.session.history, self._recorder.session.gaps)
        self._state_changed(self._recorder.session.state)
        if self._recorder.session.is_recording and self._recorder.last is not None:
            self.answer.show_prediction(self._recorder.last)
        if self._recorder.session.is_recording and not self._has_consent:
            self._ask(is_asking=True)
        self.setGeometry(screen.geometry())
        self.showFullScreen()
        self.activateWindow()
        (self.consent.yes_button if self.consent.isVisible() else self).setFocus()

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.timeline.restyle()
        self.setStyleSheet(f"QWidget#audience {{ background: {theme.theme().surface}; }}")
        self._scale()

    def toggle(self) -> None:
        """Record or stop; the first time those who are heard are asked."""
        if self._recorder.session.is_recording or self._has_consent:
            self._toggle()
        elif self._recorder.session.state is SessionState.IDLE:
            self._ask(is_asking=True)
            self.consent.yes_button.setFocus()

    def _toggle(self) -> None:
        self._is_waiting = True
        self._recorder.toggle()

    def _ask(self, *, is_asking: bool) -> None:
        self.consent.setVisible(is_asking)
        for widget in (self.answer, self.timeline, self.controls):
            widget.setHidden(is_asking)

    # ---- keys and sizes

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space records, Escape leaves."""
        if event.key() == Qt.Key.Key_Escape and self.consent.isVisible():
            self._consented(is_given=False)
        elif event.key() in {Qt.Key.Key_Escape, Qt.Key.Key_F11}:
            self.close()
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.toggle()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let letters grow with the screen."""
        super().resizeEvent(event)
        self._scale()

    def event(self, event: QEvent) -> bool:
        """Tell when it is closed, however that happened."""
        if event.type() is QEvent.Type.Close:
            self.left.emit()
        return bool(super().event(event))

    def _scale(self) -> None:
        height = self.height()
        small = max(12, round(SMALLEST * height))
        self.answer.screen_height = height
        self.sign.setStyleSheet(f"font-size: {small}px; color: {theme.theme().good};")
        self.leave_button.setStyleSheet(f"font-size: {small}px; padding: {small // 6}px {small // 2}px;")
        self.controls.scale(height)
        self.consent.scale(max(12, round(_SIGN * height)), round(0.8 * self.width()))
        self.timeline.set_text_size(small)
        self.timeline.setFixedHeight(round(_LANE * small * max(1, len(self.timeline.labels)) + 2 * small))
        margin = round(0.02 * height)
        self._page.setContentsMargins(2 * margin, margin, 2 * margin, margin)

    # ---- what the recorder says

    def _consented(self, is_given: bool) -> None:
        self._ask(is_asking=False)
        self.setFocus()
        self._has_consent = self._has_consent or is_given
        if self._recorder.session.is_recording is not is_given:
            # Whoever says no is not listened to any longer either.
            self._toggle()

    def _state_changed(self, state: SessionState) -> None:
        texts = {
            SessionState.LOADING: (messages.LOADING, ""),
            SessionState.PAUSED: (messages.PAUSED, messages.PAUSED_HINT),
            SessionState.FAILED: (messages.FAILED, ""),
        }
        self._is_waiting = False
        self._show_keys(state)
        if state is SessionState.LISTENING and not self._recorder.session.history:
            self._begin()
            self.answer.show_text(messages.LISTENING, "")
        elif state is SessionState.IDLE:
            self._show_idle()
        elif state in texts:
            self.answer.show_text(*texts[state])

    def _show_keys(self, state: SessionState) -> None:
        self.controls.show_state(state, recording=self._recorder.session.is_recording)

    def _show_idle(self) -> None:
        history = self._recorder.session.history
        if self._recorder.inputs.has_none:
            self.answer.show_text(messages.NO_MICROPHONES, "")
        elif self._has_answer and history:
            # Whoever spoke wants to talk about it.
            self.answer.show_prediction(history[-1])
        else:
            self.answer.show_text(messages.AUDIENCE_IDLE, "")

    def _devices_changed(self) -> None:
        state = self._recorder.session.state
        if state is SessionState.IDLE:
            self._show_idle()
            if self._recorder.inputs.source is not None and self.controls.hint.text() == messages.NO_MICROPHONE_HINT:
                self._show_keys(state)

    def _input_wanted(self) -> None:
        if self._is_waiting:
            self.controls.say(messages.NO_MICROPHONE_HINT)

    def _noticed(self, notice: Notice | None) -> None:
        """Say why Record did nothing; what else the banner tells is not for those who watch."""
        if self._is_waiting and notice is not None:
            self.controls.say(notice.text)
        elif self._is_waiting:
            self._show_keys(self._recorder.session.state)

    def _model_changed(self, _model: ModelInfo) -> None:
        if not self._recorder.session.history:
            self._begin()

    def _begin(self) -> None:
        """Empty the timeline; its lanes are those of the session in hand, which may be an older model's."""
        model = self._recorder.model
        self._has_answer = False
        self.timeline.set_labels(self._recorder.session.labels or (model.labels if model is not None else ()))
        self._scale()

    def _predicted(self, prediction: Prediction) -> None:
        if self._recorder.session.state is not SessionState.PAUSED:
            self.answer.show_prediction(prediction)
        self._has_answer = True
        self.timeline.add(prediction)

    def _gap_ended(self, gap: Gap) -> None:
        self.timeline.add_gap(gap.start_s, gap.end_s)


def other_screen(window: QWidget) -> QScreen:
    """Return a screen that the window is not on, the window's own where there is no other."""
    own = window.screen()
    return next((screen for screen in QApplication.screens() if screen is not own), own)

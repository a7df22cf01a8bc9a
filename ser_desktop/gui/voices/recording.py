"""The part of the window in which a voice is recorded: what to read, how loud, how much speech so far."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QPushButton

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.calibrate import GOAL_SPEECH_S, MAX_S, MIN_SPEECH_S, SpeechClock, spoken
from ser_desktop.core.levels import InputLight, input_light
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.take_recorder import TakeRecorder
from ser_desktop.gui.voices import messages
from ser_desktop.gui.widgets import Card, LevelMeter, LightLabel, label

_STATUS_MS = 250
_PER_S = 10


class VoiceRecording(Card):
    """Records somebody who reads aloud.

    Parameters
    ----------
    recorder : Recorder
        Whose microphone is used.

    Signals
    -------
    keep_wanted(str, ndarray)
        Name and recording, (n_samples,) float32 at 16 kHz.
    cancel_wanted()
        The recording that is being measured is not wanted any more.
    """

    keep_wanted = Signal(str, object)
    cancel_wanted = Signal()

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(messages.NEW)
        self._recorder = recorder
        self._clock = SpeechClock()
        self._speech_s = 0.0
        self.samples: FloatArray | None = None
        self._take_text = ""
        self.is_measuring = False
        self.names: tuple[str, ...] = ()
        self.taker = TakeRecorder(self, MAX_S)
        self._build()
        self.taker.heard.connect(self.meter.set_level)
        self.taker.grew.connect(self._grew)
        self.taker.ended.connect(self._ended)
        self._timer = QTimer(self, interval=_STATUS_MS, timeout=self._show)
        self._show()

    def _build(self) -> None:
        self.name_edit = QLineEdit()
        self.name_edit.setAccessibleName(messages.NAME)
        self.name_edit.setPlaceholderText(messages.NAME_HINT)
        self.name_edit.setMaxLength(40)
        self.name_edit.textChanged.connect(self._show)
        name = QHBoxLayout()
        name.addWidget(label(messages.NAME))
        name.addWidget(self.name_edit, stretch=1)
        self.sentences = label(messages.as_lines(messages.SENTENCES), "answer", wraps=True)
        self.meter, self.light = LevelMeter(), LightLabel()
        self.record_button = self._button(messages.RECORD, self._record, "record")
        self.record_button.setToolTip(messages.RECORD_TIP)
        self.keep_button = self._button(messages.KEEP, self._keep, "primary")
        self.again_button = self._button(messages.AGAIN, self._record)
        self.cancel_button = self._button(messages.CANCEL, self.cancel_wanted.emit)
        buttons = QHBoxLayout()
        for widget in (self.record_button, self.keep_button, self.again_button, self.cancel_button):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        buttons.addWidget(self.meter)
        buttons.addWidget(self.light)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(messages.SPEECH)
        self.status = label("", wraps=True)
        self.body.addLayout(name)
        self.body.addWidget(label(messages.READ, "muted", wraps=True))
        self.body.addWidget(self.sentences)
        self.body.addLayout(buttons)
        self.body.addWidget(self.bar)
        self.body.addWidget(self.status)
        self.body.addStretch(1)

    def _button(self, text: str, slot: Callable[[], None], name: str = "") -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: slot())
        return button

    # ---- what people do

    def _record(self) -> None:
        source = self._recorder.inputs.source
        if self.taker.is_running:
            self.taker.stop()
        elif source is not None and not self._recorder.session.is_recording:
            self.samples = None
            self._clock, self._speech_s = SpeechClock(source.rate_hz), 0.0
            self.taker.start(source)
            self._show()
            self.record_button.setFocus()

    def _keep(self) -> None:
        if self.samples is not None:
            self.keep_wanted.emit(messages.kept_name(self.name_edit.text(), self.names), self.samples)

    # ---- what comes in

    def _grew(self, samples: FloatArray) -> None:
        self._speech_s = self._clock.push(samples)

    def _ended(self, samples: FloatArray) -> None:
        self.samples = samples
        _, self._speech_s = spoken(samples)
        light = input_light(samples, heard_speech=True)
        bad = {InputLight.CLIPPING: messages.CLIPPED, InputLight.ZEROS: messages.SILENT}
        self._take_text = bad.get(light, messages.take(self._speech_s))
        self._show()
        button = self.keep_button if self.keep_button.isEnabled() else self.again_button
        (button if self.name_edit.text().strip() else self.name_edit).setFocus()

    def show_measuring(self, done: int, total: int) -> None:
        """Show that the recording is being measured."""
        self.is_measuring = True
        self._show()
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        self.status.setText(messages.progress(done, total))

    def measured(self, *, is_kept: bool) -> None:
        """Begin anew, or come back to the recording that was not kept."""
        self.is_measuring = False
        if is_kept:
            self.samples, self._speech_s = None, 0.0
            self.name_edit.clear()
        self._show()

    def _show(self) -> None:
        """Offer what can be done now."""
        source = self._recorder.inputs.source
        is_busy = self._recorder.session.is_recording
        # What was read until the microphone went away, or the main window wanted it, may be enough.
        self.taker.listen_to(source)
        if is_busy:
            self.taker.stop()
        obstacle = messages.obstacle(has_source=source is not None, is_busy=is_busy)
        is_running, has_take = self.taker.is_running, self.samples is not None
        self._show_record(is_running=is_running)
        self.record_button.setVisible(not has_take and not self.is_measuring)
        self.keep_button.setVisible(has_take and not self.is_measuring)
        self.again_button.setVisible(has_take and not self.is_measuring)
        self.cancel_button.setVisible(self.is_measuring)
        for button in (self.record_button, self.again_button):
            button.setEnabled(not obstacle)
        has_name = bool(self.name_edit.text().strip())
        self.keep_button.setEnabled(has_take and has_name and self._speech_s >= MIN_SPEECH_S)
        self.name_edit.setEnabled(not self.is_measuring)
        if not self.is_measuring:
            self.bar.setRange(0, round(_PER_S * GOAL_SPEECH_S))
            self.bar.setValue(min(self.bar.maximum(), round(_PER_S * self._speech_s)))
            self.status.setText(self._status(obstacle, is_running=is_running, has_take=has_take))
        self.light.set_light(self.taker.light(source) if source is not None else InputLight.WAITING)
        if source is None:
            self.meter.reset()

    def _status(self, obstacle: str, *, is_running: bool, has_take: bool) -> str:
        if is_running:
            return messages.speech(self._speech_s)
        if has_take:
            more = messages.name_remark(self.name_edit.text(), self.names)
            return f"{self._take_text} {more} {obstacle}".strip()
        return obstacle or messages.PRESS

    def _show_record(self, *, is_running: bool) -> None:
        self.record_button.setText(messages.STOP if is_running else messages.RECORD)
        if self.record_button.property("recording") is not is_running:
            self.record_button.setProperty("recording", is_running)
            self.record_button.style().polish(self.record_button)

    def showEvent(self, event: QShowEvent) -> None:
        """Listen to the microphone's level."""
        super().showEvent(event)
        self._timer.start()
        self.taker.look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop listening; a recording that is going on is dropped."""
        super().hideEvent(event)
        self._timer.stop()
        self.taker.look_away()
        self._show()

"""The main window: what is heard, what it means, how sure, why."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence, QPaintEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core import paths
from ser_desktop.core.audio import FILE_SUFFIXES
from ser_desktop.core.errors import SaveError
from ser_desktop.core.levels import InputLight, input_light, level_db
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.published import published_weights
from ser_desktop.core.session import Gap, SessionState
from ser_desktop.gui import messages
from ser_desktop.gui.audience import AudienceView, other_screen
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.encoders_dialog import EncodersDialog
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.plots import LayerWeights, Timeline, Waveform
from ser_desktop.gui.recorder import Notice, Recorder
from ser_desktop.gui.tool_bar import ToolBar
from ser_desktop.gui.training.door import TrainingDoor
from ser_desktop.gui.voices.door import VoicesDoor
from ser_desktop.gui.voices.messages import MENU as MY_VOICE
from ser_desktop.gui.widgets import AnswerPanel, Card, ElidedLabel, EmotionBars, label

_METER_MS = 33
_AFTER_PAINT_MS = 50
_TEXT_MS = 250
_LEVEL_S = 0.1
_LIGHT_S = 3.0


class MainWindow(QMainWindow):
    """Shows a `Recorder`.

    Parameters
    ----------
    recorder : Recorder
    installer : InstallWorker or None
        Fetches speech encoders; whoever makes it shuts it down.

    Signals
    -------
    appearance_chosen(str)
        ``system``, ``light`` or ``dark``.
    painted()
        The window is on the screen for the first time.
    """

    appearance_chosen = Signal(str)
    painted = Signal()

    def __init__(self, recorder: Recorder, installer: InstallWorker | None = None) -> None:
        super().__init__()
        installer = installer or InstallWorker()
        self.encoders = EncodersDialog(installer, self)
        self.recorder = recorder
        self.audience: AudienceView | None = None
        self.training = TrainingDoor(recorder, installer, self)
        self.training.lacked.connect(self._show_encoders)
        self.voices = VoicesDoor(recorder, self)
        self._wave_cursor = 0
        self._heard_speech = False
        self._is_painted = False
        self.setWindowTitle(messages.APP_TITLE)
        self.setMinimumSize(QSize(960, 640))
        self.resize(1280, 800)
        self._build()
        self._connect()
        self.restyle()
        self._state_changed(recorder.session.state)
        self.bar.record_button.setFocus()

    # ---- building

    def _build(self) -> None:
        central = QWidget()
        page = QVBoxLayout(central)
        page.setContentsMargins(16, 12, 16, 8)
        page.setSpacing(12)
        self.bar = ToolBar(self._build_menu())
        self.banner = Banner()
        page.addWidget(self.bar)
        page.addWidget(self.banner)
        page.addLayout(self._build_cards(), stretch=1)
        page.addLayout(self._build_status())
        self.setCentralWidget(central)

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        self.demo_action = self._action(menu, messages.PLAY_DEMO, self._play_demo, "Ctrl+D")
        self.file_action = self._action(menu, messages.PLAY_FILE, self._choose_file, "Ctrl+O")
        self.save_action = self._action(menu, messages.SAVE_SESSION, self._choose_save, "Ctrl+S")
        self.audience_action = self._action(menu, messages.AUDIENCE, self.show_audience, "F11")
        menu.addSeparator()
        self.model_action = self._action(menu, messages.OPEN_MODEL, self._choose_model)
        self.default_action = self._action(menu, messages.DEFAULT_MODEL, lambda: self.recorder.open_model(None))
        self.encoders_action = self._action(menu, messages.ENCODERS, self._show_encoders)
        self.train_action = self._action(menu, messages.TRAIN, self.training.open, "Ctrl+T")
        self.voice_action = self._action(menu, MY_VOICE, self.voices.open)
        appearance = menu.addMenu(messages.APPEARANCE)
        group = QActionGroup(self)
        for choice, words in messages.APPEARANCES.items():
            action = appearance.addAction(words)
            action.setCheckable(True)
            action.setChecked(self.recorder.settings.theme == choice)
            action.triggered.connect(lambda _checked, chosen=choice: self.appearance_chosen.emit(chosen))
            group.addAction(action)
        menu.addSeparator()
        self._action(menu, messages.ABOUT, self._about, "F1")
        return menu

    def _action(self, menu: QMenu, text: str, slot: object, keys: str = "") -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: slot())  # type: ignore[operator]
        if keys:
            action.setShortcut(QKeySequence(keys))
            # A menu that is closed does not hear its shortcuts; the window does.
            self.addAction(action)
        return action

    def _build_cards(self) -> QGridLayout:
        self.answer = AnswerPanel()
        self.bars = EmotionBars()
        self.timeline = Timeline()
        self.waveform = Waveform()
        self.layers = LayerWeights()
        self.layers_text = label("", "muted", wraps=True)
        self.why_text = label(messages.why(None, None), wraps=True)
        self.why_text.setAlignment(Qt.AlignmentFlag.AlignTop)
        answer, chances = Card(), Card(messages.CHANCES_TITLE)
        time_line = Card(messages.TIMELINE_TITLE)
        layers, why = Card(messages.LAYERS_TITLE), Card(messages.WHY_TITLE)
        answer.body.addWidget(self.answer, stretch=1)
        answer.body.addWidget(self._build_offers())
        chances.body.addWidget(self.bars)
        time_line.body.addWidget(self.timeline, stretch=3)
        time_line.body.addWidget(self.waveform, stretch=1)
        layers.body.addWidget(self.layers, stretch=1)
        layers.body.addWidget(self.layers_text)
        why.body.addWidget(self.why_text, stretch=1)
        grid = QGridLayout()
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
        return grid

    def _build_offers(self) -> QWidget:
        self.offers = QWidget()
        row = QHBoxLayout(self.offers)
        row.setContentsMargins(0, 0, 0, 0)
        for text, slot in ((messages.PLAY_DEMO, self._play_demo), (messages.PLAY_FILE, self._choose_file)):
            button = QPushButton(text)
            button.clicked.connect(slot)
            row.addWidget(button)
        row.addStretch(1)
        self.offers.hide()
        return self.offers

    def _build_status(self) -> QGridLayout:
        self.status_text = ElidedLabel("status")
        self.status_text.setToolTip(messages.SKIPPED_TIP)
        self.model_text = ElidedLabel("status", align_right=True)
        self.device_text = ElidedLabel("status")
        rows = QGridLayout()
        rows.setVerticalSpacing(2)
        rows.addWidget(self.status_text, 0, 0)
        rows.addWidget(self.model_text, 0, 1)
        rows.addWidget(self.device_text, 1, 0, 1, 2)
        rows.setColumnStretch(0, 4)
        rows.setColumnStretch(1, 7)
        return rows

    def _connect(self) -> None:
        recorder = self.recorder
        self.bar.record_button.clicked.connect(recorder.toggle)
        self.bar.rescan_button.clicked.connect(recorder.rescan)
        self.bar.audience_button.clicked.connect(self.show_audience)
        self.bar.device_picked.connect(recorder.choose)
        recorder.state_changed.connect(self._state_changed)
        recorder.model_changed.connect(self._model_changed)
        recorder.voice_changed.connect(self._show_model)
        recorder.predicted.connect(self._predicted)
        recorder.devices_changed.connect(self._devices_changed)
        recorder.source_changed.connect(self._source_changed)
        recorder.gap_ended.connect(self._gap_ended)
        recorder.noticed.connect(self.banner.show_notice)
        # Space records wherever the focus is, except on another button, which it presses.
        self.space = QShortcut(QKeySequence(Qt.Key.Key_Space), self, self._space_pressed)
        QShortcut(QKeySequence("Ctrl+R"), self, recorder.rescan)
        self._meter_timer = QTimer(self, interval=_METER_MS, timeout=self._show_sound)
        self._text_timer = QTimer(self, interval=_TEXT_MS, timeout=self._show_texts)
        self._meter_timer.start()
        self._text_timer.start()

    def restyle(self) -> None:
        """Take over the theme in force."""
        for plot in (self.timeline, self.waveform, self.layers):
            plot.restyle()
        self.training.restyle()
        if self.audience is not None:
            self.audience.restyle()
        self.update()

    # ---- what people do

    def _space_pressed(self) -> None:
        focused = QApplication.focusWidget()
        button = focused if isinstance(focused, QAbstractButton) else self.bar.record_button
        if button.isEnabled():
            button.animateClick()

    def _show_encoders(self) -> None:
        self.encoders.show()
        self.encoders.raise_()
        self.encoders.activateWindow()

    def show_audience(self) -> None:
        """Fill a screen for people to watch: one beside this window's, where there is one."""
        if self.audience is None:
            self.audience = AudienceView(self.recorder)
        self.audience.open_on(other_screen(self))

    def _play_demo(self) -> None:
        self.recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)

    def _choose_file(self) -> None:
        pattern = " ".join(f"*{suffix}" for suffix in FILE_SUFFIXES)
        name, _ = QFileDialog.getOpenFileName(self, messages.PLAY_FILE, "", f"Sound ({pattern});;All files (*)")
        if name:
            self.recorder.play(Path(name), Path(name).name)

    def _choose_save(self) -> None:
        if not self.recorder.session.history:
            return
        name, _ = QFileDialog.getSaveFileName(
            self, messages.SAVE_SESSION, "session.csv", "Table (*.csv);;JSON (*.json)"
        )
        if name:
            self.save_session(Path(name))

    def save_session(self, path: Path) -> None:
        """Save the answers; the banner says how it went."""
        try:
            self.recorder.session.save(path)
        except SaveError as error:
            self.banner.show_notice(Notice(str(error), is_error=True))
        else:
            self.banner.show_notice(Notice(messages.saved(str(path))))

    def _choose_model(self) -> None:
        name = QFileDialog.getExistingDirectory(self, messages.OPEN_MODEL)
        if name:
            self.recorder.open_model(Path(name))

    def _about(self) -> None:
        box = QMessageBox(self)
        box.setWindowTitle(messages.ABOUT)
        box.setText(messages.ABOUT_TEXT)
        box.open()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell, once the first picture is out, that there is time for other work."""
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer(self, singleShot=True, interval=_AFTER_PAINT_MS, timeout=self.painted.emit).start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the clocks; threads are ended by the application."""
        self._meter_timer.stop()
        self._text_timer.stop()
        self.training.close()
        self.voices.close()
        if self.audience is not None:
            self.audience.close()
        super().closeEvent(event)

    # ---- what the recorder says

    def _state_changed(self, state: SessionState) -> None:
        recording = self.recorder.session.is_recording
        is_idle = state is SessionState.IDLE
        self.bar.show_state(state, recording=recording)
        for action in (self.demo_action, self.file_action, self.model_action, self.default_action):
            action.setEnabled(is_idle or (state is SessionState.FAILED and action in self._model_actions()))
        self.save_action.setEnabled(bool(self.recorder.session.history))
        self.offers.setVisible(is_idle and not self.recorder.session.history)
        if state is SessionState.LISTENING and not self.recorder.session.history:
            self._clear()
            self.answer.show_text(messages.LISTENING, messages.LISTENING_HINT)
        elif state is SessionState.PAUSED:
            self.answer.show_text(messages.PAUSED, messages.PAUSED_HINT)
            self.bars.show_prediction(None)
        elif state is SessionState.LOADING:
            self.answer.show_text(messages.LOADING, messages.LOADING_HINT)
        elif state is SessionState.FAILED:
            self.answer.show_text(messages.FAILED, "")
        elif is_idle and self.recorder.last is not None:
            self.answer.show_prediction(self.recorder.last)
        elif is_idle:
            self._invite()
        self._show_texts()

    def _model_actions(self) -> tuple[QAction, ...]:
        return self.model_action, self.default_action

    def _invite(self) -> None:
        if self.recorder.source is None and not self.recorder.devices:
            self.answer.show_text(messages.NO_MICROPHONES, messages.NO_MICROPHONE_HINT)
        else:
            self.answer.show_text(messages.READY, messages.READY_HINT)

    def _clear(self) -> None:
        self.timeline.clear()
        self.bars.show_prediction(None)
        self.waveform.hide_window()
        self._heard_speech = False

    def _model_changed(self, model: ModelInfo) -> None:
        self.bars.set_labels(model.labels)
        self.timeline.set_labels(model.labels)
        self.layers.set_weights(model.layer_weights, published_weights(model.head, model.normalisation))
        self.layers_text.setText(messages.layers_sentence(model))
        self.device_text.setText(messages.device_status(model))
        self.device_text.setToolTip(messages.device_tip(model))
        self._show_model(model)
        self._show_texts()

    def _show_model(self, model: ModelInfo) -> None:
        self.model_text.setText(messages.model_status(model))
        self.model_text.setToolTip(f"{messages.model_status(model)}\n{messages.model_tip(model)}")

    def _predicted(self, prediction: Prediction) -> None:
        self._heard_speech = self._heard_speech or bool(prediction.probabilities)
        if self.recorder.session.state is not SessionState.PAUSED:
            self.answer.show_prediction(prediction)
            self.bars.show_prediction(prediction)
        self.timeline.add(prediction, self.recorder.settings.hop_s)
        self.save_action.setEnabled(True)
        self._show_texts()

    def _devices_changed(self) -> None:
        recorder = self.recorder
        self.bar.show_devices(recorder.devices, recorder.chosen_name, connected=recorder.source is not None)
        if recorder.session.state is SessionState.IDLE and not recorder.session.history:
            self._invite()

    def _source_changed(self) -> None:
        self._wave_cursor = 0
        self.waveform.clear()
        if self.recorder.source is None:
            self.waveform.hide_window()
            self.bar.meter.reset()
            self.bar.light.set_light(InputLight.WAITING)

    def _gap_ended(self, gap: Gap) -> None:
        self.timeline.add_gap(gap.start_s, gap.end_s)

    # ---- the two clocks

    def _show_sound(self) -> None:
        """About 30 times a second: level, waveform, bracket."""
        source = self.recorder.source
        if source is None:
            return
        read = source.ring.read_since(max(self._wave_cursor, source.ring.n_written - round(_LIGHT_S * source.rate_hz)))
        self._wave_cursor = read.cursor
        self.waveform.push(read.samples, source.rate_hz)
        self.bar.meter.set_level(level_db(source.ring.latest(round(_LEVEL_S * source.rate_hz))))
        if self.recorder.last is not None and self.recorder.session.is_recording:
            ago_s = self.recorder.elapsed_s() - self.recorder.last.end_s
            length_s = self.recorder.last.end_s - self.recorder.last.start_s
            self.waveform.show_window(ago_s + length_s, ago_s)
        else:
            self.waveform.hide_window()

    def _show_texts(self) -> None:
        """About 4 times a second: everything people read."""
        recorder = self.recorder
        self.bar.show_elapsed(int(recorder.elapsed_s()))
        last = recorder.last
        skipped = last.n_skipped if last else 0
        self.status_text.setText(messages.status(last, recorder.session.started_at, recorder.age_s(), skipped))
        self.why_text.setText(messages.why(last, recorder.model))
        if recorder.source is not None:
            samples = recorder.source.ring.latest(round(_LIGHT_S * recorder.source.rate_hz))
            self.bar.light.set_light(input_light(samples, heard_speech=self._heard_speech))

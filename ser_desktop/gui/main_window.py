"""The main window: what is heard, what it means, how sure, why."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QPaintEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core import paths
from ser_desktop.core.input_watch import InputWatch
from ser_desktop.core.levels import InputLight, level_db
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.published import published_weights
from ser_desktop.core.session import SessionState
from ser_desktop.gui import icons, messages
from ser_desktop.gui.audience_door import AudienceDoor
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.encoders_dialog import EncodersDialog
from ser_desktop.gui.files import messages as files_messages
from ser_desktop.gui.files.door import FilesDoor
from ser_desktop.gui.help import messages as help_messages
from ser_desktop.gui.help.door import HelpDoor
from ser_desktop.gui.help.welcome import WelcomePanel
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.menu import MoreMenu, Section
from ser_desktop.gui.opening_door import OpeningDoor
from ser_desktop.gui.plots import LayerWeights, Waveform
from ser_desktop.gui.recorder import Notice, Recorder
from ser_desktop.gui.sessions.door import SessionsDoor
from ser_desktop.gui.settings_door import SettingsDoor
from ser_desktop.gui.status_rows import StatusRows
from ser_desktop.gui.tool_bar import ToolBar
from ser_desktop.gui.training.door import TrainingDoor
from ser_desktop.gui.voices.door import VoicesDoor
from ser_desktop.gui.voices.messages import MENU as MY_VOICE
from ser_desktop.gui.widgets import AnswerPanel, Card, EmotionBars, label

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
        self.audience = AudienceDoor(recorder, self)
        self.training = TrainingDoor(recorder, installer, self)
        self.training.lacked.connect(self._show_encoders)
        self.opening = OpeningDoor(recorder, self)
        self.files = FilesDoor(recorder, self)
        self.voices = VoicesDoor(recorder, self)
        self.settings_door = SettingsDoor(recorder, self)
        self.help = HelpDoor(recorder, self)
        self.settings_door.appearance_chosen.connect(self.appearance_chosen)
        self.sessions = SessionsDoor(recorder, self)
        self._wave_cursor = 0
        self._heard_speech = False
        self._input = InputWatch()
        self._is_painted = False
        self.setWindowTitle(messages.APP_TITLE)
        self.setMinimumSize(QSize(1024, 660))
        self.resize(1280, 800)
        self._build()
        self.files.catch_drops()
        self._connect()
        self.restyle()
        self._state_changed(recorder.session.state)
        if recorder.settings.understands:
            self.bar.take_keys()

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
        page.addWidget(self.sessions.recovery.banner)
        self.cards = QWidget()
        self.cards.setLayout(self._build_cards())
        self.cards.layout().setContentsMargins(0, 0, 0, 0)
        self.welcome = WelcomePanel()
        for widget in (self.welcome, self.cards):
            page.addWidget(widget, stretch=1)
        self._show_welcome()
        self.status = StatusRows()
        page.addWidget(self.status)
        self.setCentralWidget(central)

    def _build_menu(self) -> MoreMenu:
        menu = MoreMenu(self)
        self.sessions.fill(menu)
        self.opening.fill(menu)
        self.files_action = menu.add(
            Section.FILES, files_messages.MENU_ENTRY, self.files.open, "Ctrl+Shift+F", "folder"
        )
        self.encoders_action = menu.add(Section.MODELS, messages.ENCODERS, self._show_encoders, icon="encoder")
        self.train_action = menu.add(Section.MODELS, messages.TRAIN, self.training.open, "Ctrl+T", "train")
        self.voice_action = menu.add(Section.MODELS, MY_VOICE, self.voices.open, icon="voice")
        self.audience.fill(menu)
        self.appearance_actions = menu.add_choices(
            Section.VIEW, messages.APPEARANCE, messages.APPEARANCES, self.appearance_chosen.emit, "appearance"
        )
        menu.add(Section.REST, help_messages.SETTINGS, self.settings_door.open, "Ctrl+,", "settings")
        self.help.fill(menu)
        return menu

    def _build_cards(self) -> QGridLayout:
        self.answer = AnswerPanel()
        self.bars = EmotionBars()
        self.timeline = self.sessions.timeline
        self.waveform = Waveform()
        self.layers = LayerWeights()
        # Axes without a model would mean nothing.
        self.layers.hide()
        self.layers_text = label("", "muted", wraps=True)
        self.why_text = label(messages.why(None, None), wraps=True)
        self.why_text.setAlignment(Qt.AlignmentFlag.AlignTop)
        answer, chances = Card(), Card(messages.CHANCES_TITLE)
        time_line = self.sessions.card
        layers, why = Card(messages.LAYERS_TITLE), Card(messages.WHY_TITLE)
        answer.body.addWidget(self.answer, stretch=1)
        answer.body.addWidget(self._build_offers())
        chances.body.addWidget(self.bars)
        time_line.add_below(self.waveform)
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
        for text, slot in (
            (messages.PLAY_DEMO, self.opening.play_demo),
            (messages.PLAY_FILE, self.opening.choose_file),
        ):
            button = QPushButton(text)
            button.clicked.connect(slot)
            row.addWidget(button)
        row.addStretch(1)
        self.offers.hide()
        return self.offers

    def _connect(self) -> None:
        recorder = self.recorder
        self.bar.record_button.clicked.connect(recorder.toggle)
        self.bar.rescan_button.clicked.connect(recorder.rescan)
        self.bar.audience_button.clicked.connect(self.audience.open)
        self.bar.device_picked.connect(recorder.choose)
        recorder.state_changed.connect(self._state_changed)
        recorder.model_changed.connect(self._show_model)
        recorder.details_changed.connect(self._show_model)
        recorder.predicted.connect(self._predicted)
        recorder.devices_changed.connect(self._devices_changed)
        recorder.source_changed.connect(self._source_changed)
        self.sessions.moment_changed.connect(self._moment_changed)
        self.sessions.model_shown.connect(self._model_changed)
        self.sessions.labels_shown.connect(self.bars.set_labels)
        recorder.session_opened.connect(self.bar.take_keys)
        recorder.noticed.connect(self.banner.show_notice)
        recorder.input_wanted.connect(self._offer)
        recorder.limits_wanted.connect(self.welcome.insist)
        self.welcome.understood.connect(self._understood)
        self.welcome.more_wanted.connect(self.help.open_limits)
        # Space records wherever the focus is, except on another button, which it presses.
        self.space = QShortcut(QKeySequence(Qt.Key.Key_Space), self, self._space_pressed)
        # Held down, it would stop what it has just begun.
        self.space.setAutoRepeat(False)
        self.space.setWhatsThis(help_messages.SHORTCUT_RECORD)
        rescan = QShortcut(QKeySequence("Ctrl+R"), self, recorder.rescan)
        rescan.setWhatsThis(help_messages.SHORTCUT_RESCAN)
        self._meter_timer = QTimer(self, interval=_METER_MS, timeout=self._show_sound)
        self._text_timer = QTimer(self, interval=_TEXT_MS, timeout=self._show_texts)
        self._meter_timer.start()
        self._text_timer.start()

    def restyle(self) -> None:
        """Take over the theme in force."""
        for plot in (self.timeline, self.waveform, self.layers):
            plot.restyle()
        self.training.restyle()
        icons.redress()
        self.settings_door.refresh()
        self.files.restyle()
        self.help.restyle()
        self.audience.restyle()
        self.appearance_actions[self.recorder.settings.theme].setChecked(True)
        self.update()

    # ---- what people do

    def _space_pressed(self) -> None:
        focused = QApplication.focusWidget()
        button = focused if isinstance(focused, QAbstractButton) else self.bar.record_button
        if button.isEnabled():
            button.animateClick()

    def _show_welcome(self) -> None:
        """Show the limits instead of the cards until they are understood."""
        understands = self.recorder.settings.understands
        self.welcome.setVisible(not understands)
        self.cards.setVisible(understands)

    def _understood(self) -> None:
        self.recorder.understand()
        self._show_welcome()
        self.bar.take_keys()

    def _show_encoders(self) -> None:
        self.encoders.show()
        self.encoders.raise_()
        self.encoders.activateWindow()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell, once the first picture is out, that there is time for other work."""
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer(self, singleShot=True, interval=_AFTER_PAINT_MS, timeout=self.painted.emit).start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the clocks; threads are ended by the application."""
        # Only who closes it is asked, not a system that ends.
        if event.spontaneous() and not self.sessions.may_close():
            event.ignore()
            return
        self._meter_timer.stop()
        self._text_timer.stop()
        self.training.close()
        self.settings_door.close()
        self.files.close()
        self.voices.close()
        self.help.close()
        self.sessions.shut_down()
        self.audience.close()
        super().closeEvent(event)

    # ---- what the recorder says

    def _state_changed(self, state: SessionState) -> None:
        is_idle = state is SessionState.IDLE
        self.bar.show_state(state, recording=self.recorder.session.is_recording)
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
        if self.sessions.moment is not None:
            self._moment_changed(self.sessions.moment)
        self._show_texts()

    def _invite(self) -> None:
        if self.recorder.source is None and not self.recorder.devices:
            self.answer.show_text(messages.NO_MICROPHONES, messages.NO_MICROPHONE_HINT)
        else:
            self.answer.show_text(messages.READY, messages.READY_HINT)

    def _offer(self) -> None:
        """There is nothing to record: lead to what can be heard all the same."""
        if self.offers.isVisible():
            self.offers.findChildren(QPushButton)[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.banner.show_notice(Notice(messages.NO_MICROPHONE_HINT))

    def _clear(self) -> None:
        self.bars.show_prediction(None)
        self.waveform.hide_window()
        self._heard_speech = False

    def _model_changed(self, model: ModelInfo) -> None:
        self.bars.set_labels(model.labels)
        self.layers.set_weights(model.layer_weights, published_weights(model.head, model.normalisation))
        self.layers.setVisible(model.layer_weights is not None)
        self.layers_text.setText(messages.layers_sentence(model))
        self._show_model(model)
        self._show_texts()

    def _show_model(self, model: ModelInfo) -> None:
        recorder = self.recorder
        is_in_use = recorder.model is not None and model.name == recorder.model.name
        self.status.show_model(model, is_shipped=is_in_use and recorder.model_folder == paths.default_bundle())

    def _predicted(self, prediction: Prediction) -> None:
        self._heard_speech = self._heard_speech or bool(prediction.probabilities)
        if self.recorder.session.state is not SessionState.PAUSED and self.sessions.moment is None:
            self.answer.show_prediction(prediction)
            self.bars.show_prediction(prediction)
        self._show_texts()

    def _devices_changed(self) -> None:
        recorder = self.recorder
        self.bar.show_devices(recorder.devices, recorder.chosen_name, connected=recorder.source is not None)
        if recorder.session.state is SessionState.IDLE and not recorder.session.history:
            self._invite()

    def _source_changed(self) -> None:
        self._wave_cursor = 0
        self._input.reset()
        self.waveform.clear()
        if self.recorder.source is None:
            self.waveform.hide_window()
            self.bar.meter.reset()
            self.bar.light.set_light(InputLight.WAITING)

    def _moment_changed(self, moment: Prediction | None) -> None:
        shown = moment or self.recorder.last
        if moment is None and self.recorder.session.state is SessionState.PAUSED:
            self._state_changed(SessionState.PAUSED)
        elif shown is not None:
            self.answer.show_prediction(shown)
            self.bars.show_prediction(shown)
        self._show_texts()

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
        is_live = recorder.session.state is not SessionState.IDLE
        status = messages.status(last, recorder.session.started_at, recorder.age_s(), skipped, is_live=is_live)
        self.status.answer.setText(self.sessions.status() or status)
        self.why_text.setText(self.sessions.why() or messages.why(last, recorder.model))
        if recorder.source is not None:
            rate_hz = recorder.source.rate_hz
            samples = recorder.source.ring.latest(round(_LIGHT_S * rate_hz))
            self.bar.light.set_light(self._input.light(samples, rate_hz, heard_speech=self._heard_speech))

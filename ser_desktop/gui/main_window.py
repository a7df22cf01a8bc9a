"""The main window: what is heard, what it means, how sure, why."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QPaintEvent, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication, QMainWindow, QVBoxLayout, QWidget

from ser_desktop.core import paths
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.session import SessionState
from ser_desktop.gui import icons, messages
from ser_desktop.gui.audience_door import AudienceDoor
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.cards import Cards
from ser_desktop.gui.encoders_dialog import EncodersDialog
from ser_desktop.gui.files import messages as files_messages
from ser_desktop.gui.files.door import FilesDoor
from ser_desktop.gui.help import messages as help_messages
from ser_desktop.gui.help.door import HelpDoor
from ser_desktop.gui.help.welcome import WelcomePanel
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.live_sound import LiveSound
from ser_desktop.gui.menu import MoreMenu, Section
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.opening_door import OpeningDoor
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions.door import SessionsDoor
from ser_desktop.gui.settings_door import SettingsDoor
from ser_desktop.gui.status_rows import StatusRows
from ser_desktop.gui.tool_bar import ToolBar
from ser_desktop.gui.training.door import TrainingDoor
from ser_desktop.gui.voices.door import VoicesDoor
from ser_desktop.gui.voices.messages import MENU as MY_VOICE

_METER_MS = 33
_AFTER_PAINT_MS = 50
_TEXT_MS = 250


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
        self.cards = Cards(self.recorder, self.sessions.card)
        self.sound = LiveSound(self.recorder, self.bar, self.cards.waveform)
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

    def _connect(self) -> None:
        recorder = self.recorder
        self.bar.record_button.clicked.connect(recorder.toggle)
        self.bar.rescan_button.clicked.connect(recorder.rescan)
        self.bar.audience_button.clicked.connect(self.audience.open)
        self.bar.device_picked.connect(recorder.choose)
        self.cards.demo_button.clicked.connect(self.opening.play_demo)
        self.cards.file_button.clicked.connect(self.opening.choose_file)
        recorder.state_changed.connect(self._state_changed)
        recorder.model_changed.connect(self._show_model)
        recorder.details_changed.connect(self._show_model)
        recorder.predicted.connect(self._predicted)
        recorder.inputs.devices_changed.connect(self._devices_changed)
        recorder.inputs.source_changed.connect(self.sound.change_source)
        self.sessions.moment_changed.connect(self._moment_changed)
        self.sessions.model_shown.connect(self._model_changed)
        self.sessions.labels_shown.connect(self.cards.bars.set_labels)
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
        self._meter_timer = QTimer(self, interval=_METER_MS, timeout=self.sound.show)
        self._text_timer = QTimer(self, interval=_TEXT_MS, timeout=self._show_texts)
        self._meter_timer.start()
        self._text_timer.start()

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.cards.restyle()
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
        self.bar.show_state(state, recording=self.recorder.session.is_recording)
        self.cards.show_state(state)
        if state is SessionState.LISTENING and not self.recorder.session.history:
            self.sound.begin()
        if self.sessions.moment is not None:
            self._moment_changed(self.sessions.moment)
        self._show_texts()

    def _offer(self) -> None:
        """There is nothing to record: lead to what can be heard all the same."""
        if self.cards.offers.isVisible():
            self.cards.demo_button.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.banner.show_notice(Notice(messages.NO_MICROPHONE_HINT))

    def _model_changed(self, model: ModelInfo) -> None:
        self.cards.show_model(model)
        self._show_model(model)
        self._show_texts()

    def _show_model(self, model: ModelInfo) -> None:
        recorder = self.recorder
        is_in_use = recorder.model is not None and model.name == recorder.model.name
        self.status.show_model(model, is_shipped=is_in_use and recorder.model_folder == paths.default_bundle())

    def _predicted(self, prediction: Prediction) -> None:
        self.sound.hear(prediction)
        if self.recorder.session.state is not SessionState.PAUSED and self.sessions.moment is None:
            self.cards.show_answer(prediction)
        self._show_texts()

    def _devices_changed(self) -> None:
        recorder, inputs = self.recorder, self.recorder.inputs
        self.bar.show_devices(inputs.devices, recorder.chosen_name, connected=inputs.source is not None)
        if recorder.session.state is SessionState.IDLE and not recorder.session.history:
            self.cards.invite()

    def _moment_changed(self, moment: Prediction | None) -> None:
        shown = moment or self.recorder.last
        if moment is None and self.recorder.session.state is SessionState.PAUSED:
            self._state_changed(SessionState.PAUSED)
        elif shown is not None:
            self.cards.show_answer(shown)
        self._show_texts()

    def _show_texts(self) -> None:
        """About 4 times a second: everything people read."""
        recorder = self.recorder
        self.bar.show_elapsed(int(recorder.elapsed_s()))
        last = recorder.last
        skipped = last.n_skipped if last else 0
        is_live = recorder.session.state is not SessionState.IDLE
        status = messages.status(last, recorder.session.started_at, recorder.age_s(), skipped, is_live=is_live)
        self.status.answer.setText(self.sessions.status() or status)
        self.cards.why_text.setText(self.sessions.why() or messages.why(last, recorder.model))
        self.sound.show_light()

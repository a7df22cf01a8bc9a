"""People's own voices: prompts, takes, and how each turned out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.levels import InputLight
from ser_desktop.core.takes import VoiceCorpus, create_corpus, judge_take, list_corpora, open_corpus
from ser_desktop.gui.elided_box import ElidedComboBox
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.take_recorder import TakeRecorder
from ser_desktop.gui.training import voice_messages as words
from ser_desktop.gui.training.corpus_panels import Panel
from ser_desktop.gui.training.draft import CorpusChoice
from ser_desktop.gui.training.flow import FlowLayout
from ser_desktop.gui.widgets import LevelMeter, LightLabel, label

_STATUS_MS = 250


def _told(act: Callable[[OwnVoicePanel], None]) -> Callable[[OwnVoicePanel], None]:
    """Let the banner say what a person can mend."""

    @wraps(act)
    def attempt(panel: OwnVoicePanel) -> None:
        try:
            act(panel)
        except UserFacingError as error:
            panel.noticed.emit(Notice(str(error), is_error=True))

    return attempt


class OwnVoicePanel(Panel):
    """Records takes of one person, emotion by emotion.

    Parameters
    ----------
    recorder : Recorder or None
        Whose microphone is used.
    """

    def __init__(self, recorder: Recorder | None) -> None:
        super().__init__(words.INTRO)
        self._recorder = recorder
        self.corpus: VoiceCorpus | None = None
        self.label = ""
        self._counts: dict[str, int] = {}
        self.take_samples: FloatArray | None = None
        self._take_text = ""
        self.taker = TakeRecorder(self)
        self._build_corpus()
        self._build_takes()
        self.body.addStretch(1)
        self.taker.heard.connect(self.meter.set_level)
        self.taker.ended.connect(self._ended)
        self._timer = QTimer(self, interval=_STATUS_MS, timeout=self._show_readiness)
        self._list_corpora()

    # ---- building

    def _build_corpus(self) -> None:
        self.picker = ElidedComboBox()
        self.picker.setAccessibleName(words.CORPUS)
        self.picker.activated.connect(self._picked)
        self.new_row = QWidget()
        self.title_edit, self.speaker_edit = QLineEdit(words.DEFAULT_TITLE), QLineEdit(words.DEFAULT_SPEAKER)
        row = QHBoxLayout(self.new_row)
        row.setContentsMargins(0, 0, 0, 0)
        for text, edit in ((words.TITLE, self.title_edit), (words.SPEAKER, self.speaker_edit)):
            edit.setAccessibleName(text)
            edit.returnPressed.connect(self._create)
            row.addWidget(label(text))
            row.addWidget(edit)
        self.create_button = _button(words.CREATE, self._create)
        row.addWidget(self.create_button)
        self.body.addWidget(self.picker)
        self.body.addWidget(self.new_row)

    def _build_takes(self) -> None:
        self.takes = QWidget()
        column = QVBoxLayout(self.takes)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        self._class_place = QWidget()
        self._classes = FlowLayout(self._class_place)
        self._group = QButtonGroup(self)
        self.class_buttons: dict[str, QPushButton] = {}
        self.class_edit = QLineEdit()
        self.class_edit.setAccessibleName(words.ADD_CLASS)
        self.class_edit.setPlaceholderText(words.CLASS_NAME)
        self.class_edit.returnPressed.connect(self._add_class)
        self.add_button = _button(words.ADD, self._add_class)
        more = QHBoxLayout()
        more.addWidget(label(words.ADD_CLASS))
        more.addWidget(self.class_edit, stretch=1)
        more.addWidget(self.add_button)
        self.prompt = label("", "answer", wraps=True)
        self.prompt.setMinimumHeight(48)
        self.status, self.missing = label("", wraps=True), label("", "muted", wraps=True)
        column.addWidget(self._class_place)
        column.addLayout(more)
        column.addWidget(self.prompt)
        column.addLayout(self._build_buttons())
        column.addWidget(self.status)
        column.addWidget(self.missing)
        self.body.addWidget(self.takes)

    def _build_buttons(self) -> QHBoxLayout:
        self.meter, self.light = LevelMeter(), LightLabel()
        self.record_button = _button(words.RECORD, self._record)
        keys = QShortcut(QKeySequence(words.RECORD_KEYS), self)
        keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        # A take in hand is kept or dropped on purpose only.
        keys.activated.connect(lambda: self.record_button.click() if self.record_button.isVisible() else None)
        shown = keys.key().toString(QKeySequence.SequenceFormat.NativeText)
        self.record_button.setToolTip(words.RECORD_TIP.format(shown))
        self.keep_button, self.again_button = _button(words.KEEP, self._keep), _button(words.AGAIN, self._record)
        self.undo_button = _button(words.UNDO, self._undo)
        self.record_button.setObjectName("record")
        self.keep_button.setObjectName("primary")
        row = QHBoxLayout()
        for widget in (self.record_button, self.keep_button, self.again_button, self.undo_button):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.meter)
        row.addWidget(self.light)
        return row

    # ---- what the wizard asks

    def choice(self) -> CorpusChoice:
        """See `Panel`."""
        if self.corpus is None or not self.corpus.is_ready:
            return CorpusChoice()
        return self.chosen("folder", (self.corpus.folder,))

    def title(self) -> str:
        """See `Panel`."""
        return self.corpus.title if self.corpus else ""

    def take(self, _path: Path, _key: str) -> None:
        """See `Panel`; nothing is dropped here."""

    # ---- corpora

    def _list_corpora(self) -> None:
        self.picker.clear()
        for folder in list_corpora():
            self.picker.addItem(folder.name, folder)
        self.picker.addItem(words.NEW_CORPUS, None)
        self.picker.setCurrentIndex(max(0, self.picker.findText(self.corpus.folder.name)) if self.corpus else 0)
        self._picked()

    @_told
    def _open_picked(self) -> None:
        self.corpus = open_corpus(self.picker.currentData())
        self.label = self.corpus.classes[0]
        self._show_classes()

    def _picked(self, _index: int = 0) -> None:
        is_new = self.picker.currentData() is None
        self.corpus = None
        self._forget_take()
        if not is_new:
            self._open_picked()
        self.new_row.setVisible(is_new)
        self.takes.setVisible(self.corpus is not None)
        self.changed.emit()

    @_told
    def _create(self) -> None:
        self.corpus = create_corpus(self.title_edit.text(), self.speaker_edit.text(), words.SENTENCES)
        self._list_corpora()
        self.record_button.setFocus()

    @_told
    def _add_class(self) -> None:
        if self.corpus is not None:
            self.corpus = self.corpus.with_class(self.class_edit.text())
            self.label = self.corpus.classes[-1]
            self.class_edit.clear()
            self._show_classes()

    def _show_classes(self) -> None:
        self._counts = self.corpus.counts() if self.corpus else {}
        for name in self._counts:
            if name not in self.class_buttons:
                self.class_buttons[name] = button = _button("", partial(self._choose, name))
                button.setObjectName("class")
                button.setCheckable(True)
                self._group.addButton(button)
                self._classes.addWidget(button)
        for name, button in self.class_buttons.items():
            n = self._counts.get(name, 0)
            button.setVisible(name in self._counts)
            button.setText(words.class_button(name, n))
            button.setAccessibleName(words.class_name(name, n))
        self.class_buttons[self.label].setChecked(True)
        self.missing.setText(words.missing(self._counts))
        self._forget_take()
        self.changed.emit()

    def _choose(self, name: str) -> None:
        self.label = name
        self._forget_take()

    # ---- takes

    def _record(self) -> None:
        if self.taker.is_running:
            self.taker.stop()
        # Since the button was last looked at, the main window may have begun to record.
        elif self._recorder and self._recorder.inputs.source is not None and not self._recorder.session.is_recording:
            self._forget_take()
            self.taker.start(self._recorder.inputs.source)
            self._show_readiness()
            self.record_button.setFocus()

    def _ended(self, samples: FloatArray) -> None:
        self.take_samples = samples
        self._take_text = words.take_text(len(samples) / SAMPLE_RATE_HZ, judge_take(samples, self.label))
        self._show_readiness()
        if not self.class_edit.hasFocus():
            self.keep_button.setFocus()

    @_told
    def _keep(self) -> None:
        if self.corpus is not None and self.take_samples is not None:
            self.corpus.add(self.label, self.take_samples)
            self._show_classes()
            self.record_button.setFocus()

    @_told
    def _undo(self) -> None:
        if self.corpus is not None:
            self.corpus.remove_last(self.label)
            self._show_classes()

    def _forget_take(self) -> None:
        """Drop the take in hand, and one that is being recorded: it was meant for another class."""
        self.taker.look_away()
        if self.isVisible():
            self.taker.look()
        self.take_samples = None
        sentences = self.corpus.prompts if self.corpus else ()
        self.prompt.setText(words.prompt(self.label, self._counts.get(self.label, 0), sentences))
        self._show_readiness()

    def _show_readiness(self) -> None:
        """Offer what can be done now."""
        source = self._recorder.inputs.source if self._recorder else None
        is_busy = self._recorder is not None and self._recorder.session.is_recording
        # What was said until the microphone went away, or the main window wanted it, is a take.
        self.taker.listen_to(source)
        if is_busy:
            self.taker.stop()
        obstacle = words.obstacle(has_source=source is not None, is_busy=is_busy)
        is_running, has_take = self.taker.is_running, self.take_samples is not None
        self._show_record(is_running=is_running)
        for button in (self.record_button, self.again_button):
            button.setEnabled(not obstacle)
        self.record_button.setVisible(not has_take)
        self.keep_button.setVisible(has_take)
        self.again_button.setVisible(has_take)
        self.undo_button.setVisible(not has_take and not is_running and self._counts.get(self.label, 0) > 0)
        idle = obstacle or (words.RECORDING if is_running else words.PRESS)
        self.status.setText(f"{self._take_text} {obstacle}".strip() if has_take else idle)
        self.light.set_light(self.taker.light(source) if source is not None else InputLight.WAITING)
        if source is None:
            self.meter.reset()

    def _show_record(self, *, is_running: bool) -> None:
        self.record_button.setText(words.STOP if is_running else words.RECORD)
        if self.record_button.property("recording") is not is_running:
            self.record_button.setProperty("recording", is_running)
            self.record_button.style().polish(self.record_button)

    def showEvent(self, event: QShowEvent) -> None:
        """Listen to the microphone's level."""
        super().showEvent(event)
        self._timer.start()
        self.taker.look()
        if self.corpus is None:
            # While this was being built, nobody heard what is wrong with it.
            self._picked()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop listening; a take that is being recorded is dropped."""
        super().hideEvent(event)
        self._timer.stop()
        self.taker.look_away()
        self._show_readiness()


def _button(text: str, slot: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(True)
    button.clicked.connect(lambda _checked=False: slot())
    return button

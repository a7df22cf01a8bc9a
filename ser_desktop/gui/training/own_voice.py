"""People's own voices: prompts, takes, and how each turned out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.takes import VoiceCorpus, create_corpus, judge_take, list_corpora, open_corpus
from ser_desktop.gui.recorder import Notice, Recorder
from ser_desktop.gui.training import voice_messages as words
from ser_desktop.gui.training.corpus_panels import Panel
from ser_desktop.gui.training.draft import CorpusChoice
from ser_desktop.gui.training.flow import FlowLayout
from ser_desktop.gui.training.take_recorder import TakeRecorder
from ser_desktop.gui.widgets import LevelMeter, LightLabel, label


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
        self.take_samples: FloatArray | None = None
        self.taker = TakeRecorder(self)
        self.taker.heard.connect(self._heard)
        self.taker.ended.connect(self._ended)
        self._build_corpus()
        self._build_takes()
        self.body.addStretch(1)
        self._timer = QTimer(self, interval=250, timeout=self._show_readiness)
        self._list_corpora()

    # ---- building

    def _build_corpus(self) -> None:
        self.picker = QComboBox()
        self.picker.setAccessibleName(words.CORPUS)
        self.picker.activated.connect(self._picked)
        self.new_row = QWidget()
        self.title_edit, self.speaker_edit = QLineEdit(words.DEFAULT_TITLE), QLineEdit(words.DEFAULT_SPEAKER)
        row = QHBoxLayout(self.new_row)
        row.setContentsMargins(0, 0, 0, 0)
        for text, edit in ((words.TITLE, self.title_edit), (words.SPEAKER, self.speaker_edit)):
            edit.setAccessibleName(text)
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
        self.meter, self.light = LevelMeter(), LightLabel()
        self.record_button = _button(words.RECORD, self._record)
        self.record_button.setObjectName("primary")
        self.keep_button, self.again_button = _button(words.KEEP, self._keep), _button(words.AGAIN, self._record)
        self.undo_button = _button(words.UNDO, self._undo)
        buttons = QHBoxLayout()
        for widget in (self.record_button, self.keep_button, self.again_button, self.undo_button):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        for widget in (self.meter, self.light):
            buttons.addWidget(widget)
        self.status, self.missing = label("", wraps=True), label("", "muted", wraps=True)
        column.addWidget(self._class_place)
        column.addLayout(more)
        column.addWidget(self.prompt)
        column.addLayout(buttons)
        column.addWidget(self.status)
        column.addWidget(self.missing)
        self.body.addWidget(self.takes)

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
        index = self.picker.findText(self.corpus.title) if self.corpus else 0
        self.picker.setCurrentIndex(max(0, index))
        self._picked(self.picker.currentIndex())

    def _picked(self, index: int) -> None:
        folder = self.picker.itemData(index)
        self.corpus = None
        if folder is not None:
            self._attempt(lambda: self._open(open_corpus(folder)))
        self.new_row.setVisible(folder is None)
        self.takes.setVisible(self.corpus is not None)
        self.changed.emit()

    def _create(self) -> None:
        def create() -> None:
            self._open(create_corpus(self.title_edit.text(), self.speaker_edit.text()))
            self._list_corpora()
            self.record_button.setFocus()

        self._attempt(create)

    def _open(self, corpus: VoiceCorpus) -> None:
        self.corpus = corpus
        self.label = corpus.classes[0]
        self._show_classes()

    def _add_class(self) -> None:
        def add() -> None:
            assert self.corpus is not None  # noqa: S101 - the button is shown with a corpus
            self.corpus = self.corpus.with_class(self.class_edit.text())
            self.label = self.corpus.classes[-1]
            self.class_edit.clear()
            self._show_classes()

        self._attempt(add)

    def _show_classes(self) -> None:
        assert self.corpus is not None  # noqa: S101 - called with one
        counts = self.corpus.counts()
        for name in self.corpus.classes:
            if name not in self.class_buttons:
                self.class_buttons[name] = button = QPushButton()
                button.setObjectName("class")
                button.setCheckable(True)
                button.clicked.connect(lambda _checked, chosen=name: self._choose(chosen))
                self._group.addButton(button)
                self._classes.addWidget(button)
        for name, button in self.class_buttons.items():
            button.setVisible(name in counts)
            button.setText(words.class_button(name, counts.get(name, 0)))
        self.class_buttons[self.label].setChecked(True)
        self.missing.setText(words.missing(counts))
        self._forget_take(words.PRESS)
        self.changed.emit()

    def _choose(self, name: str) -> None:
        self.label = name
        self._forget_take(words.PRESS)

    # ---- takes

    def _record(self) -> None:
        if self.taker.is_running:
            self.taker.stop()
        elif self._recorder is not None and self._recorder.source is not None:
            self._forget_take(words.RECORDING)
            self.taker.start(self._recorder.source)
            self.record_button.setText(words.STOP)
        self.record_button.setFocus()

    def _heard(self, level: float) -> None:
        self.meter.set_level(level)

    def _ended(self, samples: FloatArray) -> None:
        self.record_button.setText(words.RECORD)
        self.take_samples = samples
        judgement = judge_take(samples, self.label)
        self.status.setText(words.take_text(len(samples) / SAMPLE_RATE_HZ, judgement))
        self._show_readiness()
        self.keep_button.setFocus()

    def _keep(self) -> None:
        def keep() -> None:
            assert self.corpus is not None  # noqa: S101 - a take belongs to one
            assert self.take_samples is not None  # noqa: S101 - the button is shown with one
            self.corpus.add(self.label, self.take_samples)
            self._show_classes()
            self.record_button.setFocus()

        self._attempt(keep)

    def _undo(self) -> None:
        def undo() -> None:
            assert self.corpus is not None  # noqa: S101 - the button is shown with one
            self.corpus.remove_last(self.label)
            self._show_classes()

        self._attempt(undo)

    def _forget_take(self, status: str) -> None:
        self.take_samples = None
        self.status.setText(status)
        if self.corpus is not None:
            self.prompt.setText(words.prompt(self.label, self.corpus.counts()[self.label]))
        self._show_readiness()

    def _show_readiness(self) -> None:
        """Offer what can be done now."""
        recorder = self._recorder
        source = recorder.source if recorder else None
        is_busy = recorder is not None and recorder.session.is_recording
        has_take = self.take_samples is not None
        self.record_button.setEnabled(source is not None and not is_busy)
        self.record_button.setVisible(not has_take)
        self.keep_button.setVisible(has_take)
        self.again_button.setVisible(has_take)
        has_takes = self.corpus is not None and bool(self.corpus.takes(self.label))
        self.undo_button.setVisible(not has_take and not self.taker.is_running and has_takes)
        if source is None or is_busy:
            self.status.setText(words.BUSY if is_busy else words.NO_MICROPHONE)
        elif self.status.text() in {words.BUSY, words.NO_MICROPHONE}:
            self.status.setText(words.PRESS)
        self.taker.listen_to(source)
        if source is not None:
            self.light.set_light(self.taker.light(source))

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            act()
        except UserFacingError as error:
            self.noticed.emit(Notice(str(error), is_error=True))

    def showEvent(self, event: QShowEvent) -> None:
        """Listen to the microphone's level."""
        super().showEvent(event)
        self._timer.start()
        self.taker.look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop listening; a take that is being recorded is dropped."""
        super().hideEvent(event)
        self._timer.stop()
        self.taker.look_away()
        self.record_button.setText(words.RECORD)


def _button(text: str, slot: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(True)
    button.clicked.connect(lambda _checked=False: slot())
    return button

"""The voices that were recorded: which one is used, and what the model in use makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QRadioButton, QVBoxLayout, QWidget

from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.voice_gain import find_gain
from ser_desktop.core.voices import VoiceInfo
from ser_desktop.gui.voices import messages
from ser_desktop.gui.widgets import Card, label


class VoiceRow(QWidget):
    """One voice, or nobody's: a radio button, what is known of it, and a button that deletes it.

    Parameters
    ----------
    name : str
        "" is nobody's voice.
    text : str
    is_usable : bool

    Signals
    -------
    delete_wanted()
    """

    delete_wanted = Signal()

    def __init__(self, name: str, text: str, *, is_usable: bool = True) -> None:
        super().__init__()
        self.name = name
        self.button = QRadioButton(name or messages.NOBODY)
        self.button.setAccessibleDescription(text)
        self.button.setEnabled(is_usable)
        self.text = label(text, "muted", wraps=True)
        self.text.setContentsMargins(26, 0, 0, 0)
        words, row = QVBoxLayout(), QHBoxLayout(self)
        words.setSpacing(0)
        words.addWidget(self.button)
        words.addWidget(self.text)
        row.setContentsMargins(0, 0, 0, 0)
        row.addLayout(words, stretch=1)
        self.delete_button: QPushButton | None = None
        if name:
            self.delete_button = QPushButton(messages.DELETE)
            self.delete_button.setAutoDefault(False)
            self.delete_button.setAccessibleName(messages.DELETE_NAME.format(name))
            self.delete_button.clicked.connect(self.delete_wanted)
            row.addWidget(self.delete_button, alignment=Qt.AlignmentFlag.AlignTop)


class VoiceList(Card):
    """Lists voices and lets one be chosen.

    Signals
    -------
    chosen(str)
        Name of the voice to use, "" for nobody's.
    delete_wanted(str)
    """

    chosen = Signal(str)
    delete_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__(messages.VOICES)
        self.rows: list[VoiceRow] = []
        self._voices: list[VoiceInfo | str] = []
        self._group = QButtonGroup(self)
        self._place = QVBoxLayout()
        self._place.setSpacing(8)
        self.empty = label(messages.NO_VOICES, "muted", wraps=True)
        self.use_text, self.gain_text = label("", wraps=True), label("", "muted", wraps=True)
        self.body.addLayout(self._place)
        self.body.addWidget(self.empty)
        self.body.addSpacing(8)
        self.body.addWidget(self.use_text)
        self.body.addWidget(self.gain_text)
        self.body.addStretch(1)

    def show_voices(self, voices: Sequence[VoiceInfo | str], used: str, *, is_free: bool) -> None:
        """List voices and mark the one in use.

        Parameters
        ----------
        voices : sequence of VoiceInfo or str
            Damaged ones by their name alone.
        used : str
            The one in use.
        is_free : bool
            Whether another one may be chosen now.
        """
        # Rows that stay keep the keyboard's focus.
        if list(voices) != self._voices or not self.rows:
            self._voices = list(voices)
            self._build_rows()
        for row in self.rows:
            row.button.setChecked(row.name == used and row.button.isEnabled())
        if not any(row.button.isChecked() for row in self.rows):
            self.rows[0].button.setChecked(True)
        self.empty.setVisible(not self._voices)
        self.setEnabled(is_free)

    def _build_rows(self) -> None:
        for row in self.rows:
            self._group.removeButton(row.button)
            self._place.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [VoiceRow("", messages.NOBODY_TEXT)]
        for info in self._voices:
            if isinstance(info, str):
                self.rows.append(VoiceRow(info, messages.DAMAGED, is_usable=False))
            else:
                self.rows.append(VoiceRow(info.name, messages.voice(info)))
        for row in self.rows:
            self._group.addButton(row.button)
            self._place.addWidget(row)
            # Only what people do, not what is shown, is a choice.
            row.button.clicked.connect(partial(self.chosen.emit, row.name))
            row.delete_wanted.connect(partial(self.delete_wanted.emit, row.name))

    def show_model(self, model: ModelInfo | None) -> None:
        """Say what the model in use makes of a voice, and what that gained in tests."""
        self.use_text.setText(messages.use(model))
        is_speakers = model is not None and model.normalisation == "speaker"
        found = find_gain(model.head, model.features, model.encoder) if model is not None and is_speakers else None
        self.gain_text.setText(messages.gain(found))
        self.gain_text.setVisible(bool(self.gain_text.text()))

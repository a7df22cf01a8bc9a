"""What to save of a session, and where; recording goes on behind it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.session_sound import sound_beside
from ser_desktop.gui.file_dialogs import remember, start_folder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.widgets import label

SESSION, TABLE, PICTURE, REPORT = ".json", ".csv", ".png", ".html"
_FLAC_BYTES_PER_S = 16_000
"""About half of what 16 bit at 16 kHz need: speech packs to that."""


class SaveDialog(QDialog):
    """Asks for a format, a place, a note and whether the sound is wanted. It is not modal.

    Signals
    -------
    chosen(Path, bool, str)
        Where, whether with sound, and the note.
    """

    chosen = Signal(object, bool, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(messages.SAVE_TITLE)
        self.setMinimumWidth(560)
        self.formats = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        column.addWidget(label(messages.SAVE_QUESTION, "title"))
        self.buttons: dict[str, QRadioButton] = {}
        for suffix, words in messages.FORMATS.items():
            button = QRadioButton(words)
            self.formats.addButton(button)
            self.buttons[suffix] = button
            column.addWidget(button)
            button.toggled.connect(self._format_changed)
        self.with_sound = QCheckBox()
        self.with_sound.toggled.connect(self._place_changed)
        column.addSpacing(4)
        column.addWidget(self.with_sound)
        self.note = QLineEdit()
        self.note.setMaxLength(2000)
        self.note.setAccessibleName(messages.SESSION_NOTE)
        self.note.setPlaceholderText(messages.SESSION_NOTE_HINT)
        column.addWidget(label(messages.SESSION_NOTE))
        column.addWidget(self.note)
        column.addWidget(label(messages.PLACE))
        column.addLayout(self._build_place())
        self.warning = label("", "complaint", wraps=True)
        # Names may be long; the dialog does not grow once it is shown.
        self.warning.setMinimumHeight(2 * self.warning.fontMetrics().lineSpacing() + 4)
        column.addWidget(self.warning)
        column.addLayout(self._build_ends())
        self._has_sound = False

    def _build_place(self) -> QHBoxLayout:
        self.place = QLineEdit()
        self.place.setAccessibleName(messages.PLACE)
        self.place.textChanged.connect(self._place_changed)
        choose = QPushButton(messages.CHOOSE)
        choose.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self.place, stretch=1)
        row.addWidget(choose)
        return row

    def _build_ends(self) -> QHBoxLayout:
        self.save = QPushButton(messages.SAVE)
        self.save.setObjectName("primary")
        self.save.setDefault(True)
        self.save.clicked.connect(self.accept)
        cancel = QPushButton(messages.CANCEL)
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.save)
        return row

    def ask(self, name: str, path: Path | None, note: str, sound_s: float, suffix: str = SESSION) -> None:
        """Open it.

        Parameters
        ----------
        name : str
            Proposed for the file, without its ending.
        path : Path or None
            Where the session was saved before.
        note : str
        sound_s : float
            How much sound could be saved, 0 for none.
        suffix : str
            The format that is chosen at first.
        """
        self._has_sound = sound_s > 0
        size = messages.megabytes(sound_s * _FLAC_BYTES_PER_S)
        self.with_sound.setText(messages.WITH_SOUND.format(size) if self._has_sound else messages.NO_SOUND_TO_SAVE)
        self.with_sound.setChecked(False)
        self.note.setText(note)
        folder = path.parent if path is not None else start_folder("session")
        self.place.setText(str(folder / f"{path.stem if path is not None else name}{suffix}"))
        self.buttons[suffix].setChecked(True)
        self._format_changed()
        self.show()
        self.raise_()
        self.activateWindow()
        self.buttons[suffix].setFocus()

    @property
    def suffix(self) -> str:
        """Ending of the chosen format."""
        return next((suffix for suffix, button in self.buttons.items() if button.isChecked()), SESSION)

    @property
    def _wants_sound(self) -> bool:
        return self.with_sound.isEnabled() and self.with_sound.isChecked()

    def accept(self) -> None:
        """Tell what was chosen."""
        path = Path(self.place.text().strip()).expanduser()
        remember("session", path)
        with_sound = self._wants_sound
        super().accept()
        self.chosen.emit(path, with_sound, self.note.text().strip())

    def _format_changed(self) -> None:
        self.with_sound.setEnabled(self._has_sound and self.suffix == SESSION)
        place = self.place.text().strip()
        if place:
            self.place.setText(str(Path(place).with_suffix(self.suffix)))
        self._place_changed()

    def _place_changed(self) -> None:
        text = self.place.text().strip()
        path = Path(text)
        is_name = bool(text) and path.is_absolute() and path.suffix.lower() == self.suffix
        has_place = is_name and path.parent.is_dir()
        self.save.setEnabled(has_place)
        replaced = _what_is_replaced(path, self._wants_sound) if has_place else ""
        missing = messages.folder_missing(str(path.parent)) if is_name else messages.place_wrong(self.suffix)
        self.save.setText(messages.REPLACE if replaced else messages.SAVE)
        self.warning.setText(replaced if has_place else missing)

    def _choose(self) -> None:
        dialog = QFileDialog(self, messages.SAVE_TITLE, self.place.text(), f"*{self.suffix}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        # The button says "Replace" itself.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setDefaultSuffix(self.suffix)
        dialog.fileSelected.connect(self.place.setText)
        dialog.open()


def _what_is_replaced(path: Path, with_sound: bool) -> str:
    """Name what exists in a place, "" if nothing does."""
    beside = sound_beside(path)
    if with_sound and beside.exists():
        return (messages.BOTH_EXIST if path.exists() else messages.SOUND_EXISTS).format(beside.name)
    return messages.EXISTS if path.exists() else ""

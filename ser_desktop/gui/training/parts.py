"""Small parts that the pages share: steps, places, choices, findings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.gui.file_dialogs import ask_for_folder, remember, start_folder
from ser_desktop.gui.training import check_messages, messages
from ser_desktop.gui.training.last_places import last_places
from ser_desktop.gui.widgets import label

_QUESTION = "recordings"


class Steps(QWidget):
    """Where in the wizard one is; steps that are done can be gone back to.

    Signals
    -------
    wanted(int)
    """

    wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.buttons = [QPushButton() for _ in messages.STEPS]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for i, button in enumerate(self.buttons):
            button.setObjectName("step")
            button.clicked.connect(lambda _checked=False, step=i: self.wanted.emit(step))
            row.addWidget(button)
        row.addStretch(1)
        self.set_step(0)

    def set_step(self, current: int, *, can_go_back: bool = False) -> None:
        """Mark a step."""
        for i, (button, name) in enumerate(zip(self.buttons, messages.STEPS, strict=True)):
            button.setText(f"{i + 1}  {name}" if i >= current else f"✓  {name}")
            button.setProperty("state", "now" if i == current else "other")
            button.setEnabled(can_go_back and i < current)
            button.style().polish(button)
        self.setAccessibleName(f"Step {current + 1} of {len(messages.STEPS)}: {messages.STEPS[current]}")


class Places(QWidget):
    """One or more folders or files that people choose.

    Parameters
    ----------
    pattern : str
        Of the file dialog; "" offers folders only.
    file_text : str
        Of the button that chooses a file.
    takes_folders : bool

    Signals
    -------
    changed()
    """

    changed = Signal()

    def __init__(self, pattern: str, file_text: str, *, takes_folders: bool = True) -> None:
        super().__init__()
        self.paths: tuple[Path, ...] = ()
        self._pattern = pattern
        self.text = label(messages.NOTHING_CHOSEN, "muted", wraps=True)
        self.text.setAccessibleName(messages.PLACES)
        self.folder_button = QPushButton(messages.CHOOSE_FOLDER)
        self.file_button = QPushButton(file_text)
        self.folder_button.clicked.connect(self._choose_folder)
        self.file_button.clicked.connect(self._choose_file)
        self.folder_button.setVisible(takes_folders)
        row, column = QHBoxLayout(), QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.folder_button)
        row.addWidget(self.file_button)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.text)

    def set_paths(self, paths: Sequence[Path]) -> None:
        """Take other places."""
        self.paths = tuple(paths)
        self.text.setText("\n".join(f"✓  {path}" for path in self.paths) or messages.NOTHING_CHOSEN)
        self.changed.emit()

    def recall(self, corpus: str) -> None:
        """Take the places where a corpus was last, if none are chosen."""
        if not self.paths and (places := last_places(corpus)):
            self.set_paths(places)

    def _choose_folder(self) -> None:
        folder = ask_for_folder(self, _QUESTION, messages.PLACES)
        if folder is not None:
            self.set_paths([folder])

    def _choose_file(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, messages.PLACES, str(start_folder(_QUESTION)), self._pattern)
        if names:
            remember(_QUESTION, Path(names[0]))
            self.set_paths([Path(name) for name in names])


class Choice(QFrame):
    """A choice with a title, a sentence and a remark; all of it can be clicked.

    Parameters
    ----------
    title, text : str

    Signals
    -------
    chosen()
    lacked()
        What it lacks is to be fetched.
    """

    chosen = Signal()
    lacked = Signal()

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.button = QRadioButton(title)
        self.button.setObjectName("choice")
        self.button.setAccessibleDescription(text)
        self.button.toggled.connect(self._toggled)
        self.text = label(text, "muted", wraps=True)
        self.remark = label("", "muted", wraps=True)
        self.get_button = QPushButton(messages.GET_ENCODER)
        self.get_button.setAccessibleDescription(title)
        self.get_button.clicked.connect(self.lacked)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(2)
        column.addWidget(self.button)
        for widget in (self.text, self.remark):
            widget.setContentsMargins(26, 0, 0, 0)
            widget.setVisible(bool(widget.text()))
            column.addWidget(widget)
        row = QHBoxLayout()
        row.setContentsMargins(26, 4, 0, 0)
        row.addWidget(self.get_button)
        row.addStretch(1)
        column.addLayout(row)
        self.get_button.hide()

    def set_remark(self, text: str, *, lacks: bool = False) -> None:
        """Say something that depends on this computer or corpus, and offer to get what is lacking."""
        self.remark.setText(text)
        self.remark.setVisible(bool(text))
        self.get_button.setVisible(lacks)

    def mouseReleaseEvent(self, _event: object) -> None:
        """Choose it."""
        if self.button.isEnabled():
            self.button.setChecked(True)
            self.button.setFocus()

    def _toggled(self, is_on: bool) -> None:
        self.setProperty("chosen", is_on)
        self.style().polish(self)
        if is_on:
            self.chosen.emit()


class FindingRow(QFrame):
    """Something that was found, with its remedy.

    Parameters
    ----------
    finding : dict
        See ``trainer.checks.findings.Finding``.

    Signals
    -------
    remedied(str)
        The remedy was asked for.
    """

    remedied = Signal(str)

    def __init__(self, finding: dict[str, Any]) -> None:
        super().__init__()
        level = str(finding["level"])
        mark = label(check_messages.MARKS[level], "mark")
        mark.setProperty("level", level)
        mark.setFixedWidth(18)
        mark.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        words = QLabel(f"{finding['text']} {messages.plain(finding['fix'])}".strip())
        words.setWordWrap(True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if finding["files"]:
            words.setToolTip("\n".join(finding["files"]))
        row, column = QHBoxLayout(self), QVBoxLayout()
        row.setContentsMargins(0, 2, 0, 2)
        row.addWidget(mark, alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, stretch=1)
        column.addWidget(words)
        if len(finding["files"]) > 1:
            column.addWidget(label(messages.some_files(finding["files"]), "muted", wraps=True))
        self.button: QPushButton | None = None
        remedy = str(finding["remedy"])
        if remedy:
            self.button = QPushButton(check_messages.REMEDIES[remedy])
            self.button.clicked.connect(lambda: self.remedied.emit(remedy))
            column.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignLeft)
        self.setAccessibleName(f"{level}: {words.text()}")


class Warnings(QWidget):
    """What must be known, a line each; more than a few are folded away behind a button."""

    _N_SHOWN = 2

    def __init__(self) -> None:
        super().__init__()
        self._texts: tuple[str, ...] = ()
        self.text = label("", "complaint", wraps=True)
        self.more_button = QPushButton()
        self.more_button.setObjectName("rail")
        self.more_button.setCheckable(True)
        self.more_button.toggled.connect(lambda _on: self._show())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.text)
        column.addWidget(self.more_button, alignment=Qt.AlignmentFlag.AlignLeft)

    def set_texts(self, texts: Sequence[str]) -> None:
        """Show other warnings."""
        self._texts = tuple(texts)
        self.more_button.setChecked(False)
        self._show()

    def _show(self) -> None:
        n_hidden = len(self._texts) - self._N_SHOWN
        is_open = self.more_button.isChecked() or n_hidden < 1
        shown = self._texts if is_open else self._texts[: self._N_SHOWN]
        self.setVisible(bool(self._texts))
        self.text.setText("\n".join(f"!  {text}" for text in shown))
        self.more_button.setVisible(n_hidden > 0)
        self.more_button.setText(messages.FEWER if is_open else messages.MORE.format(n_hidden))


def open_folder(path: Path) -> str:
    """Show a folder in the desktop's file manager; where there is none, return a sentence that says where it is."""
    if QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        return ""
    return messages.FOLDER_IS_HERE.format(path)

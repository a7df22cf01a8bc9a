"""The first page: which recordings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QRadioButton, QStackedWidget, QVBoxLayout, QWidget

from ser_desktop.core.corpus_guess import guess_corpus
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.corpus_panels import FolderPanel, IemocapPanel, TablePanel
from ser_desktop.gui.training.draft import CorpusChoice
from ser_desktop.gui.training.own_voice import OwnVoicePanel
from ser_desktop.gui.training.ravdess_panel import RavdessPanel
from ser_desktop.gui.widgets import Card, label, scrolled


class CorpusPage(QWidget):
    """Offers the kinds of corpora, and asks where the recordings are.

    Parameters
    ----------
    installer : InstallWorker
        Downloads corpora.
    recorder : Recorder or None
        Whose microphone records people's own voices.

    Signals
    -------
    changed()
        `choice` changed.
    noticed(Notice)
        Something to say.
    """

    changed = Signal()
    noticed = Signal(object)

    def __init__(self, installer: InstallWorker, recorder: Recorder | None) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.ravdess, self.folder = RavdessPanel(installer), FolderPanel()
        self.table, self.own, self.iemocap = TablePanel(), OwnVoicePanel(recorder), IemocapPanel()
        self.panels = {
            "ravdess": self.ravdess,
            "folder": self.folder,
            "csv": self.table,
            "own": self.own,
            "iemocap": self.iemocap,
        }
        self.buttons: dict[str, QRadioButton] = {}
        self._group = QButtonGroup(self)
        self._stack = QStackedWidget()
        kinds, details = Card(), Card()
        for name, panel in self.panels.items():
            button = QRadioButton(messages.KINDS[name])
            button.toggled.connect(lambda is_on, chosen=name: self._show(chosen) if is_on else None)
            self._group.addButton(button)
            self.buttons[name] = button
            kinds.body.addWidget(button)
            self._stack.addWidget(scrolled(panel, "inner"))
            panel.changed.connect(self.changed)
            panel.noticed.connect(self.noticed)
        kinds.body.addStretch(1)
        kinds.body.setSpacing(14)
        details.body.addWidget(self._stack, stretch=1)
        grid = QGridLayout()
        grid.setSpacing(12)
        grid.addWidget(kinds, 0, 0)
        grid.addWidget(details, 0, 1)
        grid.setColumnStretch(1, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(12)
        page.addWidget(label(messages.CORPUS_QUESTION, "question"))
        page.addWidget(label(messages.CORPUS_HINT, "muted", wraps=True))
        page.addLayout(grid, stretch=1)
        self.buttons["ravdess"].setChecked(True)

    @property
    def choice(self) -> CorpusChoice:
        """What is chosen now."""
        return self._current().choice()

    @property
    def is_found(self) -> bool:
        """Whether people have named a place; their own recordings lie where the program keeps them."""
        return self.choice.is_chosen and self._current() is not self.own

    @property
    def title(self) -> str:
        """A name for the model."""
        return self._current().title()

    def remedy(self, name: str) -> None:
        """Read the chosen corpus in a way that a finding has proposed."""
        changes = {
            "accept-counts": {"accept_counts": True},
            "skip-unreadable": {"skip_unreadable": True},
            "speaker": {"speaker": "me"},
        }
        panel = self._current()
        panel.remedies = replace(panel.remedies, **changes[name])  # type: ignore[arg-type]

    def take(self, path: Path) -> None:
        """Take a folder, a zip file or a table that was dropped here."""
        key = guess_corpus(path)
        if not key:
            self.noticed.emit(Notice(messages.DROPPED_UNKNOWN.format(path.name), is_error=True))
            return
        name = "ravdess" if key.startswith("ravdess") else key
        if name not in self.panels:
            name = "folder"
        self.buttons[name].setChecked(True)
        self.panels[name].take(path, key)

    def focus(self) -> None:
        """Let the keyboard choose a kind."""
        next(button for button in self.buttons.values() if button.isChecked()).setFocus()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the first file or folder."""
        places = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if places:
            event.acceptProposedAction()
            self.take(Path(places[0]))

    def _current(self) -> RavdessPanel | FolderPanel | TablePanel | OwnVoicePanel | IemocapPanel:
        name = next(name for name, button in self.buttons.items() if button.isChecked())
        return self.panels[name]  # type: ignore[return-value]

    def _show(self, name: str) -> None:
        self._stack.setCurrentIndex(list(self.panels).index(name))
        self.changed.emit()

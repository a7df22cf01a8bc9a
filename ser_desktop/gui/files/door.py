"""From the main window to the window for sound files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMainWindow

from ser_desktop.core import paths
from ser_desktop.core.session import SessionState
from ser_desktop.gui.files import messages
from ser_desktop.gui.files.drops import DropCatcher
from ser_desktop.gui.files.queue import FileQueue
from ser_desktop.gui.files.window import FilesWindow
from ser_desktop.gui.files.worker import ModelChoice
from ser_desktop.gui.recorder import Recorder

_HELD_BECAUSE = {
    SessionState.LOADING: messages.LOADING,
    SessionState.LISTENING: messages.RECORDING,
    SessionState.PAUSED: messages.RECORDING,
    SessionState.FINISHING: messages.RECORDING,
}


class FilesDoor(QObject):
    """Opens the window for sound files, which is made when it is first wanted, and takes what is dropped.

    Parameters
    ----------
    recorder : Recorder
        While it loads a model or records, files wait.
    parent : QMainWindow
        The main window.

    Signals
    -------
    crashed(object)
        An exception nobody expected.
    """

    crashed = Signal(object)

    def __init__(self, recorder: Recorder, parent: QMainWindow) -> None:
        super().__init__(parent)
        self._recorder, self._main_window = recorder, parent
        self.queue = FileQueue(self._model)
        self.queue.crashed.connect(self.crashed)
        self.window: FilesWindow | None = None
        self.drops: DropCatcher | None = None
        recorder.state_changed.connect(self._state_changed)
        self._state_changed(recorder.session.state)

    def catch_drops(self) -> None:
        """Take what is dropped on the main window, once it is built."""
        self.drops = DropCatcher(self._main_window)
        self.drops.dropped.connect(self.take)

    def open(self) -> None:
        """Show the window."""
        self._show(activates=True)

    def take(self, places: Sequence[Path]) -> None:
        """Analyse files and folders; while somebody records, the main window keeps the keyboard."""
        self._show(activates=not self._recorder.session.is_recording)
        if places:
            self.queue.add(places)

    def close(self) -> None:
        """Close the window and stop the analysis; the program ends."""
        self.queue.cancel_all()
        if self.window is not None:
            self.window.close()

    def shut_down(self) -> bool:
        """End the threads; True when they are gone."""
        return self.queue.shut_down()

    def restyle(self) -> None:
        """Take over the theme in force."""
        if self.window is not None:
            self.window.restyle()

    def _show(self, *, activates: bool) -> None:
        if self.window is None:
            self.window = FilesWindow(self.queue, self._main_window)
        self.window.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not activates)
        self.window.show()
        if activates:
            self.window.raise_()
            self.window.activateWindow()

    def _state_changed(self, state: SessionState) -> None:
        self.queue.hold(_HELD_BECAUSE.get(state, ""))

    def _model(self) -> ModelChoice:
        settings = self._recorder.settings
        folder = self._recorder.model_folder or paths.default_bundle()
        return ModelChoice(folder, settings.device, settings.backend, settings.voice)

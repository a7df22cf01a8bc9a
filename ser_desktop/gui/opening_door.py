"""The main window's door to what can be opened: the demo clip, a sound file, another model."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from ser_desktop.core import paths
from ser_desktop.core.audio import FILE_SUFFIXES
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.session import SessionState
from ser_desktop.gui import messages
from ser_desktop.gui.errands import Errand
from ser_desktop.gui.file_dialogs import ask_for_file
from ser_desktop.gui.menu import MoreMenu, Section
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder


class OpeningDoor(QObject):
    """Opens sound files as virtual input, and models.

    Parameters
    ----------
    recorder : Recorder
    window : QWidget
        Asks the questions.
    """

    def __init__(self, recorder: Recorder, window: QWidget) -> None:
        super().__init__(window)
        self._recorder, self._window = recorder, window

    def fill(self, menu: MoreMenu) -> None:
        """Add the entries, which can be used while nothing is recorded."""
        self.demo_action = menu.add(Section.FILES, messages.PLAY_DEMO, self.play_demo, "Ctrl+D", "play")
        self.file_action = menu.add(Section.FILES, messages.PLAY_FILE, self.choose_file, "Ctrl+O", "file")
        self.model_action = menu.add(Section.MODELS, messages.OPEN_MODEL, self._choose_model, icon="open")
        self.default_action = menu.add(
            Section.MODELS, messages.DEFAULT_MODEL, lambda: self._recorder.open_model(None), icon="package"
        )
        self._recorder.state_changed.connect(self.enable)
        self.enable(self._recorder.session.state)

    def enable(self, state: SessionState) -> None:
        """Let entries be used that make sense now: where no model could be opened, another one can."""
        is_idle = state is SessionState.IDLE
        for action in (self.demo_action, self.file_action):
            action.setEnabled(is_idle)
        for action in (self.model_action, self.default_action):
            action.setEnabled(is_idle or state is SessionState.FAILED)

    def play_demo(self) -> None:
        """Play the synthetic voice that came along."""
        self._recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)

    def choose_file(self) -> None:
        """Ask for a sound file and play it."""
        pattern = " ".join(f"*{suffix}" for suffix in FILE_SUFFIXES)
        path = ask_for_file(self._window, "sound", messages.PLAY_FILE, f"Sound ({pattern});;All files (*)")
        if path is not None:
            self._recorder.play(path, path.name)

    def open_model(self, path: Path) -> None:
        """Open a model: a zip file as they are exported, or a file in its folder."""
        if path.suffix.lower() != ".zip":
            self._recorder.open_model(path.parent)
            return
        errand = Errand(partial(_unpack, path))
        errand.done.connect(self._unpacked)
        errand.failed.connect(self._not_unpacked)
        errand.crashed.connect(self._recorder.crashed)
        self._recorder.noticed.emit(Notice(messages.UNPACKING.format(path.name)))
        errand.begin()

    def _unpacked(self, folder: Path) -> None:
        self._recorder.noticed.emit(None)
        self._recorder.open_model(folder)

    def _not_unpacked(self, error: UserFacingError) -> None:
        self._recorder.noticed.emit(Notice(str(error), is_error=True))

    def _choose_model(self) -> None:
        path = ask_for_file(self._window, "model", messages.OPEN_MODEL, messages.MODEL_PATTERNS)
        if path is not None:
            self.open_model(path)


def _unpack(path: Path) -> Path:
    # Not before it is wanted: it needs PyTorch, which the inference thread has loaded by now.
    from ser_desktop.core.bundle_zip import unpack_bundle

    return unpack_bundle(path)

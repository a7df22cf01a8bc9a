"""From the main window to the window of voices."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.voices.voice_worker import VoiceWorker
from ser_desktop.gui.voices.window import VoicesWindow


class VoicesDoor(QObject):
    """Opens the window of voices, which is made when it is first wanted, and ends its thread.

    Parameters
    ----------
    recorder : Recorder
    parent : QWidget
        The main window.

    Signals
    -------
    crashed(object)
        An exception nobody expected.
    """

    crashed = Signal(object)

    def __init__(self, recorder: Recorder, parent: QWidget) -> None:
        super().__init__(parent)
        self._recorder, self._main_window = recorder, parent
        self._worker: VoiceWorker | None = None
        self.window: VoicesWindow | None = None

    def open(self) -> None:
        """Show the window."""
        if self.window is None:
            self._worker = VoiceWorker()
            self._worker.crashed.connect(self._crashed)
            self.window = VoicesWindow(self._recorder, self._worker, self._main_window)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()

    def close(self) -> bool:
        """Close it and end its thread; True once that is gone."""
        if self.window is not None:
            self.window.close()
        return self._worker is None or self._worker.shut_down()

    def _crashed(self, error: BaseException) -> None:
        if self.window is not None:
            self.window.recording.measured(is_kept=False)
        self.crashed.emit(error)

"""From the main window to the training window and back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QRect, Signal
from PySide6.QtWidgets import QWidget

from ser_desktop.core import paths
from ser_desktop.core.session import SessionState
from ser_desktop.core.training_folder import TrainingState
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.window import TrainingWindow
from ser_desktop.gui.trainings import Trainings

_FREE = (SessionState.IDLE, SessionState.FAILED)


class TrainingDoor(QObject):
    """Opens the training window, which is made when it is first wanted, and hands its models to the recorder.

    Parameters
    ----------
    recorder : Recorder
    installer : InstallWorker
    parent : QWidget
        The main window.

    Signals
    -------
    lacked()
        A speech encoder is to be fetched.
    """

    lacked = Signal()

    def __init__(self, recorder: Recorder, installer: InstallWorker, parent: QWidget) -> None:
        super().__init__(parent)
        self._recorder, self._installer, self._main_window = recorder, installer, parent
        self._trainings = Trainings(paths.trainings_folder(), self, bundle_in_use=lambda: recorder.settings.bundle)
        self.window: TrainingWindow | None = None

    def open(self) -> None:
        """Show the training window."""
        if self.window is None:
            self.window = TrainingWindow(self._trainings, self._installer, self._recorder, self._main_window)
            self.window.used.connect(self._use)
            self.window.lacked.connect(self.lacked)
            self.window.crashed.connect(self._recorder.crashed)
            self.window.result_shown.connect(self._compare)
            self._place(self.window)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()

    def _place(self, window: TrainingWindow) -> None:
        """Put the window over the middle of the main window, all of it on the screen."""
        screen = self._main_window.screen().availableGeometry()
        frame = QRect(QPoint(), window.size().boundedTo(screen.size()).expandedTo(window.minimumSize()))
        frame.moveCenter(self._main_window.geometry().center())
        frame.moveRight(min(frame.right(), screen.right()))
        frame.moveBottom(min(frame.bottom(), screen.bottom()))
        frame.moveLeft(max(frame.left(), screen.left()))
        frame.moveTop(max(frame.top(), screen.top()))
        window.setGeometry(frame)
        window.winId()
        # Either of the two may be in front of the other.
        window.windowHandle().setTransientParent(None)  # type: ignore[arg-type]

    def close(self) -> None:
        """Close it; trainings go on."""
        if self.window is not None:
            self.window.close()

    def restyle(self) -> None:
        """Take over the theme in force."""
        if self.window is not None:
            self.window.restyle()

    def news(self) -> Notice | None:
        """Say what trains behind the window, or was interrupted since the last start."""
        entries = self._trainings.entries()
        for entry in entries:
            if entry.order and entry.state in {TrainingState.RUNNING, TrainingState.QUEUED}:
                return Notice(messages.TRAINS_NOW.format(entry.order.title))
        latest = entries[0] if entries else None
        if latest is not None and latest.order and latest.state is TrainingState.INTERRUPTED:
            return Notice(messages.WAS_INTERRUPTED.format(latest.order.title))
        return None

    def _compare(self, bundle: Path) -> None:
        assert self.window is not None  # noqa: S101 - it told
        page, model = self.window.result_page, self._recorder.model
        is_used = self._recorder.settings.bundle == str(bundle)
        page.show_used(is_used=is_used)
        if model is not None:
            page.show_model_in_use("" if is_used else model.name, 100 * model.uar_mean)

    def _use(self, bundle: Path) -> None:
        assert self.window is not None  # noqa: S101 - it asked
        page = self.window.result_page
        if self._recorder.session.state in _FREE:
            self._recorder.open_model(bundle)
            page.banner.show_notice(Notice(messages.NOW_USED.format(page.title.text())))
            page.show_used(is_used=True)
            self._main_window.raise_()
            self._main_window.activateWindow()
        else:
            page.banner.show_notice(Notice(messages.BUSY_RECORDING, is_error=True))

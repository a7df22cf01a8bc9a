"""The composition root: settings, theme, window, threads, and their orderly end."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from ser_desktop import __version__
from ser_desktop.core import paths
from ser_desktop.core.settings import load_settings
from ser_desktop.gui import icons, messages
from ser_desktop.gui.errands import wait_for_all
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.theme import apply_theme

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AppOptions:
    """What the command line asks of the window.

    Attributes
    ----------
    demo : bool
        Play the bundled clip as virtual input.
    bundle : Path or None
    device, theme, backend : str or None
        Override the settings for this run.
    """

    demo: bool = False
    bundle: Path | None = None
    device: str | None = None
    theme: str | None = None
    backend: str | None = None


class Application:
    """The window and everything behind it.

    Parameters
    ----------
    options : AppOptions
    qt : QApplication
    """

    def __init__(self, options: AppOptions, qt: QApplication) -> None:
        self._qt = qt
        settings, notice = load_settings(paths.settings_file())
        overrides = {"device": options.device, "backend": options.backend, "theme": options.theme}
        overrides["bundle"] = str(options.bundle.absolute()) if options.bundle else None
        given = {name: value for name, value in overrides.items() if value is not None}
        self._demo = options.demo
        self._dialog: QMessageBox | None = None
        self.recorder = Recorder(settings, paths.settings_file(), given)
        apply_theme(qt, self.recorder.settings.theme)
        self.installer = InstallWorker()
        self.window = MainWindow(self.recorder, self.installer)
        self.window.appearance_chosen.connect(self._appearance_chosen)
        self.recorder.crashed.connect(self.show_crash)
        self.installer.crashed.connect(self.show_crash)
        self.window.files.crashed.connect(self.show_crash)
        self.window.voices.crashed.connect(self.show_crash)
        qt.styleHints().colorSchemeChanged.connect(lambda _scheme: self._restyle())
        if notice:
            self.recorder.noticed.emit(Notice(notice))

    def start(self) -> None:
        """Show the window, and begin loading once it has been painted."""
        self.window.painted.connect(self._begin, Qt.ConnectionType.SingleShotConnection)
        self.window.show()

    def _begin(self) -> None:
        self.recorder.start()
        self.window.sessions.recovery.look()
        news = self.window.training.news()
        if news is not None:
            self.recorder.noticed.emit(news)
        if self._demo:
            self.recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)

    def exec(self) -> int:
        """Run until the window is closed, end the threads, and return the exit status."""
        self.start()
        status = self._qt.exec()
        window = self.window
        # All of them are told, also when one does not end.
        parts = (window.help, window.sessions, window.files, self.installer, self.recorder)
        ended = [window.voices.close(), *(part.shut_down() for part in parts), wait_for_all()]
        if not all(ended):
            # Destroying a running thread would crash; nothing is left to save.
            _log.error("a thread did not end in time")
            logging.shutdown()
            os._exit(status)
        return status

    def show_crash(self, error: BaseException) -> None:
        """One dialog for defects of ours, never two at once."""
        if self._dialog is not None:
            return
        details = "".join(traceback.format_exception(error))
        self._dialog = QMessageBox(QMessageBox.Icon.Warning, messages.APP_TITLE, "", parent=self.window)
        self._dialog.setText(messages.unexpected(__version__, str(paths.log_file())))
        self._dialog.setDetailedText(details)
        copy = self._dialog.addButton(messages.COPY_DETAILS, QMessageBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: self._qt.clipboard().setText(details))
        self._dialog.addButton(QMessageBox.StandardButton.Close)
        self._dialog.finished.connect(self._dialog_closed)
        self._dialog.open()

    def _dialog_closed(self, _result: int) -> None:
        self._dialog = None

    def _appearance_chosen(self, choice: str) -> None:
        self.recorder.change_settings(theme=choice)
        self._restyle()

    def _restyle(self) -> None:
        apply_theme(self._qt, self.recorder.settings.theme)
        self.window.restyle()


def run(options: AppOptions) -> int:
    """Run the window and return the exit status."""
    _set_up_log()
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)  # noqa: S101
    qt.setApplicationName(messages.APP_TITLE)
    qt.setDesktopFileName(paths.APP_NAME)
    qt.setWindowIcon(icons.app_icon())
    application = Application(options, qt)
    _catch_everything(application)
    # Python sees Ctrl+C only when its interpreter runs; the window's clocks see to that.
    signal.signal(signal.SIGINT, lambda *_: qt.quit())
    signal.signal(signal.SIGTERM, lambda *_: qt.quit())
    return application.exec()


def _set_up_log() -> None:
    try:
        paths.log_file().parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(paths.log_file(), maxBytes=1_000_000, backupCount=2, delay=True)
    except OSError:
        handler = logging.StreamHandler()
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(threadName)s %(name)s %(message)s"
    )


def _catch_everything(application: Application) -> None:
    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _log.critical("unexpected error", exc_info=(kind, error, trace))
        application.show_crash(error)

    sys.excepthook = hook

"""From the main window to everything that explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QWidget

from ser_desktop.core import paths
from ser_desktop.gui.help import messages
from ser_desktop.gui.menu import MoreMenu, Section
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder

if TYPE_CHECKING:
    from ser_desktop.gui.help.about_window import AboutWindow
    from ser_desktop.gui.help.doctor_window import DoctorWindow
    from ser_desktop.gui.help.help_window import HelpWindow
    from ser_desktop.gui.help.shortcuts_sheet import ShortcutsSheet
    from ser_desktop.gui.workers import Worker


class HelpDoor(QObject):
    """Opens help, doctor, shortcuts and the pages about the program, each read and made when it is first wanted.

    Parameters
    ----------
    recorder : Recorder
    parent : QWidget
        The main window.
    """

    def __init__(self, recorder: Recorder, parent: QWidget) -> None:
        super().__init__(parent)
        self._recorder, self._main_window = recorder, parent
        self._workers: list[Worker] = []
        self.doctor: DoctorWindow | None = None
        self.about: AboutWindow | None = None
        self.pages: HelpWindow | None = None
        self.shortcuts: ShortcutsSheet | None = None

    def fill(self, menu: MoreMenu) -> None:
        """Add the entries of the section on help."""
        menu.add(Section.HELP, messages.HELP, self.open_help, "F1", "help")
        sheet = menu.add(Section.HELP, messages.SHORTCUTS, self.open_shortcuts, icon="keyboard")
        sheet.setShortcuts([QKeySequence("Ctrl+/"), QKeySequence("?")])
        self._main_window.addAction(sheet)
        menu.add(Section.HELP, messages.DOCTOR, self.open_doctor, icon="doctor")
        menu.add(Section.HELP, messages.OPEN_LOG, self.open_log, icon="folder")
        menu.add(Section.HELP, messages.COPY_DIAGNOSTICS, self.copy_diagnostics, icon="copy")
        menu.add(Section.HELP, messages.ABOUT, self.open_about, icon="info")

    def close(self) -> None:
        """Close all windows and end the threads."""
        for window in (self.doctor, self.about, self.pages, self.shortcuts):
            if window is not None:
                window.close()
        self.shut_down()

    def shut_down(self) -> bool:
        """End the threads; True when they are gone."""
        gone = [worker.shut_down() for worker in self._workers]
        return all(gone)

    def restyle(self) -> None:
        """Take over the theme in force."""
        for window in (self.about, self.pages):
            if window is not None:
                window.restyle()

    def open_help(self) -> None:
        """Show the help."""
        from ser_desktop.gui.help.help_window import HelpWindow

        if self.pages is None:
            self.pages = HelpWindow(self._main_window)
        _raise(self.pages)

    def open_shortcuts(self) -> None:
        """Show all keys, as they are now."""
        from ser_desktop.gui.help.shortcuts_sheet import ShortcutsSheet, all_shortcuts

        if self.shortcuts is not None:
            self.shortcuts.close()
            self.shortcuts.deleteLater()
        self.shortcuts = ShortcutsSheet(all_shortcuts(self._main_window), self._main_window)
        _raise(self.shortcuts)

    def open_doctor(self) -> None:
        """Check this computer."""
        from ser_desktop.gui.help.doctor_window import DoctorWindow
        from ser_desktop.gui.help.doctor_worker import DoctorWorker

        if self.doctor is None:
            self.doctor = DoctorWindow(self._looked_after(DoctorWorker()), self._main_window)
        if not self.doctor.isVisible():
            self.doctor.look()
        _raise(self.doctor)

    def open_about(self) -> None:
        """Show what the program is."""
        from ser_desktop.gui.help.about_window import ABOUT

        self._open_about(ABOUT)

    def open_limits(self) -> None:
        """Show what it is for, and what not."""
        from ser_desktop.gui.help.about_window import LIMITS

        self._open_about(LIMITS)

    def _open_about(self, page: int) -> None:
        from ser_desktop.gui.help.about_window import AboutWindow
        from ser_desktop.gui.help.licences_page import LicenceWorker

        if self.about is None:
            self.about = AboutWindow(self._looked_after(LicenceWorker()), self._main_window)
        self.about.show_page(page)
        _raise(self.about)

    def open_log(self) -> None:
        """Show the folder of the log in the system's file manager."""
        folder = paths.log_file().parent
        if not folder.is_dir():
            self._say(messages.LOG_FOLDER_MISSING.format(folder))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._say(messages.LOG_FOLDER_CLOSED.format(folder))

    def copy_diagnostics(self) -> None:
        """Put what somebody who helps wants to know into the clipboard."""
        from ser_desktop.gui.help.diagnostics import diagnostics

        QGuiApplication.clipboard().setText(diagnostics(self._recorder))
        self._say(messages.DIAGNOSTICS_COPIED)

    def _looked_after(self, worker: Any) -> Any:
        """End a thread together with the program, and report its defects."""
        worker.crashed.connect(self._recorder.crashed)
        self._workers.append(worker)
        return worker

    def _say(self, text: str) -> None:
        self._recorder.noticed.emit(Notice(text))


def _raise(window: QWidget) -> None:
    window.show()
    window.raise_()
    window.activateWindow()

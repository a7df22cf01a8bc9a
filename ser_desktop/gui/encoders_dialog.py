"""The window in which speech encoders are fetched, imported, checked and removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.errors import UserFacingError
from ser_desktop.gui import messages
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.file_dialogs import ask_for_file, ask_for_folder
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.widgets import Card, label

if TYPE_CHECKING:
    from ser_desktop.core.library import EncoderStatus
    from ser_desktop.core.transfer import Progress


class EncoderRow(Card):
    """One encoder: what it is, how it stands, what can be done.

    Parameters
    ----------
    status : EncoderStatus
    worker : InstallWorker
    """

    def __init__(self, status: EncoderStatus, worker: InstallWorker) -> None:
        super().__init__()
        self.name = status.name
        self.state = label("", "muted")
        self.purpose, self.uses = label("", wraps=True), label("", "muted", wraps=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(messages.PROGRESS_OF.format(status.name))
        self.progress_text = label("", "muted")
        self.get_button = self._button(messages.GET, lambda: worker.get(self.name))
        self.cancel_button = self._button(messages.CANCEL, worker.cancel)
        self.verify_button = self._button(messages.VERIFY, lambda: worker.verify(self.name))
        self.remove_button = self._button(messages.REMOVE, lambda: worker.remove(self.name))
        words, buttons = QVBoxLayout(), QHBoxLayout()
        words.setSpacing(2)
        self.title.show()
        for widget in (self.title, self.purpose, self.state, self.uses):
            words.addWidget(widget)
        for button in (self.get_button, self.cancel_button, self.verify_button, self.remove_button):
            buttons.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addLayout(words, stretch=1)
        top.addLayout(buttons)
        self.body.addLayout(top)
        self.body.addWidget(self.bar)
        self.body.addWidget(self.progress_text)
        self.show_status(status)
        self.show_work(None, is_busy=False)

    def _button(self, text: str, slot: object) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(f"{text} {self.name}")
        button.clicked.connect(lambda _checked=False: slot())  # type: ignore[operator]
        return button

    def show_status(self, status: EncoderStatus) -> None:
        """Show how an encoder stands."""
        self._status = status
        self.title.setText(status.name)
        self.purpose.setText(status.purpose)
        self.state.setText(messages.encoder_state(status))
        self.uses.setText(messages.encoder_uses(status))
        self.uses.setVisible(bool(status.bundles))
        self.get_button.setText(messages.GO_ON if status.n_arrived else messages.GET)

    def show_work(self, working_on: str | None, *, is_busy: bool) -> None:
        """Offer what can be done now.

        Parameters
        ----------
        working_on : str or None
            Name of what is being worked on.
        is_busy : bool
        """
        is_mine = working_on == self.name
        is_installed, is_shipped = self._status.is_installed, self._status.is_shipped
        self.get_button.setVisible(not is_installed and not is_shipped and not is_mine)
        self.verify_button.setVisible(is_installed and not is_mine)
        self.remove_button.setVisible((is_installed or self._status.n_arrived > 0) and not is_shipped and not is_mine)
        self.cancel_button.setVisible(is_mine)
        self.cancel_button.setEnabled(True)
        for button in (self.get_button, self.verify_button, self.remove_button):
            button.setEnabled(not is_busy)
        for widget in (self.bar, self.progress_text):
            widget.setVisible(is_mine)
        if is_mine:
            self.bar.setRange(0, 0)
            self.progress_text.setText(messages.WORKING)

    def show_progress(self, progress: Progress) -> None:
        """Show how far the work is."""
        total = progress.n_total or 0
        # In kilobytes: Qt's bars count in 32 bits.
        self.bar.setRange(0, total // 1000)
        self.bar.setValue(progress.n_done // 1000)
        self.progress_text.setText(messages.download_progress(progress))


class EncodersDialog(QDialog):
    """A list of all known encoders.

    Parameters
    ----------
    worker : InstallWorker
        Started with the first look; it goes on when the dialog is closed.
    parent : QWidget or None
    """

    def __init__(self, worker: InstallWorker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._working_on: str | None = None
        self.rows: dict[str, EncoderRow] = {}
        self.setWindowTitle(messages.ENCODERS_TITLE)
        self.setMinimumSize(640, 420)
        self.resize(760, 520)
        self._build()
        worker.listed.connect(self._listed)
        worker.began.connect(self._began)
        worker.progressed.connect(self._progressed)
        worker.ended.connect(self._ended)
        worker.failed.connect(self._failed)

    def _build(self) -> None:
        self.banner = Banner()
        self._list = QVBoxLayout()
        self._list.setSpacing(12)
        self.folder_button = QPushButton(messages.IMPORT_FOLDER)
        self.zip_button = QPushButton(messages.IMPORT_ZIP)
        close = QPushButton(messages.CLOSE_WINDOW)
        for button, slot in (
            (self.folder_button, self._choose_folder),
            (self.zip_button, self._choose_zip),
            (close, self.close),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(slot)
        page, foot = QVBoxLayout(self), QHBoxLayout()
        page.setContentsMargins(16, 16, 16, 16)
        page.setSpacing(12)
        page.addWidget(label(messages.ENCODERS_INTRO, "muted", wraps=True))
        page.addWidget(self.banner)
        page.addLayout(self._list)
        page.addStretch(1)
        foot.addWidget(self.folder_button)
        foot.addWidget(self.zip_button)
        foot.addStretch(1)
        foot.addWidget(close)
        page.addLayout(foot)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at what is there whenever the window comes up."""
        super().showEvent(event)
        if not self._worker.isRunning():
            self._worker.start()
        self._worker.look()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide what has been read; work goes on."""
        self.banner.show_notice(None)
        super().closeEvent(event)

    # ---- what people do

    def _choose_folder(self) -> None:
        folder = ask_for_folder(self, "encoder", messages.IMPORT_FOLDER)
        if folder is not None:
            self._worker.bring_in(folder)

    def _choose_zip(self) -> None:
        path = ask_for_file(self, "encoder", messages.IMPORT_ZIP, "Zip (*.zip);;All files (*)")
        if path is not None:
            self._worker.bring_in(path)

    # ---- what the worker says

    def _listed(self, statuses: Sequence[EncoderStatus]) -> None:
        for status in statuses:
            if status.name in self.rows:
                self.rows[status.name].show_status(status)
            else:
                self.rows[status.name] = row = EncoderRow(status, self._worker)
                self._list.addWidget(row)
        self._show_work()

    def _began(self, name: str) -> None:
        self._working_on = name
        self.banner.show_notice(None)
        self._show_work()

    def _progressed(self, progress: Progress) -> None:
        row = self.rows.get(self._working_on or "")
        if row is not None:
            row.show_progress(progress)
        elif self._working_on:
            self.banner.show_notice(Notice(messages.download_progress(progress)))

    def _ended(self, _name: str, said: str) -> None:
        self._working_on = None
        if said:
            self.banner.show_notice(Notice(said))
        self._show_work()

    def _failed(self, error: UserFacingError) -> None:
        self.banner.show_notice(Notice(str(error), is_error=True))

    def _show_work(self) -> None:
        is_busy = self._working_on is not None
        for row in self.rows.values():
            row.show_work(self._working_on, is_busy=is_busy)
        for button in (self.folder_button, self.zip_button):
            button.setEnabled(not is_busy)

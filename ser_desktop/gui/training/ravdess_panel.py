"""RAVDESS: where it is, or its download once its licence has been accepted."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.datasets import DATASETS, Dataset
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.transfer import Progress
from ser_desktop.gui import messages as app_messages
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.corpus_panels import ZIP, Panel
from ser_desktop.gui.training.draft import CorpusChoice
from ser_desktop.gui.training.parts import Places
from ser_desktop.gui.widgets import label


class RavdessPanel(Panel):
    """RAVDESS, from a folder, from zip files, or downloaded.

    Parameters
    ----------
    installer : InstallWorker
    """

    def __init__(self, installer: InstallWorker) -> None:
        super().__init__(messages.KIND_TEXTS["ravdess"])
        self._installer = installer
        self._wanted: list[Dataset] = []
        self.part = QComboBox()
        self.part.setAccessibleName(messages.PLACES)
        for key, words in messages.RAVDESS_PARTS.items():
            self.part.addItem(words, key)
        self.part.activated.connect(lambda _row: self._part_chosen())
        self.places = Places(ZIP, messages.CHOOSE_FILE)
        self.places.changed.connect(self.forget_remedies)
        self.download_button = QPushButton()
        self.download_button.clicked.connect(self._ask)
        self.body.addWidget(self.part, alignment=Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self.places)
        self.body.addWidget(self.download_button, alignment=Qt.AlignmentFlag.AlignLeft)
        self._build_licence()
        self._build_progress()
        self.add_drop_area(messages.DROP_FOLDER_OR_ZIP)
        installer.began.connect(self._began)
        installer.progressed.connect(self._progressed)
        installer.ended.connect(self._ended)
        installer.failed.connect(self._failed)
        self._part_chosen()

    def _build_licence(self) -> None:
        self.licence = QFrame()
        self.licence.setObjectName("banner")
        self._licence_title, self._licence_text = label("", "title"), label("", wraps=True)
        self.accept_box = QCheckBox(messages.ACCEPT)
        self.start_button = QPushButton(messages.DOWNLOAD_NOW)
        cancel = QPushButton(messages.CANCEL)
        self.accept_box.toggled.connect(self.start_button.setEnabled)
        self.start_button.setEnabled(False)
        self.start_button.clicked.connect(self._download)
        cancel.clicked.connect(self.licence.hide)
        column, row = QVBoxLayout(self.licence), QHBoxLayout()
        for widget in (self._licence_title, self._licence_text, self.accept_box):
            column.addWidget(widget)
        row.addWidget(self.start_button)
        row.addWidget(cancel)
        row.addStretch(1)
        column.addLayout(row)
        self.licence.hide()
        self.body.addWidget(self.licence)

    def _build_progress(self) -> None:
        self.progress = QWidget()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(messages.DOWNLOAD.format("RAVDESS"))
        self.progress_text = label("", "muted")
        self.cancel_button = QPushButton(messages.CANCEL)
        self.cancel_button.clicked.connect(self._cancel)
        grid = QGridLayout(self.progress)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self.bar, 0, 0)
        grid.addWidget(self.cancel_button, 0, 1, 2, 1)
        grid.addWidget(self.progress_text, 1, 0)
        self.progress.hide()
        self.body.addWidget(self.progress)

    def choice(self) -> CorpusChoice:
        """See `Panel`."""
        return self.chosen(str(self.part.currentData()), self.places.paths)

    def title(self) -> str:
        """See `Panel`."""
        return str(self.part.currentText()).split(" (")[0].split(",")[0].replace("Speech", "RAVDESS speech", 1)

    def take(self, path: Path, key: str) -> None:
        """See `Panel`."""
        self.part.setCurrentIndex(max(0, self.part.findData(key)))
        self._part_chosen()
        self.places.set_paths([path])

    # ---- download

    def _datasets(self) -> list[Dataset]:
        key = str(self.part.currentData())
        return [d for d in DATASETS if key in {d.name, "ravdess-both"}]

    def _part_chosen(self) -> None:
        self.licence.hide()
        key = str(self.part.currentData())
        missing = [d for d in self._datasets() if not d.is_there()]
        sizes = [d.n_bytes for d in missing]
        size = " + ".join(messages.size(n) if n else "zip" for n in sizes)
        self.download_button.setText(messages.DOWNLOAD.format(size))
        self.download_button.setVisible(bool(missing))
        if not missing and not self.places.paths:
            self.places.set_paths([d.path for d in self._datasets()])
        else:
            self.forget_remedies()
            self.places.recall(key)

    def _ask(self) -> None:
        dataset = self._datasets()[0]
        self._licence_title.setText(messages.LICENCE_TITLE.format(dataset.licence))
        self._licence_text.setText(f"{dataset.conditions}\n{dataset.source}")
        self.accept_box.setChecked(False)
        self.licence.show()
        self.accept_box.setFocus()

    def _download(self) -> None:
        self.licence.hide()
        self._wanted = [d for d in self._datasets() if not d.is_there()]
        if not self._installer.isRunning():
            self._installer.start()
        self.download_button.setEnabled(False)
        for dataset in self._wanted:
            self._installer.get_dataset(dataset)

    def _cancel(self) -> None:
        self._wanted = []
        self._installer.cancel()

    def _is_mine(self, name: str) -> bool:
        return name in {d.name for d in DATASETS}

    def _began(self, name: str) -> None:
        self._is_working = self._is_mine(name)
        self.progress.setVisible(self._is_working)
        if self._is_working:
            self.bar.setRange(0, 0)
            self.progress_text.setText(app_messages.WORKING)

    def _progressed(self, progress: Progress) -> None:
        if self.progress.isVisibleTo(self):
            self.bar.setRange(0, (progress.n_total or 0) // 1000)
            self.bar.setValue(progress.n_done // 1000)
            self.progress_text.setText(app_messages.download_progress(progress))

    def _ended(self, name: str, said: str) -> None:
        if not self._is_mine(name):
            return
        self.progress.hide()
        self.download_button.setEnabled(True)
        if said:
            self.noticed.emit(Notice(said))
        if self._wanted and all(d.is_there() for d in self._wanted):
            self._wanted = []
            self.places.set_paths([d.path for d in self._datasets()])
        self._part_chosen()

    def _failed(self, error: UserFacingError) -> None:
        if self._wanted:
            self._wanted = []
            self.noticed.emit(Notice(str(error), is_error=True))

"""What is asked for each kind of corpus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.corpus_guess import guess_columns, table_head
from ser_desktop.core.datasets import DATASETS, Dataset
from ser_desktop.core.errors import CorpusError, UserFacingError
from ser_desktop.core.transfer import Progress
from ser_desktop.gui import messages as app_messages
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.recorder import Notice
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.draft import CorpusChoice
from ser_desktop.gui.training.parts import Places
from ser_desktop.gui.widgets import label

_ZIP = "Zip (*.zip);;All files (*)"
_TABLES = "Tables (*.csv *.tsv);;All files (*)"


class Panel(QWidget):
    """Asks for one kind of corpus.

    Signals
    -------
    changed()
    noticed(Notice)
    """

    changed = Signal()
    noticed = Signal(object)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.remedies = CorpusChoice()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 4, 0, 4)
        self.body.setSpacing(12)
        self.body.addWidget(label(text, wraps=True))

    def _add_drop_area(self) -> None:
        area = label(messages.DROP_HERE, "drop", wraps=True)
        area.setAlignment(Qt.AlignmentFlag.AlignCenter)
        area.setMinimumHeight(72)
        self.body.addWidget(area, stretch=1)

    def choice(self) -> CorpusChoice:
        """Return what is chosen, with the remedies that were asked for."""
        raise NotImplementedError

    def title(self) -> str:
        """Return a name for the model."""
        raise NotImplementedError

    def take(self, path: Path, key: str) -> None:
        """Take a place; ``key`` is the trainer's name of what lies there."""
        raise NotImplementedError

    def _chosen(self, key: str, paths: tuple[Path, ...]) -> CorpusChoice:
        return replace(self.remedies, key=key, data=tuple(str(path) for path in paths))

    def _forget_remedies(self) -> None:
        self.remedies = CorpusChoice()
        self.changed.emit()


class FolderPanel(Panel):
    """A folder for each emotion, in it a folder for each person."""

    def __init__(self) -> None:
        super().__init__(messages.KIND_TEXTS["folder"])
        self.places = Places(_ZIP, messages.CHOOSE_FILE)
        self.places.changed.connect(self._forget_remedies)
        self._key = "folder"
        self.body.addWidget(self.places)
        self._add_drop_area()

    def choice(self) -> CorpusChoice:
        """See `Panel`."""
        return self._chosen(self._key, self.places.paths)

    def title(self) -> str:
        """See `Panel`."""
        return self.places.paths[0].stem if self.places.paths else ""

    def take(self, path: Path, key: str) -> None:
        """See `Panel`."""
        self._key = key if key == "audformat" else "folder"
        self.places.set_paths([path])


class IemocapPanel(FolderPanel):
    """IEMOCAP, which its makers give away on request."""

    def __init__(self) -> None:
        Panel.__init__(self, messages.KIND_TEXTS["iemocap"])
        self.places = Places("", messages.CHOOSE_FILE)
        self.places.file_button.hide()
        self.places.changed.connect(self._forget_remedies)
        self._key = "iemocap"
        self.body.addWidget(self.places)
        self._add_drop_area()

    def title(self) -> str:
        """See `Panel`."""
        return "IEMOCAP"

    def take(self, path: Path, _key: str) -> None:
        """See `Panel`."""
        self.places.set_paths([path])


class TablePanel(Panel):
    """A table, whose columns are matched with ours."""

    def __init__(self) -> None:
        super().__init__(messages.KIND_TEXTS["csv"])
        self.places = Places(_TABLES, messages.CHOOSE_TABLE, takes_folders=False)
        self.places.changed.connect(self._chosen_anew)
        self.columns: dict[str, QComboBox] = {}
        self.preview = QTableWidget()
        self.preview.setAccessibleName(messages.PREVIEW)
        self.preview.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.preview.verticalHeader().hide()
        self.preview.setTabKeyNavigation(False)
        self.preview.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.preview.setMaximumHeight(190)
        self._mapping = QWidget()
        grid = QGridLayout(self._mapping)
        grid.setContentsMargins(0, 0, 0, 0)
        for i, (ours, words) in enumerate(messages.COLUMN_OF.items()):
            box = QComboBox()
            box.setAccessibleName(words)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(6)
            box.activated.connect(lambda _row: self.changed.emit())
            self.columns[ours] = box
            grid.addWidget(label(words), 2 * (i // 3), i % 3)
            grid.addWidget(box, 2 * (i // 3) + 1, i % 3)
        self.body.addWidget(self.places)
        self.body.addWidget(self._mapping)
        self.body.addWidget(self.preview)
        self._add_drop_area()
        self._mapping.hide()
        self.preview.hide()

    def choice(self) -> CorpusChoice:
        """See `Panel`."""
        chosen = {ours: box.currentData() for ours, box in self.columns.items() if box.currentData()}
        if not {"file", "emotion", "speaker"} <= chosen.keys():
            return CorpusChoice()
        return replace(self._chosen("csv", self.places.paths), columns=tuple(chosen.items()))

    def title(self) -> str:
        """See `Panel`."""
        return self.places.paths[0].stem if self.places.paths else ""

    def take(self, path: Path, _key: str) -> None:
        """See `Panel`."""
        self.places.set_paths([path])

    def _chosen_anew(self) -> None:
        paths = self.places.paths
        try:
            head = table_head(paths[0]) if paths else None
        except CorpusError as error:
            self.noticed.emit(Notice(str(error), is_error=True))
            head = None
        for widget in (self._mapping, self.preview):
            widget.setVisible(head is not None)
        for box in self.columns.values():
            box.clear()
        if head is not None:
            guessed = guess_columns(head.columns)
            for ours, box in self.columns.items():
                box.addItem(messages.NO_COLUMN, "")
                for column in head.columns:
                    box.addItem(column, column)
                box.setCurrentIndex(max(0, box.findData(guessed.get(ours, ""))))
            self.preview.setColumnCount(len(head.columns))
            self.preview.setHorizontalHeaderLabels(list(head.columns))
            self.preview.setRowCount(len(head.rows))
            for i, row in enumerate(head.rows):
                for j, cell in enumerate(row[: len(head.columns)]):
                    self.preview.setItem(i, j, QTableWidgetItem(cell))
        self._forget_remedies()


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
        self.places = Places(_ZIP, messages.CHOOSE_FILE)
        self.places.changed.connect(self._forget_remedies)
        self.download_button = QPushButton()
        self.download_button.clicked.connect(self._ask)
        self.body.addWidget(self.part, alignment=Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self.places)
        self.body.addWidget(self.download_button, alignment=Qt.AlignmentFlag.AlignLeft)
        self._build_licence()
        self._build_progress()
        self._add_drop_area()
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
        return self._chosen(str(self.part.currentData()), self.places.paths)

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
        missing = [d for d in self._datasets() if not d.is_there()]
        sizes = [d.n_bytes for d in missing]
        size = " + ".join(messages.size(n) if n else "zip" for n in sizes)
        self.download_button.setText(messages.DOWNLOAD.format(size))
        self.download_button.setVisible(bool(missing))
        if not missing and not self.places.paths:
            self.places.set_paths([d.path for d in self._datasets()])
        else:
            self._forget_remedies()

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

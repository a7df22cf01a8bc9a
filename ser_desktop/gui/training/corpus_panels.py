"""What is asked for each kind of corpus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.corpus_guess import guess_columns, table_head
from ser_desktop.core.errors import CorpusError
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.draft import CorpusChoice
from ser_desktop.gui.training.parts import Places
from ser_desktop.gui.widgets import label

ZIP = "Zip (*.zip);;All files (*)"
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

    def add_drop_area(self, text: str) -> None:
        """Show what can be dropped, where there is room left."""
        area = label(text, "drop", wraps=True)
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

    def chosen(self, key: str, paths: tuple[Path, ...]) -> CorpusChoice:
        """Return the choice of places, read with the remedies that were asked for."""
        return replace(self.remedies, key=key, data=tuple(str(path) for path in paths))

    def forget_remedies(self) -> None:
        """Read what is chosen now without what was accepted before."""
        self.remedies = CorpusChoice()
        self.changed.emit()


class FolderPanel(Panel):
    """A folder for each emotion, in it a folder for each person."""

    def __init__(self) -> None:
        super().__init__(messages.KIND_TEXTS["folder"])
        self.places = Places(ZIP, messages.CHOOSE_FILE)
        self.places.changed.connect(self.forget_remedies)
        self._key = "folder"
        self.body.addWidget(self.places)
        self.add_drop_area(messages.DROP_FOLDER_OR_ZIP)
        self.places.recall(self._key)

    def choice(self) -> CorpusChoice:
        """See `Panel`."""
        return self.chosen(self._key, self.places.paths)

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
        self.places.changed.connect(self.forget_remedies)
        self._key = "iemocap"
        self.body.addWidget(self.places)
        self.add_drop_area(messages.DROP_FOLDER)
        self.places.recall(self._key)

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
        self.example = label(messages.TABLE_EXAMPLE, wraps=True)
        self.example.setTextFormat(Qt.TextFormat.RichText)
        self.body.addWidget(self.example)
        self.body.addWidget(self.places)
        self.body.addWidget(self._mapping)
        self.body.addWidget(self.preview)
        self.add_drop_area(messages.DROP_TABLE)
        self._mapping.hide()
        self.preview.hide()
        self.places.recall("csv")

    def choice(self) -> CorpusChoice:
        """See `Panel`."""
        chosen = {ours: box.currentData() for ours, box in self.columns.items() if box.currentData()}
        if not {"file", "emotion", "speaker"} <= chosen.keys():
            return CorpusChoice()
        return replace(self.chosen("csv", self.places.paths), columns=tuple(chosen.items()))

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
        self.example.setVisible(head is None)
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
        self.forget_remedies()

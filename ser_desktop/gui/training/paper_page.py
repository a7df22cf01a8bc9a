"""The paper's tables: which rows, on which corpora, what each needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ser_desktop.core import paths
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.training_folder import TrainingKind
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.trainer_process import TrainerCall
from ser_desktop.gui.training import messages, paper_messages
from ser_desktop.gui.training.draft import SEEDS
from ser_desktop.gui.training.last_places import remember_places
from ser_desktop.gui.training.parts import Places
from ser_desktop.gui.trainings import Trainings
from ser_desktop.gui.widgets import Card, label, scrolled

_ZIP = "Zip (*.zip);;All files (*)"


class CorpusLine(QWidget):
    """A corpus that rows may be run on, and where it is.

    Parameters
    ----------
    key, title : str
    """

    def __init__(self, key: str, title: str) -> None:
        super().__init__()
        self.key, self.title = key, title
        self.box = QCheckBox(title)
        self.places = Places(_ZIP, messages.CHOOSE_FILE)
        self.places.setContentsMargins(26, 0, 0, 0)
        self.accept_box = QCheckBox(messages.ACCEPT_INCOMPLETE)
        self.accept_box.setContentsMargins(26, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 6)
        for widget in (self.box, self.places, self.accept_box):
            column.addWidget(widget)
        for widget in (self.places, self.accept_box):
            widget.setVisible(False)
            self.box.toggled.connect(widget.setVisible)
        self.box.toggled.connect(lambda is_on: self.places.recall(self.key) if is_on else None)

    @property
    def is_ready(self) -> bool:
        """Whether it is wanted and there."""
        return self.box.isChecked() and bool(self.places.paths)


class PaperPage(QWidget):
    """Chooses rows and corpora, and begins a training for each corpus.

    Parameters
    ----------
    trainings : Trainings

    Signals
    -------
    begun(TrainingFolder)
        The first of the trainings that were begun.
    lacked()
        Speech encoders are to be fetched.
    """

    begun = Signal(object)
    lacked = Signal()

    def __init__(self, trainings: Trainings) -> None:
        super().__init__()
        self._trainings = trainings
        self.rows: dict[str, QCheckBox] = {}
        self._described: list[dict[str, Any]] = []
        self.call = TrainerCall(self)
        self.call.told.connect(self._told)
        self.banner = Banner()
        self.corpora = [CorpusLine(key, title) for key, title in paper_messages.PAPER_CORPORA.items()]
        self.seeds = QLineEdit(", ".join(map(str, SEEDS)))
        self.seeds.setAccessibleName(messages.EXPERT_LABELS["seeds"])
        self.get_button = QPushButton(messages.GET_ENCODERS)
        self.get_button.clicked.connect(self.lacked)
        self.get_button.hide()
        self.lacks = label("", "muted", wraps=True)
        self.start_button = QPushButton(paper_messages.PAPER_START)
        self.start_button.setObjectName("primary")
        self.start_button.clicked.connect(self._start)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(12)
        page.addWidget(label(paper_messages.PAPER_QUESTION, "question"))
        page.addWidget(label(paper_messages.PAPER_HINT, "muted", wraps=True))
        page.addWidget(self.banner)
        page.addWidget(scrolled(self._build_cards()), stretch=1)
        foot = QHBoxLayout()
        foot.addWidget(label(messages.EXPERT_LABELS["seeds"]))
        self.seeds.setCursorPosition(0)
        foot.addWidget(self.seeds, stretch=1)
        foot.addWidget(self.start_button)
        page.addLayout(foot)
        page.addWidget(self.lacks)
        self._update()

    def _build_cards(self) -> QWidget:
        corpora, rows = Card(paper_messages.PAPER_CORPORA_TITLE), Card(paper_messages.PAPER_ROWS_TITLE)
        places = QGridLayout()
        places.setHorizontalSpacing(24)
        for column in (0, 1):
            places.setColumnStretch(column, 1)
        for i, line in enumerate(self.corpora):
            places.addWidget(line, i // 2, i % 2, alignment=Qt.AlignmentFlag.AlignTop)
            line.box.toggled.connect(self._update)
            line.places.changed.connect(self._update)
        corpora.body.addLayout(places)
        self._row_grid = QGridLayout()
        self._row_grid.setHorizontalSpacing(16)
        self._row_grid.setColumnStretch(0, 1)
        self.waiting = label(messages.STARTING, "muted")
        rows.body.addWidget(self.waiting)
        rows.body.addWidget(self.get_button, alignment=Qt.AlignmentFlag.AlignLeft)
        rows.body.addLayout(self._row_grid)
        rows.body.addStretch(1)
        cards = QWidget()
        column = QVBoxLayout(cards)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(12)
        column.addWidget(corpora)
        column.addWidget(rows, stretch=1)
        return cards

    def look(self) -> None:
        """Ask the trainer for the rows; encoders may have been installed since."""
        if not self.call.is_running:
            self.call.start(["reproduce", "--list"])

    def _told(self, event: dict[str, Any]) -> None:
        if event["event"] != "rows":
            return
        chosen = {name for name, box in self.rows.items() if box.isChecked()}
        is_first = not self.rows
        while (item := self._row_grid.takeAt(0)) is not None:
            item.widget().deleteLater()
        self.rows = {}
        self.waiting.hide()
        self.get_button.setVisible(not all(row["is_installed"] for row in event["rows"]))
        self._described = event["rows"]
        for i, row in enumerate(self._described):
            box = QCheckBox(paper_messages.row_title(row) + (paper_messages.ISSA if row["protocol"] == "issa" else ""))
            box.setChecked(row["row"] in chosen or (is_first and row["is_installed"] and bool(row["table"])))
            box.toggled.connect(self._update)
            self.rows[row["row"]] = box
            box.setToolTip(paper_messages.published_figures(row))
            box.setEnabled(row["is_installed"])
            needs = paper_messages.row_needs(row)
            self._row_grid.addWidget(box, i, 0)
            self._row_grid.addWidget(label(row["table"] or messages.OURS, "muted"), i, 1)
            self._row_grid.addWidget(label(needs, "muted"), i, 2)
        self._update()

    def _update(self) -> None:
        n_rows = sum(box.isChecked() for box in self.rows.values())
        wanted = [line for line in self.corpora if line.box.isChecked()]
        lacks = paper_messages.paper_lacks(n_rows, [line.title for line in wanted if not line.is_ready], len(wanted))
        self.start_button.setEnabled(not lacks)
        self.lacks.setText(lacks)

    def _start(self) -> None:
        rows = [name for name, box in self.rows.items() if box.isChecked()]
        seeds = self.seeds.text().replace(",", " ").split()
        if not seeds or not all(word.isdecimal() for word in seeds):
            self.banner.show_notice(Notice(messages.BAD_SEEDS, is_error=True))
            return
        first = None
        try:
            for line in self.corpora:
                if line.is_ready:
                    remember_places(line.key, line.places.paths)
                    folder = self._begin(line, rows, seeds)
                    first = first or folder
        except UserFacingError as error:
            self.banner.show_notice(Notice(str(error), is_error=True))
        if first is not None:
            self.begun.emit(first)

    def _begin(self, line: CorpusLine, rows: list[str], seeds: list[str]) -> Any:
        arguments = ["reproduce", "--corpus", line.key, "--data", *map(str, line.places.paths), "--rows", *rows]
        arguments += ["--seeds", *seeds, "--out", str(Path("«FOLDER»") / "run")]
        arguments += ["--cache", str(paths.features_folder()), "--skip-unreadable"]
        arguments += ["--accept-counts"] if line.accept_box.isChecked() else []
        words = {messages.STEPS[0]: line.title, paper_messages.PAPER_ROWS_TITLE: ", ".join(rows)}
        return self._trainings.begin(paper_messages.PAPER_NAME.format(line.title), TrainingKind.PAPER, arguments, words)

"""The paper's figures beside ours, and the report for other programs."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.training_folder import Order, TrainingFolder, TrainingKind
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.errands import Errand
from ser_desktop.gui.file_dialogs import remember, start_folder
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.training import messages, paper_messages, result_messages
from ser_desktop.gui.training.parts import open_folder
from ser_desktop.gui.training.report_export import write_report
from ser_desktop.gui.widgets import Card, label, scrolled

_FORMATS = "Web page (*.html);;PDF (*.pdf);;Markdown (*.md)"


class PaperResult(QWidget):
    """Shows rows of the paper's tables, published and ours.

    Signals
    -------
    another()
        More rows are to be run.
    crashed(object)
        An exception nobody expected.
    """

    another = Signal()
    crashed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.folder: TrainingFolder | None = None
        self.title = label("", "question", wraps=True)
        self.banner = Banner()
        self.table = QTableWidget()
        self.table.setAccessibleName(messages.PAPER)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setTabKeyNavigation(False)
        self.table.setColumnCount(len(paper_messages.PAPER_COLUMNS))
        self.table.setHorizontalHeaderLabels(list(paper_messages.PAPER_COLUMNS))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.missing = label("", wraps=True)
        self.remark = label(paper_messages.PAPER_REMARK, "muted", wraps=True)
        self.figure = QLabel()
        self.figure.setAccessibleName(result_messages.FIGURE_2)
        self._figure_card = Card(result_messages.FIGURE_2)
        self._figure_card.body.addWidget(self.figure)
        self.export_button = QPushButton(result_messages.EXPORT_REPORT)
        self.folder_button = QPushButton(result_messages.OPEN_FOLDER)
        self.another_button = QPushButton(paper_messages.PAPER_AGAIN)
        self.export_button.clicked.connect(self._choose_export)
        self.folder_button.clicked.connect(self._open_folder)
        self.another_button.clicked.connect(self.another)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 8, 0)
        for widget in (self.table, self.missing, self.remark, self._figure_card):
            column.addWidget(widget)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.export_button)
        buttons.addWidget(self.folder_button)
        buttons.addStretch(1)
        buttons.addWidget(self.another_button)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.addWidget(self.title)
        page.addWidget(self.banner)
        page.addWidget(scrolled(content), stretch=1)
        page.addLayout(buttons)

    def show_result(self, folder: TrainingFolder, order: Order) -> None:
        """Show a finished reproduction."""
        self.folder = folder
        self.title.setText(order.title)
        self.banner.show_notice(None)
        try:
            report = json.loads((self._run / "report.json").read_text(encoding="utf-8"))
            lines = [paper_messages.paper_line(row) for row in report["rows"]]
            missing = paper_messages.missing_rows(report["missing"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.banner.show_notice(Notice(result_messages.NO_REPORT.format(error), is_error=True))
            lines, missing = [], ""
        self._fill(lines)
        self.missing.setText(missing)
        self.missing.setVisible(bool(missing))
        picture = QPixmap(str(self._run / "figure-2.png"))
        self._figure_card.setVisible(not picture.isNull())
        if not picture.isNull():
            self.figure.setPixmap(picture.scaledToWidth(min(720, picture.width())))

    @property
    def _run(self) -> Path:
        assert self.folder is not None  # noqa: S101 - shown first
        return self.folder.run(TrainingKind.PAPER)

    def _fill(self, lines: list[tuple[str, ...]]) -> None:
        self.table.setRowCount(len(lines))
        for i, line in enumerate(lines):
            for j, text in enumerate(line):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(i, j, item)
        self.table.setVisible(bool(lines))
        self.table.setMinimumHeight(min(420, 34 * (len(lines) + 1) + 8))

    def _open_folder(self) -> None:
        said = open_folder(self._run)
        self.banner.show_notice(Notice(said) if said else None)

    def _choose_export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, result_messages.EXPORT_REPORT, str(start_folder("report") / "report.html"), _FORMATS
        )
        if name:
            remember("report", Path(name))
            self.export(Path(name))

    def export(self, path: Path) -> None:
        """Write the report with its figures as a web page, PDF or Markdown, by the file's ending."""
        errand = Errand(partial(write_report, self._run, path))
        errand.done.connect(self._exported)
        errand.failed.connect(self._not_exported)
        errand.crashed.connect(self.crashed)
        self.banner.show_notice(None)
        errand.begin()

    def _exported(self, path: Path) -> None:
        self.banner.show_notice(Notice(result_messages.EXPORTED.format(path), is_good=True))

    def _not_exported(self, error: UserFacingError) -> None:
        self.banner.show_notice(Notice(str(error), is_error=True))

"""What a training has given: figures, confusions, layers, how it was tested, and what to do with it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.published import published_weights
from ser_desktop.core.training_folder import Order, TrainingFolder, TrainingKind
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.elided_box import ElidedComboBox
from ser_desktop.gui.errands import Errand
from ser_desktop.gui.file_dialogs import remember, start_folder
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.plots import LayerWeights
from ser_desktop.gui.training import messages, result_messages
from ser_desktop.gui.training.charts import ConfusionMatrix, ShareBars
from ser_desktop.gui.training.compare import Comparison
from ser_desktop.gui.training.parts import Warnings, open_folder
from ser_desktop.gui.training.reports import UNREADABLE, planned_seeds, read_row, was_stopped
from ser_desktop.gui.trainings import Trainings
from ser_desktop.gui.widgets import Card, label, scrolled

_CLEARLY = 3.0
"""Percent by which another model must be better before people are no longer urged to use this one."""


class ResultPage(QWidget):
    """Shows the result of a model's training.

    Parameters
    ----------
    trainings : Trainings

    Signals
    -------
    used(Path)
        The bundle is to be used from now on.
    another()
        Another model is to be trained.
    crashed(object)
        An exception nobody expected.
    """

    used = Signal(object)
    another = Signal()
    crashed = Signal(object)

    def __init__(self, trainings: Trainings) -> None:
        super().__init__()
        self._trainings = trainings
        self.folder: TrainingFolder | None = None
        self._created = ""
        self.row: dict[str, Any] = {}
        self._build()

    def _build(self) -> None:
        self.title, self.sentence = label("", "question", wraps=True), label("", "answer", wraps=True)
        self.figures, self.beside = label("", wraps=True), label("", wraps=True)
        self.stopped = label("", "complaint", wraps=True)
        self.warnings = Warnings()
        self.banner = Banner()
        self.use_button = QPushButton(result_messages.USE)
        self.use_button.setObjectName("primary")
        self.export_button = QPushButton(result_messages.EXPORT)
        self.folder_button = QPushButton(result_messages.OPEN_FOLDER)
        self.another_button = QPushButton(result_messages.ANOTHER)
        self.compare_box = ElidedComboBox()
        self.compare_box.setAccessibleName(result_messages.COMPARE)
        self.compare_box.setMinimumContentsLength(len(result_messages.COMPARE))
        self.use_button.clicked.connect(self._use)
        self.export_button.clicked.connect(self._choose_export)
        self.folder_button.clicked.connect(self._open_folder)
        self.another_button.clicked.connect(self.another)
        self.compare_box.activated.connect(self._compare)
        buttons = QHBoxLayout()
        for widget in (self.use_button, self.export_button, self.folder_button):
            buttons.addWidget(widget)
        buttons.addWidget(self.compare_box, stretch=1)
        buttons.addStretch(0)
        buttons.addWidget(self.another_button)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(8)
        page.addWidget(self.title)
        page.addWidget(self.banner)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 10, 0)
        column.setSpacing(8)
        for widget in (self.sentence, self.stopped, self.figures, self.beside, self.warnings):
            column.addWidget(widget)
        column.addWidget(self._build_cards())
        column.addStretch(1)
        self._area = scrolled(content)
        page.addWidget(self._area, stretch=1)
        page.addLayout(buttons)

    def _build_cards(self) -> QWidget:
        self.confusion, self.recalls = ConfusionMatrix(), ShareBars(result_messages.RECALL_TITLE)
        self.layers, self.layers_text = LayerWeights(), label("", "muted", wraps=True)
        self.protocol = label("", wraps=True)
        self.comparison = Comparison()
        confusion, recalls = Card(result_messages.CONFUSION_TITLE), Card(result_messages.RECALL_TITLE)
        self._layers_card, protocol = Card(result_messages.LAYERS_TITLE), Card(result_messages.PROTOCOL_TITLE)
        for card in (confusion, recalls):
            card.title.setWordWrap(True)
        confusion.body.addWidget(self.confusion)
        confusion.body.addStretch(1)
        recalls.body.addWidget(self.recalls)
        recalls.body.addStretch(1)
        self._layers_card.body.addWidget(self.layers, stretch=1)
        self._layers_card.body.addWidget(self.layers_text)
        protocol.body.addWidget(self.protocol)
        protocol.body.addStretch(1)
        cards = QWidget()
        grid = QGridLayout(cards)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setSpacing(12)
        grid.addWidget(self.comparison, 0, 0, 1, 2)
        grid.addWidget(confusion, 1, 0)
        grid.addWidget(recalls, 1, 1)
        grid.addWidget(self._layers_card, 2, 0, 1, 2)
        grid.addWidget(protocol, 3, 0, 1, 2)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        self.comparison.hide()
        return cards

    def show_result(self, folder: TrainingFolder, order: Order) -> None:
        """Show a finished training."""
        self.folder, self._created = folder, order.created
        self._area.verticalScrollBar().setValue(0)
        self.title.setText(order.title)
        self.banner.show_notice(None)
        self.comparison.hide()
        try:
            self.row = read_row(folder)
        except UNREADABLE as error:
            self.row = {}
            self.banner.show_notice(Notice(result_messages.NO_REPORT.format(error), is_error=True))
            return
        row = self.row
        self.sentence.setText(result_messages.result_sentence(row))
        self.figures.setText(result_messages.figures(row))
        stopped = result_messages.stopped_early(row, planned_seeds(order)) if was_stopped(row) else ""
        self.stopped.setText(stopped)
        self.stopped.setVisible(bool(stopped))
        self.warnings.set_texts(result_messages.warnings(row))
        self.confusion.set_counts(row["labels"], row["confusion"])
        self.recalls.set_rows(
            [
                (name, r["mean"] / 100, f"{r['mean']:.0f} ± {r['sd']:.0f} %")
                for name, r in zip(row["labels"], row["recalls"], strict=True)
            ]
        )
        self.protocol.setText(result_messages.protocol_card(row, order.words.get(messages.STEPS[2], "")))
        self._show_layers(row)
        self._list_others()

    def _show_layers(self, row: dict[str, Any]) -> None:
        runs = row["layer_weights"]
        self._layers_card.setVisible(bool(runs))
        if runs:
            means = tuple(sum(column) / len(runs) for column in zip(*runs, strict=True))
            published = published_weights(row["head"], row["normalisation"])
            self.layers.set_weights(means, published)
            is_like = len(means) == len(published)
            self.layers_text.setText(result_messages.LAYERS_LIKE if is_like else result_messages.LAYERS_UNLIKE)

    def show_model_in_use(self, name: str, uar: float) -> None:
        """Set the result beside the model that is used now, with its recall in percent; "" for none."""
        self.beside.setVisible(bool(name and self.row))
        if name and self.row:
            self.beside.setText(result_messages.in_use(name, uar, self.row["uar_mean"]))
        is_worse = bool(name and self.row) and uar > self.row["uar_mean"] + _CLEARLY
        self.use_button.setObjectName("" if is_worse else "primary")
        self.use_button.style().polish(self.use_button)

    def show_used(self, *, is_used: bool) -> None:
        """Say on the button whether this model is the one in use."""
        self.use_button.setText(result_messages.USED if is_used else result_messages.USE)
        self.use_button.setEnabled(not is_used)
        if is_used:
            self.beside.hide()

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.layers.restyle()
        self.update()

    # ---- what people do

    def _use(self) -> None:
        if self.folder is not None:
            self.used.emit(self.folder.bundle)

    def _open_folder(self) -> None:
        if self.folder is not None:
            said = open_folder(self.folder.path)
            self.banner.show_notice(Notice(said) if said else None)

    def _choose_export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, result_messages.EXPORT, str(start_folder("model") / "model.zip"), "Zip (*.zip)"
        )
        if name:
            remember("model", Path(name))
            self.export(Path(name))

    def export(self, path: Path) -> None:
        """Pack the bundle, without the run behind it, into a zip file."""
        assert self.folder is not None  # noqa: S101 - the button is on a result's page
        from ser_desktop.core.bundle_zip import zip_bundle

        errand = Errand(partial(zip_bundle, self.folder.bundle, path))
        errand.done.connect(self._exported)
        errand.failed.connect(self._not_exported)
        errand.crashed.connect(self.crashed)
        self.banner.show_notice(None)
        errand.begin()

    def _exported(self, path: Path) -> None:
        self.banner.show_notice(Notice(result_messages.EXPORTED.format(path), is_good=True))

    def _not_exported(self, error: UserFacingError) -> None:
        self.banner.show_notice(Notice(str(error), is_error=True))

    # ---- comparing

    def _list_others(self) -> None:
        self.compare_box.clear()
        self.compare_box.addItem(result_messages.COMPARE, None)
        for entry in self._trainings.entries():
            is_other = self.folder is not None and entry.folder.path != self.folder.path
            if is_other and entry.order is not None and entry.order.kind is TrainingKind.MODEL:
                try:
                    row = read_row(entry.folder)
                except UNREADABLE:
                    continue
                self.compare_box.addItem(result_messages.dated(entry.order.title, entry.order.created), row)
        self.compare_box.setVisible(self.compare_box.count() > 1)
        view = self.compare_box.view()
        view.setMinimumWidth(view.sizeHintForColumn(0) + 24)

    def _compare(self, index: int) -> None:
        other = self.compare_box.itemData(index)
        self.comparison.setVisible(other is not None)
        if other is not None:
            own = result_messages.dated(self.title.text(), self._created)
            self.comparison.show_rows(own, self.row, self.compare_box.itemText(index), other)
            QTimer.singleShot(0, self._scroll_to_comparison)

    def _scroll_to_comparison(self) -> None:
        """Bring the table into view once it has its place; only downwards, the page is as wide as its window."""
        place = self.comparison.mapTo(self._area.widget(), QPoint())
        self._area.verticalScrollBar().setValue(place.y())

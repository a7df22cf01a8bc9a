"""The third page: how to train, in plain language, with an expert's drawer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.gui.elided_box import ElidedComboBox
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.draft import PLAIN_RECIPES, SEEDS, Parts, RecipeChoice
from ser_desktop.gui.training.parts import Choice
from ser_desktop.gui.widgets import Card, label, scrolled

_EXPERT = "expert"


class RecipePage(QWidget):
    """Offers recipes with what they take.

    Signals
    -------
    changed()
    measure(str)
        What that recipe takes is of interest.
    lacked()
        A speech encoder is to be fetched.
    """

    changed = Signal()
    measure = Signal(str)
    lacked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choices: dict[str, Choice] = {}
        self._estimates: Mapping[str, Mapping[str, Any]] = {}
        self._n_free, self._is_measuring, self._n_seeds = 0, False, len(SEEDS)
        self._group = QButtonGroup(self)
        column_widget = QWidget()
        column = QVBoxLayout(column_widget)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(10)
        self._ready_list, self._lacking_list = QVBoxLayout(), QVBoxLayout()
        for box in (self._ready_list, self._lacking_list):
            box.setSpacing(10)
        for recipe in PLAIN_RECIPES:
            title = messages.RECOMMENDED.format(recipe.title) if recipe is PLAIN_RECIPES[0] else recipe.title
            self._ready_list.addWidget(self._choice(recipe.name, title, recipe.text))
        self.lacking = QWidget()
        head = QHBoxLayout()
        self.get_button = QPushButton(messages.GET_ENCODERS)
        self.get_button.clicked.connect(self.lacked)
        head.addWidget(label(messages.NEED_ENCODER, "title"))
        head.addStretch(1)
        head.addWidget(self.get_button)
        lacking = QVBoxLayout(self.lacking)
        lacking.setContentsMargins(0, 8, 0, 0)
        lacking.addLayout(head)
        lacking.addLayout(self._lacking_list)
        self.lacking.hide()
        column.addLayout(self._ready_list)
        column.addWidget(self.lacking)
        self.expert_button = QPushButton(f"▸ {messages.EXPERT}")
        self.expert_button.setCheckable(True)
        self.expert_button.toggled.connect(self._toggle_expert)
        self.expert = self._build_expert()
        column.addWidget(self.expert_button)
        column.addWidget(self.expert)
        column.addStretch(1)
        self.title = QLineEdit()
        self.title.setMaxLength(60)
        self.title.setAccessibleName(messages.TITLE_LABEL)
        self.title.textChanged.connect(lambda _text: self.changed.emit())
        name = QHBoxLayout()
        name.addWidget(label(messages.TITLE_LABEL))
        name.addWidget(self.title, stretch=1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(12)
        page.addWidget(label(messages.RECIPE_QUESTION, "question"))
        page.addLayout(name)
        self._area = scrolled(column_widget)
        page.addWidget(self._area, stretch=1)
        self.expert.hide()
        self.choices[PLAIN_RECIPES[0].name].button.setChecked(True)

    def _choice(self, name: str, title: str, text: str) -> Choice:
        choice = Choice(title, text)
        self._group.addButton(choice.button)
        choice.chosen.connect(self._chosen)
        choice.lacked.connect(self.lacked)
        self.choices[name] = choice
        return choice

    def _build_expert(self) -> QWidget:
        drawer = Card()
        self.own = Choice(messages.EXPERT_OWN, "")
        self._group.addButton(self.own.button)
        self.own.chosen.connect(self._chosen)
        self.own.lacked.connect(self.lacked)
        self.boxes = {
            "features": self._box(messages.FEATURES, "all-layers"),
            "encoder": self._box(messages.ENCODERS, "compact"),
            "head": self._box(messages.HEADS, "dense"),
            "normalisation": self._box(messages.NORMALISATIONS, "global"),
            "preset": self._box(messages.PRESETS, "paper"),
        }
        self.seeds = QLineEdit(", ".join(map(str, SEEDS)))
        self.rate, self.patience = QLineEdit(), QLineEdit()
        edits = {"seeds": self.seeds, "rate": self.rate, "patience": self.patience}
        for name, edit in edits.items():
            edit.setPlaceholderText(messages.AS_RECIPE)
            edit.setAccessibleName(messages.EXPERT_LABELS[name])
            edit.textChanged.connect(lambda _text: self._emit_changed())
        self.seeds.textChanged.connect(lambda _text: self._show_remarks())
        self.complaint = label("", "complaint", wraps=True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        paired = {**self.boxes, "rate": self.rate, "patience": self.patience}
        for i, (name, widget) in enumerate(paired.items()):
            widget.setAccessibleName(messages.EXPERT_LABELS[name])
            grid.addWidget(label(messages.EXPERT_LABELS[name]), i // 2, 2 * (i % 2))
            grid.addWidget(widget, i // 2, 2 * (i % 2) + 1)
        # Five seeds need the whole width.
        n_lines = -(-len(paired) // 2)
        grid.addWidget(label(messages.EXPERT_LABELS["seeds"]), n_lines, 0)
        grid.addWidget(self.seeds, n_lines, 1, 1, 3)
        self.seeds.setCursorPosition(0)
        for column in (1, 3):
            grid.setColumnStretch(column, 1)
        drawer.body.addWidget(self.own)
        drawer.body.addLayout(grid)
        drawer.body.addWidget(self.complaint)
        return drawer

    def _box(self, words: Mapping[str, str], chosen: str) -> QComboBox:
        box = ElidedComboBox()
        box.setMinimumContentsLength(12)
        for value, text in words.items():
            box.addItem(text, value)
        box.setCurrentIndex(box.findData(chosen))
        box.activated.connect(self._part_chosen)
        return box

    @property
    def is_ready(self) -> bool:
        """Whether what is chosen can be trained here."""
        estimate = self._estimates.get(self._name())
        can_run = estimate is None or (estimate["seconds"] is not None and estimate["n_bytes"] < self._n_free)
        return can_run and bool(self.title.text().strip()) and not self._complaint()

    @property
    def choice(self) -> RecipeChoice:
        """What is chosen; only when `is_ready`."""
        rate, patience = self.rate.text().strip(), self.patience.text().strip()
        return RecipeChoice(
            self._name(),
            str(self.boxes["preset"].currentData()),
            _seeds(self.seeds.text()),
            float(rate.replace(",", ".")) if rate else None,
            int(patience) if patience else None,
        )

    def expected_s(self) -> tuple[float, float]:
        """Return what listening and learning will take with so many seeds, in seconds; 0 where nobody knows."""
        estimate = self._estimates.get(self._name())
        if not estimate or estimate["seconds"] is None:
            return 0.0, 0.0
        return _with_seeds(estimate, len(self.choice.seeds))

    def words(self) -> dict[str, str]:
        """Return what is chosen in words."""
        chosen = next((r.title for r in PLAIN_RECIPES if self.choices[r.name].button.isChecked()), self._name())
        return {messages.STEPS[2]: chosen}

    def show_estimates(self, estimates: Mapping[str, Mapping[str, Any]], n_free: int, *, is_measuring: bool) -> None:
        """Say what each recipe takes, where so many bytes are free."""
        self._estimates, self._n_free, self._is_measuring = estimates, n_free, is_measuring
        self._show_remarks()
        self._sort_choices()

    def _show_remarks(self) -> None:
        """Say it with as many seeds as there are; while they are being typed, with as many as there were."""
        seeds = _seeds(self.seeds.text())
        self._n_seeds = len(seeds) or self._n_seeds
        for name, choice in {**self.choices, self._parts().name(): self.own}.items():
            estimate = self._estimates.get(name)
            if estimate is not None and estimate["seconds"] is not None:
                estimate = {**estimate, "seconds": sum(_with_seeds(estimate, self._n_seeds))}
            text = messages.takes(estimate, self._n_free, is_measuring=self._is_measuring)
            lacks = bool(estimate and estimate["encoder"])
            choice.set_remark(text, lacks=lacks and choice is self.own)

    def _sort_choices(self) -> None:
        """Let what cannot be trained yet stand below, with one button for all of it."""
        n_lacking = 0
        for recipe in PLAIN_RECIPES:
            choice = self.choices[recipe.name]
            estimate = self._estimates.get(recipe.name)
            lacks = bool(estimate and estimate["encoder"])
            n_lacking += lacks
            (self._lacking_list if lacks else self._ready_list).addWidget(choice)
        self.lacking.setVisible(n_lacking > 0)

    def _name(self) -> str:
        if self.own.button.isChecked():
            return self._parts().name()
        return next(name for name, choice in self.choices.items() if choice.button.isChecked())

    def _parts(self) -> Parts:
        chosen = {
            name: str(self.boxes[name].currentData()) for name in ("features", "encoder", "head", "normalisation")
        }
        return Parts(**chosen)

    def _complaint(self) -> str:
        if not _seeds(self.seeds.text()):
            return messages.BAD_SEEDS
        return _number(self.rate.text(), "rate", 1e-6, 1.0) or _number(self.patience.text(), "patience", 1, 100)

    def _chosen(self) -> None:
        self._emit_changed()
        if self.own.button.isChecked():
            self.measure.emit(self._name())

    def _part_chosen(self) -> None:
        parts = self._parts()
        self.boxes["encoder"].setEnabled(parts.needs_encoder)
        self.boxes["head"].setEnabled(parts.has_lstm)
        if not self.own.button.isChecked():
            self.own.button.setChecked(True)
        else:
            self._chosen()

    def _emit_changed(self) -> None:
        self.complaint.setText(self._complaint())
        self.changed.emit()

    def _toggle_expert(self, is_open: bool) -> None:
        self.expert.setVisible(is_open)
        self.expert_button.setText(f"{'▾' if is_open else '▸'} {messages.EXPERT}")
        if is_open:
            # Once the drawer has its place.
            QTimer.singleShot(0, lambda: self._area.ensureWidgetVisible(self.expert))


def _seeds(text: str) -> tuple[int, ...]:
    """Return the seeds that were typed, () where they are none."""
    try:
        seeds = tuple(int(word) for word in text.replace(",", " ").split())
    except ValueError:
        return ()
    return seeds if len(set(seeds)) == len(seeds) and all(seed >= 0 for seed in seeds) else ()


def _with_seeds(estimate: Mapping[str, Any], n_seeds: int) -> tuple[float, float]:
    """Return what listening and learning take with so many seeds, in seconds; the estimate is for `SEEDS`."""
    extract_s = float(estimate.get("extract_s", 0.0))
    return extract_s, (estimate["seconds"] - extract_s) * n_seeds / len(SEEDS)


def _number(text: str, name: str, low: float, high: float) -> str:
    """Return what is wrong with a number, "" where nothing is; empty means the recipe's own."""
    if not text.strip():
        return ""
    try:
        value = float(text.replace(",", ".")) if name == "rate" else int(text)
    except ValueError:
        value = -1
    return "" if low <= value <= high else messages.BAD_NUMBER.format(messages.EXPERT_LABELS[name], low, high)

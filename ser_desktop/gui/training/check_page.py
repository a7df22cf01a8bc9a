"""The second page: what the recordings hold, what is wrong with them, who would train and test."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ser_desktop.core import paths
from ser_desktop.gui.plots import SpeakerCounts
from ser_desktop.gui.trainer_process import TrainerCall
from ser_desktop.gui.training import check_messages, messages
from ser_desktop.gui.training.charts import ShareBars
from ser_desktop.gui.training.draft import PLAIN_RECIPES, CorpusChoice
from ser_desktop.gui.training.parts import FindingRow
from ser_desktop.gui.widgets import Card, label, scrolled


class CheckPage(QWidget):
    """Lets the trainer look at a corpus and shows what it found.

    Signals
    -------
    changed()
        `report` or `estimates` changed.
    remedied(str)
        A remedy was asked for; the corpus must be looked at again.
    """

    changed = Signal()
    remedied = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.report: dict[str, Any] = {}
        self.estimates: dict[str, dict[str, Any]] = {}
        self._choice = CorpusChoice()
        self.call = TrainerCall(self)
        self.call.told.connect(self._told)
        self.call.ended.connect(self._ended)
        self._build()

    def _build(self) -> None:
        self.summary = label("", "question", wraps=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(check_messages.CHECKING)
        self.again_button = QPushButton(check_messages.LOOK_AGAIN)
        self.again_button.clicked.connect(lambda: self.look(self._choice, anew=True))
        self.classes = ShareBars(check_messages.CLASSES_TITLE)
        self.speakers = SpeakerCounts(check_messages.SPEAKERS_TITLE)
        self.split_text = label("", wraps=True)
        self._findings = QVBoxLayout()
        classes, speakers = Card(check_messages.CLASSES_TITLE), Card(check_messages.SPEAKERS_TITLE)
        split, findings = Card(check_messages.SPLIT_TITLE), Card(check_messages.FINDINGS_TITLE)
        classes.body.addWidget(self.classes)
        classes.body.addStretch(1)
        speakers.body.addWidget(self.speakers, stretch=1)
        split.body.addWidget(self.split_text)
        split.body.addStretch(1)
        findings.body.addLayout(self._findings)
        findings.body.addStretch(1)
        self._cards = QWidget()
        grid = QGridLayout(self._cards)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        grid.addWidget(classes, 0, 0)
        grid.addWidget(speakers, 0, 1)
        grid.addWidget(findings, 1, 0)
        grid.addWidget(split, 1, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(2, 1)
        top = QHBoxLayout()
        top.addWidget(self.summary, stretch=1)
        top.addWidget(self.again_button)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(12)
        page.addLayout(top)
        page.addWidget(self.bar)
        page.addWidget(scrolled(self._cards), stretch=1)
        self._cards.hide()

    @property
    def is_ready(self) -> bool:
        """Whether training can succeed."""
        return bool(self.report.get("can_train"))

    @property
    def is_measuring(self) -> bool:
        """Whether more estimates are to come."""
        return self.call.is_running

    def look(self, choice: CorpusChoice, *, anew: bool = False) -> None:
        """Look at a corpus, unless that has been done."""
        if choice == self._choice and self.report and not anew:
            return
        self._choice = choice
        self.report, self.estimates = {}, {}
        self.summary.setText(check_messages.CHECKING)
        self.bar.setRange(0, 0)
        self.bar.show()
        self._cards.hide()
        self.again_button.setEnabled(False)
        self.changed.emit()
        recipes = [recipe.name for recipe in PLAIN_RECIPES]
        cache = str(paths.features_folder())
        self.call.start(["check", *choice.arguments(), "--cache", cache, "--recipe", *recipes])

    def measure(self, recipe: str) -> None:
        """Ask what another recipe would take."""
        if recipe not in self.estimates:
            self._measure([recipe])

    def measure_missing(self) -> None:
        """Ask again about recipes that lacked something."""
        self._measure([name for name, estimate in self.estimates.items() if estimate["seconds"] is None])

    def _measure(self, recipes: list[str]) -> None:
        if recipes and self.report and not self.call.is_running:
            cache = str(paths.features_folder())
            self.call.start(["check", *self._choice.arguments(), "--cache", cache, "--recipe", *recipes])
            self.changed.emit()

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.speakers.restyle()

    # ---- what the trainer says

    def _told(self, event: dict[str, Any]) -> None:
        if event["event"] == "progress" and not self.report:
            self.bar.setRange(0, int(event["total"]))
            self.bar.setValue(int(event["done"]))
        elif event["event"] == "check" and not self.report:
            self._show(event["report"])
        elif event["event"] == "estimate":
            self.estimates[event["recipe"]] = event
            self.changed.emit()
        elif event["event"] == "error" and not self.report:
            finding = {"level": "error", "text": event["text"], "fix": event["fix"], "remedy": "", "files": []}
            self._show_findings([finding])

    def _ended(self, code: int, complaints: str) -> None:
        self.again_button.setEnabled(True)
        if not self.report and code not in {0, 1}:
            self.summary.setText(check_messages.CHECK_FAILED.format(complaints or code))
        self.bar.hide()
        self.changed.emit()

    def _show(self, report: dict[str, Any]) -> None:
        self.report = report
        self.bar.hide()
        self.again_button.setEnabled(True)
        self._cards.show()
        summary = check_messages.corpus_summary(report) if report["n_utterances"] else check_messages.CANNOT_TRAIN
        self.summary.setText(summary)
        counts = Counter[str]()
        for own in report["counts"].values():
            counts.update(own)
        labels = list(report["split"]["labels"]) if report["split"] else sorted(counts)
        most = max(counts.values(), default=1)
        self.classes.set_rows([(name, counts[name] / most, str(counts[name])) for name in labels])
        self.speakers.set_counts(report["counts"], labels)
        split = check_messages.split_text(report["split"]) if report["split"] else check_messages.CANNOT_TRAIN
        self.split_text.setText(split)
        self._show_findings([*report["findings"], *_about_room()])
        self.changed.emit()

    def _show_findings(self, findings: list[dict[str, Any]]) -> None:
        self._cards.show()
        while (item := self._findings.takeAt(0)) is not None:
            item.widget().deleteLater()
        # What is found in several rounds is said once.
        plain: dict[tuple[str, str], dict[str, Any]] = {}
        for finding in findings:
            (text,) = check_messages.plain_warnings([finding["text"]])
            plain.setdefault((text, finding["fix"]), {**finding, "text": text})
        self.rows = [FindingRow(finding) for finding in plain.values()]
        for row in self.rows:
            row.remedied.connect(self.remedied)
            self._findings.addWidget(row)
        if not self.rows:
            self._findings.addWidget(label(check_messages.ALL_WELL))


def free_bytes() -> int:
    """Room for features on the disk."""
    place = paths.features_folder()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def _about_room() -> list[dict[str, Any]]:
    """Say how much room there is for features; recipes say how much they need."""
    free = free_bytes()
    text = check_messages.ROOM.format(messages.size(free))
    level = "warning" if free < check_messages.LITTLE_ROOM else "note"
    return [{"level": level, "text": text, "fix": "", "remedy": "", "files": []}]

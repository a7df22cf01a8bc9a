"""Every page at its smallest size: nothing is cut off, and the keyboard reaches everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ser_desktop.core.takes import create_corpus
from ser_desktop.core.training_folder import TrainingFolder, TrainingKind
from ser_desktop.gui.training.window import TrainingWindow
from tests.helpers.corpora import write_class_folders
from tests.helpers.scripted_trainer import ScriptedTrainer
from tests.helpers.training_reports import check_event, estimate_event, finding, finish, order, row, tell
from trainer.commands import describe_row
from trainer.rows import ROWS

EIGHT = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"]
LONG = "A rather long sentence about what is the matter with some of the recordings in one of the folders."


class Pages:
    """Brings the window to a page."""

    def __init__(self, window: TrainingWindow, qtbot: QtBot, trainer: ScriptedTrainer, place: Path) -> None:
        self._window, self._qtbot, self._trainer, self._place = window, qtbot, trainer, place

    def ravdess(self) -> None:
        self._window.new_model.corpus_page.ravdess.download_button.click()

    def table(self) -> None:
        table = self._place / "list.csv"
        table.write_text("path;mood;person\n" + "recordings/a long name of a file.wav;happy;anna\n" * 5)
        self._window.new_model.corpus_page.take(table)

    def own(self) -> None:
        create_corpus("My voice", "me")
        panel = self._window.new_model.corpus_page.own
        self._window.new_model.corpus_page.buttons["own"].click()
        panel._list_corpora()

    def iemocap(self) -> None:
        self._window.new_model.corpus_page.buttons["iemocap"].click()

    def check(self) -> None:
        found = [finding("warning", text=LONG)] * 4
        recipes = ("egemaps", "compact-fusion-global", "pt-fusion-global")
        estimates = [estimate_event(name, "wav2vec2-base" if "pt" in name else "") for name in recipes]
        self._trainer.says([check_event(*found), *estimates])
        write_class_folders(self._place / "mine")
        self._window.new_model.corpus_page.take(self._place / "mine")
        self._window.new_model.next_button.click()
        self._qtbot.waitUntil(lambda: not self._window.new_model.check_page.call.is_running, timeout=20_000)

    def faulty(self) -> None:
        self._trainer.says([check_event(finding("error", "accept-counts", text=LONG))])
        write_class_folders(self._place / "mine")
        self._window.new_model.corpus_page.take(self._place / "mine")
        self._window.new_model.next_button.click()
        self._qtbot.waitUntil(lambda: not self._window.new_model.check_page.call.is_running, timeout=20_000)

    def recipe(self) -> None:
        self.check()
        self._window.new_model.next_button.click()
        self._window.new_model.recipe_page.expert_button.click()

    def stopped(self) -> None:
        folder = TrainingFolder(self._window.trainings.root / "one")
        folder.write(order())
        tell(folder, {"event": "stage", "stage": "train", "text": "Training"})
        self._window.open(folder)

    def result(self) -> None:
        many = {
            "labels": EIGHT,
            "recalls": [{"mean": 50.0, "sd": 12.0}] * 8,
            "confusion": [[10] * 8] * 8,
            "layer_weights": [[1 / 13] * 13],
            "warnings": [LONG],
        }
        for name in ("one", "another one"):
            folder = TrainingFolder(self._window.trainings.root / name)
            folder.write(order(name))
            finish(folder, TrainingKind.MODEL, row(**many), missing={})
        self._window.open(folder)

    def history(self) -> None:
        self.result()
        self._window.rail_buttons[2].click()

    def paper(self) -> None:
        self._trainer.says([{"event": "rows", "rows": [describe_row(row) for row in ROWS.values()]}])
        self._window.rail_buttons[1].click()
        page = self._window.paper_page
        self._qtbot.waitUntil(lambda: bool(page.rows) and not page.call.is_running, timeout=20_000)
        page.corpora[0].box.click()

    def paper_result(self) -> None:
        folder = TrainingFolder(self._window.trainings.root / "paper")
        folder.write(order("Paper", TrainingKind.PAPER))
        finish(folder, TrainingKind.PAPER, *[row(title=LONG)] * 9, missing={"pt": LONG})
        self._window.open(folder)


NAMES = [name for name in vars(Pages) if not name.startswith("_")]


@pytest.fixture(params=NAMES)
def page(
    request: pytest.FixtureRequest, window: TrainingWindow, qtbot: QtBot, trainer: ScriptedTrainer, tmp_path: Path
) -> TrainingWindow:
    window.resize(1024, 700)
    bring: Callable[[], None] = getattr(Pages(window, qtbot, trainer, tmp_path), request.param)
    bring()
    QApplication.processEvents()
    return window


def shown(window: TrainingWindow, kind: type[QWidget]) -> list[QWidget]:
    return [widget for widget in window.findChildren(kind) if widget.isVisible()]


def test_no_text_is_cut_off(page: TrainingWindow) -> None:
    for label in shown(page, QLabel):
        assert isinstance(label, QLabel)
        if not label.text() or label.objectName() in {"status"}:
            continue
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        assert label.height() >= needed - 1, f"«{label.text()}» lacks height"
        if not label.wordWrap() and type(label) is QLabel:
            assert label.width() >= label.sizeHint().width() - 1, f"«{label.text()}» lacks width"
    for button in shown(page, QAbstractButton):
        if button.objectName().startswith("qt_"):
            continue
        assert button.width() >= button.sizeHint().width() - 1, f"«{button.text()}» lacks width"  # type: ignore[attr-defined]


def test_nothing_is_wider_than_the_window(page: TrainingWindow) -> None:
    for area in shown(page, QScrollArea):
        assert isinstance(area, QScrollArea)
        assert area.widget().width() <= area.viewport().width(), "a page is cut off at its right"
    central = page.centralWidget()
    assert central.minimumSizeHint().width() <= page.width()
    assert central.minimumSizeHint().height() <= page.height()


def test_the_keyboard_reaches_everything(page: TrainingWindow, qtbot: QtBot) -> None:
    wanted = {
        widget
        for kind in (QAbstractButton, QLineEdit, QComboBox)
        for widget in shown(page, kind)
        if widget.isEnabled() and not widget.objectName().startswith("qt_")
    }
    # Of buttons of which one is chosen the arrow keys reach the others.
    groups = {w.group() for w in wanted if isinstance(w, QAbstractButton) and w.group()}
    wanted -= {button for group in groups for button in group.buttons()}
    page.activateWindow()
    page.rail_buttons[0].setFocus()
    reached = set()
    for _ in range(3 * len(wanted) + 40):
        focused = QApplication.focusWidget()
        reached.add(focused)
        qtbot.keyClick(focused or page, Qt.Key.Key_Tab)
    assert all(reached & set(group.buttons()) for group in groups)
    missed = [w.accessibleName() or getattr(w, "text", str)() for w in wanted - reached]
    assert not missed


def test_everything_has_a_name_for_screen_readers(page: TrainingWindow) -> None:
    for kind in (QAbstractButton, QLineEdit, QComboBox):
        for widget in shown(page, kind):
            if widget.objectName().startswith("qt_"):
                continue
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            assert widget.accessibleName() or text, f"{widget} has no name"

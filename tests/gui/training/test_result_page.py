"""What a training has given, and what can be done with it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ser_desktop.core.training_folder import TrainingFolder, TrainingKind
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.result_page import ResultPage
from ser_desktop.gui.training.window import TrainingWindow
from tests.helpers.training_reports import finish, order, row

BASE_LAYERS = [[1 / 13] * 13] * 2


def finished(window: TrainingWindow, name: str = "one", **changes: Any) -> TrainingFolder:
    folder = TrainingFolder(window.trainings.root / name)
    folder.write(order(name))
    finish(folder, TrainingKind.MODEL, row(**changes), missing={})
    (folder.bundle / "config.json").write_text("{}")
    return folder


def opened(window: TrainingWindow, **changes: Any) -> ResultPage:
    window.open(finished(window, **changes))
    assert window.stack.currentWidget() is window.result_page
    return window.result_page


def test_figures_are_told_in_plain_words_and_exactly(window: TrainingWindow) -> None:
    page = opened(window)
    assert page.sentence.text() == (
        "It recognises 75 % of the emotions in recordings of voices it has never heard; guessing would give 50 %. "
        "It finds happy best (80 %) and sad least (70 %)."
    )
    assert "UAR 75.0 ± 2.0 %" in page.figures.text()
    assert "WA 76.0 ± 3.0 %" in page.figures.text()
    assert page.confusion.accessibleDescription() == "happy: 20 happy, 4 sad; sad: 7 happy, 17 sad"
    assert "24 recordings of 3 people" in page.protocol.text()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_speakers": 2}, "Only 2 people tested it"),
        ({"n_test": 24}, "Only 24 recordings tested it"),
        ({"speaker_dependent": True}, "with other people it will do worse"),
        ({"recalls": [{"mean": 80.0, "sd": 1.0}, {"mean": 40.0, "sd": 3.0}]}, "sad less often than guessing"),
        ({"warnings": ["Something else."]}, "Something else."),
    ],
)
def test_what_makes_figures_weak_is_said_beside_them(
    window: TrainingWindow, changes: dict[str, Any], words: str
) -> None:
    assert words in opened(window, **changes).warnings.text()


def test_layers_are_shown_beside_the_published_ones_where_there_are_as_many(window: TrainingWindow) -> None:
    page = opened(window, layer_weights=BASE_LAYERS)
    assert page.layers.isVisibleTo(page)
    assert page.layers_text.text() == messages.LAYERS_LIKE
    assert len(page.layers.weights) == 13
    page.show_result(finished(window, "two", layer_weights=[[0.25] * 4]), order())
    assert page.layers_text.text() == messages.LAYERS_UNLIKE
    page.show_result(finished(window, "three"), order())
    assert not page.layers.isVisibleTo(page)


def test_the_model_can_be_used_at_once(window: TrainingWindow, qtbot: QtBot) -> None:
    page = opened(window)
    with qtbot.waitSignal(window.used) as used:
        qtbot.mouseClick(page.use_button, Qt.MouseButton.LeftButton)
    assert used.args == [window.trainings.root / "one" / "model"]


def test_an_export_holds_the_model_and_not_the_run_behind_it(window: TrainingWindow, tmp_path: Path) -> None:
    page = opened(window)
    page.export(tmp_path / "mein Modell")
    with zipfile.ZipFile(tmp_path / "mein Modell.zip") as archive:
        assert [name for name in archive.namelist() if not name.endswith("/")] == ["config.json"]
    assert page.banner.text.text() == messages.EXPORTED.format(tmp_path / "mein Modell.zip")
    assert sorted(path.name for path in tmp_path.glob("*unfinished*")) == []


def test_an_export_that_fails_is_told(window: TrainingWindow, tmp_path: Path) -> None:
    page = opened(window)
    page.export(tmp_path / "absent" / "model.zip")
    assert "could not be written" in page.banner.text.text()


@pytest.mark.parametrize("text", ["", "{}", '{"rows": []}', '{"rows": [{"uar_mean": 1}]}'])
def test_a_damaged_report_is_told(window: TrainingWindow, text: str) -> None:
    folder = finished(window)
    (folder.run(TrainingKind.MODEL) / "report.json").write_text(text)
    window.open(folder)
    assert "cannot be read" in window.result_page.banner.text.text()


def test_two_results_are_compared_where_that_is_fair(window: TrainingWindow) -> None:
    finished(window, "two", uar_mean=70.0)
    finished(window, "elsewhere", uar_mean=90.0, corpus="«others»")
    damaged = finished(window, "damaged")
    (damaged.run(TrainingKind.MODEL) / "report.json").write_text(json.dumps({"rows": []}))
    page = opened(window)
    box = page.compare_box
    assert {box.itemText(i) for i in range(1, box.count())} == {"two", "elsewhere"}
    for name, remark, is_fair in (("two", messages.FAIR, True), ("elsewhere", messages.UNFAIR, False)):
        box.setCurrentIndex(box.findText(name))
        box.activated.emit(box.currentIndex())
        cells = [cell.text() for cell in page.comparison.findChildren(QLabel)]
        assert remark in cells
        assert ("+5.0" in cells) is is_fair
        assert "70.0 ± 2.0 %" in cells or name == "elsewhere"

"""What a training has given, and what can be done with it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ser_desktop.core.training_folder import TrainingFolder, TrainingKind
from ser_desktop.gui.training import check_messages, messages, parts, result_messages
from ser_desktop.gui.training.reports import comparable
from ser_desktop.gui.training.result_page import ResultPage
from ser_desktop.gui.training.window import TrainingWindow
from tests.helpers.training_reports import finish, order, row

BASE_LAYERS = [[1 / 13] * 13] * 2


class Desktop:
    """Stands where the desktop's services are."""

    def __init__(self, *, shows_folders: bool) -> None:
        self._shows_folders = shows_folders

    def openUrl(self, _url: object) -> bool:
        return self._shows_folders


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
    page = opened(window, **changes)
    page.warnings.more_button.setChecked(True)
    assert words in page.warnings.text.text()


def test_more_than_two_warnings_are_folded(window: TrainingWindow) -> None:
    page = opened(window, warnings=["One.", "Two."])
    assert page.warnings.text.text().count("!") == 2
    assert page.warnings.more_button.text() == messages.MORE.format(2)
    page.warnings.more_button.click()
    assert page.warnings.text.text().count("!") == 4
    page.show_result(finished(window, "good", n_test=200, n_speakers=5), order())
    assert page.warnings.isHidden()


def test_sentences_that_were_heard_in_training_are_explained(window: TrainingWindow) -> None:
    said = [f"120 of the 120 test utterances of fold-{i} say a sentence that is also trained on." for i in (1, 2)]
    assert result_messages.warnings(row(n_test=200, n_speakers=5, warnings=said)) == [check_messages.SAME_SENTENCES]


def test_one_that_was_stopped_early_says_what_it_rests_on(window: TrainingWindow) -> None:
    page = opened(window, protocol="3 folds; stopped before its end")
    assert "stopped early: this result rests on 2 repetitions, some of them cut short" in page.stopped.text()
    folder = finished(window, "two", protocol="3 folds; stopped before its end")
    folder.write(replace(order("two"), arguments=("train", *("--seed", "1") * 5)))
    window.open(folder)
    assert "2 of the 5 repetitions that were planned" in page.stopped.text()
    window.open(finished(window, "folds", protocol="3 folds; stopped: 1 of 3 folds"))
    assert "2 repetitions, some of them cut short, tested by 1 of the 3 groups of people." in page.stopped.text()
    window.open(finished(window, "three"))
    assert page.stopped.isHidden()


def test_a_better_model_in_use_takes_the_emphasis_off_the_button(window: TrainingWindow) -> None:
    page = opened(window)
    page.show_model_in_use("Better", 90.0)
    assert page.use_button.objectName() == ""
    page.show_used(is_used=True)
    assert page.beside.isHidden()
    page.show_model_in_use("Worse", 50.0)
    assert page.use_button.objectName() == "primary"


@pytest.mark.parametrize("has_file_manager", [True, False])
def test_where_no_program_shows_folders_the_page_says_where_it_is(
    window: TrainingWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, has_file_manager: bool
) -> None:
    monkeypatch.setattr(parts, "QDesktopServices", Desktop(shows_folders=has_file_manager))
    page = opened(window)
    qtbot.mouseClick(page.folder_button, Qt.MouseButton.LeftButton)
    assert page.banner.isVisible() is not has_file_manager
    assert has_file_manager or str(window.trainings.root / "one") in page.banner.text.text()


def test_layers_are_shown_beside_the_published_ones_where_there_are_as_many(window: TrainingWindow) -> None:
    page = opened(window, layer_weights=BASE_LAYERS)
    assert page.layers.isVisibleTo(page)
    assert page.layers_text.text() == result_messages.LAYERS_LIKE
    assert len(page.layers.weights) == 13
    page.show_result(finished(window, "two", layer_weights=[[0.25] * 4]), order())
    assert page.layers_text.text() == result_messages.LAYERS_UNLIKE
    page.show_result(finished(window, "three"), order())
    assert not page.layers.isVisibleTo(page)


def test_the_model_can_be_used_at_once(window: TrainingWindow, qtbot: QtBot) -> None:
    page = opened(window)
    with qtbot.waitSignal(window.used) as used:
        qtbot.mouseClick(page.use_button, Qt.MouseButton.LeftButton)
    assert used.args == [window.trainings.root / "one" / "model"]


def test_an_export_holds_the_model_and_not_the_run_behind_it(
    window: TrainingWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page = opened(window)
    page.export(tmp_path / "mein Modell")
    assert not page.banner.isVisible(), "the window does not wait for the disk"
    qtbot.waitUntil(page.banner.isVisible, timeout=10_000)
    with zipfile.ZipFile(tmp_path / "mein Modell.zip") as archive:
        assert [name for name in archive.namelist() if not name.endswith("/")] == ["config.json"]
    assert page.banner.text.text() == result_messages.EXPORTED.format(tmp_path / "mein Modell.zip")
    assert page.banner.property("kind") == "good"
    assert sorted(path.name for path in tmp_path.glob("*unfinished*")) == []


def test_an_export_that_fails_is_told(window: TrainingWindow, qtbot: QtBot, tmp_path: Path) -> None:
    page = opened(window)
    page.export(tmp_path / "absent" / "model.zip")
    qtbot.waitUntil(lambda: "could not be written" in page.banner.text.text(), timeout=10_000)


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
    assert {box.itemText(i) for i in range(1, box.count())} == {
        "two · 01-01 10:00",
        "elsewhere · 01-01 10:00",
    }
    for name, remark, is_fair in (("two", result_messages.FAIR, True), ("elsewhere", result_messages.UNFAIR, False)):
        box.setCurrentIndex(box.findText(name, Qt.MatchFlag.MatchStartsWith))
        box.activated.emit(box.currentIndex())
        cells = [cell.text() for cell in page.comparison.findChildren(QLabel)]
        assert remark in cells
        assert ("+5.0" in cells) is is_fair
        assert "70.0 ± 2.0 %" in cells or name == "elsewhere"


def test_a_long_name_of_another_model_is_cut_with_dots(window: TrainingWindow) -> None:
    finished(window, "the voices of everybody in the house and of two guests")
    window.resize(1024, 700)
    box = opened(window).compare_box
    box.setCurrentIndex(1)
    box.setFixedWidth(200)
    assert box.shown_text().startswith("the voices of")
    assert box.shown_text().endswith("…")


def test_one_that_was_stopped_early_is_compared_and_said_to_be_so(window: TrainingWindow) -> None:
    finished(window, "two", uar_mean=70.0, protocol="3 folds; stopped before its end")
    page = opened(window)
    page.compare_box.setCurrentIndex(1)
    page.compare_box.activated.emit(1)
    remark = page.comparison.remark.text()
    assert remark == f"{result_messages.FAIR} {result_messages.STOPPED_ONE.format('two · 01-01 10:00')}"


def test_fewer_folds_are_no_fair_comparison() -> None:
    stopped = row(protocol="3 folds; stopped: 2 of 3 folds", n_test=16)
    assert not comparable(row(), stopped)
    assert comparable(row(), row(protocol="3 folds; stopped before its end"))
    assert not comparable(row(), row(protocol="3 folds; speaker-dependent"))

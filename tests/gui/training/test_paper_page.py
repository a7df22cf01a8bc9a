"""The paper's tables: choosing rows, and the result beside the published figures."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from ser_desktop.core.training_folder import TrainingFolder, TrainingKind
from ser_desktop.gui.training import messages, paper_messages, paper_result, result_messages
from ser_desktop.gui.training.paper_page import PaperPage
from ser_desktop.gui.training.window import TrainingWindow
from tests.helpers.scripted_trainer import ScriptedTrainer
from tests.helpers.training_reports import finish, order, row
from trainer.commands import describe_row
from trainer.rows import ROWS


@pytest.fixture
def page(window: TrainingWindow, qtbot: QtBot, trainer: ScriptedTrainer) -> PaperPage:
    trainer.says([{"event": "rows", "rows": [describe_row(row) for row in ROWS.values()]}])
    window.rail_buttons[1].click()
    qtbot.waitUntil(lambda: bool(window.paper_page.rows), timeout=20_000)
    qtbot.waitUntil(lambda: not window.paper_page.call.is_running, timeout=20_000)
    return window.paper_page


def test_every_row_is_offered_those_whose_encoder_is_missing_cannot_be_chosen(page: PaperPage) -> None:
    assert list(page.rows) == list(ROWS)
    assert page.rows["egemaps-dense-speaker"].text() == "eGeMAPS · Dense · speaker"
    assert page.rows["pt-fusion-global"].text() == "wav2vec 2.0 PT all layers + eGeMAPS · Fusion · global"
    assert not page.rows["pt-fusion-global"].isEnabled()
    assert "ravdess: 53.3 ± 1.4 %" in page.rows["egemaps-dense-speaker"].toolTip()
    assert page.get_button.isVisible()
    chosen = [name for name, box in page.rows.items() if box.isChecked()]
    assert chosen == ["egemaps-dense-speaker", "spectrogram-dense-speaker"]


def test_start_needs_a_row_and_the_place_of_every_corpus_that_is_wanted(page: PaperPage, tmp_path: Path) -> None:
    speech, song = page.corpora[1], page.corpora[2]
    assert not page.start_button.isEnabled()
    assert page.lacks.text() == paper_messages.PAPER_LACKS_CORPUS
    speech.box.click()
    assert not page.start_button.isEnabled()
    assert page.lacks.text() == paper_messages.PAPER_LACKS_PLACE.format("RAVDESS, speech only")
    speech.places.set_paths([tmp_path])
    assert page.start_button.isEnabled()
    song.box.click()
    assert not page.start_button.isEnabled()
    song.box.click()
    for box in page.rows.values():
        box.setChecked(False)
    assert not page.start_button.isEnabled()
    assert page.lacks.text() == paper_messages.PAPER_LACKS_ROWS


def test_each_corpus_becomes_a_training_and_the_first_is_shown(
    window: TrainingWindow, page: PaperPage, trainer: ScriptedTrainer, tmp_path: Path
) -> None:
    trainer.says([])
    for line in page.corpora[1:3]:
        line.box.click()
        line.places.set_paths([tmp_path])
    page.seeds.setText("1, 2")
    page.start_button.click()
    assert window.stack.currentWidget() is window.run_page
    entries = window.trainings.entries()
    assert {e.order.title for e in entries if e.order} == {"Paper: RAVDESS, speech only", "Paper: RAVDESS, song only"}
    words = trainer.asked[1]
    assert words[:5] == ["reproduce", "--corpus", "ravdess", "--data", str(tmp_path)]
    rows = words[words.index("--rows") + 1 : words.index("--seeds")]
    assert rows == ["egemaps-dense-speaker", "spectrogram-dense-speaker"]
    assert words[words.index("--seeds") + 1 : words.index("--out")] == ["1", "2"]


def test_seeds_that_are_no_numbers_are_told(page: PaperPage, trainer: ScriptedTrainer, tmp_path: Path) -> None:
    page.corpora[1].box.click()
    page.corpora[1].places.set_paths([tmp_path])
    page.seeds.setText("one")
    n_asked = len(trainer.asked)
    page.start_button.click()
    assert page.banner.text.text() == messages.BAD_SEEDS
    assert len(trainer.asked) == n_asked


@pytest.fixture
def result(window: TrainingWindow) -> TrainingFolder:
    folder = TrainingFolder(window.trainings.root / "paper")
    folder.write(order("Paper", TrainingKind.PAPER))
    published: dict[str, Any] = {
        "published_mean": 53.3,
        "published_sd": 1.4,
        "difference": {"mean": 2.5, "low": -0.1, "high": 5.1},
        "table": "Table 1",
    }
    missing = {"pt-fusion-global": "Not installed."}
    finish(folder, TrainingKind.PAPER, row(**published), row(), missing=missing)
    window.open(folder)
    assert window.stack.currentWidget() is window.paper_result
    return folder


def test_published_figures_stand_beside_ours(window: TrainingWindow, result: TrainingFolder) -> None:
    page = window.paper_result
    cells = [[page.table.item(i, j).text() for j in range(page.table.columnCount())] for i in range(2)]
    assert cells[0][1:] == ["Table 1", "53.3 ± 1.4", "75.0 ± 2.0", "+2.5 [-0.1, +5.1]", "76.0 ± 3.0"]
    assert cells[1][1:5] == ["–", "–", "75.0 ± 2.0", "–"]
    assert page.missing.text() == "Not run:\npt-fusion-global: Not installed."
    assert page.title.text() == "Paper"
    assert result.path.is_dir()


BEGINS = {"html": b"<!DOCTYPE", "pdf": b"%PDF", "md": b"# A report"}


@pytest.mark.parametrize("ending", BEGINS)
def test_the_report_is_exported(
    window: TrainingWindow, result: TrainingFolder, tmp_path: Path, qtbot: QtBot, ending: str
) -> None:
    file = tmp_path / f"Bericht ä.{ending}"
    run = result.run(TrainingKind.PAPER)
    picture = QImage(900, 600, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    assert picture.save(str(run / "figure-2.png"))
    (run / "report.md").write_text(f"{(run / 'report.md').read_text()}\n\n![Figure 2](figure-2.png)\n")
    window.paper_result.export(file)
    said = window.paper_result.banner.text
    qtbot.waitUntil(lambda: said.text() == result_messages.EXPORTED.format(file), timeout=10_000)
    assert file.read_bytes().startswith(BEGINS[ending])
    assert file.stat().st_size > 40


@pytest.mark.parametrize("ending", BEGINS)
def test_an_export_that_fails_is_told(
    window: TrainingWindow, result: TrainingFolder, tmp_path: Path, qtbot: QtBot, ending: str
) -> None:
    assert result.path.is_dir()
    window.paper_result.export(tmp_path / "absent" / f"report.{ending}")
    qtbot.waitUntil(lambda: "could not be written" in window.paper_result.banner.text.text(), timeout=10_000)


def test_the_window_goes_on_while_the_report_is_written(
    window: TrainingWindow, result: TrainingFolder, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert result.path.is_dir()
    may_write, page = threading.Event(), window.paper_result

    def slow(run: Path, path: Path) -> Path:
        assert may_write.wait(10)
        return path

    monkeypatch.setattr(paper_result, "write_report", slow)
    page.export(tmp_path / "report.pdf")
    assert not page.banner.isVisible()
    may_write.set()
    qtbot.waitUntil(page.banner.isVisible, timeout=10_000)


def test_a_damaged_report_is_told(window: TrainingWindow, result: TrainingFolder) -> None:
    (result.run(TrainingKind.PAPER) / "report.json").write_text("{")
    window.open(result)
    assert "cannot be read" in window.paper_result.banner.text.text()

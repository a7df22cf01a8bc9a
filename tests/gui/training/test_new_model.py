"""The wizard's first three pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from ser_desktop.core.datasets import DATASETS, Dataset
from ser_desktop.core.errors import DownloadError
from ser_desktop.core.training_folder import TrainingFolder
from ser_desktop.gui import install_worker
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.draft import PLAIN_RECIPES, Parts
from ser_desktop.gui.training.last_places import last_places, remember_places
from ser_desktop.gui.training.window import TrainingWindow
from tests.helpers.corpora import write_class_folders, write_iemocap, write_small_ravdess
from tests.helpers.scripted_trainer import ScriptedTrainer
from tests.helpers.training_reports import check_event, estimate_event, finding, order
from trainer.experiments import RECIPES

QUICK, BALANCED, PAPER, *_ = (recipe.name for recipe in PLAIN_RECIPES)


def click(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def checked(qtbot: QtBot, window: TrainingWindow, tmp_path: Path) -> None:
    """Come to the second page."""
    write_class_folders(tmp_path / "mine")
    window.new_model.corpus_page.take(tmp_path / "mine")
    click(qtbot, window.new_model.next_button)
    page = window.new_model.check_page
    qtbot.waitUntil(lambda: not page.call.is_running, timeout=20_000)


# ---- recordings


def test_without_recordings_there_is_no_next_page(window: TrainingWindow) -> None:
    assert not window.new_model.next_button.isEnabled()
    assert not window.new_model.back_button.isVisible()


def test_what_is_dropped_is_recognised(window: TrainingWindow, tmp_path: Path) -> None:
    page = window.new_model.corpus_page
    write_small_ravdess(tmp_path / "r")
    write_class_folders(tmp_path / "f")
    release = write_iemocap(tmp_path / "i")
    for path, key in ((tmp_path / "r", "ravdess"), (tmp_path / "f", "folder"), (release, "iemocap")):
        page.take(path)
        assert (page.choice.key, page.choice.data) == (key, (str(path),))
        assert window.new_model.next_button.isEnabled()


def test_what_is_no_corpus_is_told(window: TrainingWindow, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    window.new_model.corpus_page.take(tmp_path / "notes.txt")
    assert window.new_model.banner.text.text() == messages.DROPPED_UNKNOWN.format("notes.txt")
    assert not window.new_model.next_button.isEnabled()


def test_columns_of_a_table_are_matched_and_shown(window: TrainingWindow, tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("path;mood;person\n1.wav;happy;anna\n2.wav;sad;ben\n")
    page = window.new_model.corpus_page
    page.take(table)
    assert page.table.preview.item(1, 1).text() == "sad"
    # «mood» is no usual name: somebody has to say what it is.
    assert not window.new_model.next_button.isEnabled()
    box = page.table.columns["emotion"]
    box.setCurrentIndex(box.findText("mood"))
    box.activated.emit(box.currentIndex())
    assert window.new_model.next_button.isEnabled()
    words = page.choice.arguments()
    assert words[:4] == ["--corpus", "csv", "--data", str(table)]
    assert {"file=path", "emotion=mood", "speaker=person"} <= set(words)


def test_a_table_that_cannot_be_read_is_told(window: TrainingWindow, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"")
    window.new_model.corpus_page.take(tmp_path / "list.csv")
    assert "list.csv" in window.new_model.banner.text.text()
    assert not window.new_model.next_button.isEnabled()


def test_ravdess_is_downloaded_only_once_its_licence_is_accepted(
    window: TrainingWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []

    def fetch(dataset: Dataset, *_: object) -> Path:
        fetched.append(dataset.name)
        dataset.path.parent.mkdir(parents=True)
        dataset.path.write_bytes(b"PK")
        return dataset.path

    monkeypatch.setattr(install_worker, "download_dataset", fetch)
    panel = window.new_model.corpus_page.ravdess
    assert panel.download_button.text() == messages.DOWNLOAD.format("208 MB")
    click(qtbot, panel.download_button)
    assert panel.licence.isVisible()
    assert not panel.start_button.isEnabled()
    panel.accept_box.click()
    assert not fetched
    click(qtbot, panel.start_button)
    qtbot.waitUntil(window.new_model.next_button.isEnabled, timeout=10_000)
    assert fetched == ["ravdess"]
    assert window.new_model.corpus_page.choice.data == (str(DATASETS[0].path),)
    assert not panel.download_button.isVisible()


def test_a_download_that_fails_is_told_and_can_be_tried_again(
    window: TrainingWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Path:
        raise DownloadError("zenodo.org does not answer.", "Try again later.")

    monkeypatch.setattr(install_worker, "download_dataset", fail)
    panel = window.new_model.corpus_page.ravdess
    click(qtbot, panel.download_button)
    panel.accept_box.click()
    click(qtbot, panel.start_button)
    qtbot.waitUntil(lambda: "does not answer" in window.new_model.banner.text.text(), timeout=10_000)
    qtbot.waitUntil(panel.download_button.isEnabled, timeout=10_000)


def test_steps_that_are_done_can_be_gone_back_to(
    window: TrainingWindow, qtbot: QtBot, trainer: ScriptedTrainer, tmp_path: Path
) -> None:
    trainer.says([check_event()])
    checked(qtbot, window, tmp_path)
    click(qtbot, window.new_model.next_button)
    assert [button.isEnabled() for button in window.steps.buttons] == [True, True, False, False, False]
    click(qtbot, window.steps.buttons[0])
    assert window.new_model.step == 0
    assert not any(button.isEnabled() for button in window.steps.buttons)


# ---- check


def test_a_look_shows_what_is_there_and_who_trains(
    window: TrainingWindow, qtbot: QtBot, trainer: ScriptedTrainer, tmp_path: Path
) -> None:
    trainer.says([{"event": "progress", "stage": "read", "done": 1, "total": 2, "eta_s": None}, check_event()])
    checked(qtbot, window, tmp_path)
    page = window.new_model.check_page
    assert page.summary.text().startswith("«mine» · 24 recordings · 48 s · 3 people")
    assert "8 recordings of anna" in page.split_text.text()
    assert window.new_model.next_button.isEnabled()
    assert trainer.asked[0][:4] == ["check", "--corpus", "folder", "--data"]


def test_an_error_stands_in_the_way_until_its_remedy_is_taken(
    window: TrainingWindow, qtbot: QtBot, trainer: ScriptedTrainer, tmp_path: Path
) -> None:
    trainer.says([check_event(finding("error", "skip-unreadable"), finding("warning"))], status=1)
    checked(qtbot, window, tmp_path)
    page = window.new_model.check_page
    assert not window.new_model.next_button.isEnabled()
    assert "--option" not in page.rows[0].accessibleName()
    trainer.says([check_event(finding("warning"))])
    button = page.rows[0].button
    assert button is not None
    click(qtbot, button)
    qtbot.waitUntil(window.new_model.next_button.isEnabled, timeout=20_000)
    assert "--skip-unreadable" in trainer.asked[-1]
    qtbot.waitUntil(lambda: not page.call.is_running, timeout=20_000)


def test_other_recordings_are_looked_at_again_and_the_same_ones_are_not(
    window: TrainingWindow, qtbot: QtBot, trainer: ScriptedTrainer, tmp_path: Path
) -> None:
    trainer.says([check_event()])
    checked(qtbot, window, tmp_path)
    click(qtbot, window.new_model.back_button)
    click(qtbot, window.new_model.next_button)
    assert len(trainer.asked) == 1
    click(qtbot, window.new_model.back_button)
    write_class_folders(tmp_path / "others")
    window.new_model.corpus_page.take(tmp_path / "others")
    click(qtbot, window.new_model.next_button)
    assert len(trainer.asked) == 2
    qtbot.waitUntil(lambda: not window.new_model.check_page.call.is_running, timeout=20_000)


def test_a_trainer_that_breaks_down_is_told_with_its_last_words(
    window: TrainingWindow, qtbot: QtBot, trainer: ScriptedTrainer, tmp_path: Path
) -> None:
    trainer.says([], status=70, complaints="MemoryError: too much")
    checked(qtbot, window, tmp_path)
    assert "MemoryError: too much" in window.new_model.check_page.summary.text()
    assert not window.new_model.next_button.isEnabled()


# ---- recipe


@pytest.fixture
def at_recipe(window: TrainingWindow, qtbot: QtBot, trainer: ScriptedTrainer, tmp_path: Path) -> TrainingWindow:
    trainer.says([check_event(), estimate_event(QUICK), estimate_event(PAPER, "wav2vec2-base")])
    checked(qtbot, window, tmp_path)
    click(qtbot, window.new_model.next_button)
    return window


def test_what_a_recipe_takes_follows_the_seeds(at_recipe: TrainingWindow) -> None:
    page = at_recipe.new_model.recipe_page
    remark = page.choices[QUICK].remark
    five_s = sum(page.expected_s())
    page.seeds.setText("1")
    assert remark.text() == f"about {messages.duration(sum(page.expected_s()))}, 5 MB on disk"
    assert sum(page.expected_s()) < five_s
    for typed in ("1, x", "", "1, 1"):
        page.seeds.setText(typed)
        assert remark.text().startswith(f"about {messages.duration(five_s / 5)}")
    page.seeds.setText(", ".join(map(str, range(50))))
    assert remark.text().startswith(f"about {messages.duration(10 * five_s)}")


def test_each_recipe_says_what_it_takes_or_lacks(at_recipe: TrainingWindow, qtbot: QtBot) -> None:
    page = at_recipe.new_model.recipe_page
    assert page.choices[QUICK].remark.text() == "about 2 min, 5 MB on disk"
    assert page.choices[BALANCED].remark.text() == messages.NOT_MEASURED
    assert page.choices[PAPER].remark.text() == messages.NEEDS.format("wav2vec2-base")
    assert page.lacking.isAncestorOf(page.choices[PAPER])
    assert not page.lacking.isAncestorOf(page.choices[QUICK])
    with qtbot.waitSignal(at_recipe.lacked):
        click(qtbot, page.get_button)


def test_one_recipe_is_recommended_and_chosen(at_recipe: TrainingWindow) -> None:
    page = at_recipe.new_model.recipe_page
    recommended = [name for name, choice in page.choices.items() if "recommended" in choice.button.text()]
    assert recommended == [QUICK]
    assert page.choices[QUICK].button.isChecked()


def test_a_second_model_of_the_same_recordings_gets_a_name_of_its_own(at_recipe: TrainingWindow) -> None:
    new = at_recipe.new_model
    title = new.recipe_page.title.text()
    TrainingFolder(at_recipe.trainings.root / "earlier").write(order(title))
    new.show_step(0)
    new.show_step(2)
    assert new.recipe_page.title.text() == f"{title} 2"


def test_where_the_recordings_are_is_known_the_next_time_and_on_the_papers_page(
    window: TrainingWindow, tmp_path: Path
) -> None:
    remember_places("ravdess", [tmp_path])
    line = window.paper_page.corpora[1]
    assert line.key == "ravdess"
    line.box.click()
    assert line.places.paths == (tmp_path,)
    assert last_places("ravdess-song") == (tmp_path,)
    assert last_places("iemocap") == ()
    remember_places("iemocap", [tmp_path / "unplugged"])
    assert last_places("iemocap") == ()


def test_only_recordings_that_can_be_trained_on_are_remembered(at_recipe: TrainingWindow) -> None:
    assert last_places("folder") == tuple(Path(p) for p in at_recipe.new_model.corpus_page.choice.data)


def test_a_recipe_without_room_on_the_disk_cannot_be_started(
    at_recipe: TrainingWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ser_desktop.gui.training.new_model.free_bytes", lambda: 4_000_000)
    at_recipe.new_model.check_page.changed.emit()
    assert "where only 4 MB are free" in at_recipe.new_model.recipe_page.choices[QUICK].remark.text()
    assert not at_recipe.new_model.next_button.isEnabled()


def test_what_cannot_run_cannot_be_started(at_recipe: TrainingWindow) -> None:
    page, start = at_recipe.new_model.recipe_page, at_recipe.new_model.next_button
    assert (start.text(), start.isEnabled()) == (messages.TRAIN, True)
    page.choices[PAPER].button.click()
    assert not start.isEnabled()
    page.choices[QUICK].button.click()
    page.title.clear()
    assert not start.isEnabled()
    page.title.setText("My model")
    assert start.isEnabled()


@pytest.mark.parametrize(
    ("field", "text"),
    [("seeds", "one"), ("seeds", ""), ("seeds", "1, 1"), ("rate", "fast"), ("rate", "2"), ("patience", "0")],
)
def test_expert_settings_that_make_no_sense_are_told(at_recipe: TrainingWindow, field: str, text: str) -> None:
    page = at_recipe.new_model.recipe_page
    page.expert_button.click()
    getattr(page, field).setText(text)
    assert not at_recipe.new_model.next_button.isEnabled()
    assert page.complaint.text()


def test_expert_settings_reach_the_trainer(at_recipe: TrainingWindow) -> None:
    page = at_recipe.new_model.recipe_page
    page.expert_button.click()
    page.own.button.click()
    page.seeds.setText("7 8")
    page.rate.setText("0,002")
    page.patience.setText("9")
    assert page.choice.arguments() == [
        *("--recipe", "compact-all-layers-dense-global", "--preset", "paper", "--seed", "7", "--seed", "8"),
        *("--learning-rate", "0.002", "--patience", "9"),
    ]


def test_everything_that_can_be_put_together_is_a_recipe_of_the_trainer() -> None:
    names = {
        Parts(features, encoder, head, normalisation).name()
        for features in messages.FEATURES
        for encoder in messages.ENCODERS
        for head in messages.HEADS
        for normalisation in messages.NORMALISATIONS
    }
    assert names <= RECIPES.keys()
    assert {recipe.name for recipe in PLAIN_RECIPES} <= RECIPES.keys()
    assert len(names) == 3 * 2 * (3 * 2 + 1) + 2 * 2


def test_start_training_hands_over_to_the_trainer(
    at_recipe: TrainingWindow, qtbot: QtBot, trainer: ScriptedTrainer, tmp_path: Path
) -> None:
    at_recipe.new_model.recipe_page.title.setText("Über-Modell 1")
    trainer.says([])
    click(qtbot, at_recipe.new_model.next_button)
    assert at_recipe.stack.currentWidget() is at_recipe.run_page
    (entry,) = at_recipe.trainings.entries()
    assert entry.order is not None
    assert entry.order.title == "Über-Modell 1"
    words = trainer.asked[-1]
    assert words[:5] == ["train", "--corpus", "folder", "--data", str(tmp_path / "mine")]
    assert words[words.index("--out") + 1] == str(entry.folder.path / "model")
    assert words[words.index("--protocol") + 1] == "folds"
    assert words[-2:] == ["--follow", str(entry.folder.path)]
    # Whoever comes back begins anew, and cannot start the same training twice by accident.
    window = at_recipe
    window.rail_buttons[0].click()
    assert (window.stack.currentWidget(), window.new_model.step) == (window.new_model, 0)

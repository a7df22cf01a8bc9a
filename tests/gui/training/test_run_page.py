"""A training as it is followed: what is shown, and what people can do in each state."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from ser_desktop.core.training_folder import TrainingFolder, TrainingKind
from ser_desktop.gui import trainings as trainings_room
from ser_desktop.gui.errands import wait_for_all
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.run_page import RunPage
from ser_desktop.gui.training.window import TrainingWindow
from tests.helpers.scripted_trainer import ScriptedTrainer
from tests.helpers.training_reports import finish, order, row, tell

EPOCH = {
    "event": "epoch",
    "row": "egemaps",
    "preset": "paper",
    "fold": "fold-1",
    "seed": 1,
    "epoch": 3,
    "loss": 1.5,
    "validation_loss": 1.6,
    "uar": 0.42,
    "best": True,
}
TRAIN = {"event": "stage", "stage": "train", "text": "Training"}
PROGRESS = {"event": "progress", "stage": "train", "done": 1, "total": 5, "eta_s": 240.0}


class Followed(NamedTuple):
    window: TrainingWindow
    page: RunPage
    folder: TrainingFolder


@pytest.fixture
def followed(window: TrainingWindow, tmp_path: Path) -> Followed:
    folder = TrainingFolder(window.trainings.root / "one")
    folder.write(order())
    return Followed(window, window.run_page, folder)


def offers(page: RunPage) -> list[str]:
    buttons = (page.pause_button, page.resume_button, page.keep_button, page.cancel_button)
    return [button.text() for button in buttons if button.isVisible() and button.isEnabled()]


def click(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def until(qtbot: QtBot, holds: Callable[[], bool]) -> None:
    qtbot.waitUntil(holds, timeout=20_000)


def test_a_running_training_shows_how_far_it_is_and_how_good(followed: Followed, qtbot: QtBot) -> None:
    window, page, folder = followed
    with folder.kept_alive():
        tell(folder, TRAIN, PROGRESS, EPOCH)
        window.open(folder)
        assert page.title.text() == "Mine"
        assert page.state_text.text() == "Learning, 1 of 5 rounds done · 37 % · at most 4 min left"
        assert page.best_text.text() == messages.BEST.format(42, 3)
        assert offers(page) == [messages.PAUSE, messages.KEEP_BEST, messages.CANCEL_TRAINING]
        tell(folder, {**EPOCH, "epoch": 4, "uar": 0.5})
        until(qtbot, lambda: page.best_text.text() == messages.BEST.format(50, 4))
        assert 0.2 < page.bar.value() / page.bar.maximum() < 0.4
        click(qtbot, page.log_button)
        assert "pass 4: error 1.500" in page.log.toPlainText()
    until(qtbot, lambda: messages.INTERRUPTED_TEXT in page.banner.text.text())


def test_nothing_can_be_kept_before_anything_was_learned(followed: Followed) -> None:
    window, page, folder = followed
    with folder.kept_alive():
        tell(folder, {"event": "stage", "stage": "queue", "text": "Waiting"})
        window.open(folder)
        assert page.state_text.text() == messages.STAGES["queue"]
        assert offers(page) == [messages.PAUSE, messages.CANCEL_TRAINING]


def test_pause_asks_the_trainer_to_stop_and_go_on_starts_it_again(
    followed: Followed, qtbot: QtBot, trainer: ScriptedTrainer
) -> None:
    window, page, folder = followed
    with folder.kept_alive():
        tell(folder, TRAIN, EPOCH)
        window.open(folder)
        click(qtbot, page.pause_button)
        assert folder.stop_file.exists()
        assert page.state_text.text() == messages.STOPPING
        assert page.log_button.hasFocus()
        tell(folder, {"event": "error", "text": "Stopped.", "fix": "Run it again.", "code": 3})
    until(qtbot, lambda: page.banner.text.text() == messages.PAUSED_TEXT)
    assert offers(page) == [messages.RESUME, messages.KEEP_BEST, messages.CANCEL_TRAINING]
    assert page.resume_button.hasFocus()
    assert not page.may_close.isVisible()
    click(qtbot, page.resume_button)
    assert page.state_text.text() == messages.STARTING
    assert trainer.asked == [["train", "--out", "x", "--follow", str(folder.path)]]
    assert not page.banner.isVisible()


def test_stop_and_keep_the_best_stops_first_and_then_makes_a_model(
    followed: Followed, qtbot: QtBot, trainer: ScriptedTrainer
) -> None:
    window, page, folder = followed
    with folder.kept_alive():
        tell(folder, TRAIN, EPOCH)
        window.open(folder)
        click(qtbot, page.keep_button)
        assert folder.stop_file.exists()
        tell(folder, {"event": "error", "text": "Stopped.", "fix": "", "code": 3})
        assert not trainer.asked
        assert page.state_text.text() == messages.KEEPING
    until(qtbot, lambda: bool(trainer.asked))
    assert page.state_text.text() == messages.KEEPING
    assert offers(page) == []
    assert trainer.asked[-1] == ["train", "--out", "x", "--keep-best", "--follow", str(folder.path)]
    finish(folder, TrainingKind.MODEL, row(), missing={})
    until(qtbot, lambda: window.stack.currentWidget() is window.result_page)


def test_cancel_asks_first_where_it_stands_and_can_be_taken_back(
    followed: Followed, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainings_room.QFile, "moveToTrash", lambda *_: False)
    window, page, folder = followed
    with folder.kept_alive():
        tell(folder, TRAIN)
        window.open(folder)
        click(qtbot, page.cancel_button)
        assert page.question.isVisible()
        assert page.no_button.hasFocus()
        assert not folder.stop_file.exists()
        click(qtbot, page.no_button)
        assert not page.question.isVisible()
        click(qtbot, page.cancel_button)
        click(qtbot, page.throw_button)
        assert folder.stop_file.exists()
        assert page.state_text.text() == messages.CANCELLING
        assert offers(page) == []
        assert not page.may_close.isVisible()
        tell(folder, {"event": "error", "text": "Stopped.", "fix": "", "code": 3})
    until(qtbot, lambda: window.stack.currentWidget() is window.history_page)
    assert window.history_page.undo_text.text() == messages.CANCELLED.format("Mine")
    assert not window.history_page.rows
    click(qtbot, window.history_page.undo_button)
    assert [row.edit.text() for row in window.history_page.rows] == ["Mine"]
    window.trainings.discard(folder)
    window.close()
    assert wait_for_all()
    assert not folder.path.exists()


def test_cancelled_while_it_still_starts_it_is_cancelled_all_the_same(
    followed: Followed, qtbot: QtBot, trainer: ScriptedTrainer
) -> None:
    window, page, folder = followed
    tell(folder, TRAIN, EPOCH, {"event": "error", "text": "Stopped.", "fix": "", "code": 3})
    window.open(folder)
    click(qtbot, page.resume_button)
    assert page.state_text.text() == messages.STARTING
    click(qtbot, page.cancel_button)
    click(qtbot, page.throw_button)
    assert folder.stop_file.exists()
    with folder.kept_alive():
        page.watch.look()  # type: ignore[union-attr]
        assert page.state_text.text() == messages.CANCELLING
    tell(folder, {"event": "error", "text": "Stopped.", "fix": "", "code": 3})
    until(qtbot, lambda: window.stack.currentWidget() is window.history_page)


def test_a_problem_is_told_in_its_own_words_without_those_for_terminals(followed: Followed) -> None:
    window, page, folder = followed
    fix = "Free some space, then go on. Or name another folder with --out."
    tell(folder, TRAIN, {"event": "error", "text": "The disk is full.", "fix": fix, "code": 1})
    window.open(folder)
    assert page.banner.text.text() == "The disk is full. Free some space, then go on."
    assert page.banner.property("kind") == "error"
    assert offers(page) == [messages.RESUME, messages.CANCEL_TRAINING]


def test_a_full_disk_is_recognised_where_the_trainer_could_not_even_say_so(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, page, folder = followed
    tell(folder, TRAIN)
    usage = shutil.disk_usage(folder.path)._replace(free=3_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    window.open(folder)
    assert page.banner.text.text().startswith(messages.DISK_FULL.format(3))


def test_a_trainer_that_cannot_be_told_to_stop_is_no_secret(followed: Followed, qtbot: QtBot) -> None:
    window, page, folder = followed
    with folder.kept_alive():
        tell(folder, TRAIN)
        window.open(folder)
        folder.stop_file.mkdir()
        folder.path.chmod(0o500)
        try:
            folder.stop_file = folder.path / "absent" / "stop"
            click(qtbot, page.pause_button)
        finally:
            folder.path.chmod(0o700)
        assert "cannot be told to stop" in page.banner.text.text()
    page.leave()


def test_the_window_comes_back_to_what_runs(window: TrainingWindow) -> None:
    folder = TrainingFolder(window.trainings.root / "one")
    folder.write(order())
    with folder.kept_alive():
        tell(folder, TRAIN)
        window.close()
        assert window.run_page.watch is None
        window.show()
        assert window.stack.currentWidget() is window.run_page
        window.close()

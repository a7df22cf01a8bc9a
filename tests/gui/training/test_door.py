"""From the main window to the training window and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ser_desktop.core import bundle_zip, paths
from ser_desktop.core.session import SessionState
from ser_desktop.core.training_folder import TrainingFolder, TrainingKind
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.training import messages, paper_result, result_messages
from tests.gui.conftest import OpenWindow
from tests.helpers.models import model_info
from tests.helpers.training_reports import finish, order, row, tell


@pytest.fixture
def window(open_window: OpenWindow) -> Iterator[MainWindow]:
    window = open_window()
    yield window
    window.close()


def folder(name: str = "one", day: int = 1) -> TrainingFolder:
    made = TrainingFolder(paths.trainings_folder() / name)
    made.write(order(name, day=day))
    return made


def test_a_key_opens_the_training_window_and_it_closes_with_the_main_window(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    opened = window.training.window
    assert opened is not None
    assert opened.isVisible()
    window.close()
    assert not opened.isVisible()


def test_it_opens_over_the_middle_of_the_main_window_and_either_may_be_in_front(window: MainWindow) -> None:
    window.move(40, 30)
    window.training.open()
    opened = window.training.window
    assert opened is not None
    screen = window.screen().availableGeometry()
    assert screen.contains(opened.geometry().topLeft())
    if screen.width() > opened.width() + 200:
        assert abs(opened.geometry().center().x() - window.geometry().center().x()) <= 200
    assert opened.windowHandle().transientParent() is None
    opened.move(opened.x() + 20, opened.y())
    place = opened.pos()
    opened.close()
    window.training.open()
    assert opened.pos() == place


def test_the_model_that_is_used_cannot_be_deleted_from_here(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = folder()
    finish(done, TrainingKind.MODEL, row(), missing={})
    window.training.open()
    opened = window.training.window
    assert opened is not None
    monkeypatch.setattr(window.recorder, "settings", replace(window.recorder.settings, bundle=str(done.bundle)))
    opened.rail_buttons[2].click()
    assert not opened.history_page.rows[0].delete_button.isEnabled()
    assert not opened.history_page.rows[0].used.isHidden()


def test_without_trainings_there_are_no_news(window: MainWindow) -> None:
    assert window.training.news() is None
    finish(folder(), TrainingKind.MODEL, row(), missing={})
    assert window.training.news() is None


def test_a_training_that_runs_is_news(window: MainWindow) -> None:
    running = folder()
    with running.kept_alive():
        tell(running, {"event": "stage", "stage": "train", "text": ""})
        news = window.training.news()
    assert news is not None
    assert news.text == messages.TRAINS_NOW.format("one")


def test_only_the_latest_training_is_told_to_have_been_interrupted(window: MainWindow) -> None:
    folder("old", day=1)
    news = window.training.news()
    assert news is not None
    assert news.text == messages.WAS_INTERRUPTED.format("old")
    finish(folder("new", day=2), TrainingKind.MODEL, row(), missing={})
    assert window.training.news() is None


def test_a_recording_is_not_interrupted_by_another_model(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = folder()
    finish(done, TrainingKind.MODEL, row(), missing={})
    window.training.open()
    opened = window.training.window
    assert opened is not None
    opened.open(done)
    asked: list[Path | None] = []
    monkeypatch.setattr(window.recorder, "open_model", asked.append)
    for state, said in (
        (SessionState.LISTENING, messages.BUSY_RECORDING),
        (SessionState.IDLE, messages.NOW_USED.format("one")),
    ):
        monkeypatch.setattr(window.recorder.session, "state", state)
        qtbot.mouseClick(opened.result_page.use_button, Qt.MouseButton.LeftButton)
        assert opened.result_page.banner.text.text() == said
    assert asked == [done.bundle]
    assert not opened.result_page.use_button.isEnabled()


@pytest.mark.parametrize("kind", [TrainingKind.MODEL, TrainingKind.PAPER])
def test_a_defect_in_an_export_is_not_kept_quiet(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: TrainingKind
) -> None:
    def defective(*_places: Path) -> Path:
        raise ZeroDivisionError("a defect of ours")

    monkeypatch.setattr(bundle_zip, "zip_bundle", defective)
    monkeypatch.setattr(paper_result, "write_report", defective)
    done = folder()
    done.write(order("one", kind))
    finish(done, kind, row(), missing={})
    window.training.open()
    opened = window.training.window
    assert opened is not None
    opened.open(done)
    page = opened.result_page if kind is TrainingKind.MODEL else opened.paper_result
    with qtbot.waitSignal(window.recorder.crashed, timeout=10_000) as crashed:
        page.export(tmp_path / "exported")
    assert isinstance(crashed.args[0], ZeroDivisionError)


def test_a_result_is_set_beside_the_model_in_use(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    done = folder()
    finish(done, TrainingKind.MODEL, row(), missing={})
    window.training.open()
    opened = window.training.window
    assert opened is not None
    opened.open(done)
    assert not opened.result_page.beside.isVisible()
    model = model_info(name="Better", labels=("happy", "sad"), corpus="others", uar_mean=0.9, n_test=100)
    monkeypatch.setattr(window.recorder, "model", model)
    opened.open(done)
    assert opened.result_page.beside.text() == result_messages.in_use("Better", 90.0, 75.0)
    assert "more than this one" in opened.result_page.beside.text()
    monkeypatch.setattr(window.recorder, "settings", replace(window.recorder.settings, bundle=str(done.bundle)))
    opened.open(done)
    assert opened.result_page.use_button.text() == result_messages.USED
    assert not opened.result_page.beside.isVisible()

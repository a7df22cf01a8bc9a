"""What was trained before."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ser_desktop.core.training_folder import TrainingFolder, TrainingKind
from ser_desktop.gui import trainings as trainings_room
from ser_desktop.gui.errands import wait_for_all
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.history_page import HistoryPage
from ser_desktop.gui.training.window import TrainingWindow
from tests.helpers.training_reports import finish, order, row


@pytest.fixture
def page(window: TrainingWindow) -> HistoryPage:
    root = window.trainings.root
    for day, name in enumerate(("first", "second"), start=1):
        folder = TrainingFolder(root / name)
        folder.write(order(name, day=day))
        finish(folder, TrainingKind.MODEL, row(), missing={})
    (root / "broken").mkdir()
    (root / "broken" / "training.json").write_text("{")
    window.rail_buttons[2].click()
    return window.history_page


def test_the_latest_comes_first_and_a_damaged_one_is_listed_as_such(page: HistoryPage) -> None:
    assert [row.edit.text() for row in page.rows] == ["second", "first", "broken"]
    assert page.rows[0].state.text() == "finds 75 % · finished · 2026-01-02 10:00 · Quick"
    assert page.rows[2].state.text().startswith(messages.DAMAGED)
    assert not page.rows[2].open_button.isEnabled()
    assert page.rows[2].delete_button.isEnabled()


def test_without_any_it_says_how_to_begin(window: TrainingWindow) -> None:
    window.rail_buttons[2].click()
    assert window.history_page.empty.isVisible()


def test_one_is_opened(window: TrainingWindow, page: HistoryPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.rows[1].open_button, Qt.MouseButton.LeftButton)
    assert window.stack.currentWidget() is window.result_page
    assert window.result_page.title.text() == "first"


def test_a_name_is_changed_where_it_stands(page: HistoryPage, qtbot: QtBot) -> None:
    edit = page.rows[1].edit
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClicks(edit, "Better")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert [row.edit.text() for row in page.rows] == ["second", "Better", "broken"]


def trash_at(place: Path, *, there_is_one: bool) -> object:
    def trash(name: str) -> bool:
        if there_is_one:
            Path(name).rename(place)
        return there_is_one

    return staticmethod(trash)


@pytest.mark.parametrize("has_trash", [True, False])
def test_what_is_deleted_goes_when_the_window_closes(
    window: TrainingWindow, page: HistoryPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_trash: bool
) -> None:
    monkeypatch.setattr(trainings_room.QFile, "moveToTrash", trash_at(tmp_path / "bin", there_is_one=has_trash))
    folder = page.rows[0].entry.folder.path
    page.rows[0].delete_button.click()
    assert [row.edit.text() for row in page.rows] == ["first", "broken"]
    assert page.undo_text.text() == messages.DELETED.format("second")
    assert page.undo_button.hasFocus()
    assert folder.is_dir()
    window.close()
    assert wait_for_all()
    assert not folder.exists()
    assert (tmp_path / "bin").exists() is has_trash
    assert page.undo.isHidden()


def test_what_cannot_be_removed_is_told_and_listed_again(
    page: HistoryPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(trainings_room.QFile, "moveToTrash", trash_at(tmp_path / "bin", there_is_one=False))
    monkeypatch.setattr(trainings_room.shutil, "rmtree", refuse)
    page.rows[0].delete_button.click()
    page._trainings.settle()
    qtbot.waitUntil(lambda: "cannot be removed" in page.banner.text.text(), timeout=10_000)
    assert [row.edit.text() for row in page.rows] == ["second", "first", "broken"]


def test_a_deletion_can_be_taken_back_until_the_next_one(
    page: HistoryPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainings_room.QFile, "moveToTrash", trash_at(tmp_path / "bin", there_is_one=True))
    page.rows[0].delete_button.click()
    page.undo_button.click()
    assert [row.edit.text() for row in page.rows] == ["second", "first", "broken"]
    assert page.undo.isHidden()
    page.rows[0].delete_button.click()
    page.rows[0].delete_button.click()
    assert [row.edit.text() for row in page.rows] == ["broken"], "also while the first of them is on its way"
    assert wait_for_all()
    assert (tmp_path / "bin" / "training.json").exists()
    page.undo_button.click()
    assert [row.edit.text() for row in page.rows] == ["first", "broken"]


def test_the_model_in_use_is_marked_and_not_deleted(window: TrainingWindow, page: HistoryPage) -> None:
    used = TrainingFolder(window.trainings.root / "first")
    window.trainings._bundle_in_use = lambda: str(used.bundle)
    page.look()
    assert [row.used.isHidden() for row in page.rows] == [True, False, True]
    assert not page.rows[1].delete_button.isEnabled()
    assert page.rows[1].delete_button.toolTip() == messages.USE_ANOTHER_FIRST
    page._delete(page.rows[1].entry)
    assert "uses this model" in page.banner.text.text()
    assert used.path.exists()


def test_one_that_was_stopped_early_says_so(window: TrainingWindow, page: HistoryPage) -> None:
    finish(page.rows[0].entry.folder, TrainingKind.MODEL, row(protocol="3 folds; stopped before its end"), missing={})
    page.look()
    assert page.rows[0].state.text().startswith("finds 75 % · stopped early")


def test_a_running_one_is_not_deleted(window: TrainingWindow, page: HistoryPage) -> None:
    folder = TrainingFolder(window.trainings.root / "first")
    with folder.kept_alive():
        page.look()
        assert [row.delete_button.isEnabled() for row in page.rows] == [True, False, True]
        page._delete(page.rows[1].entry)
        assert "still running" in page.banner.text.text()
    assert folder.path.exists()

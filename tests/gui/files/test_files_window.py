"""Sound files in a real window with real threads and a small model."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from ser_desktop.core.errors import BundleError
from ser_desktop.gui import theme
from ser_desktop.gui.file_dialogs import start_folder
from ser_desktop.gui.files import messages
from ser_desktop.gui.files.entries import Entry, EntryState
from ser_desktop.gui.files.table import Column
from ser_desktop.gui.files.window import FilesWindow
from ser_desktop.gui.files.worker import AnalysisWorker
from tests.gui.files.conftest import drop, entry_of
from tests.helpers.bad_files import plant, write_long, write_voice

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:opensmile")
DONE_MS = 60_000


def wait_until_idle(window: FilesWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.queue.is_busy, timeout=DONE_MS)


def cells(window: FilesWindow, row: int) -> list[str]:
    return [window.sorted.index(row, column).data() for column in Column]


def names(window: FilesWindow) -> list[str]:
    return [cells(window, row)[Column.FILE] for row in range(window.sorted.rowCount(QModelIndex()))]


def press(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_before_anything_is_added_it_says_what_to_do(window: FilesWindow) -> None:
    assert "Drop sound files" in window.invitation.text()
    assert window.invitation.isVisible()
    assert not window.timeline.isVisible()
    assert not window.table_button.isEnabled()


def test_dropped_files_and_folders_are_analysed_one_after_the_other(
    window: FilesWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "a folder ö"
    folder.mkdir()
    one = write_voice(tmp_path / "one file.wav")
    write_voice(folder / "två.flac", 12.0)
    sf.write(folder / "silence.wav", np.zeros(32_000, np.float32), 16_000)
    assert drop(window, one, folder)
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 3, timeout=DONE_MS)
    wait_until_idle(window, qtbot)
    assert names(window) == ["one file.wav", "silence.wav", "två.flac"]
    file, length, sounds, certainty, speech, state = cells(window, 2)
    assert (file, length, speech, state) == ("två.flac", "0:12", "100 %", "done")
    assert sounds.split(", perhaps ")[-1].lower() in {"calm", "angry", "happy"}
    assert certainty.endswith(" %")
    window.choose(entry_of(window.queue, "två.flac"))
    qtbot.waitUntil(lambda: window.timeline._n_shown == 2 and not window.timeline.is_drawing, timeout=10_000)
    assert "The whole file: " in window.timeline.overview.words.text()
    assert cells(window, 1)[Column.ANSWER] == "No speech"
    assert cells(window, 1)[Column.SPEECH] == "0 %"
    tip = window.sorted.index(1, Column.ANSWER).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "No speech. Nothing but silence is heard."
    window.choose(entry_of(window.queue, "silence.wav"))
    assert window.timeline.title.text() == f"silence.wav — {tip}"
    assert window.progress_text.text() == "3 files · all done"
    assert not window.bar.isVisible()


def test_what_is_not_on_this_computer_is_not_taken(window: FilesWindow) -> None:
    assert not drop(window, urls=("https://example.org/voice.wav",))
    assert not window.queue.is_busy


def test_emotions_come_with_their_symbol_in_their_colour(window: FilesWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.queue.add([write_voice(tmp_path / "voice.wav")])
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 1, timeout=DONE_MS)
    wait_until_idle(window, qtbot)
    answer = window.queue.table.entries[0].answer
    assert answer is not None
    symbol = window.sorted.index(0, Column.ANSWER).data(Qt.ItemDataRole.DecorationRole)
    image = symbol.toImage()
    inks = {image.pixelColor(x, y).name() for x in range(48) for y in range(48) if image.pixelColor(x, y).alpha() > 250}
    is_emotion = answer.state == "emotion"
    wanted = theme.look_of(str(answer.label)).colour if is_emotion else theme.theme().muted
    assert wanted.lower() in inks


def test_bad_files_become_rows_with_a_sentence_and_the_rest_is_analysed(
    window: FilesWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    planted = plant(folder)
    write_voice(folder / "a good one.wav")
    write_voice(folder / "z good one.wav")
    drop(window, folder, tmp_path / "gone.wav")
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == len(planted) + 3, timeout=DONE_MS)
    wait_until_idle(window, qtbot)
    for path, said in {**planted, tmp_path / "gone.wav": "does not exist"}.items():
        entry = entry_of(window.queue, path.name)
        assert entry.state is EntryState.FAILED
        assert said in entry.problem
    for name in ("a good one.wav", "z good one.wav"):
        assert entry_of(window.queue, name).state is EntryState.DONE
    bad = entry_of(window.queue, "a letter.wav")
    window.choose(bad)
    assert window.timeline.remark.text() == bad.problem
    assert not window.timeline.timeline.isVisible()
    assert f"{len(planted) + 1} with a problem" in window.progress_text.text()


def test_a_file_that_vanishes_before_its_turn_is_a_row_and_may_be_tried_again(
    window: FilesWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.queue.hold("a test")
    file = write_voice(tmp_path / "voice.wav")
    content = file.read_bytes()
    window.queue.add([file])
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 1, timeout=DONE_MS)
    file.unlink()
    window.queue.hold("")
    wait_until_idle(window, qtbot)
    (entry,) = window.queue.table.entries
    assert "does not exist" in entry.problem
    file.write_bytes(content)
    window.choose(entry)
    press(qtbot, window.again_button)
    wait_until_idle(window, qtbot)
    assert entry.state is EntryState.DONE
    assert entry.problem == ""


def test_a_long_file_is_cancelled_at_once_and_the_next_one_begins(
    window: FilesWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.queue.add([write_long(tmp_path / "long.wav", 60), write_voice(tmp_path / "next.wav")])
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 2, timeout=DONE_MS)
    long, following = window.queue.table.entries
    qtbot.waitUntil(lambda: len(long.windows) > 2, timeout=DONE_MS)
    assert "%" in cells(window, 0)[Column.STATE]
    window.choose(long)
    qtbot.waitUntil(window.timeline.timeline.isVisible, timeout=5000)
    press(qtbot, window.cancel_button)
    assert cells(window, 0)[Column.STATE] == "cancelled"
    # A quarter of a second where nothing else goes on; without the cancellation it would take minutes.
    qtbot.waitUntil(lambda: following.state is not EntryState.WAITING, timeout=10_000)
    wait_until_idle(window, qtbot)
    assert following.state is EntryState.DONE
    assert long.analysis is None


def test_all_are_cancelled_together_and_what_is_done_stays(window: FilesWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.queue.add(
        [write_voice(tmp_path / "0.wav"), write_long(tmp_path / "1.wav", 30), write_long(tmp_path / "2.wav", 1)]
    )
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 3, timeout=DONE_MS)
    qtbot.waitUntil(lambda: len(window.queue.table.entries[1].windows) > 0, timeout=DONE_MS)
    press(qtbot, window.cancel_all_button)
    qtbot.waitUntil(lambda: not window.queue.is_busy, timeout=10_000)
    states = [entry.state for entry in window.queue.table.entries]
    assert states == [EntryState.DONE, EntryState.CANCELLED, EntryState.CANCELLED]
    assert not window.cancel_all_button.isVisible()


def test_what_runs_can_be_removed(window: FilesWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.queue.add([write_long(tmp_path / "long.wav", 30)])
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 1, timeout=DONE_MS)
    window.choose(window.queue.table.entries[0])
    window.view.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    assert window.queue.table.entries == []
    wait_until_idle(window, qtbot)
    assert window.invitation.isVisible()


def test_titles_sort_numbers_as_numbers(window: FilesWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.queue.hold("a test")
    for name, seconds in (("b.wav", 100.0), ("a.wav", 20.0), ("c.wav", 3.0)):
        write_voice(tmp_path / name, seconds)
    window.queue.add([tmp_path / name for name in ("b.wav", "a.wav", "c.wav")])
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 3, timeout=DONE_MS)
    assert names(window) == ["b.wav", "a.wav", "c.wav"], "as they were added"
    window.view.sortByColumn(Column.LENGTH, Qt.SortOrder.AscendingOrder)
    assert names(window) == ["c.wav", "a.wav", "b.wav"]
    window.view.sortByColumn(Column.FILE, Qt.SortOrder.DescendingOrder)
    assert names(window) == ["c.wav", "b.wav", "a.wav"]
    window.choose(entry_of(window.queue, "a.wav"))
    assert [entry.path.name for entry in window.selected()] == ["a.wav"]


def test_the_same_file_is_not_added_twice_but_tried_again_if_it_failed(
    window: FilesWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "voice.wav"
    file.touch()
    window.queue.add([file])
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 1, timeout=DONE_MS)
    write_voice(file)
    for _ in range(2):
        window.queue.add([file])
        wait_until_idle(window, qtbot)
    (entry,) = window.queue.table.entries
    assert entry.state is EntryState.DONE


def test_the_timeline_of_a_long_file_is_drawn_without_holding_the_window_up(
    window: FilesWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    from ser_desktop.core.prediction import AnswerState, Prediction

    labels = ("calm", "angry", "happy")
    entry = Entry(tmp_path / "a day.wav", 24 * 3600.0)
    for i in range(21_600):
        entry.hear(Prediction(4.0 * i, 4.0 * i + 8, AnswerState.EMOTION, labels, (0.25, 0.5, 0.25)))
    window.queue.table.add([entry])
    entry.state = EntryState.DONE
    window.queue.changed.emit()
    window.choose(entry)
    assert window.timeline._n_shown == 0, "the choice itself draws nothing"
    n_steps = 0
    while window.timeline.is_drawing:
        QApplication.processEvents()
        n_steps += 1
    assert n_steps > 3, "it was drawn at one go"
    assert window.timeline._n_shown == 21_600


@pytest.mark.parametrize("target", ["table.csv", "table.json", "timelines.csv", "timelines.json"])
def test_what_was_heard_is_exported(window: FilesWindow, qtbot: QtBot, tmp_path: Path, target: str) -> None:
    (tmp_path / "empty.wav").touch()
    window.queue.add([write_voice(tmp_path / "voice é.wav", 12.0), tmp_path / "empty.wav"])
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 2, timeout=DONE_MS)
    wait_until_idle(window, qtbot)
    path, has_windows = tmp_path / target, target.startswith("timelines")
    press(qtbot, window.windows_button if has_windows else window.table_button)
    (dialog,) = window.findChildren(QFileDialog)
    assert not dialog.isModal(), "somebody may be recording, and wants to stop"
    dialog.setDirectory(str(tmp_path))
    dialog.selectNameFilter("JSON (*.json)" if path.suffix == ".json" else "Table (*.csv)")
    dialog.filterSelected.emit(dialog.selectedNameFilter())
    dialog.selectFile(path.stem)
    dialog.accept()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: str(path) in window.banner.text.text(), timeout=10_000)
    assert window.banner.property("kind") == "good"
    if path.suffix == ".json":
        good, bad = json.loads(path.read_text(encoding="utf-8"))["files"]
        assert ("windows" in good) == has_windows
        assert "is empty" in bad["error"]
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == (3 if has_windows else 2)
        assert rows[0]["file"].endswith("voice é.wav")
        assert "is empty" in rows[-1]["error"]


def test_an_export_that_cannot_be_written_is_said(window: FilesWindow, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    window.queue.save(tmp_path / "file" / "out.csv", has_windows=False)
    qtbot.waitUntil(lambda: "could not be saved" in window.banner.text.text(), timeout=10_000)
    assert window.banner.property("kind") == "error"


def test_a_model_that_cannot_be_opened_is_said_once_and_the_files_wait(
    window: FilesWindow, analysis: AnalysisWorker, qtbot: QtBot, tmp_path: Path
) -> None:
    real = analysis._opener

    def broken(_folder: Path, _device: str, _backend: str) -> object:
        raise BundleError("The bundle is damaged.", "Copy it again.")

    analysis._opener = broken  # type: ignore[assignment]
    window.queue.add([write_voice(tmp_path / f"{i}.wav") for i in range(3)])
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 3, timeout=DONE_MS)
    wait_until_idle(window, qtbot)
    assert "The bundle is damaged" in window.banner.text.text()
    states = [entry.state for entry in window.queue.table.entries]
    assert states == [EntryState.FAILED, EntryState.CANCELLED, EntryState.CANCELLED]
    analysis._opener = real
    window.view.selectAll()
    press(qtbot, window.again_button)
    wait_until_idle(window, qtbot)
    assert all(entry.state is EntryState.DONE for entry in window.queue.table.entries)


def test_a_defect_of_ours_costs_one_file_and_is_reported(
    window: FilesWindow, analysis: AnalysisWorker, qtbot: QtBot, tmp_path: Path
) -> None:
    real = analysis._opener

    def defective(_folder: Path, _device: str, _backend: str) -> object:
        analysis._opener = real
        raise ZeroDivisionError("a defect of ours")

    analysis._opener = defective  # type: ignore[assignment]
    with qtbot.waitSignal(window.queue.crashed, timeout=DONE_MS):
        window.queue.add([write_voice(tmp_path / f"{i}.wav") for i in range(2)])
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 2, timeout=DONE_MS)
    wait_until_idle(window, qtbot)
    first, second = window.queue.table.entries
    assert first.problem == messages.UNEXPECTED
    assert second.state is EntryState.DONE


def test_closing_the_window_lets_the_analysis_go_on(window: FilesWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.queue.add([write_voice(tmp_path / "voice.wav")])
    window.close()
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 1, timeout=DONE_MS)
    wait_until_idle(window, qtbot)
    assert window.queue.table.entries[0].state is EntryState.DONE


def test_the_keyboard_reaches_everything_and_everything_has_a_name(
    window: FilesWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.resize(1024, 700)
    window.queue.add([write_voice(tmp_path / "voice.wav")])
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 1, timeout=DONE_MS)
    wait_until_idle(window, qtbot)
    window.choose(window.queue.table.entries[0])
    buttons = {b for b in window.findChildren(QPushButton) if b.isVisible() and b.isEnabled()}
    assert len(buttons) >= 7
    assert all(b.text() or b.accessibleName() for b in buttons)
    assert window.view.accessibleName()
    window.activateWindow()
    window.add_button.setFocus()
    reached = set()
    for _ in range(40):
        reached.add(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
    assert buttons | {window.view} <= reached
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and isinstance(button, QPushButton):
            assert button.width() >= button.sizeHint().width() - 1, button.text()
    central = window.centralWidget()
    assert central.minimumSizeHint().width() <= 1024
    assert central.minimumSizeHint().height() <= 700


def test_files_are_chosen_in_a_dialog_that_holds_up_nothing(window: FilesWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = write_voice(tmp_path / "voice.wav")
    press(qtbot, window.add_button)
    (dialog,) = window.findChildren(QFileDialog)
    assert not dialog.isModal()
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile(file.name)
    dialog.accept()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: len(window.queue.table.entries) == 1, timeout=DONE_MS)
    wait_until_idle(window, qtbot)
    assert window.queue.table.entries[0].state is EntryState.DONE
    assert start_folder("sound") == tmp_path
    press(qtbot, window.folder_button)
    again = next(d for d in window.findChildren(QFileDialog) if d.isVisible())
    assert Path(again.directory().path()) == tmp_path, "the next question begins there"
    again.reject()


def test_ten_thousand_files_are_cancelled_and_removed_without_holding_the_window_up(
    window: FilesWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.queue.hold("a test")
    window.queue.table.add([Entry(tmp_path / f"{i}.wav", 3.0) for i in range(10_000)])
    window.queue.changed.emit()
    told: list[str] = []
    window.queue.table.dataChanged.connect(lambda *_: told.append("changed"))
    window.queue.table.rowsRemoved.connect(lambda *_: told.append("removed"))
    window.queue.cancel_all()
    window.queue.remove(window.queue.table.entries[:9000])
    # Once for all of them, not once for each.
    assert told.count("removed") == 1
    assert len(told) < 10
    assert [entry.path.name for entry in window.queue.table.entries] == [f"{i}.wav" for i in range(9000, 10_000)]

"""Opening, saving, reports, and recordings that a crash interrupted."""

from __future__ import annotations

import csv
import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.journal import Journal
from ser_desktop.core.markers import Marker
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.reliability import ReliabilityBin
from ser_desktop.core.ring import RingBuffer
from ser_desktop.core.session import SessionState
from ser_desktop.core.session_file import open_session
from ser_desktop.core.session_sound import SoundSpool, StoredSound
from ser_desktop.gui import messages as common
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.report import as_html
from ser_desktop.gui.workers import Segment
from tests.gui.sessions.conftest import Recorded, answer, hear
from tests.helpers.microphones import PretendMicrophone
from tests.helpers.sessions import LABELS, MODEL, recording


@pytest.fixture
def window(recorded: Recorded) -> MainWindow:
    window = recorded(12)
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    return window


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "story.json"
    recording().save(path)
    return path


def open_it(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.sessions.files.worker.opened):
        window.sessions.files.open(path)


def begin_recording(window: MainWindow) -> None:
    window.recorder.inputs.source = PretendMicrophone()
    window.recorder._record()


def test_an_opened_session_is_shown_with_its_own_model(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    open_it(window, story, qtbot)
    assert window.cards.timeline.labels == window.cards.bars.labels == LABELS
    assert window.cards.timeline.scene.lanes.n_answers == 120
    assert window.cards.timeline.scene.markers[0] == Marker(10.0, "laughs: «ha»")
    assert window.cards.layers.weights == MODEL.layer_weights
    assert "opened session of 1 May 2026, 12:00, Desk Mic, heard by A model" in window.status.answer.text()
    assert window.sessions.card.name.text() == "story.json ·"
    window.sessions.moments.choose(5)
    assert window.cards.bars.values == pytest.approx(recording().history[5].probabilities, abs=1e-6)
    window.grab()


def test_the_recording_from_before_comes_back(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    labels, history = window.cards.bars.labels, window.recorder.session.history
    open_it(window, story, qtbot)
    open_it(window, story, qtbot)
    window.sessions.card.close_session.click()
    assert window.recorder.session.history is history
    assert window.cards.timeline.labels == window.cards.bars.labels == labels
    assert window.cards.timeline.scene.lanes.n_answers == 12
    assert not window.sessions.card.close_session.isVisible()


def test_a_new_recording_after_an_opened_session_is_of_the_model_in_use(
    window: MainWindow, story: Path, qtbot: QtBot
) -> None:
    model = window.recorder.model
    assert model is not None
    open_it(window, story, qtbot)
    recorder = window.recorder
    recorder.inputs.source = PretendMicrophone()
    recorder._record()
    assert recorder.session.path is None
    assert recorder.session.model_info is model
    assert window.cards.bars.labels == window.cards.timeline.labels == model.labels
    recorder._answered(recorder._segment, answer(1.0))
    assert window.cards.timeline.scene.lanes.n_answers == 1
    assert len(recorder.session.history) == 1
    recorder.stop()


def test_the_audience_sees_an_opened_session_and_then_the_model_in_use(
    window: MainWindow, story: Path, qtbot: QtBot
) -> None:
    open_it(window, story, qtbot)
    window.audience.open()
    view = window.audience.view
    assert view is not None
    assert view.timeline.labels == LABELS
    assert view.timeline.scene.lanes.n_answers == 120
    recorder = window.recorder
    recorder.inputs.source = PretendMicrophone()
    recorder._record()
    recorder._answered(recorder._segment, answer(1.0))
    assert recorder.model is not None
    assert view.timeline.labels == recorder.model.labels
    assert view.timeline.scene.lanes.n_answers == 1
    recorder.stop()


def test_while_it_records_nothing_is_opened(recorded: Recorded, story: Path, qtbot: QtBot) -> None:
    window = recorded(3)
    assert not window.sessions.open_action.isEnabled()
    open_it(window, story, qtbot)
    assert window.cards.timeline.scene.lanes.n_answers == 3
    assert window.banner.text.text() == messages.OPEN_WHEN_IDLE


def test_a_damaged_session_is_said_and_changes_nothing(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    story.write_text(story.read_text()[:3000])
    with qtbot.waitSignal(window.sessions.files.worker.failed):
        window.sessions.files.open(story)
    assert "breaks off in line" in window.banner.text.text()
    assert window.cards.timeline.scene.lanes.n_answers == 12


def test_a_session_of_a_model_that_nobody_knows_is_shown(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    value = json.loads(story.read_text()) | {"model_info": None}
    story.write_text(json.dumps(value))
    open_it(window, story, qtbot)
    assert window.cards.bars.labels == LABELS
    window.grab()


def unknown_model(story: Path, version: int) -> None:
    value = json.loads(story.read_text()) | {"version": version, "model_info": None}
    if version == 1:
        for name in ("model_info", "labels", "hop_s", "note", "audio", "markers"):
            value.pop(name)
    story.write_text(json.dumps(value))


@pytest.mark.parametrize("version", [1, 2])
def test_a_recording_after_a_session_of_a_model_that_nobody_knows_is_shown(
    window: MainWindow, story: Path, qtbot: QtBot, version: int
) -> None:
    unknown_model(story, version)
    recorder = window.recorder
    assert recorder.model is not None
    open_it(window, story, qtbot)
    assert window.cards.bars.labels == window.cards.timeline.labels == LABELS
    begin_recording(window)
    assert window.cards.bars.labels == window.cards.timeline.labels == recorder.model.labels
    hear(window, answer(1.0))
    assert window.cards.timeline.scene.lanes.n_answers == 1
    assert window.cards.bars.values == pytest.approx(answer(1.0).probabilities)
    recorder.stop()


def load_model(window: MainWindow, **changes: object) -> ModelInfo:
    """As the model's thread would tell."""
    assert window.recorder.model is not None
    model = replace(window.recorder.model, **changes)  # type: ignore[arg-type]
    window.recorder._go(SessionState.LOADING)
    window.recorder._model_loaded(model)
    return model


@pytest.mark.parametrize("changes", [{"device": "Another"}, {"name": "Another", "labels": LABELS}])
def test_a_recording_that_is_over_stays_when_another_model_is_loaded(
    window: MainWindow, qtbot: QtBot, changes: dict[str, object]
) -> None:
    recorder, sessions = window.recorder, window.sessions
    recorder.session.markers = [Marker(3.0, "here")]
    sound = sessions.keeper.sound = sessions.files.sound = SoundSpool()
    sessions.keeper._kept = session = recorder.session
    labels = session.labels
    model = load_model(window, **changes)
    assert recorder.session is session
    assert len(session.history) == window.cards.timeline.scene.lanes.n_answers == 12
    assert list(window.cards.timeline.scene.markers) == session.markers
    assert window.cards.bars.labels == window.cards.timeline.labels == labels
    assert window.cards.bars.values == pytest.approx(session.history[-1].probabilities, abs=1e-6)
    assert sessions.listening.sound is sessions.keeper.sound is sound
    assert sessions.keeper._kept is session
    assert sessions.save_action.isEnabled()
    begin_recording(window)
    n = len(model.labels)
    hear(window, Prediction(0.0, 1.0, AnswerState.EMOTION, model.labels, (1.0, *(n - 1) * (0.0,))))
    assert recorder.session.model_info is model
    assert window.cards.bars.values[0] == 1
    assert window.cards.bars.labels == window.cards.timeline.labels == model.labels
    recorder.stop()
    sound.close()


def test_an_opened_session_stays_when_another_model_is_loaded(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    mine = window.recorder.session
    open_it(window, story, qtbot)
    load_model(window, name="Another")
    assert window.cards.timeline.scene.lanes.n_answers == 120
    assert window.cards.bars.labels == LABELS
    window.sessions.card.close_session.click()
    assert window.recorder.session is mine
    assert window.cards.timeline.scene.lanes.n_answers == 12


def test_an_opened_session_is_explained_with_its_own_model(
    window: MainWindow, story: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window.recorder, "model_folder", paths.default_bundle())
    own = replace(MODEL, name="Another", threshold=0.97, reliability=(ReliabilityBin(0.0, 1.0, 40, 30, 0.6),))
    session = recording(20)
    session.model_info = own
    session.save(story)
    open_it(window, story, qtbot)
    window._show_texts()
    last = session.history[-1]
    assert window.cards.why_text.text() == common.why(last, own) != common.why(last, window.recorder.model)
    assert window.status.model.text() == common.model_status(own, is_shipped=False)
    window.sessions.card.close_session.click()
    window._show_texts()
    assert window.cards.why_text.text() == common.why(window.recorder.last, window.recorder.model)


def test_markers_of_an_opened_session_are_changed_and_saved(window: MainWindow, story: Path, qtbot: QtBot) -> None:
    open_it(window, story, qtbot)
    window.sessions.moments.choose(40)
    window.sessions.marking.mark()
    window.sessions.card.editor.note.setText("new")
    window.sessions.card.editor.done.click()
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(story)
    assert Marker(41.0, "new") in open_session(story).markers


def mark(window: MainWindow) -> None:
    window.sessions.moments.choose(40)
    window.sessions.marking.mark()


def test_an_opened_session_says_once_that_new_markers_were_not_saved(
    window: MainWindow, story: Path, qtbot: QtBot
) -> None:
    close = window.sessions.card.close_session
    open_it(window, story, qtbot)
    mark(window)
    close.click()
    assert window.sessions.files.is_opened
    assert window.banner.text.text() == messages.MARKERS_UNSAVED.format(messages.CLOSE_AGAIN)
    close.click()
    assert not window.sessions.files.is_opened
    assert not window.banner.isVisible()
    open_it(window, story, qtbot)
    mark(window)
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(story)
    close.click()
    assert not window.sessions.files.is_opened


def test_record_and_another_session_do_not_drop_new_markers_without_a_word(
    window: MainWindow, story: Path, qtbot: QtBot
) -> None:
    recorder = window.recorder
    recorder.inputs.source = PretendMicrophone()
    open_it(window, story, qtbot)
    mark(window)
    n_markers = len(recorder.session.markers)
    open_it(window, story, qtbot)
    assert len(recorder.session.markers) == n_markers == 3
    assert window.banner.text.text() == messages.MARKERS_UNSAVED.format(messages.OPEN_AGAIN)
    open_it(window, story, qtbot)
    assert len(recorder.session.markers) == 2
    mark(window)
    recorder.toggle()
    assert not recorder.session.is_recording
    assert window.banner.text.text() == messages.MARKERS_UNSAVED.format(messages.RECORD_AGAIN)
    recorder.toggle()
    assert recorder.session.is_recording
    assert not window.sessions.files.is_opened
    recorder.stop()


def test_sound_is_saved_only_when_asked(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    spool = SoundSpool()
    spool.begin(0.0)
    spool.append(np.full(12 * 16_000, 0.25, np.float32))
    window.sessions.files.sound = spool
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(tmp_path / "silent.json")
    assert open_session(tmp_path / "silent.json").audio == ""
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(tmp_path / "with.json", with_sound=True, note="A note")
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["silent.json", "with.flac", "with.json"]
    assert "with its sound" in window.banner.text.text()
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(tmp_path / "silent again.json")
    assert open_session(tmp_path / "silent again.json").audio == "", "not that of the other file"
    spool.close()
    open_it(window, tmp_path / "with.json", qtbot)
    assert window.recorder.session.note == "A note"
    assert isinstance(window.sessions.listening.sound, StoredSound)
    (tmp_path / "with.flac").unlink()
    open_it(window, tmp_path / "with.json", qtbot)
    assert window.sessions.listening.sound is None
    assert "cannot be listened to" in window.banner.text.text()


def test_a_window_that_is_closed_at_once_still_saves_the_sound(
    recorded: Recorded, tmp_path: Path, qtbot: QtBot
) -> None:
    window = recorded(2)
    ring = RingBuffer(4 * 16_000)
    window.recorder.segment_begun.emit(Segment(ring, 16_000, 0, 0.0, 0.0, 1))
    window.recorder.state_changed.emit(SessionState.LISTENING)
    ring.write(np.full(2 * 16_000, 0.25, np.float32))
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    files = window.sessions.files
    files.sound = window.sessions.keeper.sound
    assert files.sound is not None
    qtbot.waitUntil(lambda: files.sound.duration_s == pytest.approx(2, abs=0.01))
    may_write = threading.Event()
    files.ensure_thread()._orders.put(lambda: may_write.wait(10))
    files.save(tmp_path / "story.json", with_sound=True)
    threading.Timer(0.3, may_write.set).start()
    window.close()
    sound, _ = sf.read(tmp_path / "story.flac")
    assert sound == pytest.approx(0.25, abs=0.01)
    assert open_session(tmp_path / "story.json").audio == "story.flac"


def test_a_recording_that_begins_while_the_last_one_is_saved_is_another_one(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    recorder, files = window.recorder, window.sessions.files
    before = recorder.session
    may_write = threading.Event()
    files.ensure_thread()._orders.put(lambda: may_write.wait(10))
    files.save(tmp_path / "story.json", note="The first one")
    begin_recording(window)
    with qtbot.waitSignal(files.worker.saved):
        may_write.set()
    assert recorder.session is not before
    assert (before.path, before.note) == (tmp_path / "story.json", "The first one")
    assert (recorder.session.path, recorder.session.audio, recorder.session.note) == (None, "", "")
    assert len(open_session(tmp_path / "story.json").history) == len(before.history) == 12
    recorder.stop()


def test_answers_that_come_while_it_is_saved_keep_their_journal(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    recorder, files = window.recorder, window.sessions.files
    begin_recording(window)
    recorder._answered(recorder._segment, answer(1.0))
    may_write = threading.Event()
    files.ensure_thread()._orders.put(lambda: may_write.wait(10))
    files.save(tmp_path / "story.json")
    recorder._answered(recorder._segment, answer(2.0))
    recorder._go(SessionState.FINISHING)
    recorder._go(SessionState.IDLE)
    qtbot.waitUntil(lambda: bool(list(paths.journals_folder().glob("*.journal"))), timeout=5000)
    with qtbot.waitSignal(files.worker.saved):
        may_write.set()
    done = threading.Event()
    window.sessions.keeper._worker._orders.put(done.set)
    qtbot.waitUntil(done.is_set)
    assert list(paths.journals_folder().glob("*.journal"))
    with qtbot.waitSignal(files.saved):
        files.save(tmp_path / "story.json")
    qtbot.waitUntil(lambda: not list(paths.journals_folder().glob("*.journal")))


def test_every_format_is_written(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.recorder.session.markers = [Marker(3.0, "here")]
    for name in ("s.csv", "s.png", "s.html"):
        with qtbot.waitSignal(window.sessions.files.worker.saved):
            window.sessions.files.save(tmp_path / name)
    with (tmp_path / "s.csv").open() as file:
        assert [row["marker"] for row in csv.DictReader(file)][:4] == ["", "", "here", ""]
    assert QImage(str(tmp_path / "s.png")).width() > 2000
    assert "here" in (tmp_path / "s.html").read_text()


def test_the_dialog_is_not_modal_and_says_what_it_will_do(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.sessions.files.ask_to_save()
    dialog = window.sessions.files._dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert QApplication.activeModalWidget() is None
    assert not dialog.with_sound.isEnabled()
    assert dialog.place.text().endswith("session 2026-05-01 12.00.json")
    dialog.buttons[".csv"].click()
    assert dialog.place.text().endswith(".csv")
    (tmp_path / "there.csv").write_text("old")
    dialog.place.setText(str(tmp_path / "there.csv"))
    assert dialog.save.text() == messages.REPLACE
    dialog.place.setText("nowhere")
    assert not dialog.save.isEnabled()
    dialog.place.setText(str(tmp_path / "there.csv"))
    with qtbot.waitSignal(window.sessions.files.worker.saved):
        dialog.save.click()
    assert (tmp_path / "there.csv").read_text().startswith("start_s")


def test_sound_that_would_be_replaced_is_named(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    spool = SoundSpool()
    spool.begin(0.0)
    spool.append(np.full(16_000, 0.25, np.float32))
    window.sessions.files.sound = spool
    window.sessions.files.ask_to_save()
    dialog = window.sessions.files._dialog
    assert dialog is not None
    (tmp_path / "story.flac").write_text("another recording")
    dialog.place.setText(str(tmp_path / "story.json"))
    assert (dialog.save.text(), dialog.warning.text()) == (messages.SAVE, "")
    dialog.with_sound.click()
    assert dialog.save.text() == messages.REPLACE
    assert dialog.warning.text() == messages.SOUND_EXISTS.format("story.flac")
    (tmp_path / "story.json").write_text("old")
    dialog.place.setText(str(tmp_path / "other.json"))
    dialog.place.setText(str(tmp_path / "story.json"))
    assert dialog.warning.text() == messages.BOTH_EXIST.format("story.flac")
    dialog.with_sound.click()
    assert dialog.warning.text() == messages.EXISTS
    dialog.with_sound.click()
    dialog.buttons[".csv"].click()
    assert (dialog.save.text(), dialog.warning.text()) == (messages.SAVE, "")
    dialog.reject()
    spool.close()


def test_a_report_reads_by_itself_and_loads_nothing() -> None:
    session = recording()
    session.note = "<script>alert(1)</script>"
    text = as_html(session)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?!data:)", text)
    assert "url(" not in text
    assert "1 May 2026, 12:00" in text
    for word in (*LABELS, "not sure", "laughs: «ha»", "EU AI Act", "RAVDESS", "the microphone was away"):
        assert word in text, word
    percents = [float(p) for p in re.findall(r"width:([\d.]+)%;background", text)]
    assert sum(percents) == pytest.approx(100, abs=0.5)


def interrupted_recording() -> Path:
    session = recording()
    answers, session.history = session.history, []
    journal = Journal(paths.journals_folder(), session)
    for one in answers:
        journal.add_answer(one)
    journal.flush()
    assert journal._file is not None
    journal._file.close()
    journal._lock.release()
    return journal.path


def look(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.sessions.files.worker.found):
        window.sessions.recovery.look()


def test_an_interrupted_recording_is_offered_opened_and_kept_until_saved(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    journal = interrupted_recording()
    look(window, qtbot)
    banner = window.sessions.recovery.banner
    assert banner.isVisible()
    assert "The recording of 1 May, 12:00, 2 minutes long, was not saved." in banner.text.text()
    banner.open_button.click()
    assert window.cards.timeline.scene.lanes.n_answers == 120
    assert not banner.isVisible()
    assert journal.exists()
    with qtbot.waitSignal(window.sessions.files.saved):
        window.sessions.files.save(tmp_path / "rescued.json")
    qtbot.waitUntil(lambda: not journal.exists())
    assert len(open_session(tmp_path / "rescued.json").history) == 120


def test_one_that_is_discarded_can_be_had_back_until_the_window_closes(window: MainWindow, qtbot: QtBot) -> None:
    journal = interrupted_recording()
    look(window, qtbot)
    banner = window.sessions.recovery.banner
    banner.discard_button.click()
    assert journal.exists()
    banner.undo_button.click()
    assert banner.open_button.isVisible()
    banner.discard_button.click()
    window.close()
    assert not journal.exists()


def test_while_it_records_an_interrupted_recording_waits(recorded: Recorded, qtbot: QtBot) -> None:
    window = recorded(2)
    interrupted_recording()
    look(window, qtbot)
    banner = window.sessions.recovery.banner
    assert not banner.open_button.isEnabled()
    hear(window, answer(3.0))
    window.recorder._go(SessionState.FINISHING)
    window.recorder._go(SessionState.IDLE)
    assert banner.open_button.isEnabled()
    assert not [w for w in window.findChildren(QMessageBox) if w.isVisible()]


def test_without_an_interrupted_recording_nothing_is_said(window: MainWindow) -> None:
    window.sessions.recovery.look()
    assert not window.sessions.recovery.banner.isVisible()
    assert not window.sessions.files.worker.isRunning()

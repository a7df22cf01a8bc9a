"""The window with its real threads, real model and a real sound file as microphone."""

from __future__ import annotations

import errno
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ser_desktop.audio_source import FileSource
from ser_desktop.core import paths
from ser_desktop.core.errors import BundleError
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.ring import RingBuffer
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import TERMS_VERSION, Settings, load_settings
from ser_desktop.gui import messages
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.workers import InferenceWorker
from tests.gui.conftest import OpenWindow
from tests.helpers.bundles import write_bundle

LABELS = ("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised")
READY_MS = 90_000


def wait_for(qtbot: QtBot, window: MainWindow, state: SessionState) -> None:
    qtbot.waitUntil(lambda: window.recorder.session.state is state, timeout=READY_MS)


def answer(state: AnswerState, best: float = 0.6) -> Prediction:
    rest = (1 - best) / 6
    return Prediction(0.0, 8.0, state, LABELS, (rest, best, rest, rest, rest, rest, rest))


@pytest.fixture
def ready(open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    window = open_window()
    window.recorder.start()
    wait_for(qtbot, window, SessionState.IDLE)
    return window


def test_record_waits_for_the_model(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    assert not window.bar.record_button.isEnabled()
    assert window.bar.record_button.text() == messages.LOADING
    window.recorder.start()
    wait_for(qtbot, window, SessionState.IDLE)
    assert window.bar.record_button.text() == messages.RECORD
    assert window.bar.record_button.isEnabled()


def test_without_a_microphone_it_offers_the_demo_and_a_file(ready: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: ready.cards.answer.title == messages.NO_MICROPHONES)
    assert ready.cards.offers.isVisible()
    qtbot.waitUntil(lambda: not ready.recorder.inputs.is_opening)
    qtbot.mouseClick(ready.bar.record_button, Qt.MouseButton.LeftButton)
    assert ready.recorder.session.state is SessionState.IDLE
    assert not ready.banner.isVisible(), "what it would say is in the middle already"
    assert ready.cards.offers.isAncestorOf(ready.focusWidget())


def test_the_demo_clip_moves_bars_timeline_and_answer(ready: MainWindow, qtbot: QtBot) -> None:
    ready.recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    with qtbot.waitSignal(ready.recorder.predicted, timeout=10_000, check_params_cb=lambda p: bool(p.probabilities)):
        pass
    assert messages.DEMO_SOURCE in ready.bar.picker.currentText()
    assert sum(ready.cards.bars.values) == pytest.approx(1.0, abs=1e-6)
    assert ready.cards.answer.title.lower() in {*LABELS, "not sure"}
    assert "describes" in ready.status.answer.text()
    qtbot.mouseClick(ready.bar.record_button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, ready, SessionState.IDLE)
    assert ready.sessions.save_action.isEnabled()
    assert not ready.cards.offers.isVisible()


def test_a_file_that_ends_stops_the_recording_by_itself(ready: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    import soundfile as sf

    samples, rate = sf.read(paths.demo_clip(), dtype="float32")
    short = tmp_path / "short with späces.wav"
    sf.write(short, samples[: 2 * rate], rate)
    ready.recorder.play(short, short.name)
    wait_for(qtbot, ready, SessionState.LISTENING)
    wait_for(qtbot, ready, SessionState.IDLE)
    assert ready.recorder.session.history[-1].end_s == pytest.approx(2.0, abs=0.05)


def test_an_unreadable_file_is_named_and_the_window_stays_ready(
    ready: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    bad = tmp_path / "holiday.wav"
    bad.write_bytes(b"not a sound" * 100)
    ready.recorder.play(bad, bad.name)
    qtbot.waitUntil(ready.banner.isVisible)
    assert "holiday.wav" in ready.banner.text.text()
    assert ready.bar.record_button.isEnabled()


@pytest.mark.parametrize(
    ("prediction", "title", "subtitle"),
    [
        (answer(AnswerState.EMOTION), "Happy", "fairly sure"),
        (answer(AnswerState.EMOTION, 0.9), "Happy", "sure"),
        (answer(AnswerState.EMOTION, 0.4), "Happy", "a tendency"),
        (answer(AnswerState.NOT_SURE, 0.3), "Not sure", "perhaps happy"),
        (Prediction(0, 8, AnswerState.NO_SPEECH, LABELS), "No speech", "voice"),
        (Prediction(0, 8, AnswerState.TOO_QUIET, LABELS), "Too quiet", "Speak louder"),
    ],
)
def test_every_kind_of_answer_has_its_words(
    open_window: OpenWindow, prediction: Prediction, title: str, subtitle: str
) -> None:
    window = open_window()
    window.cards.answer.show_prediction(prediction)
    assert window.cards.answer.title == title
    assert subtitle in window.cards.answer.subtitle
    assert title in window.cards.answer.accessibleName()
    window.grab()


def test_a_model_without_layers_says_so_and_one_with_layers_shows_them(ready: MainWindow) -> None:
    assert ready.recorder.model is not None
    ready._model_changed(replace(ready.recorder.model, layer_weights=None))
    assert "no layers" in ready.cards.layers_text.text()
    assert ready.cards.layers.weights == ()
    weights = tuple(i / 91 for i in range(1, 14))
    ready._model_changed(replace(ready.recorder.model, layer_weights=weights, head="fusion"))
    assert ready.cards.layers.weights == weights
    assert "Bars" in ready.cards.layers_text.text()


def test_the_status_line_names_device_reason_model_and_quality(ready: MainWindow) -> None:
    assert ready.recorder.model is not None
    assert ready.recorder.model.device in ready.status.device.text()
    assert ready.recorder.model.device_reason in ready.status.device.text()
    assert "RAVDESS" in ready.status.model.text()
    assert "UAR" in ready.status.model.text()


def test_a_broken_default_model_leaves_a_window_that_says_why(open_window: OpenWindow, qtbot: QtBot) -> None:
    def broken(_folder: Path, _device: str, _backend: str) -> object:
        raise BundleError("The bundle is damaged.", "Copy it again.")

    window = open_window(inference=InferenceWorker(broken))  # type: ignore[arg-type]
    window.recorder.start()
    wait_for(qtbot, window, SessionState.FAILED)
    assert "Copy it again" in window.banner.text.text()
    assert not window.bar.record_button.isEnabled()
    assert window.opening.model_action.isEnabled(), "another model must be within reach"


def test_a_model_that_cannot_be_opened_leaves_the_one_before_in_place(
    ready: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    ready.recorder.open_model(tmp_path)
    qtbot.waitUntil(ready.banner.isVisible)
    wait_for(qtbot, ready, SessionState.IDLE)
    assert "config.json" in ready.banner.text.text()
    ready.recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    with qtbot.waitSignal(ready.recorder.predicted, timeout=10_000):
        pass


def test_a_defect_in_a_thread_is_reported_and_the_thread_goes_on(open_window: OpenWindow, qtbot: QtBot) -> None:
    def defective(_folder: Path, _device: str, _backend: str) -> object:
        raise ZeroDivisionError("a defect of ours")

    worker = InferenceWorker(defective)  # type: ignore[arg-type]
    window = open_window(inference=worker)
    with qtbot.waitSignal(window.recorder.crashed) as caught:
        window.recorder.start()
    assert isinstance(caught.args[0], ZeroDivisionError)
    assert worker.isRunning()


def test_a_session_is_saved_and_a_full_disk_loses_nothing(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    window.recorder.session.add(answer(AnswerState.EMOTION))
    target = tmp_path / "session.csv"
    with qtbot.waitSignal(window.sessions.files.worker.saved):
        window.sessions.files.save(target)
    assert "happy" in target.read_text()
    assert str(target) in window.banner.text.text()

    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = target.read_text()
    monkeypatch.setattr(Path, "replace", full)
    window.recorder.session.add(answer(AnswerState.NOT_SURE, 0.3))
    with qtbot.waitSignal(window.sessions.files.worker.failed):
        window.sessions.files.save(target)
    assert "No space left" in window.banner.text.text()
    assert target.read_text() == before
    assert len(window.recorder.session.history) == 2


def test_settings_that_cannot_be_saved_still_apply(open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window()

    def read_only(_self: Path, *_args: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", read_only)
    window.recorder.change_settings(theme="dark")
    assert window.recorder.settings.theme == "dark"
    assert "could not be saved" in window.banner.text.text()


def test_a_remembered_microphone_that_is_absent_is_named_and_not_replaced(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(Settings(microphone="Desk Mic"))
    window.recorder.start()
    qtbot.waitUntil(lambda: "Desk Mic" in window.bar.picker.currentText())
    assert "not connected" in window.bar.picker.currentText()
    assert window.recorder.inputs.source is None


def test_a_notice_can_be_dismissed(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    window.recorder.noticed.emit(Notice("Something to know."))
    assert window.banner.isVisible()
    qtbot.mouseClick(window.banner.close_button, Qt.MouseButton.LeftButton)
    assert not window.banner.isVisible()


@pytest.mark.parametrize("size", [(960, 640), (1024, 700), (1280, 800), (2560, 1440)])
def test_nothing_is_pushed_out_of_the_window_at_any_size(open_window: OpenWindow, size: tuple[int, int]) -> None:
    window = open_window()
    cards = window.cards
    cards.layers.show()
    window.resize(*size)
    window.grab()
    for widget in (cards.timeline, cards.waveform, cards.layers, cards.bars, cards.answer, window.status.answer):
        corner = widget.mapTo(window, widget.rect().bottomRight())
        assert window.rect().contains(corner), type(widget).__name__
        assert widget.height() >= min(widget.minimumHeight(), 40) or widget is window.status.answer
    bottom = cards.timeline.mapTo(window, cards.timeline.rect().bottomLeft()).y()
    assert bottom <= cards.waveform.mapTo(window, cards.waveform.rect().topLeft()).y(), "timeline under waveform"


def test_every_control_has_a_name_for_screen_readers(open_window: OpenWindow) -> None:
    window = open_window()
    bar = window.bar
    for widget in (bar.picker, bar.meter, bar.light, bar.elapsed, window.cards.answer, window.cards.bars):
        assert widget.accessibleName(), widget
    for button in (bar.record_button, bar.rescan_button, bar.menu_button):
        assert button.text()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_defect_while_loading_leaves_a_window_that_is_not_stuck(open_window: OpenWindow, qtbot: QtBot) -> None:
    def defective(_folder: Path, _device: str, _backend: str) -> object:
        raise ZeroDivisionError("a defect of ours")

    window = open_window(inference=InferenceWorker(defective))  # type: ignore[arg-type]
    window.recorder.start()
    wait_for(qtbot, window, SessionState.FAILED)
    assert window.opening.model_action.isEnabled()


def test_record_pressed_while_a_source_is_being_opened_begins_once_it_is_open(ready: MainWindow, qtbot: QtBot) -> None:
    recorder = ready.recorder
    qtbot.waitUntil(lambda: not recorder.inputs.is_opening)
    recorder.inputs.open_file(paths.demo_clip(), messages.DEMO_SOURCE)
    qtbot.mouseClick(ready.bar.record_button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, ready, SessionState.LISTENING)
    with qtbot.waitSignal(recorder.predicted, timeout=10_000):
        pass


def test_what_the_sound_card_says_about_an_older_order_is_ignored(ready: MainWindow, qtbot: QtBot) -> None:
    recorder = ready.recorder
    qtbot.waitUntil(lambda: not recorder.inputs.is_opening)
    old = recorder.inputs._order
    recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    stale = FileSource(paths.demo_clip(), "the microphone before")
    recorder.inputs._opened(old, stale)
    assert recorder.inputs.source is not stale, "a recording would begin on the wrong source"
    wait_for(qtbot, ready, SessionState.LISTENING)
    assert recorder.session.source == messages.DEMO_SOURCE


def test_an_answer_about_an_earlier_recording_is_not_taken_into_this_one(ready: MainWindow, qtbot: QtBot) -> None:
    recorder = ready.recorder
    recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    wait_for(qtbot, ready, SessionState.LISTENING)
    recorder._answered(recorder._segment - 1, answer(AnswerState.EMOTION))
    recorder._drained(recorder._segment - 1)
    assert recorder.session.history == []
    assert recorder.session.state is SessionState.LISTENING


def test_a_microphone_lost_while_nothing_is_recorded_is_said_and_forgotten_when_it_is_back(
    ready: MainWindow, qtbot: QtBot
) -> None:
    recorder = ready.recorder
    qtbot.waitUntil(lambda: not recorder.inputs.is_opening)
    recorder.inputs._lost(recorder.inputs._order, "Desk Mic")
    assert "«Desk Mic» is not connected" in ready.banner.text.text()
    assert recorder.session.state is SessionState.IDLE
    recorder.inputs._opened(recorder.inputs._order, PretendMicrophone())
    assert not ready.banner.isVisible()
    recorder.inputs._lost(recorder.inputs._order, "Desk Mic")


class PretendMicrophone:
    """An open microphone that stays silent."""

    name = "Desk Mic"
    rate_hz = 16_000.0
    latency_s = 0.0
    n_overflows = 0

    def __init__(self) -> None:
        self.ring = RingBuffer(16_000)

    def service(self) -> bool:
        return True

    def close(self) -> None:
        return


def test_a_model_that_fails_while_listening_ends_the_recording_once(ready: MainWindow, qtbot: QtBot) -> None:
    recorder = ready.recorder
    crashes: list[BaseException] = []
    recorder.crashed.connect(crashes.append)

    def defective(_samples: object) -> object:
        raise ZeroDivisionError("a defect of ours")

    assert recorder._inference._judge is not None
    recorder._inference._judge.probabilities = defective  # type: ignore[method-assign, assignment]
    recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    wait_for(qtbot, ready, SessionState.LISTENING)
    wait_for(qtbot, ready, SessionState.IDLE)
    qtbot.wait(1500)
    assert len(crashes) == 1
    assert ready.bar.record_button.isEnabled()


def test_a_remembered_model_that_is_gone_gives_way_to_the_one_that_came_along(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(Settings(bundle=str(tmp_path / "unplugged disk")))
    window.recorder.start()
    wait_for(qtbot, window, SessionState.IDLE)
    assert "The model «unplugged disk» is no longer there." in window.banner.text.text()
    assert messages.DEFAULT_INSTEAD in window.banner.text.text()
    window.recorder.change_settings(theme="dark")
    stored, _ = load_settings(tmp_path / "settings.json")
    assert stored.bundle.endswith("unplugged disk"), "it may be back tomorrow"


def test_options_of_this_run_are_not_remembered(open_window: OpenWindow, tmp_path: Path) -> None:
    window = open_window(overrides={"theme": "dark", "device": "cpu"})
    window.recorder.change_settings(hop_s=2.0)
    stored, _ = load_settings(tmp_path / "settings.json")
    assert stored == Settings(hop_s=2.0, understood=TERMS_VERSION)
    assert window.recorder.settings.device == "cpu"


def test_after_a_model_switch_the_old_recording_stays_until_the_next_begins(ready: MainWindow, qtbot: QtBot) -> None:
    recorder = ready.recorder
    recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    with qtbot.waitSignal(recorder.predicted, timeout=10_000):
        pass
    recorder.stop()
    wait_for(qtbot, ready, SessionState.IDLE)
    recorder.open_model(None)
    wait_for(qtbot, ready, SessionState.LOADING)
    wait_for(qtbot, ready, SessionState.IDLE)
    last = recorder.session.history[-1]
    assert recorder.last is last
    assert ready.cards.answer.title == messages.answer_title(last)
    assert ready.cards.timeline.scene.lanes.n_answers == len(recorder.session.history)
    recorder.inputs.source = PretendMicrophone()  # type: ignore[assignment]
    recorder._record()
    assert recorder.last is None
    assert ready.cards.answer.title == messages.LISTENING
    assert ready.cards.timeline.scene.lanes.n_answers == sum(ready.cards.bars.values) == 0
    recorder.stop()
    wait_for(qtbot, ready, SessionState.IDLE)


def test_a_model_is_opened_from_its_folder_or_from_the_zip_file_that_was_exported(
    ready: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = write_bundle(tmp_path / "another")
    ready.opening.open_model(folder / "config.json")
    wait_for(qtbot, ready, SessionState.IDLE)
    assert ready.recorder.model_folder == folder
    ready.opening.open_model(Path(shutil.make_archive(str(tmp_path / "exported"), "zip", folder)))
    assert ready.banner.text.text() == messages.UNPACKING.format("exported.zip")
    wait_for(qtbot, ready, SessionState.LOADING)
    wait_for(qtbot, ready, SessionState.IDLE)
    assert not ready.banner.isVisible()
    assert ready.recorder.model_folder is not None
    assert ready.recorder.model_folder.name.startswith("exported-")


def test_a_zip_file_without_a_model_is_told(ready: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "photos.zip").write_bytes(b"PK nothing")
    ready.opening.open_model(tmp_path / "photos.zip")
    qtbot.waitUntil(lambda: "photos.zip» cannot be unpacked" in ready.banner.text.text(), timeout=10_000)


def test_space_goes_on_belonging_to_record(ready: MainWindow, qtbot: QtBot) -> None:
    ready.activateWindow()
    qtbot.waitUntil(lambda: not ready.recorder.inputs.is_opening)
    ready.bar.rescan_button.setFocus()
    # Rescan is disabled while something is recorded; Qt would hand the keyboard to what comes next.
    ready.recorder.play(paths.demo_clip(), "demo")
    wait_for(qtbot, ready, SessionState.LISTENING)
    assert ready.focusWidget() is ready.bar.record_button
    qtbot.keyClick(ready, Qt.Key.Key_Space)
    wait_for(qtbot, ready, SessionState.IDLE)
    assert ready.focusWidget() is ready.bar.record_button

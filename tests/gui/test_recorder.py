"""Models, recordings and settings in one hand, and what is left when one of them fails."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.errors import BundleError
from ser_desktop.core.prediction import AnswerState
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import TERMS_VERSION, Settings, load_settings
from ser_desktop.gui import messages
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.workers import InferenceWorker
from tests.gui.conftest import OpenWindow, wait_for
from tests.helpers.answers import answer
from tests.helpers.microphones import PretendMicrophone


def test_a_file_that_ends_stops_the_recording_by_itself(ready: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    import soundfile as sf

    samples, rate = sf.read(paths.demo_clip(), dtype="float32")
    short = tmp_path / "short with späces.wav"
    sf.write(short, samples[: 2 * rate], rate)
    ready.recorder.play(short, short.name)
    wait_for(qtbot, ready, SessionState.LISTENING)
    wait_for(qtbot, ready, SessionState.IDLE)
    assert ready.recorder.session.history[-1].end_s == pytest.approx(2.0, abs=0.05)


def test_settings_that_cannot_be_saved_still_apply(open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window()

    def read_only(_self: Path, *_args: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", read_only)
    window.recorder.change_settings(theme="dark")
    assert window.recorder.settings.theme == "dark"
    assert "could not be saved" in window.banner.text.text()


def test_options_of_this_run_are_not_remembered(open_window: OpenWindow, tmp_path: Path) -> None:
    window = open_window(overrides={"theme": "dark", "device": "cpu"})
    window.recorder.change_settings(hop_s=2.0)
    stored, _ = load_settings(tmp_path / "settings.json")
    assert stored == Settings(hop_s=2.0, understood=TERMS_VERSION)
    assert window.recorder.settings.device == "cpu"


def test_an_answer_about_an_earlier_recording_is_not_taken_into_this_one(ready: MainWindow, qtbot: QtBot) -> None:
    recorder = ready.recorder
    recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    wait_for(qtbot, ready, SessionState.LISTENING)
    recorder._answered(recorder._segment - 1, answer(AnswerState.EMOTION))
    recorder._drained(recorder._segment - 1)
    assert recorder.session.history == []
    assert recorder.session.state is SessionState.LISTENING


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


def test_a_voice_chosen_while_recording_is_used_once_the_recording_is_over(
    open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = open_window().recorder
    asked: list[str] = []
    monkeypatch.setattr(recorder._inference, "use_voice", asked.append)
    recorder.session.go(SessionState.IDLE)
    recorder.session.start("Cable", datetime(2026, 1, 5, tzinfo=UTC))
    for name in ("Anna", "Bob"):
        recorder.use_voice(name)
    recorder.stop()
    assert recorder.session.state is SessionState.FINISHING
    recorder.use_voice("Carl")
    assert asked == [], "one recording has one voice"
    assert recorder.settings.voice == "Carl"
    recorder._drained(recorder._segment)
    assert asked == ["Carl"]
    recorder.use_voice("")
    assert asked == ["Carl", ""]


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


def test_a_defect_while_loading_leaves_a_window_that_is_not_stuck(open_window: OpenWindow, qtbot: QtBot) -> None:
    def defective(_folder: Path, _device: str, _backend: str) -> object:
        raise ZeroDivisionError("a defect of ours")

    window = open_window(inference=InferenceWorker(defective))  # type: ignore[arg-type]
    window.recorder.start()
    wait_for(qtbot, window, SessionState.FAILED)
    assert window.opening.model_action.isEnabled()

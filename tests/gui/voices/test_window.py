"""Calibrating a voice, with a microphone that plays what a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from ser_desktop.core import voice_gain, voice_measurement
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.features import Egemaps
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.normalise import Statistics
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import Settings, load_settings
from ser_desktop.core.voice_gain import VoiceGain
from ser_desktop.core.voices import Voice, VoiceInfo, VoiceUse, key_of, list_voices, load_voice, save_voice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.theme import apply_theme
from ser_desktop.gui.voices import messages, voice_list
from ser_desktop.gui.voices.voice_worker import VoiceWorker
from ser_desktop.gui.voices.window import VoicesWindow
from tests.gui.training.test_own_voice import SilentCable
from tests.helpers.bundles import EGEMAPS
from tests.helpers.models import model_info

pytestmark = pytest.mark.filterwarnings("ignore")

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WAIT_MS = 20_000


def stored(name: str) -> None:
    one = np.ones((1, 25), np.float32)
    save_voice(Voice(VoiceInfo(name, 21.0, MONDAY), {key_of(EGEMAPS): Statistics(one, one)}))


def model(normalisation: str = "speaker", **changes: object) -> ModelInfo:
    return model_info(name="Small model", normalisation=normalisation, **changes)


@pytest.fixture
def cable() -> SilentCable:
    return SilentCable()


@pytest.fixture
def recorder(cable: SilentCable, tmp_path: Path) -> Recorder:
    """A recorder whose threads are not begun: its microphone is the cable."""
    recorder = Recorder(Settings(), tmp_path / "settings.json")
    recorder.inputs.source = cable  # type: ignore[assignment]
    recorder.model = model()
    return recorder


@pytest.fixture
def window(
    qtbot: QtBot, qapp: QApplication, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VoicesWindow]:
    apply_theme(qapp, "light")
    # One feature is enough, and takes no seconds to load.
    monkeypatch.setattr(voice_measurement, "installed_extractors", lambda _device, _backend: [Egemaps])
    worker = VoiceWorker()
    window = VoicesWindow(recorder, worker)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()
    assert worker.shut_down()


def click(qtbot: QtBot, button: QPushButton | None) -> None:
    assert button is not None
    qtbot.waitUntil(button.isVisible, timeout=WAIT_MS)
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def read_aloud(qtbot: QtBot, window: VoicesWindow, cable: SilentCable, seconds: float) -> None:
    click(qtbot, window.recording.record_button)
    assert window.recording.record_button.text() == messages.STOP
    cable.speak(seconds)
    click(qtbot, window.recording.record_button)


def listed(qtbot: QtBot, window: VoicesWindow) -> None:
    qtbot.waitUntil(lambda: len(window.list.rows) == 1 + len(list_voices()), timeout=WAIT_MS)


def names(window: VoicesWindow) -> list[str]:
    return [row.name for row in window.list.rows]


def test_who_reads_aloud_and_keeps_it_has_a_voice_that_is_used(
    window: VoicesWindow, qtbot: QtBot, cable: SilentCable, recorder: Recorder
) -> None:
    window.recording.name_edit.setText("Anna")
    read_aloud(qtbot, window, cable, 25.0)
    assert "Keep it" in window.recording.status.text()
    click(qtbot, window.recording.keep_button)
    qtbot.waitUntil(lambda: recorder.settings.voice == "Anna", timeout=WAIT_MS)
    assert load_voice("Anna").info.speech_s > 10
    assert names(window) == ["", "Anna"]
    assert window.list.rows[1].button.isChecked()
    assert window.banner.text.text() == messages.KEPT.format("Anna")
    assert window.banner.property("kind") == "good"
    assert window.recording.record_button.isVisible()
    remembered, _ = load_settings(Path(recorder._settings_file))
    assert remembered.voice == "Anna"


def test_progress_counts_speech_and_not_pauses(window: VoicesWindow, qtbot: QtBot, cable: SilentCable) -> None:
    click(qtbot, window.recording.record_button)
    cable.speak(12.0)
    qtbot.waitUntil(lambda: window.recording.bar.value() > 0, timeout=WAIT_MS)
    before = window.recording.bar.value()
    cable.hum(10.0)
    n_written = cable.ring.n_written
    qtbot.waitUntil(lambda: window.recording.taker._cursor >= n_written, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: window.recording.bar.value() == round(10 * window.recording._speech_s), timeout=WAIT_MS)
    assert window.recording.bar.value() == pytest.approx(before, abs=10)
    assert 0 < before < window.recording.bar.maximum()
    assert "Go on reading" in window.recording.status.text()
    click(qtbot, window.recording.record_button)


def test_a_short_reading_cannot_be_kept_and_says_how_much_is_missing(
    window: VoicesWindow, qtbot: QtBot, cable: SilentCable
) -> None:
    window.recording.name_edit.setText("Anna")
    read_aloud(qtbot, window, cable, 5.0)
    assert not window.recording.keep_button.isEnabled()
    assert "are the least" in window.recording.status.text()
    assert window.recording.again_button.isEnabled()


def test_a_reading_without_a_name_waits_for_one(window: VoicesWindow, qtbot: QtBot, cable: SilentCable) -> None:
    read_aloud(qtbot, window, cable, 25.0)
    assert not window.recording.keep_button.isEnabled()
    assert "whose voice" in window.recording.status.text()
    window.recording.name_edit.setText("Anna")
    assert window.recording.keep_button.isEnabled()


def test_a_name_that_somebody_has_is_replaced_with_a_word_before(
    window: VoicesWindow, qtbot: QtBot, cable: SilentCable, recorder: Recorder
) -> None:
    stored("Anna")
    window._worker.look()
    listed(qtbot, window)
    window.recording.name_edit.setText("anna")
    read_aloud(qtbot, window, cable, 25.0)
    assert "replaces the earlier voice of Anna" in window.recording.status.text()
    click(qtbot, window.recording.keep_button)
    qtbot.waitUntil(lambda: recorder.settings.voice == "Anna", timeout=WAIT_MS)
    assert names(window) == ["", "Anna"], "also where names of files keep their case"


def test_a_name_that_cannot_be_used_keeps_the_recording(window: VoicesWindow, qtbot: QtBot, cable: SilentCable) -> None:
    window.recording.name_edit.setText("a/b")
    read_aloud(qtbot, window, cable, 25.0)
    click(qtbot, window.recording.keep_button)
    qtbot.waitUntil(window.banner.isVisible, timeout=WAIT_MS)
    assert "a/b" in window.banner.text.text()
    assert window.recording.samples is not None
    assert window.recording.keep_button.isVisible()
    assert list_voices() == []


def test_a_measurement_that_is_cancelled_keeps_nothing_but_the_recording(
    window: VoicesWindow, qtbot: QtBot, cable: SilentCable, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Egemaps):
        def extract(self, samples: FloatArray) -> FloatArray:
            assert window._worker._cancelled.wait(20)
            return super().extract(samples)

    monkeypatch.setattr(voice_measurement, "installed_extractors", lambda _device, _backend: [Slow])
    window.recording.name_edit.setText("Anna")
    read_aloud(qtbot, window, cable, 25.0)
    click(qtbot, window.recording.keep_button)
    click(qtbot, window.recording.cancel_button)
    qtbot.waitUntil(lambda: not window.recording.is_measuring, timeout=WAIT_MS)
    assert window.banner.text.text() == messages.STOPPED
    assert window.recording.keep_button.isVisible()
    assert list_voices() == []


def test_voices_are_chosen_and_nobodys_too(window: VoicesWindow, qtbot: QtBot, recorder: Recorder) -> None:
    stored("Anna")
    stored("Bob")
    window._worker.look()
    listed(qtbot, window)
    assert window.list.rows[0].button.isChecked()
    window.list.rows[2].button.click()
    assert recorder.settings.voice == "Bob"
    window.list.rows[0].button.click()
    assert recorder.settings.voice == ""


def test_a_deleted_voice_is_not_used_any_more_and_can_be_brought_back(
    window: VoicesWindow, qtbot: QtBot, recorder: Recorder
) -> None:
    stored("Anna")
    window._worker.look()
    listed(qtbot, window)
    window.list.rows[1].button.click()
    click(qtbot, window.list.rows[1].delete_button)
    qtbot.waitUntil(lambda: names(window) == [""], timeout=WAIT_MS)
    assert recorder.settings.voice == ""
    assert window.banner.text.text() == messages.DELETED.format("Anna")
    assert list_voices() == []
    click(qtbot, window.undo_button)
    qtbot.waitUntil(lambda: names(window) == ["", "Anna"], timeout=WAIT_MS)
    assert load_voice("Anna").name == "Anna"


def test_as_long_as_there_is_no_voice_the_list_says_so(window: VoicesWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(window.list.empty.isVisible, timeout=WAIT_MS)
    stored("Anna")
    window._worker.look()
    listed(qtbot, window)
    assert not window.list.empty.isVisible()


def test_a_damaged_voice_can_be_deleted_but_not_chosen(window: VoicesWindow, qtbot: QtBot) -> None:
    stored("Anna")
    from ser_desktop.core import paths

    (paths.voices_folder() / "Anna" / "voice.json").write_text("{")
    window._worker.look()
    listed(qtbot, window)
    assert not window.list.rows[1].button.isEnabled()
    assert window.list.rows[1].text.text() == messages.DAMAGED
    click(qtbot, window.list.rows[1].delete_button)
    qtbot.waitUntil(lambda: names(window) == [""], timeout=WAIT_MS)
    assert not window.undo_button.isVisible()


def test_nothing_is_recorded_or_chosen_while_the_main_window_records(
    window: VoicesWindow, qtbot: QtBot, recorder: Recorder, cable: SilentCable
) -> None:
    click(qtbot, window.recording.record_button)
    cable.speak(3.0)
    recorder.session.go(SessionState.IDLE)
    recorder.session.start("Cable", MONDAY)
    recorder.state_changed.emit(SessionState.LISTENING)
    qtbot.waitUntil(lambda: messages.BUSY in window.recording.status.text(), timeout=WAIT_MS)
    assert not window.recording.taker.is_running
    assert not window.list.isEnabled()
    assert not window.recording.again_button.isEnabled()


def test_without_a_microphone_it_says_what_to_do(window: VoicesWindow, qtbot: QtBot, recorder: Recorder) -> None:
    recorder.inputs.source = None
    qtbot.waitUntil(lambda: window.recording.status.text() == messages.NO_MICROPHONE, timeout=WAIT_MS)
    assert not window.recording.record_button.isEnabled()


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (model("global"), "takes every voice alike"),
        (model(), "an average speaker stands in"),
        (model(voice="Anna", voice_use=VoiceUse.USED), "listens for the voice of Anna"),
        (model(voice="Anna", voice_use=VoiceUse.UNKNOWN), "Record it once more"),
        (model(voice="Anna", voice_use=VoiceUse.UNPREPARED), "would mislead it"),
    ],
)
def test_it_says_what_the_model_makes_of_a_voice(window: VoicesWindow, info: ModelInfo, said: str) -> None:
    window._model_changed(info)
    assert said in window.list.use_text.text()


def test_the_gain_that_is_named_is_the_stored_one(window: VoicesWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    found = VoiceGain(without=41.2, calibrated=54.7, validation=3.0, n_speakers=24, n_better=19)
    monkeypatch.setattr(voice_list, "find_gain", lambda *_model: found)
    window._model_changed(model())
    text = window.list.gain_text.text()
    assert "55 %" in text
    assert "41 %" in text
    assert "19 of 24" in text
    window._model_changed(model("global"))
    assert not window.list.gain_text.isVisible()


def test_no_gain_is_said_where_validation_speakers_had_none(qapp: QApplication) -> None:
    found = VoiceGain(without=50.0, calibrated=52.0, validation=-0.5, n_speakers=2, n_better=1)
    assert "gained nothing" in messages.gain(found)
    unclear = VoiceGain(without=68.6, calibrated=66.2, validation=3.8, n_speakers=2, n_better=1)
    said = messages.gain(unclear)
    assert "helped some voices and harmed others" in said
    assert all(figure in said for figure in ("66 %", "69 %", "1 of 2", "4 points"))
    assert messages.gain(None) == ""


def test_everything_is_reached_with_the_keyboard(window: VoicesWindow, qtbot: QtBot) -> None:
    stored("Anna")
    window._worker.look()
    listed(qtbot, window)
    reached = set()
    for _ in range(12):
        focused = QApplication.focusWidget()
        reached.add(id(focused))
        qtbot.keyClick(focused or window, Qt.Key.Key_Tab)
    wanted = [window.recording.name_edit, window.recording.record_button, window.list.rows[1].delete_button]
    assert all(id(widget) in reached for widget in wanted)


def test_the_study_that_is_shipped_is_read_without_complaint(qapp: QApplication) -> None:
    voice_gain.forget()
    assert voice_gain.study_file().is_file()
    found = voice_gain.find_gain("dense", ("egemaps",), "")
    assert found is not None
    assert found.is_worth_it
    assert found.calibrated > found.without

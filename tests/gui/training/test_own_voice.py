"""Recording one's own voice, with a microphone that plays what a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.levels import FLOOR_DB, InputLight
from ser_desktop.core.ring import RingBuffer
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import Settings
from ser_desktop.core.takes import create_corpus
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.theme import apply_theme
from ser_desktop.gui.training import voice_messages as words
from ser_desktop.gui.training.own_voice import OwnVoicePanel
from tests.helpers.sounds import speech_like

RATE = 48_000


class SilentCable:
    """A source without a sound card: a test speaks into it."""

    name = "Cable"
    rate_hz = float(RATE)
    latency_s = 0.0
    n_overflows = 0

    def __init__(self) -> None:
        self.ring = RingBuffer(30 * RATE)

    def hum(self, seconds: float, level: float = 0.0) -> None:
        """Hear exact silence, or a tone that is cut off where it is too loud."""
        tone = level * np.sin(np.arange(round(seconds * RATE)) / 20)
        self.ring.write(np.clip(tone, -1, 1).astype(np.float32))

    def speak(self, seconds: float, level: float = 0.2) -> None:
        """Hear a voice for so long, at once."""
        at_16_khz = speech_like(seconds, level=level).astype(np.float32)
        self.ring.write(np.repeat(at_16_khz, 3))

    def service(self) -> bool:
        """Go on."""
        return True

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def cable() -> SilentCable:
    return SilentCable()


@pytest.fixture
def recorder(cable: SilentCable, tmp_path: Path) -> Recorder:
    """A recorder whose threads are not begun: its microphone is the cable."""
    recorder = Recorder(Settings(), tmp_path / "settings.json")
    recorder.inputs.source = cable  # type: ignore[assignment]
    return recorder


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication, recorder: Recorder) -> Iterator[OwnVoicePanel]:
    apply_theme(qapp, "light")
    panel = OwnVoicePanel(recorder)
    qtbot.addWidget(panel)
    panel.show()
    yield panel
    panel.close()


def click(qtbot: QtBot, button: QPushButton) -> None:
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def take(qtbot: QtBot, panel: OwnVoicePanel, cable: SilentCable, seconds: float = 1.0) -> None:
    click(qtbot, panel.record_button)
    assert panel.record_button.text() == words.STOP
    cable.speak(seconds)
    click(qtbot, panel.record_button)


def begin(qtbot: QtBot, panel: OwnVoicePanel) -> None:
    panel.title_edit.setText("Anna, zu Hause")
    panel.speaker_edit.setText("Anna")
    click(qtbot, panel.create_button)


def test_takes_are_kept_until_there_are_enough_to_go_on(panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable) -> None:
    begin(qtbot, panel)
    assert not panel.choice().is_chosen
    for label in ("neutral", "happy"):
        panel.class_buttons[label].click()
        for _ in range(3):
            assert not panel.choice().is_chosen
            take(qtbot, panel, cable)
            assert panel.status.text() == "1.0 s. Sounds fine."
            click(qtbot, panel.keep_button)
    assert panel.class_buttons["happy"].text() == words.class_button("happy", 3)
    chosen = panel.choice()
    assert (chosen.key, chosen.data) == ("folder", (str(paths.recordings_folder() / "Anna, zu Hause"),))
    samples, rate = sf.read(paths.recordings_folder() / "Anna, zu Hause" / "happy" / "Anna" / "take-003.wav")
    assert rate == 16_000
    assert len(samples) == pytest.approx(16_000, abs=50)


def test_nothing_is_written_before_keep_and_again_forgets(
    panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable
) -> None:
    begin(qtbot, panel)
    take(qtbot, panel, cable)
    click(qtbot, panel.again_button)
    assert panel.taker.is_running
    cable.speak(2.0)
    click(qtbot, panel.record_button)
    assert panel.status.text().startswith("2.0 s.")
    assert not list(paths.recordings_folder().rglob("*.wav"))


def test_a_take_ends_by_itself_after_eight_seconds(panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable) -> None:
    begin(qtbot, panel)
    click(qtbot, panel.record_button)
    cable.speak(9.0)
    qtbot.waitUntil(lambda: panel.status.text().startswith("8.0 s."), timeout=5000)


def test_a_bad_take_says_why_and_may_be_kept_all_the_same(
    panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable
) -> None:
    begin(qtbot, panel)
    take(qtbot, panel, cable, seconds=0.3)
    assert panel.status.text() == "0.3 s. Shorter than half a second. Better record it again."
    click(qtbot, panel.keep_button)
    assert panel.class_buttons["neutral"].text() == words.class_button("neutral", 1)
    click(qtbot, panel.undo_button)
    assert panel.class_buttons["neutral"].text() == words.class_button("neutral", 0)


def test_a_take_that_cannot_be_written_is_not_lost(
    panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(qtbot, panel)
    take(qtbot, panel, cable)
    told: list[str] = []
    panel.noticed.connect(lambda notice: told.append(notice.text))

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_bytes", full)
        click(qtbot, panel.keep_button)
    assert "No space left" in told[0]
    click(qtbot, panel.keep_button)
    assert panel.class_buttons["neutral"].text() == words.class_button("neutral", 1)


def test_emotions_of_ones_own_are_added_by_name(panel: OwnVoicePanel, qtbot: QtBot) -> None:
    begin(qtbot, panel)
    qtbot.keyClicks(panel.class_edit, "bored")
    qtbot.keyClick(panel.class_edit, Qt.Key.Key_Return)
    assert panel.class_buttons["bored"].isChecked()
    assert "as if you were bored" in panel.prompt.text()
    panel.class_buttons["background"].click()
    assert panel.prompt.text() == words.SILENCE_PROMPT


def test_names_that_cannot_be_used_are_told(panel: OwnVoicePanel, qtbot: QtBot) -> None:
    told: list[str] = []
    panel.noticed.connect(lambda notice: told.append(notice.text))
    panel.title_edit.setText("a/b")
    click(qtbot, panel.create_button)
    assert "cannot be the name of a folder" in told[0]
    assert not panel.takes.isVisible()


def test_earlier_recordings_are_gone_on_with(qtbot: QtBot, tmp_path: Path) -> None:
    corpus = create_corpus("Old", "me")
    for label in ("happy", "sad"):
        for _ in range(3):
            corpus.add(label, speech_like(1.0).astype(np.float32))
    panel = OwnVoicePanel(Recorder(Settings(), tmp_path / "settings.json"))
    qtbot.addWidget(panel)
    panel.show()
    assert panel.picker.currentText() == "Old"
    assert panel.choice().data == (str(corpus.folder),)
    assert panel.status.text() == words.NO_MICROPHONE
    assert not panel.record_button.isEnabled()
    panel.close()


def test_another_person_s_emotions_are_not_mixed_in(panel: OwnVoicePanel, qtbot: QtBot) -> None:
    begin(qtbot, panel)
    panel.class_edit.setText("bored")
    panel.add_button.click()
    other = create_corpus("Ben", "ben")
    panel._list_corpora()
    panel.picker.setCurrentIndex(panel.picker.findText("Ben"))
    panel._picked(panel.picker.currentIndex())
    assert panel.corpus == other
    assert not panel.class_buttons["bored"].isVisible()
    assert panel.class_buttons["neutral"].isVisible()


def main_window_records(recorder: Recorder) -> None:
    recorder.session.go(SessionState.IDLE)
    recorder.session.start("Cable", datetime.now().astimezone())


def test_nothing_is_recorded_while_the_main_window_records(
    panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable, recorder: Recorder
) -> None:
    begin(qtbot, panel)
    take(qtbot, panel, cable)
    main_window_records(recorder)
    click(qtbot, panel.again_button)
    assert not panel.taker.is_running
    qtbot.waitUntil(lambda: panel.status.text() == f"1.0 s. Sounds fine. {words.BUSY}")
    assert not panel.again_button.isEnabled()
    click(qtbot, panel.keep_button)
    assert panel.status.text() == words.BUSY
    assert not panel.record_button.isEnabled()
    recorder.session.go(SessionState.FINISHING)
    recorder.session.go(SessionState.IDLE)
    qtbot.waitUntil(panel.record_button.isEnabled)
    assert panel.status.text() == words.PRESS


def test_a_take_ends_when_the_main_window_begins_to_record(
    panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable, recorder: Recorder
) -> None:
    begin(qtbot, panel)
    click(qtbot, panel.record_button)
    cable.speak(1.0)
    main_window_records(recorder)
    qtbot.waitUntil(panel.keep_button.isVisible)
    assert panel.status.text().startswith("1.0 s. Sounds fine.")


def test_a_take_outlives_its_microphone(
    panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable, recorder: Recorder
) -> None:
    begin(qtbot, panel)
    click(qtbot, panel.record_button)
    cable.speak(1.0)
    qtbot.waitUntil(lambda: panel.meter.level_db > FLOOR_DB)
    recorder.inputs.source = None
    qtbot.waitUntil(panel.keep_button.isVisible)
    assert panel.status.text() == f"1.0 s. Sounds fine. {words.NO_MICROPHONE}"
    assert panel.meter.level_db == FLOOR_DB
    assert panel.light.light is InputLight.WAITING
    click(qtbot, panel.keep_button)
    assert panel.class_buttons["neutral"].text() == words.class_button("neutral", 1)
    assert panel.status.text() == words.NO_MICROPHONE


def test_a_take_never_lands_in_another_class(panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable) -> None:
    begin(qtbot, panel)
    click(qtbot, panel.record_button)
    cable.speak(1.0)
    click(qtbot, panel.class_buttons["sad"])
    assert not panel.taker.is_running
    assert panel.record_button.text() == words.RECORD
    take(qtbot, panel, cable)
    click(qtbot, panel.class_buttons["happy"])
    assert not panel.keep_button.isVisible()


def test_levels_are_looked_at_only_while_they_are_shown(panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable) -> None:
    begin(qtbot, panel)
    timers = panel.findChildren(QTimer)
    click(qtbot, panel.record_button)
    cable.speak(1.0)
    assert all(timer.isActive() for timer in timers)
    panel.hide()
    assert not any(timer.isActive() for timer in timers)
    panel.show()
    assert (panel.record_button.text(), panel.status.text()) == (words.RECORD, words.PRESS)
    assert all(timer.isActive() for timer in timers)


def test_damaged_recordings_are_told_once_somebody_looks(qtbot: QtBot, recorder: Recorder) -> None:
    corpus = create_corpus("Aged", "me")
    (corpus.folder / "corpus.json").write_text("{")
    panel = OwnVoicePanel(recorder)
    qtbot.addWidget(panel)
    told: list[str] = []
    panel.noticed.connect(lambda notice: told.append(notice.text))
    panel.show()
    assert "is damaged" in told[0]
    assert not panel.choice().is_chosen
    assert not panel.takes.isVisible()
    panel.close()


def test_everything_can_be_done_with_the_keyboard(panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable) -> None:
    qtbot.keyClick(panel.speaker_edit, Qt.Key.Key_Return)
    panel.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is panel.record_button)
    qtbot.keyClick(panel.record_button, Qt.Key.Key_Space)
    cable.speak(1.0)
    qtbot.keyClick(panel.record_button, Qt.Key.Key_Space)
    assert QApplication.focusWidget() is panel.keep_button
    qtbot.keyClick(panel.keep_button, Qt.Key.Key_Return)
    assert panel.class_buttons["neutral"].accessibleName() == "neutral, one take"
    assert QApplication.focusWidget() is panel.record_button


def test_a_shortcut_records_and_stops_but_drops_no_take(panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable) -> None:
    def press(widget: QWidget) -> None:
        qtbot.keyClick(widget, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    begin(qtbot, panel)
    panel.activateWindow()
    panel.class_edit.setFocus()
    press(panel.class_edit)
    assert panel.taker.is_running
    cable.speak(1.0)
    press(panel.class_edit)
    assert panel.take_samples is not None
    press(panel.class_edit)
    assert panel.take_samples is not None
    assert not panel.taker.is_running


def test_the_next_take_has_the_next_sentence_of_the_corpus(
    panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable
) -> None:
    begin(qtbot, panel)
    assert panel.corpus is not None
    for sentence in panel.corpus.prompts[:3]:
        assert sentence in panel.prompt.text()
        take(qtbot, panel, cable)
        click(qtbot, panel.keep_button)


@pytest.mark.parametrize(("level", "why"), [(0.0, "exact silence"), (3.0, "Too loud")])
def test_a_microphone_that_is_muted_or_too_loud_is_told(
    panel: OwnVoicePanel, qtbot: QtBot, cable: SilentCable, level: float, why: str
) -> None:
    begin(qtbot, panel)
    click(qtbot, panel.record_button)
    cable.hum(1.0, level)
    click(qtbot, panel.record_button)
    assert why in panel.status.text()
    assert panel.status.text().endswith("Better record it again.")

"""Recording one's own voice, with a microphone that plays what a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.ring import RingBuffer
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
def panel(qtbot: QtBot, qapp: QApplication, cable: SilentCable, tmp_path: Path) -> Iterator[OwnVoicePanel]:
    apply_theme(qapp, "light")
    recorder = Recorder(Settings(), tmp_path / "settings.json")
    recorder.source = cable  # type: ignore[assignment]
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
    assert panel.status.text() == "0.3 s. Shorter than half a second."
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

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(sf, "write", full)
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

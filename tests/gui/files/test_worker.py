"""The two threads for sound files, one order after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ser_desktop.core.file_search import FoundFile
from ser_desktop.core.normalise import Statistics
from ser_desktop.core.stream import Judge
from ser_desktop.core.voices import Voice, VoiceInfo, key_of, save_voice
from ser_desktop.gui.files import worker as worker_module
from ser_desktop.gui.files.worker import AnalysisWorker, DeskWorker, ModelChoice, Outcome
from ser_desktop.gui.workers import open_model
from tests.helpers.bad_files import write_voice
from tests.helpers.bundles import EGEMAPS, write_bundle

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:opensmile")
DONE_MS = 30_000


def stored(name: str, speech_s: float) -> None:
    one = np.ones((1, 25), np.float32)
    info = VoiceInfo(name, speech_s, datetime(2026, 1, 5, tzinfo=UTC))
    save_voice(Voice(info, {key_of(EGEMAPS): Statistics(one, one)}))


class NotingOpener:
    """Opens models for real and notes which voices they are given."""

    def __init__(self) -> None:
        self.n_opened = 0
        self.voices: list[tuple[str, float]] = []

    def __call__(self, folder: Path, device: str, backend: str) -> Judge:
        judge = open_model(folder, device, backend)
        self.n_opened += 1
        judge.use_voice = lambda voice: self.voices.append((voice.name, voice.info.speech_s))  # type: ignore[attr-defined]
        return judge


@pytest.fixture
def opener() -> NotingOpener:
    return NotingOpener()


@pytest.fixture
def analysis(qtbot: QtBot, opener: NotingOpener) -> Iterator[AnalysisWorker]:
    worker = AnalysisWorker(opener)
    worker.start()
    yield worker
    assert worker.shut_down()


@pytest.fixture
def analyse(qtbot: QtBot, analysis: AnalysisWorker, tmp_path: Path) -> Callable[[str], Outcome]:
    """Analyse a file with somebody's voice and return how it ended."""
    file, bundle = write_voice(tmp_path / "voice.wav"), write_bundle(tmp_path / "bundle")

    def one(voice: str) -> Outcome:
        with qtbot.waitSignal(analysis.ended, timeout=DONE_MS) as ended:
            analysis.analyse(1, file, ModelChoice(bundle, "cpu", "auto", voice))
        return ended.args[1]  # type: ignore[no-any-return]

    return one


def test_a_voice_that_was_recorded_once_more_is_used_for_the_next_file(
    analyse: Callable[[str], Outcome], opener: NotingOpener
) -> None:
    stored("Anna", 21.0)
    for _ in range(2):
        assert analyse("Anna").analysis is not None
    assert opener.voices == [("Anna", 21.0)]
    stored("Anna", 34.0)
    assert analyse("Anna").analysis is not None
    assert opener.voices == [("Anna", 21.0), ("Anna", 34.0)]
    assert opener.n_opened == 1, "the model is the same"


def test_a_voice_that_is_gone_is_no_fault_of_the_model(analyse: Callable[[str], Outcome]) -> None:
    outcome = analyse("Anna")
    assert "no voice «Anna»" in outcome.problem
    assert not outcome.no_model


def test_a_search_that_was_cancelled_stays_so_when_something_else_is_dropped(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_looking, goes_on = threading.Event(), threading.Event()

    def find(places: Sequence[Path], check: Callable[[], None]) -> Iterator[FoundFile]:
        if places[0].name == "cancelled.wav":
            is_looking.set()
            assert goes_on.wait(10)
        check()
        yield FoundFile(places[0])

    monkeypatch.setattr(worker_module, "find_sound_files", find)
    found: list[str] = []
    desk = DeskWorker()
    desk.found.connect(lambda files: found.extend(file.path.name for file in files))
    desk.start()
    desk.gather([write_voice(tmp_path / "cancelled.wav")])
    assert is_looking.wait(10)
    desk.cancel()
    desk.gather([write_voice(tmp_path / "wanted.wav")])
    goes_on.set()
    qtbot.waitUntil(lambda: "wanted.wav" in found, timeout=DONE_MS)
    assert found == ["wanted.wav"]
    assert desk.shut_down()

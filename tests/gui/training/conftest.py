from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.theme import apply_theme
from ser_desktop.gui.training.window import TrainingWindow
from ser_desktop.gui.trainings import Trainings
from tests.helpers.scripted_trainer import ScriptedTrainer


@pytest.fixture
def trainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedTrainer:
    return ScriptedTrainer(tmp_path, monkeypatch)


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, trainer: ScriptedTrainer) -> Iterator[TrainingWindow]:
    """The training window with a trainer that says what a test wants."""
    apply_theme(qapp, "light")
    installer = InstallWorker()
    window = TrainingWindow(Trainings(paths.trainings_folder()), installer)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()
    assert installer.shut_down()

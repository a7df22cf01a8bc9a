from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ser_desktop.gui.files.entries import Entry
from ser_desktop.gui.files.queue import FileQueue
from ser_desktop.gui.files.window import FilesWindow
from ser_desktop.gui.files.worker import AnalysisWorker, ModelChoice
from ser_desktop.gui.theme import apply_theme
from tests.helpers.bundles import write_bundle

Drop = Callable[..., None]


def drop(target: QWidget, *places: Path, urls: tuple[str, ...] = ()) -> bool:
    """Drag what is named over a widget and let go there; returns whether it was taken."""
    data = QMimeData()
    data.setUrls([*(QUrl.fromLocalFile(str(place)) for place in places), *map(QUrl, urls)])
    copy, mouse, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, data, mouse, keys)
    QApplication.sendEvent(target, enter)
    if not enter.isAccepted():
        return False
    # Qt hands a drop to whatever took what was dragged over it.
    QApplication.sendEvent(target, QDropEvent(QPointF(5, 5), copy, data, mouse, keys))
    return True


def entry_of(queue: FileQueue, name: str) -> Entry:
    return next(entry for entry in queue.table.entries if entry.path.name == name)


@pytest.fixture
def analysis() -> AnalysisWorker:
    return AnalysisWorker()


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, analysis: AnalysisWorker) -> Iterator[FilesWindow]:
    """The window with its real threads and a small model."""
    apply_theme(qapp, "light")
    model = ModelChoice(write_bundle(tmp_path / "bundle"), "cpu", "auto")
    queue = FileQueue(lambda: model, analysis)
    window = FilesWindow(queue)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()
    assert queue.shut_down()

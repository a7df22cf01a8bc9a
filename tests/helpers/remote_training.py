"""What the remote window does in the training window: real keys, clicks on what is visible, a drop."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QProgressBar, QWidget

from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.training.window import TrainingWindow


class TrainingOrders:
    """Acts on the training window of a main window.

    Parameters
    ----------
    window : MainWindow
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def open(self) -> None:
        """Open it with its key."""
        self._window.activateWindow()
        QTest.qWaitForWindowActive(self._window)
        QTest.keyClick(self._window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)

    def press(self, text: str) -> bool:
        """Click a visible, enabled button; say whether there was one."""
        for button in self._shown(QAbstractButton):
            if button.text().strip() == text and button.isEnabled():  # type: ignore[attr-defined]
                QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=_handle(button))
                return True
        return False

    def drop(self, path: str) -> None:
        """Drop a file or folder on the page that is shown."""
        page = self._training.new_model.corpus_page
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(path)])
        place, copy = page.rect().center(), Qt.DropAction.CopyAction
        mouse, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        # Qt hands a drop to whatever was entered before.
        QApplication.sendEvent(page, QDragEnterEvent(place, copy, data, mouse, keys))
        QApplication.sendEvent(page, QDropEvent(QPointF(place), copy, data, mouse, keys))

    def facts(self) -> dict[str, object]:
        """What the window shows."""
        watch = self._training.run_page.watch
        return {
            "page": type(self._training.stack.currentWidget()).__name__,
            "step": self._training.new_model.step,
            "state": str(watch.state) if watch and watch.state else "",
            "texts": [label.text() for label in self._shown(QLabel) if label.text()],  # type: ignore[attr-defined]
            "buttons": [b.text() for b in self._shown(QAbstractButton) if b.isEnabled()],  # type: ignore[attr-defined]
            "share": max((bar.value() / max(1, bar.maximum()) for bar in self._bars()), default=0.0),
        }

    def picture(self, path: str) -> bool:
        """Save what the window looks like."""
        return self._training.grab().save(path)

    @property
    def _training(self) -> TrainingWindow:
        if self._window.training.window is None:
            self._window.training.open()
        assert self._window.training.window is not None
        return self._window.training.window

    def _bars(self) -> list[QProgressBar]:
        return [bar for bar in self._shown(QProgressBar) if isinstance(bar, QProgressBar) and bar.maximum() > 0]

    def _shown(self, kind: type[QWidget]) -> Iterator[QWidget]:
        return (widget for widget in self._training.findChildren(kind) if widget.isVisible())


def _handle(button: QAbstractButton) -> object:
    # A box or a radio button is clicked at its mark: the rest of its width may be empty.
    centre = button.rect().center()
    if button.isCheckable() and button.objectName() != "rail":
        centre.setX(10)
    return centre

"""Files and folders that are dropped on the main window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QGraphicsView, QMainWindow, QStyle

from ser_desktop.gui.files import messages
from ser_desktop.gui.widgets import Card, label

_SIGN = QSize(420, 140)
_CENTRE = Qt.AlignmentFlag.AlignCenter
_ENDS = (QEvent.Type.DragLeave, QEvent.Type.Drop, QEvent.Type.Hide)


def local_places(data: QMimeData) -> list[Path]:
    """Return the files and folders of this computer that are being dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()] if data.hasUrls() else []


class DropCatcher(QObject):
    """Catches what is dropped on a window, and says meanwhile what will happen.

    Parameters
    ----------
    window : QMainWindow

    Signals
    -------
    dropped(list of Path)
    """

    dropped = Signal(object)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.sign = Card()
        self.sign.setParent(window)
        self.sign.setProperty("chosen", True)
        words = label(messages.DROP_NOW, "question")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sign.body.addWidget(words)
        self.sign.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.sign.hide()
        window.setAcceptDrops(True)
        # Plots take every drag and do nothing with it.
        for plot in window.findChildren(QGraphicsView):
            plot.setAcceptDrops(False)
            plot.viewport().setAcceptDrops(False)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if isinstance(event, QDragEnterEvent) and event.type() is QEvent.Type.DragEnter:
            if not local_places(event.mimeData()):
                return False
            event.acceptProposedAction()
            self._show_sign()
            return True
        if event.type() in _ENDS:
            self.sign.hide()
        if isinstance(event, QDropEvent) and event.type() is QEvent.Type.Drop:
            event.acceptProposedAction()
            self.dropped.emit(local_places(event.mimeData()))
            return True
        return super().eventFilter(watched, event)

    def _show_sign(self) -> None:
        size = _SIGN.boundedTo(self._window.size())
        self.sign.setGeometry(QStyle.alignedRect(Qt.LayoutDirection.LeftToRight, _CENTRE, size, self._window.rect()))
        self.sign.raise_()
        self.sign.show()

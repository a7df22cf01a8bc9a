"""The window of calibrated voices."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.voices import VoiceInfo
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.voices import messages
from ser_desktop.gui.voices.recording import VoiceRecording
from ser_desktop.gui.voices.voice_list import VoiceList
from ser_desktop.gui.voices.voice_worker import VoiceWorker
from ser_desktop.gui.widgets import label, scrolled


class VoicesWindow(QDialog):
    """Lists voices, records them, and says what the model in use makes of them.

    Parameters
    ----------
    recorder : Recorder
    worker : VoiceWorker
        Started with the first look; whoever makes it shuts it down.
    parent : QWidget or None
    """

    def __init__(self, recorder: Recorder, worker: VoiceWorker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recorder, self._worker = recorder, worker
        self._voices: Sequence[VoiceInfo | str] = ()
        self.setWindowTitle(messages.TITLE)
        self.setMinimumSize(760, 480)
        self.resize(1000, 660)
        self._build()
        recorder.model_changed.connect(self._model_changed)
        recorder.details_changed.connect(self._model_changed)
        recorder.state_changed.connect(lambda _state: self._show_voices())
        worker.listed.connect(self._listed)
        worker.progressed.connect(self.recording.show_measuring)
        worker.kept.connect(self._kept)
        worker.unkept.connect(self._unkept)
        worker.stopped.connect(self._stopped)
        worker.deleted.connect(self._deleted)
        worker.failed.connect(self._failed)

    def _build(self) -> None:
        self.banner = Banner()
        self.undo_button = QPushButton(messages.RESTORE)
        self.undo_button.setAutoDefault(False)
        self.undo_button.clicked.connect(self._restore)
        self.undo_button.hide()
        self.list, self.recording = VoiceList(), VoiceRecording(self._recorder)
        self.list.chosen.connect(self._chosen)
        self.list.delete_wanted.connect(self._worker.delete)
        self.recording.keep_wanted.connect(self._keep)
        self.recording.cancel_wanted.connect(self._worker.cancel)
        close = QPushButton(messages.CLOSE)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 16, 16, 8)
        column.setSpacing(12)
        notice = QHBoxLayout()
        notice.addWidget(self.banner, stretch=1)
        notice.addWidget(self.undo_button)
        column.addWidget(label(messages.INTRO, "muted", wraps=True))
        column.addLayout(notice)
        cards = QHBoxLayout()
        cards.setSpacing(12)
        cards.addWidget(self.list, stretch=2)
        cards.addWidget(self.recording, stretch=3)
        column.addLayout(cards)
        column.addStretch(1)
        page, foot = QVBoxLayout(self), QHBoxLayout()
        page.setContentsMargins(0, 0, 0, 12)
        page.setSpacing(0)
        page.addWidget(scrolled(inside))
        foot.setContentsMargins(16, 8, 16, 0)
        foot.addStretch(1)
        foot.addWidget(close)
        page.addLayout(foot)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at what is there whenever the window comes up."""
        super().showEvent(event)
        if not self._worker.isRunning():
            self._worker.start()
        self._worker.look()
        self._model_changed(self._recorder.model)
        # Once the layout stands: whoever has no voice yet begins by typing whose it is.
        QTimer(self, singleShot=True, interval=0, timeout=self.recording.name_edit.setFocus).start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Forget what has been read; what is being measured is finished."""
        self._say(None)
        super().closeEvent(event)

    # ---- what people do

    def _chosen(self, name: str) -> None:
        self._say(None)
        self._recorder.use_voice(name)

    def _keep(self, name: str, samples: FloatArray) -> None:
        self._say(None)
        self.recording.show_measuring(0, 1)
        settings = self._recorder.settings
        self._worker.keep(name, samples, settings.device, settings.backend)

    def _restore(self) -> None:
        self._say(None)
        self._worker.restore()

    # ---- what the worker and the recorder say

    def _listed(self, voices: Sequence[VoiceInfo | str]) -> None:
        self._voices = voices
        self.recording.names = tuple(messages.names(voices))
        self._show_voices()

    def _kept(self, name: str) -> None:
        self.recording.measured(is_kept=True)
        self._recorder.use_voice(name)
        self._say(Notice(messages.KEPT.format(name), is_good=True))
        self._show_voices()

    def _unkept(self, error: UserFacingError) -> None:
        self.recording.measured(is_kept=False)
        self._failed(error)

    def _stopped(self) -> None:
        self.recording.measured(is_kept=False)
        self._say(Notice(messages.STOPPED))

    def _deleted(self, name: str, can_restore: bool) -> None:
        if self._recorder.settings.voice == name:
            self._recorder.use_voice("")
        self._say(Notice(messages.DELETED.format(name)), can_restore=can_restore)

    def _failed(self, error: UserFacingError) -> None:
        self._say(Notice(str(error), is_error=True))

    def _model_changed(self, model: ModelInfo | None) -> None:
        self.list.show_model(model)
        self._show_voices()

    def _show_voices(self) -> None:
        is_free = not self._recorder.session.is_recording
        self.list.show_voices(self._voices, self._recorder.settings.voice, is_free=is_free)

    def _say(self, notice: Notice | None, *, can_restore: bool = False) -> None:
        self.banner.show_notice(notice)
        self.undo_button.setVisible(can_restore)

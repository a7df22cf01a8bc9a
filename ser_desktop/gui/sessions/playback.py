"""Hearing a moment again."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ser_desktop.audio_source import FileSource
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.session import SessionState
from ser_desktop.core.session_sound import Sound
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.moments import Moments
from ser_desktop.gui.sessions.timeline_card import TimelineCard
from ser_desktop.gui.workers import Worker
from ser_desktop.player import Player


class PlaybackWorker(Worker):
    """Reads a stretch of sound and plays it.

    Signals
    -------
    moved(float)
        Which second of the recording is heard.
    ended()
        It was played to its end, or stopped.
    """

    moved = Signal(float)
    ended = Signal()
    tick_s = 0.05

    def __init__(self) -> None:
        super().__init__("playback")
        self._player: Player | None = None
        self._start_s = 0.0

    def play(self, sound: Sound, start_s: float, end_s: float) -> None:
        """Order: play a stretch, in place of what is played."""
        self._orders.put(lambda: self._play(sound, start_s, end_s))

    def stop(self) -> None:
        """Order: be silent."""
        self._orders.put(self._stop)

    def _is_busy(self) -> bool:
        return self._player is not None

    def _play(self, sound: Sound, start_s: float, end_s: float) -> None:
        self._close()
        try:
            self._player = Player(sound.read(start_s, end_s))
        except Exception:
            # Whatever it was, and whoever tells it: the button must not stay at "Stop".
            self.ended.emit()
            raise
        self._start_s = start_s

    def _work(self) -> None:
        if self._player is None:
            return
        if self._player.is_done():
            self._stop()
        else:
            self.moved.emit(self._start_s + self._player.position_s())

    def _stop(self) -> None:
        if self._player is not None:
            self._close()
            self.ended.emit()

    def _close(self) -> None:
        player, self._player = self._player, None
        if player is not None:
            player.close()

    def _end(self) -> None:
        self._close()


class Listening(QObject):
    """The button that plays the moment which is looked at, while no microphone would hear it.

    Parameters
    ----------
    recorder : Recorder
    card : TimelineCard
    moments : Moments

    Attributes
    ----------
    sound : Sound or None
        Of the session in hand.
    """

    def __init__(self, recorder: Recorder, card: TimelineCard, moments: Moments) -> None:
        super().__init__(card)
        self._recorder, self._card, self._moments = recorder, card, moments
        self._worker = PlaybackWorker()
        self._worker.moved.connect(self._moved)
        self._worker.ended.connect(self._ended)
        self._worker.failed.connect(self._failed)
        self._worker.crashed.connect(recorder.crashed)
        self.sound: Sound | None = None
        self.is_playing = False
        card.listen.clicked.connect(self.toggle)
        moments.changed.connect(self._moment_changed)
        recorder.state_changed.connect(self._state_changed)

    def toggle(self) -> None:
        """Play the moment, or stop."""
        moment = self._moments.prediction
        if self.is_playing:
            self._worker.stop()
        elif moment is not None and self.sound is not None and not self._would_be_heard():
            if not self._worker.isRunning():
                self._worker.start()
            self.is_playing = True
            self._worker.play(self.sound, moment.start_s, moment.end_s)
            self.show()

    def stop(self) -> None:
        """Be silent."""
        if self.is_playing:
            self._worker.stop()

    def shut_down(self) -> bool:
        """Be silent for good; True once the thread is gone."""
        return not self._worker.isRunning() or self._worker.shut_down()

    def show(self) -> None:
        """Offer what is possible, and say why something is not."""
        button = self._card.listen
        button.setVisible(self._moments.prediction is not None)
        button.setText(messages.STOP_LISTENING if self.is_playing else messages.LISTEN)
        reason = self._reason()
        button.setEnabled(self.is_playing or not reason)
        button.setToolTip(messages.STOP_LISTENING_TIP if self.is_playing else reason or messages.LISTEN_TIP)

    def _reason(self) -> str:
        if self.sound is None:
            return messages.NO_SOUND
        return messages.WOULD_BE_HEARD if self._would_be_heard() else ""

    def _would_be_heard(self) -> bool:
        """Tell whether a microphone records, which would take the loudspeaker for a voice; a file hears nothing."""
        is_file = isinstance(self._recorder.inputs.source, FileSource)
        return self._recorder.session.is_recording and not is_file

    def _moment_changed(self) -> None:
        self.stop()
        self.show()

    def _state_changed(self, _state: SessionState) -> None:
        if self._would_be_heard():
            self.stop()
        self.show()

    def _moved(self, at_s: float) -> None:
        if self.is_playing:
            self._card.timeline.show_playhead(at_s)

    def _ended(self) -> None:
        self.is_playing = False
        self._card.timeline.show_playhead(None)
        self.show()

    def _failed(self, error: UserFacingError) -> None:
        self._recorder.noticed.emit(Notice(str(error), is_error=True))

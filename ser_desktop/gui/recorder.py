"""Ties session, microphone and model together, in the GUI thread; the window only shows it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from ser_desktop.audio_source import AudioSource, FileSource
from ser_desktop.core.errors import AudioFileError, SettingsError, UserFacingError
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.session import Gap, Session, SessionState
from ser_desktop.core.settings import TERMS_VERSION, Settings, save_settings
from ser_desktop.gui import messages
from ser_desktop.gui.inputs import Inputs
from ser_desktop.gui.loading import Loading
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.workers import CaptureWorker, InferenceWorker, Segment
from ser_desktop.microphone import InputDevice


class Recorder(QObject):
    """State of the program as the window shows it.

    Signals
    -------
    state_changed(SessionState)
    model_changed(ModelInfo)
    details_changed(ModelInfo)
        The model is the same, but another calibrated voice, or none, is used with it, or it is computed elsewhere.
    predicted(Prediction)
    gap_ended(Gap)
    segment_begun(Segment)
        Sound of a microphone or file is listened to from now on; the first one of a recording starts at 0.
    session_opened()
        `session` is a saved one.
    input_wanted()
        Record was pressed, and no microphone is open or about to be.
    noticed(Notice or None)
        Something to say in the banner, or nothing any more.
    crashed(object)
        An exception nobody expected.
    limits_wanted()
        Somebody wants to record who has not yet said that the limits are understood.

    Attributes
    ----------
    may_begin : function
        Asked before a recording takes the place of the session in hand; it says itself why not.
    """

    state_changed = Signal(object)
    model_changed = Signal(object)
    details_changed = Signal(object)
    predicted = Signal(object)
    gap_ended = Signal(object)
    segment_begun = Signal(object)
    session_opened = Signal()
    input_wanted = Signal()
    noticed = Signal(object)
    crashed = Signal(object)
    limits_wanted = Signal()

    def __init__(
        self,
        settings: Settings,
        settings_file: Path,
        overrides: dict[str, str] | None = None,
        inference: InferenceWorker | None = None,
        capture: CaptureWorker | None = None,
    ) -> None:
        super().__init__()
        self._stored = settings
        self.settings = replace(settings, **(overrides or {}))  # type: ignore[arg-type]
        self._settings_file = settings_file
        self.session = Session()
        self.model: ModelInfo | None = None
        self.model_folder: Path | None = None
        self.last: Prediction | None = None
        self._began_s = 0.0
        self._lost_s: float | None = None
        self._answered_s = 0.0
        # What the model's thread says about segments before the first one of this recording is ignored.
        self._segment = 0
        self._first_segment = 0
        self._starts_with_source = False
        self._play_once_loaded: tuple[Path, str] | None = None
        self._play_once_understood: tuple[Path, str] | None = None
        # Name of the microphone that is wanted and away.
        self._unplugged = ""
        self._voice_waits = False
        self._inference = inference or InferenceWorker()
        self._loading = Loading(self._inference)
        self.inputs = Inputs(capture)
        self.may_begin: Callable[[], bool] = lambda: True
        self._connect()

    def _connect(self) -> None:
        self._inference.loaded.connect(self._model_loaded)
        self._inference.predicted.connect(self._answered)
        self._inference.drained.connect(self._drained)
        self._inference.failed.connect(self._model_failed)
        self._inference.crashed.connect(self._model_crashed)
        self._inference.details_changed.connect(self._details_changed)
        self._inference.voice_failed.connect(self._voice_failed)
        self.inputs.listed.connect(self._listed)
        self.inputs.picked.connect(self._remember)
        self.inputs.opened.connect(self._source_opened)
        self.inputs.unopened.connect(self._source_absent)
        self.inputs.refused.connect(self._source_refused)
        self.inputs.lost.connect(self._source_lost)
        self.inputs.ended.connect(self._source_ended)
        self.inputs.crashed.connect(self._capture_crashed)

    # ---- life

    def start(self) -> None:
        """Begin loading the model and looking for microphones; the window is visible by now."""
        self._inference.start()
        self.inputs.start()
        # PortAudio is a library too: it is loaded once the model's libraries no longer block the loader.
        self._inference.mapped.connect(self._first_scan, Qt.ConnectionType.SingleShotConnection)
        if self.settings.voice:
            self._inference.use_voice(self.settings.voice)
        self._loading.begin(self.settings.bundle, self.settings)

    def _first_scan(self) -> None:
        if self.inputs.source is None and not self.inputs.is_opening:
            self.rescan()

    def shut_down(self) -> bool:
        """Source first, then the model; True when both threads are gone."""
        capture_gone = self.inputs.shut_down()
        return self._inference.shut_down() and capture_gone

    # ---- what people do

    def toggle(self) -> None:
        """Record or stop."""
        if self.session.is_recording:
            self.stop()
        elif not self.settings.understands:
            self.limits_wanted.emit()
        elif self.session.state is SessionState.IDLE and self.may_begin():
            self._record()

    def understand(self) -> None:
        """Remember that the limits were understood, and play what waited for it."""
        self.change_settings(understood=TERMS_VERSION)
        waiting, self._play_once_understood = self._play_once_understood, None
        if waiting is not None:
            self.play(*waiting)

    def stop(self) -> None:
        """Stop; the last words are still analysed."""
        if not self.session.is_recording:
            return
        if self.session.state is SessionState.PAUSED:
            self.inputs.stop_waiting()
            self.noticed.emit(None)
        self._go(SessionState.FINISHING)
        self._inference.finish()

    def rescan(self) -> None:
        """Look for microphones again."""
        if not self.session.is_recording:
            self._starts_with_source = False
            self.inputs.rescan(self.settings.microphone)

    def choose(self, device: InputDevice) -> None:
        """Listen to another microphone from now on; it is remembered once it is open."""
        self.noticed.emit(None)
        self._starts_with_source = False
        self.inputs.open_device(device)

    def play(self, path: Path, name: str) -> None:
        """Take a sound file as virtual input and record it at once."""
        if not self.settings.understands:
            self._play_once_understood = (path, name)
            self.limits_wanted.emit()
        elif self.session.state is SessionState.LOADING:
            self._play_once_loaded = (path, name)
        elif self.session.state is SessionState.IDLE and self.may_begin():
            self.noticed.emit(None)
            self.inputs.open_file(path, name)
            self._starts_with_source = True

    def open_model(self, folder: Path | None) -> None:
        """Use another bundle, or the embedded one; it is remembered once it is loaded."""
        if self.session.state in {SessionState.IDLE, SessionState.FAILED}:
            self._starts_with_source = False
            self._go(SessionState.LOADING)
            self._loading.begin(str(folder) if folder else "", self.settings)

    def show_session(self, session: Session) -> None:
        """Show a session that was saved, in place of the last recording."""
        if self.session.state is SessionState.IDLE:
            self.session = session
            self.last = session.history[-1] if session.history else None
            self.session_opened.emit()
            self.state_changed.emit(session.state)

    def use_voice(self, name: str) -> None:
        """Use a calibrated voice, or none (""), from now on, or once the recording is over; it is remembered."""
        self.change_settings(voice=name)
        self._voice_waits = self.session.is_recording or self.session.state is SessionState.FINISHING
        if not self._voice_waits:
            self._inference.use_voice(name)

    def change_settings(self, **changes: str | float) -> None:
        """Apply and remember settings; when they cannot be saved, the banner says so."""
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self._stored = replace(self._stored, **changes)  # type: ignore[arg-type]
        try:
            save_settings(self._stored, self._settings_file)
        except SettingsError as error:
            self.noticed.emit(Notice(str(error)))

    # ---- what the window asks

    @property
    def chosen_name(self) -> str:
        """Name of the source in use or awaited."""
        return self.inputs.name or self.settings.microphone

    def elapsed_s(self) -> float:
        """Seconds since the recording began (until the last answer, once it is over)."""
        if self.session.is_recording:
            return time.monotonic() - self._began_s
        return self.session.history[-1].end_s if self.session.history else 0.0

    def age_s(self) -> float:
        """How old the current answer is: what it lagged when it came, and the time since."""
        if self.last is None:
            return 0.0
        return self.last.latency_s + (time.monotonic() - self._answered_s)

    # ---- what the model says

    def _model_loaded(self, model: ModelInfo) -> None:
        if self._loading.bundle != self.settings.bundle:
            self.change_settings(bundle=self._loading.bundle)
        self.model, self.model_folder = model, self._loading.folder
        if not self.session.history:
            # A recording that is over, or was opened, stays in hand until the next one begins.
            self.last = None
            self.session = Session.of(model)
        self.model_changed.emit(model)
        self._go(SessionState.IDLE)
        waiting, self._play_once_loaded = self._play_once_loaded, None
        if waiting is not None:
            self.play(*waiting)

    def _details_changed(self, model: ModelInfo) -> None:
        self.model = model
        self.details_changed.emit(model)

    def _voice_failed(self, error: UserFacingError) -> None:
        # The others may still be there: it is asked for no more.
        self.change_settings(voice="")
        self.noticed.emit(Notice(str(error), is_error=True))

    def _model_failed(self, error: UserFacingError) -> None:
        if self.session.is_recording:
            self.stop()
        elif self.session.state is SessionState.LOADING:
            instead = self._loading.give_way(error, self.settings) if self.model is None else None
            if instead is not None:
                self.noticed.emit(Notice(instead, is_error=True))
                # For this run only: the other one may lie on a disk that is not connected today.
                self.settings = replace(self.settings, bundle="")
                return
            self._loading_ended()
        self.noticed.emit(Notice(str(error), is_error=True))

    def _model_crashed(self, error: BaseException) -> None:
        if self.session.is_recording:
            self.stop()
        elif self.session.state is SessionState.LOADING:
            self._loading_ended()
        self.crashed.emit(error)

    def _loading_ended(self) -> None:
        """After a failure: the model before, if there is one, goes on working."""
        self._play_once_loaded = None
        self._go(SessionState.IDLE if self.model is not None else SessionState.FAILED)

    def _answered(self, segment: int, prediction: Prediction) -> None:
        if segment < self._first_segment:
            return
        self.last = prediction
        self._answered_s = time.monotonic()
        self.session.add(prediction)
        self.predicted.emit(prediction)

    def _drained(self, segment: int) -> None:
        if self.session.state is not SessionState.FINISHING or segment != self._segment:
            return
        self._go(SessionState.IDLE)
        if self._voice_waits:
            self.use_voice(self.settings.voice)
        if self.inputs.source is None or isinstance(self.inputs.source, FileSource):
            self.rescan()

    # ---- what the sound card says

    def _listed(self) -> None:
        wanted = self.settings.microphone
        is_there = any(device.name == wanted for device in self.inputs.devices)
        if wanted and not is_there and not self.session.is_recording:
            self._unplugged = wanted
            self.noticed.emit(Notice(messages.unplugged(wanted)))

    def _remember(self, device: InputDevice) -> None:
        self.change_settings(microphone="" if device.is_default else device.name)

    def _source_opened(self, source: AudioSource) -> None:
        if self.session.state is SessionState.PAUSED and self._lost_s is not None:
            self._resume(self._lost_s)
        elif self._unplugged and not isinstance(source, FileSource):
            self._unplugged = ""
            self.noticed.emit(None)
        if self._starts_with_source and self.session.state is SessionState.IDLE:
            self._starts_with_source = False
            self._record()

    def _resume(self, lost_s: float) -> None:
        gap = Gap(lost_s, time.monotonic() - self._began_s)
        self.session.gaps.append(gap)
        self._lost_s = None
        self._go(SessionState.LISTENING)
        self._begin_segment(origin=0, start_s=gap.end_s)
        self.noticed.emit(None)
        self.gap_ended.emit(gap)

    def _source_lost(self, name: str) -> None:
        if self.session.state is SessionState.LISTENING:
            self._lost_s = time.monotonic() - self._began_s
            self._go(SessionState.PAUSED)
            self._inference.finish()
            self.noticed.emit(Notice(messages.waiting_for(name)))
        else:
            self._unplugged = name
            self.noticed.emit(Notice(messages.unplugged(name)))

    def _source_ended(self) -> None:
        if self.session.state is SessionState.LISTENING:
            self.stop()

    def _source_absent(self) -> None:
        self._starts_with_source = False

    def _source_refused(self, error: UserFacingError) -> None:
        if isinstance(error, AudioFileError):
            # The microphone that was open before is wanted again.
            self.rescan()
        self.noticed.emit(Notice(str(error), is_error=True))

    def _capture_crashed(self, error: BaseException) -> None:
        if self.session.state is SessionState.LISTENING:
            self.stop()
        self.crashed.emit(error)

    # ---- recording

    def _record(self) -> None:
        source = self.inputs.source
        if source is None:
            # Pressed a moment too early, it begins as soon as the microphone is open; pressed again, it does not.
            self._starts_with_source = self.inputs.is_opening and not self._starts_with_source
            if not self.inputs.is_opening:
                self.input_wanted.emit()
                if self._unplugged:
                    self.noticed.emit(Notice(messages.unplugged(self._unplugged)))
            return
        self._began_s = time.monotonic()
        self._lost_s = None
        self.last = None
        self._first_segment = self._segment + 1
        # The one before may still be being saved: what is told of it then must not reach this one.
        self.session = Session.of(self.model) if self.model is not None else Session()
        self.session.go(SessionState.IDLE)
        self.session.hop_s = self.settings.hop_s
        self.session.start(source.name, datetime.now().astimezone())
        is_file = isinstance(source, FileSource)
        self._begin_segment(origin=0 if is_file else source.ring.n_written, start_s=0.0)
        self.noticed.emit(None)
        self.state_changed.emit(self.session.state)

    def _begin_segment(self, origin: int, start_s: float) -> None:
        source = self.inputs.source
        assert source is not None  # noqa: S101 - both callers have just checked
        self._segment += 1
        segment = Segment(source.ring, source.rate_hz, origin, start_s, source.latency_s, self._segment)
        self._inference.begin(segment, self.settings.hop_s)
        self.segment_begun.emit(segment)

    def _go(self, state: SessionState) -> None:
        self.session.go(state)
        self.state_changed.emit(state)

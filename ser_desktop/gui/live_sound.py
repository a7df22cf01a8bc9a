"""The sound as it comes in: its level and its light in the tool bar, its curve below the time line."""

from __future__ import annotations

from PySide6.QtCore import QObject

from ser_desktop.core.input_watch import InputWatch
from ser_desktop.core.levels import InputLight, level_db
from ser_desktop.core.prediction import Prediction
from ser_desktop.gui.plots import Waveform
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.tool_bar import ToolBar

_LEVEL_S = 0.1
_LIGHT_S = 3.0


class LiveSound(QObject):
    """Shows the sound of the source that a `Recorder` has open, whether it is recorded or not.

    Parameters
    ----------
    recorder : Recorder
    bar : ToolBar
    waveform : Waveform
    """

    def __init__(self, recorder: Recorder, bar: ToolBar, waveform: Waveform) -> None:
        super().__init__(bar)
        self._recorder, self._bar, self._waveform = recorder, bar, waveform
        self._cursor = 0
        self._heard_speech = False
        self._input = InputWatch()

    def begin(self) -> None:
        """Forget what was heard: another recording begins."""
        self._heard_speech = False

    def hear(self, prediction: Prediction) -> None:
        """Remember whether there was speech."""
        self._heard_speech = self._heard_speech or bool(prediction.probabilities)

    def change_source(self) -> None:
        """Begin anew with another source, or show that there is none."""
        self._cursor = 0
        self._input.reset()
        self._waveform.clear()
        if self._recorder.inputs.source is None:
            self._waveform.hide_window()
            self._bar.meter.reset()
            self._bar.light.set_light(InputLight.WAITING)

    def show(self) -> None:
        """Show level and curve, and in the curve what the last answer was about."""
        source = self._recorder.inputs.source
        if source is None:
            return
        read = source.ring.read_since(max(self._cursor, source.ring.n_written - round(_LIGHT_S * source.rate_hz)))
        self._cursor = read.cursor
        self._waveform.push(read.samples, source.rate_hz)
        self._bar.meter.set_level(level_db(source.ring.latest(round(_LEVEL_S * source.rate_hz))))
        last = self._recorder.last
        if last is not None and self._recorder.session.is_recording:
            ago_s = self._recorder.elapsed_s() - last.end_s
            self._waveform.show_window(ago_s + last.end_s - last.start_s, ago_s)
        else:
            self._waveform.hide_window()

    def show_light(self) -> None:
        """Show how good the last seconds were."""
        source = self._recorder.inputs.source
        if source is not None:
            samples = source.ring.latest(round(_LIGHT_S * source.rate_hz))
            light = self._input.light(samples, source.rate_hz, heard_speech=self._heard_speech)
            self._bar.light.set_light(light)

"""The row at the top: one primary action, the microphone and its level."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ser_desktop.core.session import SessionState
from ser_desktop.gui import icons, messages, theme
from ser_desktop.gui.durations import clock
from ser_desktop.gui.elided_box import ElidedComboBox
from ser_desktop.gui.widgets import LevelMeter, LightLabel, label
from ser_desktop.microphone import InputDevice


class ToolBar(QWidget):
    """Record button, elapsed time, microphone picker, level, input light and menu.

    Parameters
    ----------
    menu : QMenu

    Signals
    -------
    device_picked(InputDevice)
    """

    device_picked = Signal(object)

    def __init__(self, menu: QMenu) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._has_keys = False
        self.record_button = QPushButton(messages.LOADING)
        self.record_button.setObjectName("record")
        self.record_button.setToolTip(messages.RECORD_TIP)
        self.elapsed = label("00:00")
        self.elapsed.setFont(theme.sized(self.font(), 18, tabular=True))
        self.elapsed.setMinimumWidth(64)
        self.elapsed.setAccessibleName(messages.ELAPSED)
        self.picker = self._build_picker()
        self.rescan_button = QPushButton(messages.RESCAN)
        icons.dress(self.rescan_button, "rescan")
        self.meter = LevelMeter()
        self.light = LightLabel()
        self.audience_button = QPushButton(messages.AUDIENCE_BUTTON)
        icons.dress(self.audience_button, "audience")
        self.audience_button.setToolTip(messages.AUDIENCE_TIP)
        self.menu_button = QToolButton()
        self.menu_button.setText(messages.MENU)
        self.menu_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        icons.dress(self.menu_button, "more")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.record_button, self.elapsed, self.picker, self.rescan_button, self.meter, self.light):
            row.addWidget(widget, stretch=4 if widget is self.picker else 0)
        row.addStretch(1)
        row.addWidget(self.audience_button)
        row.addWidget(self.menu_button)

    def _build_picker(self) -> QComboBox:
        picker = ElidedComboBox()
        picker.setAccessibleName(messages.MICROPHONE)
        picker.setToolTip(messages.MICROPHONE_TIP)
        picker.setMinimumWidth(176)
        picker.setMaximumWidth(380)
        picker.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        picker.activated.connect(self._picked)
        return picker

    def _picked(self, row: int) -> None:
        device = self.picker.itemData(row)
        if device is not None:
            self.device_picked.emit(device)

    def show_state(self, state: SessionState, *, recording: bool) -> None:
        """Label and enable what makes sense now; the record button keeps the keyboard while it waits."""
        # What is disabled hands the keyboard to whatever comes next, and Space would press that.
        ours = (self.record_button, self.rescan_button, self.picker)
        self._has_keys = self._has_keys or QApplication.focusWidget() in ours
        self.record_button.setText(messages.record_button(state))
        self.record_button.setEnabled(recording or state is SessionState.IDLE)
        self.record_button.setProperty("recording", recording)
        icons.dress(self.record_button, "stop" if recording else "record", "accent" if recording else "on_accent")
        self.record_button.style().polish(self.record_button)
        self.rescan_button.setEnabled(not recording)
        self.rescan_button.setToolTip(messages.RESCAN_WHILE_RECORDING if recording else messages.RESCAN_TIP)
        self.picker.setEnabled(not recording)
        if self._has_keys:
            self.take_keys()

    def take_keys(self) -> None:
        """Let the record button hear Space as soon as it can, unless somebody is busy elsewhere by then."""
        focused = QApplication.focusWidget()
        self._has_keys = focused is None or self.isAncestorOf(focused) or not focused.isEnabled()
        if self._has_keys and self.record_button.isEnabled():
            self.record_button.setFocus()
            self._has_keys = False

    def show_devices(self, devices: Sequence[InputDevice], chosen: str, *, connected: bool) -> None:
        """List microphones and mark the chosen source, also when it is absent or no microphone."""
        self.picker.clear()
        for device in devices:
            self.picker.addItem(device.name, device)
        row = self.picker.findText(chosen)
        if chosen and row < 0:
            self.picker.insertItem(0, chosen if connected else messages.missing_device(chosen), None)
            row = 0
        if not self.picker.count():
            self.picker.addItem(messages.NO_MICROPHONES, None)
        self.picker.setCurrentIndex(max(0, row))

    def show_elapsed(self, seconds: int) -> None:
        """Show the length of the recording."""
        self.elapsed.setText(clock(seconds))

"""From the main window to the settings and back: what a change sets in motion."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ser_desktop.core import paths
from ser_desktop.core.session import SessionState
from ser_desktop.gui.help import messages
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder

if TYPE_CHECKING:
    from ser_desktop.gui.settings_dialog import SettingsDialog

_FREE = (SessionState.IDLE, SessionState.FAILED)
_OF_MODEL = frozenset({"bundle", "device", "backend"})


class SettingsDoor(QObject):
    """Opens the settings, which are made when they are first wanted, and applies what is changed there.

    Parameters
    ----------
    recorder : Recorder
    parent : QWidget
        The main window.

    Signals
    -------
    appearance_chosen(str)
    """

    appearance_chosen = Signal(str)

    def __init__(self, recorder: Recorder, parent: QWidget) -> None:
        super().__init__(parent)
        self._recorder, self._main_window = recorder, parent
        self.dialog: SettingsDialog | None = None

    def open(self) -> None:
        """Show the settings."""
        from ser_desktop.gui.settings_dialog import SettingsDialog

        if self.dialog is None:
            offers = {"microphone": self._microphones, "bundle": self._bundles}
            self.dialog = SettingsDialog(type(self._recorder.settings), offers, self._main_window)
            self.dialog.changed.connect(self.apply)
            self.dialog.reset.connect(self.apply_all)
            recorder = self._recorder
            for signal in (recorder.state_changed, recorder.model_changed, recorder.inputs.devices_changed):
                signal.connect(self.refresh)
        self.refresh()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def close(self) -> None:
        """Close them."""
        if self.dialog is not None:
            self.dialog.close()

    def refresh(self, *_news: object) -> None:
        """Show what is in force, and what cannot be changed now."""
        if self.dialog is None:
            return
        state = self._recorder.session.state
        is_loading = state is SessionState.LOADING
        reason = "" if state in _FREE else messages.SETTING_LOADING if is_loading else messages.SETTING_RECORDING
        self.dialog.show_settings(self._recorder.settings, reason)

    def apply(self, name: str, value: Any) -> None:
        """Change a setting; what goes wrong is said in the dialog, too."""
        self.apply_all({name: value})

    def apply_all(self, changes: Mapping[str, Any]) -> None:
        """Change settings, by name; a model that is concerned by several of them is opened once."""
        assert self.dialog is not None  # noqa: S101 - it told
        self.dialog.banner.show_notice(None)
        self._recorder.noticed.connect(self._noticed)
        try:
            self._apply(dict(changes))
        finally:
            self._recorder.noticed.disconnect(self._noticed)
        self.refresh()

    def _noticed(self, notice: Notice | None) -> None:
        if self.dialog is not None and notice is not None:
            self.dialog.banner.show_notice(notice)

    def _apply(self, changes: dict[str, Any]) -> None:
        recorder = self._recorder
        opens_model = not _OF_MODEL.isdisjoint(changes)
        # It is remembered once it is loaded.
        bundle = changes.pop("bundle", recorder.settings.bundle)
        if "theme" in changes:
            self.appearance_chosen.emit(changes.pop("theme"))
        if "microphone" in changes:
            self._listen_to(changes.pop("microphone"))
        if changes:
            recorder.change_settings(**changes)
        if opens_model:
            recorder.open_model(Path(bundle) if bundle else None)

    def _listen_to(self, name: str) -> None:
        device = next((d for d in self._recorder.inputs.devices if d.name == name), None)
        if device is not None and name:
            self._recorder.choose(device)
        else:
            self._recorder.change_settings(microphone=name)
            self._recorder.rescan()

    def _microphones(self) -> Sequence[tuple[str, str]]:
        # The system's own is chosen by leaving the name empty.
        return [("", messages.SYSTEM_MICROPHONE), *((d.name, d.name) for d in self._recorder.inputs.devices)]

    def _bundles(self) -> Sequence[tuple[str, str]]:
        """Return the model that came along and the user's, opened or trained; what has no contract is left out."""
        offers = [("", messages.DEFAULT_BUNDLE)]
        opened = sorted(paths.models_folder().glob("*/config.json"))
        trained = sorted(paths.trainings_folder().glob("*/model/config.json"))
        for file in (*opened, *trained):
            try:
                name = json.loads(file.read_text(encoding="utf-8"))["name"]
            except (OSError, ValueError, KeyError, TypeError):
                continue
            offers.append((str(file.parent), str(name)))
        return offers

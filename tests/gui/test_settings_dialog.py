"""The window of settings: made from their declaration, applied at once."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import Settings, load_settings
from ser_desktop.gui import theme
from ser_desktop.gui.help import messages
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.settings_dialog import SettingsDialog
from ser_desktop.microphone import InputDevice
from tests.gui.conftest import OpenWindow


def declared(default: object, title: str, **more: object) -> object:
    return field(default=default, metadata={"title": title, "help": f"What {title} does.", **more})


@dataclass(frozen=True)
class MadeUp:
    """Settings of a program that does not exist."""

    loud: bool = declared(False, "Loud")  # type: ignore[assignment]
    speed: int = declared(3, "Speed", bounds=(1, 9), unit="m")  # type: ignore[assignment]
    share: float = declared(0.5, "Share", bounds=(0.0, 1.0))  # type: ignore[assignment]
    taste: str = declared("sweet", "Taste", choices=("sweet", "sour"), names=("Sweet", "Quite sour"))  # type: ignore[assignment]
    name: str = declared("", "Name", while_recording=False)  # type: ignore[assignment]
    friend: str = declared("", "Friend")  # type: ignore[assignment]
    secret: str = declared("", "Secret", is_shown=False)  # type: ignore[assignment]


@pytest.fixture
def dialog(qtbot: QtBot, qapp: QApplication) -> Iterator[SettingsDialog]:
    theme.apply_theme(qapp, "light")
    dialog = SettingsDialog(MadeUp, {"friend": lambda: [("", "Nobody"), ("a", "Ada")]})
    qtbot.addWidget(dialog)
    dialog.show_settings(MadeUp())
    dialog.show()
    yield dialog
    dialog.close()


@pytest.fixture
def told(dialog: SettingsDialog) -> list[tuple[str, object]]:
    told: list[tuple[str, object]] = []
    dialog.changed.connect(lambda name, value: told.append((name, value)))
    return told


def test_every_field_has_the_control_that_suits_it(dialog: SettingsDialog) -> None:
    kinds = {name: type(row.control) for name, row in dialog.rows.items()}
    assert kinds == {
        "loud": QCheckBox,
        "speed": QSpinBox,
        "share": QDoubleSpinBox,
        "taste": QComboBox,
        "name": QLineEdit,
        "friend": QComboBox,
    }
    for row in dialog.rows.values():
        assert row.control.accessibleName() == row.title.text()
        assert row.control.accessibleDescription() == f"What {row.title.text()} does."


def test_a_change_is_told_with_its_name(dialog: SettingsDialog, told: list[tuple[str, object]], qtbot: QtBot) -> None:
    controls = {name: row.control for name, row in dialog.rows.items()}
    controls["loud"].setChecked(True)
    controls["speed"].setValue(4)
    controls["share"].setValue(0.75)
    controls["taste"].setCurrentIndex(1)
    controls["taste"].activated.emit(1)
    controls["friend"].activated.emit(1)
    controls["name"].setFocus()
    qtbot.keyClicks(controls["name"], "Eve")
    qtbot.keyClick(controls["name"], Qt.Key.Key_Return)
    assert told == [
        ("loud", True),
        ("speed", 4),
        ("share", 0.75),
        ("taste", "sour"),
        ("friend", "a"),
        ("name", "Eve"),
    ]
    assert dialog.isVisible(), "Return must not close it"


def test_what_is_in_force_is_shown_in_words_and_tells_nobody(
    dialog: SettingsDialog, told: list[tuple[str, object]]
) -> None:
    dialog.show_settings(MadeUp(loud=True, speed=7, taste="sour", friend="somebody else"))
    assert dialog.rows["taste"].control.currentText() == "Quite sour"
    assert dialog.rows["speed"].control.text() == "7 m"
    assert dialog.rows["friend"].control.currentText() == "somebody else"
    assert told == []


@pytest.fixture
def told_at_once(dialog: SettingsDialog) -> list[dict[str, object]]:
    told: list[dict[str, object]] = []
    dialog.reset.connect(told.append)
    return told


def test_each_goes_back_to_its_default_and_so_do_all_at_once(
    dialog: SettingsDialog, told: list[tuple[str, object]], told_at_once: list[dict[str, object]]
) -> None:
    assert not dialog.all_button.isEnabled()
    dialog.show_settings(MadeUp(loud=True, speed=7))
    assert [name for name, row in dialog.rows.items() if row.reset_button.isVisible()] == ["loud", "speed"]
    dialog.rows["speed"].reset_button.click()
    assert told == [("speed", 3)]
    told.clear()
    dialog.all_button.click()
    assert told == []
    assert told_at_once == [{"loud": False, "speed": 3}]


def test_what_may_not_change_now_is_greyed_out_with_the_reason(
    dialog: SettingsDialog, told_at_once: list[dict[str, object]]
) -> None:
    dialog.show_settings(MadeUp(name="Eve", speed=7), "A recording runs.")
    assert [name for name, row in dialog.rows.items() if not row.control.isEnabled()] == ["name"]
    assert dialog.reason.isVisible()
    assert dialog.reason.text() == dialog.rows["name"].toolTip() == "A recording runs."
    dialog.all_button.click()
    assert told_at_once == [{"speed": 3}]
    dialog.show_settings(MadeUp())
    assert not dialog.reason.isVisible()


def test_the_wheel_changes_nothing_that_has_no_focus(dialog: SettingsDialog, told: list[tuple[str, object]]) -> None:
    dialog.rows["name"].control.setFocus()
    at, delta = QPointF(5, 5), QPoint(0, 120)
    none = Qt.KeyboardModifier.NoModifier
    wheel = QWheelEvent(at, at, delta, delta, Qt.MouseButton.NoButton, none, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(dialog.rows["speed"].control, wheel)
    assert told == []


# ---- the program's own settings


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    window = open_window()
    window.recorder.session.go(SessionState.IDLE)
    window.settings_door.open()
    return window


def own(window: MainWindow) -> SettingsDialog:
    assert window.settings_door.dialog is not None
    return window.settings_door.dialog


def test_all_settings_are_there_but_what_is_no_setting(window: MainWindow) -> None:
    assert list(own(window).rows) == ["microphone", "bundle", "hop_s", "device", "backend", "theme"]
    assert not own(window).isModal()


def test_a_change_applies_at_once_and_is_remembered(window: MainWindow, tmp_path: Path) -> None:
    own(window).rows["hop_s"].control.setValue(2.5)
    assert window.recorder.settings.hop_s == 2.5
    stored, _ = load_settings(tmp_path / "settings.json")
    assert stored == replace(Settings(), hop_s=2.5, understood=stored.understood)
    assert own(window).rows["hop_s"].reset_button.isVisible()


def test_the_appearance_is_chosen_by_whoever_applies_it(window: MainWindow) -> None:
    chosen: list[str] = []
    window.appearance_chosen.connect(chosen.append)
    box = own(window).rows["theme"].control
    box.activated.emit(box.findData("dark"))
    assert chosen == ["dark"]


def test_another_way_of_computing_loads_the_model_anew(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(window.recorder._inference, "load", lambda *order: asked.append(order))
    box = own(window).rows["device"].control
    box.activated.emit(box.findData("cpu"))
    assert asked == [(paths.default_bundle(), "cpu", "auto")]
    assert window.recorder.session.state is SessionState.LOADING
    assert not box.isEnabled()
    assert own(window).reason.text() == messages.SETTING_LOADING


def test_with_all_at_their_defaults_the_model_is_loaded_once_as_the_settings_say(
    open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(Settings(bundle=str(tmp_path / "mine"), hop_s=2.0, device="cpu", backend="pytorch"))
    window.recorder.session.go(SessionState.IDLE)
    window.settings_door.open()
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(window.recorder._inference, "load", lambda *order: asked.append(order))
    own(window).all_button.click()
    assert asked == [(paths.default_bundle(), "auto", "auto")]
    settings = window.recorder.settings
    assert (settings.hop_s, settings.device, settings.backend) == (1.0, "auto", "auto")


def test_a_microphone_is_chosen_from_those_that_are_there(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = InputDevice("Desk Mic", 1, 48_000.0)
    opened: list[object] = []
    monkeypatch.setattr(window.recorder.inputs._capture, "open_device", lambda device: opened.append(device) or 1)
    window.recorder.inputs._listed((desk,))
    box = own(window).rows["microphone"].control
    assert [box.itemText(row) for row in range(box.count())] == [messages.SYSTEM_MICROPHONE, "Desk Mic"]
    box.activated.emit(1)
    assert opened == [desk]


def test_the_system_microphone_is_a_choice_too(open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window(Settings(microphone="Desk Mic"))
    window.recorder.session.go(SessionState.IDLE)
    window.settings_door.open()
    wanted: list[str] = []
    monkeypatch.setattr(window.recorder.inputs._capture, "rescan", lambda name: wanted.append(name) or 1)
    own(window).rows["microphone"].reset_button.click()
    assert wanted == [""]
    assert window.recorder.settings.microphone == ""


def test_models_of_this_computer_can_be_chosen_by_name(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, broken = paths.models_folder() / "mine", paths.models_folder() / "broken"
    trained = paths.trainings_folder() / "20260105-a" / "model"
    for folder, text in (
        (mine, json.dumps({"name": "My voice"})),
        (broken, "{"),
        (trained, json.dumps({"name": "Trained here"})),
    ):
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(text)
    opened: list[object] = []
    monkeypatch.setattr(window.recorder, "open_model", opened.append)
    window.settings_door.refresh()
    box = own(window).rows["bundle"].control
    assert [box.itemText(row) for row in range(box.count())] == [messages.DEFAULT_BUNDLE, "My voice", "Trained here"]
    box.activated.emit(1)
    box.activated.emit(0)
    box.activated.emit(2)
    assert opened == [mine, trained]


def test_while_recording_only_the_rest_can_be_changed(window: MainWindow) -> None:
    window.recorder.session.state = SessionState.LISTENING
    window.settings_door.refresh()
    enabled = [name for name, row in own(window).rows.items() if row.control.isEnabled()]
    assert enabled == ["theme"]
    assert own(window).reason.text() == messages.SETTING_RECORDING
    window.recorder.session.state = SessionState.IDLE


def test_settings_that_cannot_be_saved_are_said_here_and_in_the_window(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(_self: Path, *_args: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", read_only)
    own(window).rows["hop_s"].control.setValue(3.0)
    assert window.recorder.settings.hop_s == 3.0
    for banner in (own(window).banner, window.banner):
        assert "could not be saved" in banner.text.text()


def test_it_closes_with_the_window(window: MainWindow) -> None:
    window.close()
    assert not own(window).isVisible()

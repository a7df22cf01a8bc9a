"""The window of settings, made from their declaration: a field that is added there appears here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.gui import icons
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.help import messages
from ser_desktop.gui.widgets import Card, label, scrolled

Offers = Callable[[], Sequence[tuple[str, str]]]
"""Values that a text may have just now, each with its words."""

_CONTROL_WIDTH = 280


class SettingRow(Card):
    """One setting: its title, what it does, its control, and the way back to the default.

    Parameters
    ----------
    field : dataclasses.Field
        With ``title``, ``help`` and perhaps ``bounds``, ``choices``, ``names``, ``unit`` and ``while_recording`` in
        its metadata.
    offers : callable or None
        Values to choose from that are known only when the window is looked at.

    Signals
    -------
    changed(object)
        The new value.
    """

    changed = Signal(object)

    def __init__(self, field: Field[Any], offers: Offers | None = None) -> None:
        super().__init__(str(field.metadata["title"]))
        self._field, self._offers = field, offers
        self.control = self._build_control()
        self.control.setFixedWidth(_CONTROL_WIDTH)
        self.control.setAccessibleName(self.title.text())
        self.control.setAccessibleDescription(str(field.metadata["help"]))
        self.title.setBuddy(self.control)
        self.reset_button = QPushButton()
        icons.dress(self.reset_button, "reset")
        self.reset_button.setObjectName("small")
        self.reset_button.setAutoDefault(False)
        self.reset_button.setToolTip(messages.SETTING_RESET)
        self.reset_button.setAccessibleName(messages.SETTING_RESET_OF.format(self.title.text()))
        self.reset_button.clicked.connect(lambda: self.changed.emit(field.default))
        policy = self.reset_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset_button.setSizePolicy(policy)
        words, row = QVBoxLayout(), QHBoxLayout()
        words.setSpacing(2)
        for widget in (self.title, label(str(field.metadata["help"]), "note", wraps=True)):
            words.addWidget(widget)
        row.setSpacing(12)
        row.addLayout(words, stretch=1)
        row.addWidget(self.control)
        row.addWidget(self.reset_button)
        self.body.addLayout(row)

    def show_value(self, value: Any) -> None:
        """Show what is in force, without telling anybody."""
        with QSignalBlocker(self.control):
            self._show(value)
        self.reset_button.setVisible(value != self._field.default)

    def lock(self, reason: str) -> None:
        """Keep it from being changed just now, and say why; an empty reason lets it be changed."""
        self.control.setEnabled(not reason)
        self.reset_button.setEnabled(not reason)
        self.setToolTip(reason)
        self.control.setAccessibleDescription(reason or str(self._field.metadata["help"]))

    def _build_control(self) -> QWidget:
        kind, bounds = type(self._field.default), self._field.metadata.get("bounds")
        if kind is bool:
            return self._check_box()
        if bounds is not None:
            return self._number(bounds, is_whole=kind is int)
        if self._offers is not None or self._field.metadata.get("choices"):
            return self._choice()
        return self._text()

    def _check_box(self) -> QCheckBox:
        box = QCheckBox(messages.SETTING_ON)
        box.toggled.connect(self.changed.emit)
        return box

    def _number(self, bounds: tuple[float, float], *, is_whole: bool) -> QAbstractSpinBox:
        box = QSpinBox() if is_whole else QDoubleSpinBox()
        low, high = bounds
        box.setRange(int(low) if is_whole else low, int(high) if is_whole else high)  # type: ignore[arg-type]
        box.setSingleStep(1 if is_whole else 0.25)  # type: ignore[arg-type]
        unit = self._field.metadata.get("unit")
        box.setSuffix(f" {unit}" if unit else "")
        box.lineEdit().setTextMargins(7, 0, 0, 0)
        # A number that is being typed is none yet.
        box.setKeyboardTracking(False)
        box.valueChanged.connect(self.changed.emit)
        return box

    def _choice(self) -> QComboBox:
        box = QComboBox()
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.activated.connect(lambda row: self.changed.emit(box.itemData(row)))
        return box

    def _text(self) -> QLineEdit:
        line = QLineEdit()
        line.editingFinished.connect(lambda: self.changed.emit(line.text()))
        return line

    def _show(self, value: Any) -> None:
        control = self.control
        if isinstance(control, QCheckBox):
            control.setChecked(value)
        elif isinstance(control, QSpinBox | QDoubleSpinBox):
            control.setValue(value)
        elif isinstance(control, QLineEdit):
            control.setText(value)
        elif isinstance(control, QComboBox):
            control.clear()
            for choice, words in self._choices(value):
                control.addItem(words, choice)
                control.setItemData(control.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
            control.setCurrentIndex(max(0, control.findData(value)))

    def _choices(self, value: Any) -> list[tuple[Any, str]]:
        choices = self._field.metadata.get("choices") or ()
        names = self._field.metadata.get("names") or [str(choice).capitalize() for choice in choices]
        known = list(self._offers()) if self._offers else list(zip(choices, names, strict=True))
        if all(choice != value for choice, _words in known):
            known.append((value, str(value)))
        return known


class SettingsDialog(QDialog):
    """All settings, each applied at once.

    Parameters
    ----------
    kind : type
        The dataclass in which they are declared.
    offers : dict
        By field: what a text may be just now.
    parent : QWidget or None

    Signals
    -------
    changed(str, object)
        Name and new value of a field; whoever applies it calls `show_settings` afterwards.
    reset(dict)
        Defaults of several fields at once, by name: what costs time is done once for all of them.
    """

    changed = Signal(str, object)
    reset = Signal(object)

    def __init__(self, kind: type, offers: Mapping[str, Offers] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(messages.SETTINGS_TITLE)
        self.setMinimumSize(640, 420)
        self.resize(760, 600)
        self.rows: dict[str, SettingRow] = {}
        self._fields = [field for field in fields(kind) if field.metadata.get("is_shown", True)]
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        for field in self._fields:
            row = self.rows[field.name] = SettingRow(field, (offers or {}).get(field.name))
            row.changed.connect(lambda value, name=field.name: self._row_changed(name, value))
            row.control.installEventFilter(self)
            row.control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            column.addWidget(row)
        column.addStretch(1)
        self.banner = Banner()
        self.all_button, close = QPushButton(messages.SETTINGS_RESET_ALL), QPushButton(messages.CLOSE)
        icons.dress(self.all_button, "reset")
        for button, slot in ((self.all_button, self._reset_all), (close, self.close)):
            button.setAutoDefault(False)
            button.clicked.connect(slot)
        foot, page = QHBoxLayout(), QVBoxLayout(self)
        foot.addWidget(self.all_button)
        foot.addStretch(1)
        foot.addWidget(close)
        page.setContentsMargins(16, 16, 16, 16)
        page.setSpacing(12)
        page.addWidget(self.banner)
        self.reason = label("", "complaint", wraps=True)
        page.addWidget(self.reason)
        page.addWidget(scrolled(content), stretch=1)
        page.addLayout(foot)
        self._settings: Any = None

    def show_settings(self, settings: Any, reason: str = "") -> None:
        """Show what is in force.

        Parameters
        ----------
        settings : dataclass instance
        reason : str
            Why fields that may not change while recording cannot be changed just now.
        """
        self._settings = settings
        for field in self._fields:
            row = self.rows[field.name]
            row.show_value(getattr(settings, field.name))
            row.lock("" if field.metadata.get("while_recording", True) else reason)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.all_button.setEnabled(bool(self._changeable()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the wheel move the page, not a control that somebody only passes over."""
        if event.type() is QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return bool(super().eventFilter(watched, event))

    def _row_changed(self, name: str, value: Any) -> None:
        if self._settings is None or getattr(self._settings, name) != value:
            self.changed.emit(name, value)

    def _changeable(self) -> list[Field[Any]]:
        """Fields that are not at their default and may be changed now."""
        return [
            field
            for field in self._fields
            if getattr(self._settings, field.name) != field.default and self.rows[field.name].control.isEnabled()
        ]

    def _reset_all(self) -> None:
        self.reset.emit({field.name: field.default for field in self._changeable()})

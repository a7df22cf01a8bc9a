"""What the presenter of the audience view needs: one button, and which keys do what."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from ser_desktop.core.session import SessionState
from ser_desktop.gui import icons, messages, theme

_SHARE = 0.05
_SMALLEST = 44
"""Height of the button as a share of the screen's, and in pixels at least: a finger finds it."""


class PresenterControls(QWidget):
    """A quiet row at the lower edge; who watches need not read it."""

    def __init__(self) -> None:
        super().__init__()
        self.record_button, self.hint = QPushButton(), QLabel()
        self.record_button.setObjectName("quiet")
        self.record_button.setToolTip(messages.RECORD_TIP)
        # A click leaves the keys where they are: Space belongs to the recording.
        self.record_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.record_button)
        row.addWidget(self.hint)
        row.addStretch(1)

    def show_state(self, state: SessionState, *, recording: bool) -> None:
        """Say what the button and the keys do now."""
        button = self.record_button
        button.setText(messages.record_button(state))
        button.setAccessibleName(button.text())
        is_useful = recording or state is SessionState.IDLE
        if button.hasFocus() and not is_useful:
            # What is disabled hands the keys to whatever comes next.
            self.window().setFocus()
        button.setEnabled(is_useful)
        size = button.iconSize()
        icons.dress(button, "stop" if recording else "record", "accent")
        button.setIconSize(size)
        self.hint.setText(messages.audience_hint(state))

    def scale(self, height: int, ink: str) -> None:
        """Grow with a screen of that height; the hint in that colour."""
        tall = max(_SMALLEST, round(_SHARE * height))
        letters = round(0.45 * tall)
        metrics = QFontMetrics(theme.sized(self.font(), letters))
        widest = max(metrics.horizontalAdvance(messages.record_button(state)) for state in SessionState)
        self.record_button.setFixedSize(widest + 4 * letters, tall)
        self.record_button.setIconSize(QSize(round(1.4 * letters), letters))
        self.record_button.setStyleSheet(f"font-size: {letters}px; padding: 0;")
        self.hint.setStyleSheet(f"font-size: {letters}px; color: {ink};")
        self.layout().setSpacing(letters)

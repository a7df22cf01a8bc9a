"""What everybody should know before the first recording, inside the window."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ser_desktop.gui.help import messages
from ser_desktop.gui.icons import IconLabel
from ser_desktop.gui.widgets import label

_WIDTH = 720


class WelcomePanel(QFrame):
    """Five points and one button; it blocks nothing but recording.

    Signals
    -------
    understood()
    more_wanted()
    """

    understood = Signal()
    more_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName(messages.WELCOME_TITLE)
        self.hint = label(messages.READ_FIRST, "complaint", wraps=True)
        self.hint.hide()
        self.button, self.more_button = QPushButton(messages.UNDERSTOOD), QPushButton(messages.MORE_ABOUT_LIMITS)
        self.button.setObjectName("primary")
        # Outside dialogs only such buttons hear the Enter key.
        self.button.setAutoDefault(True)
        self.button.clicked.connect(self.understood)
        self.more_button.clicked.connect(self.more_wanted)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(label(messages.WELCOME_TITLE, "headline"))
        column.addWidget(label(messages.WELCOME_LEAD, "answer", wraps=True))
        column.addSpacing(4)
        column.addWidget(limits_list())
        column.addSpacing(4)
        column.addWidget(self.hint)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addWidget(self.button)
        buttons.addWidget(self.more_button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        inner.setLayout(column)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 12, 24, 12)
        outer.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(inner, stretch=100)
        row.addStretch(1)
        outer.addLayout(row)
        outer.addStretch(1)

    def insist(self) -> None:
        """Lead somebody who wants to record to the button."""
        self.hint.show()
        self.button.setFocus(Qt.FocusReason.OtherFocusReason)


def limits_list() -> QWidget:
    """Return the points that people have to understand, each with its drawing."""
    points = QWidget()
    grid = QGridLayout(points)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(12)
    grid.setColumnStretch(1, 1)
    for row, (icon, title, text) in enumerate(messages.LIMITS):
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(title, "point", wraps=True))
        words.addWidget(label(text, "note", wraps=True))
        grid.addWidget(IconLabel(icon, 28, "accent"), row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(words, row, 1)
    return points

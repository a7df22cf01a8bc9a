"""The strip that says what a person should know, with the facts and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from ser_desktop.gui import messages
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.widgets import label


class Banner(QFrame):
    """Shows a `Notice`; its text can be selected and copied."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.text = label("", wraps=True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.close_button = QPushButton(messages.CLOSE)
        self.close_button.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.addWidget(self.text, stretch=1)
        row.addWidget(self.close_button)
        self.hide()

    def show_notice(self, notice: Notice | None) -> None:
        """Show a notice, or nothing."""
        self.setVisible(notice is not None)
        if notice is not None:
            self.text.setText(notice.text)
            self.setAccessibleName(notice.text)
            kind = "error" if notice.is_error else "good" if notice.is_good else "notice"
            self.setProperty("kind", kind)
            self.style().polish(self)

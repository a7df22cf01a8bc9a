"""The lines at the foot of the main window: the truth about the answer, the model and the processor."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from ser_desktop.core.model_info import ModelInfo
from ser_desktop.gui import messages
from ser_desktop.gui.widgets import ElidedLabel


class StatusRows(QWidget):
    """Which sound the answer is about, which model gave it, and what computes it."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = ElidedLabel("status")
        self.answer.setToolTip(messages.SKIPPED_TIP)
        self.model = ElidedLabel("status", align_right=True)
        self.device = ElidedLabel("status")
        rows = QGridLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(2)
        rows.addWidget(self.answer, 0, 0)
        rows.addWidget(self.model, 0, 1)
        rows.addWidget(self.device, 1, 0, 1, 2)
        rows.setColumnStretch(0, 4)
        rows.setColumnStretch(1, 7)

    def show_model(self, model: ModelInfo, *, is_shipped: bool) -> None:
        """Show a model and its processor; what does not fit is in the tooltips."""
        self.model.setText(messages.model_status(model, is_shipped=is_shipped))
        self.model.setToolTip(f"{model.name}\n{messages.model_tip(model)}")
        self.device.setText(messages.device_status(model))
        self.device.setToolTip(messages.device_tip(model))

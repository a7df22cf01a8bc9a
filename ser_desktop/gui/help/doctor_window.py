"""The window that shows what works on this computer, and what to do about the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ser_desktop.core.errors import UserFacingError
from ser_desktop.doctor import Finding
from ser_desktop.gui import icons
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.help import messages
from ser_desktop.gui.help.doctor_worker import DoctorWorker
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.widgets import label, scrolled

_MARKS = {"ok": ("good", "good"), "warn": ("info", "warning"), "fail": ("error", "error")}
"""Icon and colour of each status; its word stands beside them."""

_COMMANDS = re.compile(r"(?:sudo apt install|pip install|ser-desktop models get)(?: [\w.\-+\[\],]+)+?(?=  | or |$)")


def commands_in(fix: str) -> list[str]:
    """Return the commands that a fix names."""
    return _COMMANDS.findall(fix)


class FindingCard(QFrame):
    """One finding: status, what was found, what to do, and its commands to copy.

    Parameters
    ----------
    finding : Finding

    Signals
    -------
    copied(str)
        A command is wanted.
    """

    copied = Signal(str)

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.setObjectName("card")
        icon, ink = _MARKS[finding.status]
        name = messages.CHECK_NAMES.get(finding.check, finding.check)
        status = messages.STATUS_WORDS[finding.status]
        self.setAccessibleName(f"{name}: {status}. {finding.detail} {finding.fix}".strip())
        words, head, row = QVBoxLayout(), QHBoxLayout(), QHBoxLayout(self)
        head.setSpacing(8)
        head.addWidget(label(name, "point"))
        head.addWidget(label(status, "note"))
        head.addStretch(1)
        detail = label(finding.detail, "note", wraps=True)
        words.setSpacing(2)
        words.addLayout(head)
        words.addWidget(detail)
        fix = label(finding.fix, wraps=True)
        for widget in (detail, fix):
            widget.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        fix.setVisible(bool(finding.fix))
        words.addWidget(fix)
        self.buttons = [self._copy_button(command) for command in commands_in(finding.fix)]
        for button in self.buttons:
            words.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeft)
        row.setContentsMargins(16, 10, 16, 10)
        row.setSpacing(12)
        row.addWidget(icons.IconLabel(icon, 22, ink), alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, stretch=1)

    def _copy_button(self, command: str) -> QPushButton:
        button = QPushButton(command)
        button.clicked.connect(lambda: self.copied.emit(command))
        button.setAutoDefault(False)
        icons.dress(button, "copy")
        button.setToolTip(messages.COPY_COMMAND)
        button.setAccessibleName(messages.COPY_COMMAND_NAMED.format(command))
        return button


class DoctorWindow(QDialog):
    """Has the computer checked whenever it is opened.

    Parameters
    ----------
    worker : DoctorWorker
        Started with the first look; whoever made it shuts it down.
    parent : QWidget or None
    """

    def __init__(self, worker: DoctorWorker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._findings: tuple[Finding, ...] = ()
        self.setWindowTitle(messages.DOCTOR_TITLE)
        self.setMinimumSize(640, 420)
        self.resize(760, 640)
        self.banner = Banner()
        self.summary = label(messages.DOCTOR_LOOKING, "question", wraps=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(messages.DOCTOR_LOOKING)
        self.cards: list[FindingCard] = []
        content = QWidget()
        self._list = QVBoxLayout(content)
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.setSpacing(8)
        self._list.addStretch(1)
        self.again_button, self.copy_button = QPushButton(messages.DOCTOR_AGAIN), QPushButton(messages.COPY_FINDINGS)
        close = QPushButton(messages.CLOSE)
        icons.dress(self.again_button, "rescan")
        icons.dress(self.copy_button, "copy")
        foot, page = QHBoxLayout(), QVBoxLayout(self)
        for button, slot in ((self.again_button, self.look), (self.copy_button, self._copy_all), (close, self.close)):
            button.setAutoDefault(False)
            button.clicked.connect(slot)
        foot.addWidget(self.again_button)
        foot.addWidget(self.copy_button)
        foot.addStretch(1)
        foot.addWidget(close)
        page.setContentsMargins(16, 16, 16, 16)
        page.setSpacing(12)
        page.addWidget(self.summary)
        page.addWidget(label(messages.DOCTOR_INTRO, "note", wraps=True))
        page.addWidget(self.bar)
        page.addWidget(self.banner)
        page.addWidget(scrolled(content), stretch=1)
        page.addLayout(foot)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)
        worker.found.connect(self._found)
        worker.failed.connect(self._failed)

    def look(self) -> None:
        """Check everything anew."""
        if not self._worker.isRunning():
            self._worker.start()
        self.banner.show_notice(None)
        self.summary.setText(messages.DOCTOR_LOOKING)
        self._show_busy(is_busy=True)
        self._worker.look()

    def _show_busy(self, *, is_busy: bool) -> None:
        self.bar.setVisible(is_busy)
        self.again_button.setEnabled(not is_busy)
        self.copy_button.setEnabled(not is_busy and bool(self._findings))

    def _found(self, findings: Sequence[Finding]) -> None:
        self._findings = tuple(findings)
        for card in self.cards:
            card.setParent(None)
            card.deleteLater()
        # What does not work comes first.
        order = {"fail": 0, "warn": 1, "ok": 2}
        self.cards = [FindingCard(finding) for finding in sorted(findings, key=lambda f: order[f.status])]
        for row, card in enumerate(self.cards):
            self._list.insertWidget(row, card)
            card.copied.connect(self._copy)
        counts = [sum(finding.status == status for finding in findings) for status in ("fail", "warn")]
        self.summary.setText(messages.doctor_summary(*counts))
        self._show_busy(is_busy=False)

    def _failed(self, error: UserFacingError) -> None:
        self.summary.setText(messages.DOCTOR_TITLE)
        self._show_busy(is_busy=False)
        self.banner.show_notice(Notice(str(error), is_error=True))

    def _copy(self, command: str) -> None:
        QGuiApplication.clipboard().setText(command)
        self.banner.show_notice(Notice(messages.COPIED.format(command)))

    def _copy_all(self) -> None:
        lines = [f"{f.status} {f.check}: {f.detail}" + (f"\n    → {f.fix}" if f.fix else "") for f in self._findings]
        QGuiApplication.clipboard().setText("\n".join(lines))
        self.banner.show_notice(Notice(messages.COPIED_ALL))

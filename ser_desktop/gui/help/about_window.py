"""What the program is, what it is for, and under which licences it stands."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ser_desktop import __version__
from ser_desktop.gui import icons
from ser_desktop.gui.help import messages
from ser_desktop.gui.help.licences_page import LicencesPage, LicenceWorker
from ser_desktop.gui.help.welcome import limits_list
from ser_desktop.gui.widgets import label, scrolled

ABOUT, LIMITS, LICENCES = range(3)
"""The pages."""

_TITLES = (messages.ABOUT_PAGE, messages.LIMITS_PAGE, messages.LICENCES_PAGE)
_ICONS = ("info", "mask", "licence")
_LOGO = 88
_RAIL = 276


class AboutWindow(QDialog):
    """Three pages beside each other.

    Parameters
    ----------
    worker : LicenceWorker
    parent : QWidget or None
    """

    def __init__(self, worker: LicenceWorker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(messages.ABOUT_TITLE)
        self.setMinimumSize(760, 480)
        self.resize(920, 640)
        self.licences = LicencesPage(worker)
        self.stack = QStackedWidget()
        for page in (scrolled(_about_page()), scrolled(_limits_page()), self.licences):
            self.stack.addWidget(page)
        self._group = QButtonGroup(self)
        rail, row = QVBoxLayout(), QHBoxLayout(self)
        rail.setSpacing(6)
        self.buttons: list[QPushButton] = []
        for page_number, (title, icon) in enumerate(zip(_TITLES, _ICONS, strict=True)):
            button = QPushButton(title)
            button.setObjectName("rail")
            button.setCheckable(True)
            # Chosen, its words are bold and need more room.
            button.setMinimumWidth(_RAIL)
            button.setAutoDefault(False)
            icons.dress(button, icon)
            button.clicked.connect(lambda _checked=False, number=page_number: self.show_page(number))
            self._group.addButton(button)
            self.buttons.append(button)
            rail.addWidget(button)
        rail.addStretch(1)
        close = QPushButton(messages.CLOSE)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        rail.addWidget(close)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(20)
        row.addLayout(rail)
        row.addWidget(self.stack, stretch=1)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)
        self.show_page(ABOUT)

    def show_page(self, number: int) -> None:
        """Turn to a page."""
        self.buttons[number].setChecked(True)
        self.stack.setCurrentIndex(number)

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.licences.restyle()


def _about_page() -> QWidget:
    logo = QLabel()
    logo.setPixmap(icons.app_icon().pixmap(_LOGO))
    names, head = QVBoxLayout(), QHBoxLayout()
    names.setSpacing(2)
    names.addStretch(1)
    names.addWidget(label(messages.ABOUT_NAME, "headline"))
    version = label(messages.ABOUT_VERSION.format(__version__), "note")
    version.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    names.addWidget(version)
    names.addStretch(1)
    head.setSpacing(20)
    head.addWidget(logo)
    head.addLayout(names, stretch=1)
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 12, 0)
    column.setSpacing(12)
    column.addLayout(head)
    for text in messages.ABOUT_TEXT:
        column.addWidget(label(text, wraps=True))
    column.addStretch(1)
    return page


def _limits_page() -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 12, 0)
    column.setSpacing(12)
    column.addWidget(label(messages.LIMITS_TITLE, "question"))
    column.addWidget(label(messages.LIMITS_LEAD, wraps=True))
    column.addWidget(limits_list())
    for text in messages.LIMITS_MORE:
        column.addWidget(label(text, wraps=True))
    column.addStretch(1)
    return page

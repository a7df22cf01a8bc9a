"""The help: pages in plain words with drawings, which can be searched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from PySide6.QtCore import QByteArray, QSize, Qt, QUrl
from PySide6.QtGui import (
    QImage,
    QKeySequence,
    QPainter,
    QShortcut,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTextBrowser,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from ser_desktop.core import paths
from ser_desktop.gui import icons, theme
from ser_desktop.gui.help import messages
from ser_desktop.gui.widgets import label

_LINE_HEIGHT = 130.0
_OBJECT = "\ufffc"
"""Stands for a drawing in the text."""

_LIST_WIDTH = 290
_FEWEST_LETTERS = 2


@dataclass(frozen=True)
class Page:
    """A page of the help.

    Attributes
    ----------
    name, title : str
    text : str
        Markdown.
    icon : str
    """

    name: str
    title: str
    text: str
    icon: str


@cache
def pages() -> tuple[Page, ...]:
    """Return all pages in order."""
    found = []
    for name, icon in messages.HELP_PAGES:
        text = (paths.assets_folder() / "help" / f"{name}.md").read_text(encoding="utf-8")
        title = text.splitlines()[0].removeprefix("# ")
        found.append(Page(name, title, text, icon))
    return tuple(found)


class HelpBrowser(QTextBrowser):
    """Shows a page; its drawings take the colours of the theme and the sharpness of the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.document().setDocumentMargin(20)
        self.setAccessibleName(messages.HELP_TITLE)

    def show_page(self, page: Page) -> None:
        """Show a page from its beginning."""
        self.setMarkdown(page.text)
        document = self.document()
        cursor = QTextCursor(document)
        for number in range(document.blockCount()):
            block = document.findBlockByNumber(number)
            cursor.setPosition(block.position())
            cursor.mergeBlockFormat(_spacing(block))

    def mark(self, words: str) -> None:
        """Mark every place where words stand, and go to the first one."""
        look = QTextCharFormat()
        look.setBackground(theme.colour("warning"))
        look.setForeground(theme.colour("raised"))
        marked: list[QTextEdit.ExtraSelection] = []
        found = self.document().find(words) if len(words) >= _FEWEST_LETTERS else QTextCursor()
        while not found.isNull():
            selection = QTextEdit.ExtraSelection()
            selection.cursor, selection.format = found, look  # type: ignore[attr-defined]
            marked.append(selection)
            found = self.document().find(words, found)
        self.setExtraSelections(marked)
        if marked:
            place = QTextCursor(marked[0].cursor)  # type: ignore[attr-defined]
            place.clearSelection()
            self.setTextCursor(place)

    def loadResource(self, kind: int, name: QUrl) -> Any:
        """Draw a picture of the help."""
        if kind == QTextDocument.ResourceType.ImageResource.value and name.path().endswith(".svg"):
            return _drawn(name.fileName(), self.devicePixelRatioF())
        return super().loadResource(kind, name)


class HelpWindow(QDialog):
    """Pages on the left, the one that is read on the right.

    Parameters
    ----------
    parent : QWidget or None
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(messages.HELP_TITLE)
        # Wide enough for the drawings, narrow enough for the smallest screen.
        self.setMinimumSize(1000, 480)
        self.resize(1020, 700)
        self.search = QLineEdit()
        self.search.setPlaceholderText(messages.HELP_SEARCH)
        self.search.setAccessibleName(messages.HELP_SEARCH)
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.list = QListWidget()
        self.list.setAccessibleName(messages.HELP_TITLE)
        self.nothing = label("", "note", wraps=True)
        self.nothing.hide()
        self.browser = HelpBrowser()
        self.browser.anchorClicked.connect(self._follow)
        for page in pages():
            self.list.addItem(QListWidgetItem(page.title))
        self.list.setIconSize(QSize(icons.SIZE, icons.SIZE))
        self.list.currentRowChanged.connect(self._show)
        close = QPushButton(messages.CLOSE)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        left, row = QVBoxLayout(), QHBoxLayout(self)
        left.setSpacing(12)
        for widget in (self.search, self.nothing):
            left.addWidget(widget)
        self.list.setMinimumWidth(_LIST_WIDTH)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        left.addWidget(self.list, stretch=1)
        left.addWidget(close)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(16)
        row.addLayout(left)
        row.addWidget(self.browser, stretch=1)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        self.restyle()
        self.list.setCurrentRow(0)
        self.list.setFocus()

    def show_page(self, name: str) -> None:
        """Turn to a page by its name."""
        self.search.clear()
        self.list.setCurrentRow([page.name for page in pages()].index(name))

    def restyle(self) -> None:
        """Take over the theme in force."""
        for row, page in enumerate(pages()):
            self.list.item(row).setIcon(icons.icon(page.icon))
        if self.list.currentRow() >= 0:
            self._show(self.list.currentRow())

    def _show(self, row: int) -> None:
        if row >= 0:
            self.browser.show_page(pages()[row])
            self.browser.mark(self.search.text().strip())

    def _search(self, text: str) -> None:
        words = text.strip()
        rows = [row for row, page in enumerate(pages()) if words.lower() in page.text.lower()]
        for row in range(self.list.count()):
            self.list.item(row).setHidden(row not in rows)
        self.nothing.setText(messages.HELP_NOTHING.format(words))
        self.nothing.setVisible(not rows)
        if rows and self.list.currentRow() not in rows:
            self.list.setCurrentRow(rows[0])
        else:
            self.browser.mark(words)

    def _follow(self, link: QUrl) -> None:
        """Turn to the page that a link names."""
        if link.fileName().endswith(".md"):
            self.show_page(link.fileName().removesuffix(".md"))


def _spacing(block: QTextBlock) -> QTextBlockFormat:
    """Return the room around a paragraph; lines with a drawing are as high as the drawing."""
    spacing = QTextBlockFormat()
    is_heading = block.blockFormat().headingLevel() > 0
    is_item = block.textList() is not None
    spacing.setTopMargin(18 if is_heading and block.blockNumber() else 0)
    spacing.setBottomMargin(4 if is_item else 10)
    if _OBJECT not in block.text() and not is_heading:
        spacing.setLineHeight(_LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    return spacing


def _drawn(name: str, ratio: float) -> QImage:
    """Draw a picture with the colours of the theme: ``currentColor``, and ``token(…)`` for the others."""
    text = (paths.assets_folder() / "help" / name).read_text(encoding="utf-8")
    in_force = theme.theme()
    text = text.replace("currentColor", in_force.text)
    for token in ("surface", "raised", "line", "muted", "accent", "on_accent", "good", "warning", "error"):
        text = text.replace(f"token({token})", getattr(in_force, token))
    renderer = QSvgRenderer(QByteArray(text.encode()))
    image = QImage(renderer.defaultSize() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter)
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image

"""The files as a table: what Qt asks about each, and how it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.gui import theme
from ser_desktop.gui.files import messages
from ser_desktop.gui.files.entries import Entry, EntryState
from ser_desktop.gui.symbols import paint_symbol

Index = QModelIndex | QPersistentModelIndex

SORT_ROLE = Qt.ItemDataRole.UserRole
SHARE_ROLE = Qt.ItemDataRole.UserRole + 1
_SYMBOL = 16
_MANY = 8
_NO_PARENT = QModelIndex()
_ORDER = tuple(EntryState)


class Column(IntEnum):
    """What stands where."""

    FILE, LENGTH, ANSWER, CERTAINTY, SPEECH, STATE = range(6)


class FileTable(QAbstractTableModel):
    """Files in the order in which they were added; `FileQueue` changes them and tells."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.is_held = False
        self.speed = 0.0

    # ---- what the queue says

    def add(self, entries: Sequence[Entry]) -> None:
        """Append files."""
        if entries:
            self.beginInsertRows(_NO_PARENT, len(self.entries), len(self.entries) + len(entries) - 1)
            self.entries.extend(entries)
            self.endInsertRows()

    def remove(self, entries: Iterable[Entry]) -> None:
        """Take files away."""
        gone = set(entries)
        last = len(self.entries) - 1
        while last >= 0:
            first = last
            if self.entries[last] in gone:
                # Neighbours go together: thousands one by one would take seconds.
                while first > 0 and self.entries[first - 1] in gone:
                    first -= 1
                self.beginRemoveRows(_NO_PARENT, first, last)
                del self.entries[first : last + 1]
                self.endRemoveRows()
            last = first - 1

    def tell(self, *entries: Entry) -> None:
        """Say that files have changed."""
        if len(entries) > _MANY:
            self.tell_all()
            return
        for entry in entries:
            if entry in self.entries:
                row = self.entries.index(entry)
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))

    def tell_all(self) -> None:
        """Say that all of them look different now."""
        if self.entries:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.entries) - 1, len(Column) - 1))

    # ---- what Qt asks

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        """See Qt."""
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = _NO_PARENT) -> int:
        """See Qt."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """See Qt."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return messages.COLUMNS[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return messages.COLUMN_TIPS[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(Column(section))
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """See Qt."""
        entry, column = self.entries[index.row()], Column(index.column())
        tell = {
            Qt.ItemDataRole.DisplayRole: self._text,
            Qt.ItemDataRole.ToolTipRole: self._tip,
            Qt.ItemDataRole.DecorationRole: self._decoration,
            Qt.ItemDataRole.ForegroundRole: self._ink,
            Qt.ItemDataRole.TextAlignmentRole: lambda _entry, column: _alignment(column),
            SORT_ROLE: self._order,
            SHARE_ROLE: self._share,
        }.get(Qt.ItemDataRole(role) if role < SORT_ROLE else role)
        return tell(entry, column) if tell else None

    def _text(self, entry: Entry, column: Column) -> str:
        if column is Column.FILE:
            return entry.path.name or str(entry.path)
        if column is Column.LENGTH:
            return messages.length(entry.duration_s)
        if column is Column.STATE:
            left_s = entry.left_s / self.speed if self.speed else None
            return messages.state(entry, is_held=self.is_held, left_s=left_s)
        if entry.analysis is None:
            return ""
        if column is Column.SPEECH:
            return f"{100 * entry.analysis.windows.speech_share:.0f} %"
        words = messages.answer if column is Column.ANSWER else messages.certainty
        return words(entry.analysis.answer)

    def _tip(self, entry: Entry, column: Column) -> str:
        if column is Column.FILE:
            return str(entry.path)
        instead = messages.instead(entry.answer) if column is Column.ANSWER and entry.answer is not None else ""
        return f"{self._text(entry, column)}. {instead}" if instead else self._text(entry, column)

    @staticmethod
    def _decoration(entry: Entry, column: Column) -> QPixmap | None:
        if column is not Column.ANSWER or entry.answer is None:
            return None
        return _symbol(*_look(entry.answer))

    @staticmethod
    def _ink(entry: Entry, column: Column) -> QColor | None:
        if column is not Column.STATE:
            return None
        return theme.colour("error" if entry.state is EntryState.FAILED else "muted")

    @staticmethod
    def _share(entry: Entry, column: Column) -> float | None:
        return entry.share if entry.state is EntryState.RUNNING and column is Column.STATE else None

    @staticmethod
    def _order(entry: Entry, column: Column) -> Any:
        prediction = entry.answer
        return {
            Column.FILE: entry.path.name.casefold(),
            Column.LENGTH: entry.duration_s,
            Column.ANSWER: messages.answer(prediction).casefold() if prediction else "￿",
            Column.CERTAINTY: prediction.certainty if prediction else -1.0,
            Column.SPEECH: entry.analysis.windows.speech_share if entry.analysis else -1.0,
            Column.STATE: _ORDER.index(entry.state),
        }[column]


def _alignment(column: Column) -> Qt.AlignmentFlag:
    is_number = column in {Column.LENGTH, Column.SPEECH}
    side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _look(prediction: Prediction) -> tuple[str, str]:
    """Return whose symbol it is, and its colour."""
    if prediction.state is AnswerState.EMOTION and prediction.label:
        return prediction.label, theme.look_of(prediction.label, prediction.best or 0).colour
    return str(prediction.state), theme.theme().muted


@cache
def _symbol(name: str, colour: str) -> QPixmap:
    # Drawn at three times its size: sharp on every screen.
    pixmap = QPixmap(QSize(3 * _SYMBOL, 3 * _SYMBOL))
    pixmap.setDevicePixelRatio(3.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_symbol(painter, name, QRectF(0, 0, _SYMBOL, _SYMBOL), QColor(colour))
    painter.end()
    return pixmap


class _NameDelegate(QStyledItemDelegate):
    """Long names lose their middle: beginning and ending tell files apart."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle


class _StateDelegate(QStyledItemDelegate):
    """Text, and below it how far a file is."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        share = index.data(SHARE_ROLE)
        if share is None:
            return
        track = QRectF(option.rect.left() + 8, option.rect.bottom() - 4, option.rect.width() - 16, 3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("line"))
        painter.drawRoundedRect(track, 1.5, 1.5)
        painter.setBrush(theme.colour("accent"))
        track.setWidth(track.width() * share)
        painter.drawRoundedRect(track, 1.5, 1.5)
        painter.restore()


class FilesView(QTableView):
    """How the table looks and is moved in: whole rows, sorted by a click on a title."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("files")
        self.setAccessibleName(messages.FILES)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setIconSize(QSize(_SYMBOL, _SYMBOL))
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(34)
        # Qt does not keep them.
        self._delegates = {Column.FILE: _NameDelegate(self), Column.STATE: _StateDelegate(self)}
        for column, delegate in self._delegates.items():
            self.setItemDelegateForColumn(column, delegate)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(60)

    def settle_columns(self) -> None:
        """Give every column the room that its words need."""
        header = self.horizontalHeader()
        for column, pixels in (
            (Column.FILE, 228),
            (Column.LENGTH, 82),
            (Column.ANSWER, 236),
            (Column.CERTAINTY, 148),
            (Column.SPEECH, 82),
        ):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(column, pixels)

"""Two results beside each other."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from ser_desktop.gui.training import result_messages
from ser_desktop.gui.training.reports import comparable, was_stopped
from ser_desktop.gui.widgets import Card, label


class Comparison(Card):
    """A table of figures: this one, the other one, and the difference where that means something."""

    def __init__(self) -> None:
        super().__init__(result_messages.COMPARISON_TITLE)
        self.remark = label("", "muted", wraps=True)
        self._place = QWidget()
        self.body.addWidget(self._place)
        self.body.addWidget(self.remark)

    def show_rows(self, name: str, row: dict[str, Any], other_name: str, other: dict[str, Any]) -> None:
        """Compare two rows of reports."""
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(24)
        is_fair = comparable(row, other)
        for i, line in enumerate(lines(name, row, other_name, other, is_fair=is_fair)):
            for j, text in enumerate(line):
                is_name = i == 0
                # The date stands below the name.
                shown = text.replace(" · ", "\n") if is_name else text
                cell = label(shown, "title" if is_name else "", wraps=is_name and j in {1, 2})
                cell.setMaximumWidth(260)
                cell.setAlignment(Qt.AlignmentFlag.AlignRight if j else Qt.AlignmentFlag.AlignLeft)
                grid.addWidget(cell, i, j)
        self.body.replaceWidget(self._place, table)
        self._place.setParent(None)
        self._place = table
        remark = result_messages.FAIR if is_fair else result_messages.UNFAIR
        stopped = [title for title, one in ((name, row), (other_name, other)) if was_stopped(one)]
        self.remark.setText(" ".join([remark, *(result_messages.STOPPED_ONE.format(title) for title in stopped)]))


def lines(
    name: str, row: dict[str, Any], other_name: str, other: dict[str, Any], *, is_fair: bool
) -> list[tuple[str, ...]]:
    """Return the table's lines."""
    found: list[tuple[str, ...]] = [("", name, other_name, result_messages.DIFFERENCE if is_fair else "")]
    for key, words in (("uar", "UAR"), ("wa", "WA")):
        pair = [f"{r[f'{key}_mean']:.1f} ± {r[f'{key}_sd']:.1f} %" for r in (row, other)]
        found.append((words, *pair, f"{row[f'{key}_mean'] - other[f'{key}_mean']:+.1f}" if is_fair else ""))
    recalls = [{n: r["mean"] for n, r in zip(x["labels"], x["recalls"], strict=True)} for x in (row, other)]
    for label_name in dict.fromkeys([*row["labels"], *other["labels"]]):
        pair = [f"{own[label_name]:.0f} %" if label_name in own else "–" for own in recalls]
        both = all(label_name in own for own in recalls)
        change = f"{recalls[0][label_name] - recalls[1][label_name]:+.0f}" if both and is_fair else ""
        found.append((label_name, *pair, change))
    return found

"""Guards against a PySide6 that cannot be used with this Python (see pyproject.toml)."""

from __future__ import annotations

import sys

from PySide6.QtGui import QFont


def test_qt_calls_leave_the_reference_count_of_none_alone() -> None:
    font = QFont()
    before = sys.getrefcount(None)
    for _ in range(1000):
        font.setBold(True)
    assert abs(sys.getrefcount(None) - before) < 100

"""What was heard in one file, in time; long files are drawn bit by bit."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer

from ser_desktop.gui.files import messages
from ser_desktop.gui.files.entries import Entry
from ser_desktop.gui.files.overview import Overview
from ser_desktop.gui.plots import Timeline
from ser_desktop.gui.widgets import Card, label

_BUDGET_S = 0.012


class FileTimeline(Card):
    """A title, a sentence where something is wrong, and the timeline of the file that is chosen."""

    def __init__(self) -> None:
        super().__init__(messages.CHOOSE_ROW)
        self.title.setWordWrap(True)
        self.remark = label("", wraps=True)
        # A file may be named like a piece of HTML.
        for text in (self.title, self.remark):
            text.setTextFormat(Qt.TextFormat.PlainText)
        self.remark.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.timeline = Timeline()
        self.setMinimumHeight(230)
        self.body.addWidget(self.remark, stretch=1)
        self.overview = Overview()
        self.body.addWidget(self.overview)
        self.body.addWidget(self.timeline, stretch=1)
        self.entry: Entry | None = None
        self._n_shown = 0
        self._labels: tuple[str, ...] = ()
        self._timer = QTimer(self, interval=0, timeout=self._draw)
        self.show_entry(None)

    def show_entry(self, entry: Entry | None) -> None:
        """Show a file, or ask to choose one."""
        self.entry, self._n_shown = entry, 0
        self.timeline.clear()
        self.refresh(entry)

    def refresh(self, entry: Entry | None) -> None:
        """Show what is new about the file, if it is the one that is shown."""
        if entry is not self.entry:
            return
        self.title.setText(messages.headline(entry) if entry else messages.CHOOSE_ROW)
        is_heard = entry is not None and len(entry.windows) > 0 and not entry.problem
        self.remark.setText((entry.problem or messages.NOTHING_YET) if entry else "")
        self.remark.setVisible(not is_heard)
        self.timeline.setVisible(is_heard)
        self.overview.setVisible(is_heard)
        if entry is None:
            return
        self.overview.show_windows(entry.windows, entry.duration_s)
        if len(entry.windows) < self._n_shown:
            self._n_shown = 0
            self.timeline.clear()
        if len(entry.windows) > self._n_shown:
            if entry.windows.labels != self._labels:
                self._labels = entry.windows.labels
                self.timeline.set_labels(self._labels)
            self._timer.start()

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.timeline.restyle()
        self.overview.update()

    @property
    def is_drawing(self) -> bool:
        """Whether windows are still to be drawn."""
        return self._timer.isActive()

    def _draw(self) -> None:
        """Add windows for as long as nobody notices, then let the window live."""
        entry, until = self.entry, time.perf_counter() + _BUDGET_S
        while entry is not None and self._n_shown < len(entry.windows):
            self.timeline.add(entry.windows[self._n_shown])
            self._n_shown += 1
            if time.perf_counter() > until:
                return
        self._timer.stop()
        self.timeline.view.fit()
        self.timeline.moved()

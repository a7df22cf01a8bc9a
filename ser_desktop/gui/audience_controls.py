"""What the presenter of the audience view needs: one button, and which keys do what."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from ser_desktop.core.session import SessionState
from ser_desktop.gui import icons, messages, theme

_SHARE = 0.05
_SMALLEST = 44
"""Height of the button as a share of the screen's, and in pixels at least: a finger finds it."""

_LETTERS = 0.45
_SMALLEST_LETTERS = 0.6
"""Size of letters as a share of the button's height, and how much of it a long sentence keeps at least."""


class PresenterHint(QLabel):
    """A sentence in a place that does not grow with it.

    A long one takes smaller letters and several lines; what does not fit even so is cut with dots, and the tooltip has
    all of it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._letters, self._ink = 12, "text"

    def say(self, text: str, ink: str) -> None:
        """Say something in that colour of the theme."""
        self._ink = ink
        self.setText(text.replace("\n", " "))
        self._tell_whole()

    def scale(self, height: int, letters: int) -> None:
        """Be so high, with letters of so many pixels where the sentence is short."""
        self._letters = letters
        self.setFixedHeight(height)
        self._tell_whole()
        self.update()

    def lines(self) -> tuple[QFont, list[str]]:
        """Return the letters and the lines that there is room for."""
        smallest = round(_SMALLEST_LETTERS * self._letters)
        for size in range(self._letters, smallest - 1, -1):
            font = theme.sized(self.font(), size)
            n_fit = max(1, self.height() // QFontMetrics(font).lineSpacing())
            lines = self._wrapped(font)
            if len(lines) <= n_fit:
                return font, lines
        last = QFontMetrics(font).elidedText("".join(lines[n_fit - 1 :]), Qt.TextElideMode.ElideRight, self.width())
        return font, [*lines[: n_fit - 1], last]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find out anew what there is room for."""
        super().resizeEvent(event)
        self._tell_whole()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the lines, in the middle of the height."""
        painter = QPainter(self)
        font, lines = self.lines()
        painter.setFont(font)
        painter.setPen(theme.colour(self._ink))
        metrics = QFontMetrics(font)
        top = (self.height() - len(lines) * metrics.lineSpacing()) // 2
        for i, line in enumerate(lines):
            painter.drawText(0, top + i * metrics.lineSpacing() + metrics.ascent(), line)

    def _wrapped(self, font: QFont) -> list[str]:
        layout = QTextLayout(self.text(), font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        lines = []
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self.width())
            lines.append(self.text()[line.textStart() : line.textStart() + line.textLength()])
        layout.endLayout()
        return lines

    def _tell_whole(self) -> None:
        _, lines = self.lines()
        self.setToolTip("" if "".join(lines) == self.text() else self.text())


class PresenterControls(QWidget):
    """A quiet row at the lower edge; who watches need not read it."""

    def __init__(self) -> None:
        super().__init__()
        self.record_button, self.hint = QPushButton(), PresenterHint()
        self.record_button.setObjectName("quiet")
        self.record_button.setToolTip(messages.RECORD_TIP)
        # A click leaves the keys where they are: Space belongs to the recording.
        self.record_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.record_button)
        row.addWidget(self.hint, stretch=1)

    def show_state(self, state: SessionState, *, recording: bool) -> None:
        """Say what the button and the keys do now."""
        button = self.record_button
        button.setText(messages.record_button(state))
        button.setAccessibleName(button.text())
        is_useful = recording or state is SessionState.IDLE
        if button.hasFocus() and not is_useful:
            # What is disabled hands the keys to whatever comes next.
            self.window().setFocus()
        button.setEnabled(is_useful)
        size = button.iconSize()
        icons.dress(button, "stop" if recording else "record", "accent")
        button.setIconSize(size)
        self.hint.say(messages.audience_hint(state), "muted")

    def say(self, sentence: str) -> None:
        """Say something in the place of the keys, until the next state."""
        self.hint.say(sentence, "text")

    def scale(self, height: int) -> None:
        """Grow with a screen of that height."""
        tall = max(_SMALLEST, round(_SHARE * height))
        letters = round(_LETTERS * tall)
        metrics = QFontMetrics(theme.sized(self.font(), letters))
        widest = max(metrics.horizontalAdvance(messages.record_button(state)) for state in SessionState)
        self.record_button.setFixedSize(widest + 4 * letters, tall)
        self.record_button.setIconSize(QSize(round(1.4 * letters), letters))
        self.record_button.setStyleSheet(f"font-size: {letters}px; padding: 0;")
        self.hint.scale(tall, letters)
        self.layout().setSpacing(letters)

"""The painted parts of the window: level meter, large answer, emotion bars."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QRectF, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from ser_desktop.core.labels import RAVDESS_7
from ser_desktop.core.levels import FLOOR_DB, InputLight
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.gui import messages, theme
from ser_desktop.gui.symbols import paint_symbol

_GLIDE_MS = 200
_QUIETEST_DB = -70.0


class Card(QFrame):
    """A raised panel with an optional title."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(16, 10, 16, 10)
        self.body.setSpacing(6)
        self.title = label(title, "title")
        self.title.setVisible(bool(title))
        self.body.addWidget(self.title)


def label(text: str, name: str = "", *, wraps: bool = False) -> QLabel:
    """Return a label whose look is decided by its object name."""
    widget = QLabel(text)
    widget.setObjectName(name)
    widget.setWordWrap(wraps)
    return widget


class ElidedLabel(QLabel):
    """One line that loses its end where it does not fit, its middle if it stands on the right; the tooltip has all."""

    def __init__(self, name: str, *, align_right: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._side = Qt.AlignmentFlag.AlignRight if align_right else Qt.AlignmentFlag.AlignLeft
        self._elide = Qt.TextElideMode.ElideMiddle if align_right else Qt.TextElideMode.ElideRight

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        painter.setPen(theme.colour("muted"))
        shown = self.fontMetrics().elidedText(self.text(), self._elide, self.width())
        painter.drawText(self.rect(), int(self._side | Qt.AlignmentFlag.AlignVCenter), shown)


class LevelMeter(QWidget):
    """Twelve segments for the level, the last two warn."""

    _N_SEGMENTS = 12

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(QSize(96, 18))
        self.setAccessibleName("Input level")
        self.level_db = FLOOR_DB

    def set_level(self, level_db: float) -> None:
        """Show a level in dB relative to full scale; it falls gently and rises at once."""
        shown = max(level_db, self.level_db - 2.5)
        if round(shown, 1) != round(self.level_db, 1):
            self.level_db = shown
            self.update()

    def reset(self) -> None:
        """Show nothing, at once."""
        self.level_db = FLOOR_DB
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the segments."""
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        n_lit = round(self._N_SEGMENTS * (self.level_db - _QUIETEST_DB) / -_QUIETEST_DB)
        step = self.width() / self._N_SEGMENTS
        for i in range(self._N_SEGMENTS):
            token = "line" if i >= n_lit else "warning" if i >= self._N_SEGMENTS - 2 else "good"
            painter.setBrush(theme.colour(token))
            painter.drawRoundedRect(QRectF(i * step, 1, step - 2, self.height() - 2), 1.5, 1.5)


_LIGHT_TOKENS = {
    InputLight.WAITING: "muted",
    InputLight.GOOD: "good",
    InputLight.ZEROS: "error",
    InputLight.QUIET: "warning",
    InputLight.CLIPPING: "error",
    InputLight.NARROW: "warning",
}


class LightLabel(QWidget):
    """The input light: a coloured dot and its word."""

    def __init__(self) -> None:
        super().__init__()
        self.light = InputLight.WAITING
        self._text = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 0, 0, 0)
        row.addWidget(self._text)
        self.set_light(InputLight.WAITING)
        font = theme.sized(self._text.font(), 14)
        self.setMinimumWidth(round(QFontMetricsF(font).horizontalAdvance("phone quality")) + 22)

    def set_light(self, light: InputLight) -> None:
        """Show a judgement; its advice is the tooltip."""
        self.light = light
        word, advice = messages.light_words(light)
        self._text.setText(word)
        self.setToolTip(advice)
        self.setAccessibleName(f"Input: {word}. {advice}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(_LIGHT_TOKENS[self.light]))
        painter.drawEllipse(QRectF(0, self.height() / 2 - 5, 10, 10))


class AnswerPanel(QWidget):
    """The current answer in large type with its symbol; "no speech" takes the same place."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(QSize(320, 130))
        self.title, self.subtitle = messages.LOADING, messages.LOADING_HINT
        self._symbol: str = ""

    def show_text(self, title: str, subtitle: str) -> None:
        """Say something that is not an answer."""
        self._set("", title, subtitle)

    def show_prediction(self, prediction: Prediction) -> None:
        """Show an answer."""
        is_emotion = prediction.state is AnswerState.EMOTION
        symbol = prediction.label if is_emotion and prediction.label else str(prediction.state)
        self._set(symbol, messages.answer_title(prediction), messages.answer_subtitle(prediction))

    def _set(self, symbol: str, title: str, subtitle: str) -> None:
        self._symbol, self.title, self.subtitle = symbol, title, subtitle
        self.setAccessibleName(f"{title}. {subtitle}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw tile, symbol and both lines."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tile = min(max(112.0, self.height() * 0.4), self.height() * 0.62, self.width() * 0.26) if self._symbol else 0.0
        gap = 24.0 if self._symbol else 0.0
        width = self.width() - tile - gap
        title_font = theme.sized(self.font(), self._fitting_size(width), bold=True)
        subtitle_font = theme.sized(self.font(), 18)
        title_height = QFontMetricsF(title_font).height()
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
        bounds = QFontMetricsF(subtitle_font).boundingRect(QRectF(0, 0, width, 200), flags, self.subtitle)
        top = (self.height() - title_height - bounds.height() - 4) / 2
        if self._symbol:
            self._paint_tile(painter, QRectF(0, (self.height() - tile) / 2, tile, tile))
        painter.setPen(theme.colour("text"))
        painter.setFont(title_font)
        painter.drawText(QRectF(tile + gap, top, width, title_height), int(Qt.AlignmentFlag.AlignLeft), self.title)
        painter.setPen(theme.colour("muted"))
        painter.setFont(subtitle_font)
        painter.drawText(QRectF(tile + gap, top + title_height + 4, width, bounds.height() + 4), flags, self.subtitle)

    def _paint_tile(self, painter: QPainter, tile: QRectF) -> None:
        is_state = self._symbol in set(AnswerState)
        background = theme.colour("line") if is_state else QColor(theme.look_of(self._symbol).colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(background)
        painter.drawRoundedRect(tile, 16, 16)
        inset = tile.width() * 0.24
        ink = theme.colour("text") if is_state else QColor("#FFFFFF")
        paint_symbol(painter, self._symbol, tile.adjusted(inset, inset, -inset, -inset), ink)

    def _fitting_size(self, width: float) -> int:
        # Large windows get larger words; long class names of people's own models shrink rather than being cut.
        largest = max(64.0, 0.36 * self.height())
        for size in (112, 88, 64, 52, 44, 36, 28, 22):
            needed = QFontMetricsF(theme.sized(self.font(), size, bold=True)).horizontalAdvance(self.title)
            if size <= largest and needed <= width:
                return size
        return 18


class EmotionBars(QWidget):
    """One bar per class in fixed order, gliding to new values on a fixed axis of 0 to 100 %."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(messages.CHANCES_TITLE)
        self._glide = QVariantAnimation(self)
        self._glide.setDuration(_GLIDE_MS)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.setStartValue(0.0)
        self._glide.setEndValue(1.0)
        self._glide.valueChanged.connect(self._glided)
        self.set_labels(tuple(str(emotion) for emotion in RAVDESS_7))

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """Set the classes, in order, all at 0 %."""
        self.labels = labels
        self.values = (0.0,) * len(labels)
        self._from = self._shown = self.values
        self.setMinimumHeight(20 * len(labels))
        self.update()

    def show_prediction(self, prediction: Prediction | None) -> None:
        """Glide to an answer's probabilities, or to nothing when there are none."""
        self._glide.stop()
        self._from = self._shown
        has_values = prediction is not None and prediction.probabilities
        self.values = prediction.probabilities if prediction and has_values else (0.0,) * len(self.labels)
        spoken = (f"{name} {100 * value:.0f} %" for name, value in zip(self.labels, self.values, strict=True))
        self.setAccessibleDescription(", ".join(spoken))
        self._glide.start()

    def _glided(self, share: float) -> None:
        self._shown = tuple(a + (b - a) * share for a, b in zip(self._from, self.values, strict=True))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = theme.sized(self.font(), 15, tabular=True)
        metrics = QFontMetricsF(font)
        # The best one is bold, whichever it is.
        bold = QFontMetricsF(theme.sized(font, 15, bold=True, tabular=True))
        name_width = max(bold.horizontalAdvance(name) for name in self.labels) + 36
        percent_width = metrics.horizontalAdvance("100 %") + 10
        height = self.height() / len(self.labels)
        track_width = max(20.0, self.width() - name_width - percent_width)
        best = max(self.values)
        for i, (name, shown) in enumerate(zip(self.labels, self._shown, strict=True)):
            look, top = theme.look_of(name, i), i * height
            is_best = best > 0 and self.values[i] == best
            paint_symbol(painter, name, QRectF(2, top + height / 2 - 8, 16, 16), QColor(look.colour))
            painter.setFont(theme.sized(font, 15, bold=is_best, tabular=True))
            painter.setPen(theme.colour("text"))
            middle = int(Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRectF(28, top, name_width - 28, height), middle, name)
            bar_height = min(18.0, height - 8)
            track = QRectF(name_width, top + (height - bar_height) / 2, track_width, bar_height)
            self._paint_bar(painter, track, look, shown)
            painter.setPen(theme.colour("text" if self.values[i] else "muted"))
            percent = f"{100 * self.values[i]:.0f} %" if best > 0 else "–"
            right = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
            painter.drawText(QRectF(track.right(), top, percent_width, height), right, percent)

    @staticmethod
    def _paint_bar(painter: QPainter, track: QRectF, look: theme.Look, value: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("line"))
        painter.drawRoundedRect(track, 4, 4)
        if value < 0.004:
            return
        bar = QRectF(track.left(), track.top(), track.width() * value, track.height())
        painter.setBrush(QColor(look.colour))
        painter.drawRoundedRect(bar, 4, 4)
        if look.pattern is not Qt.BrushStyle.SolidPattern:
            painter.setBrush(QBrush(QColor(255, 255, 255, 90), look.pattern))
            painter.setPen(QPen(Qt.PenStyle.NoPen))
            painter.drawRoundedRect(bar, 4, 4)


def scrolled(content: QWidget, name: str = "page") -> QScrollArea:
    """Return a page, or the inside of a card, that scrolls where the window is too small for it."""
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    content.setObjectName(name)
    area.setWidget(content)
    return area

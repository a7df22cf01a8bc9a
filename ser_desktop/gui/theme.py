"""Semantic colours, one look per emotion, and the style sheet made from them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from ser_desktop.core import paths
from ser_desktop.core.labels import Emotion


@dataclass(frozen=True)
class Theme:
    """Colours by what they mean."""

    name: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    good: str
    warning: str
    error: str


LIGHT = Theme(
    name="light",
    surface="#FAFAF8",
    raised="#FFFFFF",
    line="#E3E2DD",
    text="#1B1D1F",
    muted="#5C6166",
    accent="#C8321F",
    on_accent="#FFFFFF",
    good="#2E7D4F",
    warning="#9A6700",
    error="#B3261E",
)
DARK = Theme(
    name="dark",
    surface="#15171A",
    raised="#1D2024",
    line="#2C3036",
    text="#ECEDEE",
    muted="#A0A6AD",
    accent="#FF6B57",
    on_accent="#1B0D0A",
    good="#58C48A",
    warning="#E3B341",
    error="#FF8A80",
)


@dataclass(frozen=True)
class Look:
    """How an emotion is shown besides its word: colour and pattern (`symbols` draws its symbol)."""

    colour: str
    pattern: Qt.BrushStyle


_LOOKS: dict[str, Look] = {
    Emotion.NEUTRAL: Look("#8A8F98", Qt.BrushStyle.SolidPattern),
    Emotion.CALM: Look("#3F978F", Qt.BrushStyle.HorPattern),
    Emotion.HAPPY: Look("#BE8100", Qt.BrushStyle.Dense6Pattern),
    Emotion.SAD: Look("#3B6FB6", Qt.BrushStyle.VerPattern),
    Emotion.ANGRY: Look("#D0432B", Qt.BrushStyle.FDiagPattern),
    Emotion.FEARFUL: Look("#7B5EA7", Qt.BrushStyle.BDiagPattern),
    Emotion.DISGUST: Look("#5B8C3A", Qt.BrushStyle.DiagCrossPattern),
    Emotion.SURPRISED: Look("#D4679E", Qt.BrushStyle.CrossPattern),
}
_OWN_CLASSES = ("#4C78A8", "#B279A2", "#6B8E23", "#C06030", "#7F7F7F", "#2F8F8F")


def look_of(label: str, position: int = 0) -> Look:
    """Look of a class; classes that people name themselves get a colour by their position."""
    return _LOOKS.get(label) or Look(_OWN_CLASSES[position % len(_OWN_CLASSES)], Qt.BrushStyle.SolidPattern)


_current = LIGHT


def theme() -> Theme:
    """Return the theme in force."""
    return _current


def colour(token: str) -> QColor:
    """Colour of a token of the theme in force."""
    return QColor(getattr(_current, token))


def apply_theme(app: QApplication, choice: str) -> Theme:
    """Set the theme of the whole application.

    Parameters
    ----------
    app : QApplication
    choice : {"system", "light", "dark"}
    """
    global _current  # noqa: PLW0603 - one application, one theme
    if choice == "system":
        is_dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        _current = DARK if is_dark else LIGHT
    else:
        _current = DARK if choice == "dark" else LIGHT
    app.setStyle("Fusion")
    app.setPalette(_palette(_current))
    app.setStyleSheet(_style_sheet(_current))
    return _current


def sized(font: QFont, pixels: int, *, bold: bool = False, tabular: bool = False) -> QFont:
    """Copy of a font in another size; ``tabular`` gives all digits the same width."""
    copy = QFont(font)
    copy.setPixelSize(pixels)
    copy.setBold(bold)
    if tabular:
        copy.setFeature(QFont.Tag("tnum"), 1)
    return copy


def _palette(t: Theme) -> QPalette:
    palette = QPalette()
    for role, token in {
        QPalette.ColorRole.Window: t.surface,
        QPalette.ColorRole.WindowText: t.text,
        QPalette.ColorRole.Base: t.raised,
        QPalette.ColorRole.AlternateBase: t.surface,
        QPalette.ColorRole.Text: t.text,
        QPalette.ColorRole.Button: t.raised,
        QPalette.ColorRole.ButtonText: t.text,
        QPalette.ColorRole.ToolTipBase: t.raised,
        QPalette.ColorRole.ToolTipText: t.text,
        QPalette.ColorRole.PlaceholderText: t.muted,
        QPalette.ColorRole.Highlight: t.accent,
        QPalette.ColorRole.HighlightedText: t.on_accent,
        QPalette.ColorRole.Link: t.accent,
        QPalette.ColorRole.LinkVisited: t.accent,
    }.items():
        palette.setColor(role, QColor(token))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(t.muted))
    return palette


def _style_sheet(t: Theme) -> str:
    icons = paths.assets_folder() / "icons"
    chevron = (icons / f"chevron-{t.name}.svg").as_posix()
    chevron_up = (icons / f"chevron-up-{t.name}.svg").as_posix()
    check = (icons / f"check-{t.name}.svg").as_posix()
    return f"""
    QWidget {{ font-size: 14px; color: {t.text}; }}
    QMainWindow, QDialog, QScrollArea#page, QWidget#page {{ background: {t.surface}; }}
    QScrollArea#inner, QWidget#inner {{ background: {t.raised}; border: 0; }}
    QFrame#card {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 8px; }}
    QFrame#banner {{ background: {t.raised}; border: 1px solid {t.warning}; border-radius: 8px; }}
    QFrame#banner[kind="good"] {{ border-color: {t.good}; }}
    QFrame#banner[kind="error"] {{ border-color: {t.error}; }}
    QLabel {{ background: transparent; }}
    QLabel#title {{ font-size: 13px; font-weight: 600; }}
    QLabel#muted, QLabel#status {{ color: {t.muted}; font-size: 12px; }}
    QPushButton, QToolButton {{
        background: {t.raised}; border: 1px solid {t.line}; border-radius: 8px; padding: 7px 14px; }}
    QPushButton:hover, QToolButton:hover {{ border-color: {t.muted}; }}
    QPushButton:focus, QToolButton:focus, QComboBox:focus {{ border: 2px solid {t.accent}; }}
    QPushButton:disabled, QToolButton:disabled {{ color: {t.muted}; }}
    QFileDialog QToolButton {{ padding: 2px; }}
    QPushButton#quiet {{ background: transparent; color: {t.muted}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QWidget#bar QPushButton, QWidget#bar QToolButton {{ padding: 7px 10px; }}
    QWidget#bar QPushButton#record {{
        background: {t.accent}; color: {t.on_accent}; border: 2px solid {t.accent};
        font-size: 16px; font-weight: 600; padding: 8px 14px; min-width: 96px; }}
    QWidget#bar QPushButton#record:focus {{ border: 2px solid {t.text}; }}
    QWidget#bar QPushButton#record:disabled {{ background: {t.line}; color: {t.muted}; border-color: {t.line}; }}
    QWidget#bar QPushButton#record[recording="true"] {{
        background: {t.raised}; color: {t.accent}; border: 2px solid {t.accent}; }}
    QPushButton#primary {{
        background: {t.accent}; color: {t.on_accent}; border: 2px solid {t.accent}; font-weight: 600; }}
    QPushButton#primary:focus {{ border: 2px solid {t.text}; }}
    QPushButton#primary:disabled {{ background: {t.line}; color: {t.muted}; border-color: {t.line}; }}
    QPushButton#rail {{ background: transparent; border: 2px solid transparent; text-align: left;
        padding: 9px 14px; min-width: 172px; }}
    QPushButton#small {{ padding: 5px 7px; }}
    QPushButton#chip {{ padding: 2px 10px; border-radius: 6px; font-size: 12px; }}
    QLineEdit#chip {{ padding: 2px 8px; border-radius: 6px; font-size: 12px; }}
    QPushButton#class {{ padding: 7px 12px; }}
    QPushButton#class:checked {{ border: 2px solid {t.accent}; }}
    QPushButton#rail:hover {{ background: {t.line}; }}
    QPushButton#rail:checked {{ background: {t.raised}; border-color: {t.line}; font-weight: 600; }}
    QPushButton#rail:focus {{ border-color: {t.accent}; }}
    QLabel#question {{ font-size: 18px; font-weight: 600; }}
    QLabel#answer {{ font-size: 16px; }}
    QLabel#headline {{ font-size: 28px; font-weight: 700; }}
    QLabel#point {{ font-weight: 600; }}
    QLabel#key {{
        background: {t.surface}; border: 1px solid {t.muted}; border-radius: 4px; padding: 2px 7px; font-size: 13px; }}
    QLabel#note {{ color: {t.muted}; font-size: 13px; }}
    QPushButton#step {{
        color: {t.muted}; background: transparent; border: 1px solid transparent; padding: 4px 10px; }}
    QPushButton#step:enabled {{ color: {t.text}; }}
    QPushButton#step:enabled:hover, QPushButton#step:focus {{ border-color: {t.muted}; }}
    QPushButton#step[state="now"] {{
        color: {t.text}; font-weight: 600; background: {t.raised}; border-color: {t.line}; }}
    QLabel#mark {{ font-weight: 700; color: {t.muted}; }}
    QLabel#mark[level="error"] {{ color: {t.error}; }}
    QLabel#mark[level="warning"] {{ color: {t.warning}; }}
    QLabel#complaint {{ color: {t.warning}; }}
    QLabel#good {{ color: {t.good}; font-weight: 600; }}
    QLabel#drop {{ color: {t.muted}; border: 2px dashed {t.line}; border-radius: 8px; padding: 12px; }}
    QFrame#card[chosen="true"] {{ border: 2px solid {t.accent}; }}
    QRadioButton, QCheckBox {{ spacing: 8px; padding: 2px; border: 1px solid transparent; border-radius: 4px; }}
    QRadioButton:focus, QCheckBox:focus {{ border-color: {t.accent}; }}
    QRadioButton::indicator, QCheckBox::indicator {{
        width: 14px; height: 14px; background: {t.raised}; border: 1px solid {t.muted}; }}
    QRadioButton::indicator {{ border-radius: 8px; }}
    QCheckBox::indicator {{ border-radius: 4px; }}
    QRadioButton::indicator:checked {{
        border-color: {t.accent}; background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5,
        stop: 0 {t.accent}, stop: 0.5 {t.accent}, stop: 0.6 {t.raised}, stop: 1 {t.raised}); }}
    QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; image: url("{check}"); }}
    QRadioButton::indicator:disabled, QCheckBox::indicator:disabled {{ border-color: {t.line}; }}
    QRadioButton:disabled, QCheckBox:disabled {{ color: {t.muted}; }}
    QRadioButton#choice {{ font-weight: 600; }}
    QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox {{
        background: {t.raised}; border: 1px solid {t.line}; border-radius: 8px; padding: 6px 8px;
        selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
    QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus {{ border: 2px solid {t.accent}; }}
    QLineEdit#plain {{ background: transparent; border: 1px solid transparent; font-weight: 600; padding: 2px 0; }}
    QLineEdit#plain:hover {{ border-color: {t.line}; }}
    QLineEdit#plain:focus {{ border: 1px solid {t.accent}; }}
    QSpinBox:disabled, QDoubleSpinBox:disabled, QLineEdit:disabled {{ color: {t.muted}; }}
    QSpinBox::up-button, QDoubleSpinBox::up-button {{
        subcontrol-origin: border; subcontrol-position: top right; width: 28px; height: 17px; border: 0; }}
    QSpinBox::down-button, QDoubleSpinBox::down-button {{
        subcontrol-origin: border; subcontrol-position: bottom right; width: 28px; height: 17px; border: 0; }}
    QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url("{chevron_up}"); width: 10px; height: 7px; }}
    QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url("{chevron}"); width: 10px; height: 7px; }}
    QTableWidget {{ background: {t.raised}; border: 1px solid {t.line}; gridline-color: {t.line}; }}
    QTreeWidget, QListWidget, QTextBrowser {{
        background: {t.raised}; border: 1px solid {t.line}; border-radius: 8px; outline: 0; }}
    QTreeWidget::item {{ padding: 4px 2px; }}
    QListWidget::item {{ padding: 8px 10px; border-radius: 4px; }}
    QTreeWidget::item:selected, QListWidget::item:selected {{ background: {t.line}; color: {t.text}; }}
    QTreeWidget:focus, QListWidget:focus, QTextBrowser:focus {{ border-color: {t.accent}; }}
    QTableView#files {{ selection-background-color: {t.line}; selection-color: {t.text}; outline: 0; }}
    QTableView#files::item {{ padding: 0 8px; }}
    QTableView#files QHeaderView::section {{ padding: 6px 11px; }}
    QSplitter::handle {{ background: transparent; }}
    QTableView {{ background: {t.raised}; border: 1px solid {t.line}; gridline-color: {t.line}; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle {{ background: {t.line}; border-radius: 5px; min-height: 32px; min-width: 32px; }}
    QScrollBar::handle:hover {{ background: {t.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QHeaderView::section {{
        background: {t.surface}; color: {t.text}; border: 0; border-bottom: 1px solid {t.line}; padding: 6px; }}
    QComboBox {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 8px; padding: 7px 10px; }}
    QComboBox::drop-down {{ border: 0; width: 28px; }}
    QComboBox::down-arrow {{ image: url("{chevron}"); width: 12px; height: 8px; }}
    QComboBox:disabled {{ color: {t.muted}; }}
    QComboBox QAbstractItemView {{ background: {t.raised}; border: 1px solid {t.line}; outline: 0; }}
    QMenu {{ background: {t.raised}; border: 1px solid {t.line}; padding: 4px; }}
    QMenu::item {{ padding: 6px 24px 6px 12px; border-radius: 4px; }}
    QMenu::icon {{ padding-left: 10px; }}
    QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
    QMenu QLabel#heading {{ color: {t.muted}; font-size: 12px; font-weight: 600; padding: 4px 8px 2px 4px; }}
    QMenu::item:selected {{ background: {t.line}; }}
    QMenu::item:disabled {{ color: {t.muted}; }}
    QProgressBar {{ background: {t.line}; border: 0; border-radius: 3px; max-height: 6px; min-height: 6px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
    """

"""What the program is, what it is for, and its licences."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from ser_desktop import __version__
from ser_desktop.core.licences import Licence
from ser_desktop.gui import theme
from ser_desktop.gui.help import licences_page, messages
from ser_desktop.gui.help.about_window import LICENCES, LIMITS, AboutWindow
from ser_desktop.gui.help.licences_page import LicenceWorker
from tests.gui.conftest import OpenWindow

PARTS = [
    Licence("program", "ser-desktop", "1.0", "MIT", False, "ser-desktop"),
    Licence("asset", "A clip", "", "CC0", False, "audio"),
    Licence("library", "opensmile", "2.6", "audEERING Research License", True, "opensmile"),
    Licence("library", "numpy", "2.4", "BSD-3-Clause", False, "numpy"),
    Licence("library", "silent", "0.1", "", False, "silent"),
]


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[AboutWindow]:
    theme.apply_theme(qapp, "light")
    monkeypatch.setattr(licences_page, "all_licences", lambda: PARTS)
    monkeypatch.setattr(
        licences_page, "licence_text", lambda part: "" if part.name == "silent" else f"Text of {part.name}"
    )
    worker = LicenceWorker()
    window = AboutWindow(worker)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()
    assert worker.shut_down()


def words(window: AboutWindow) -> str:
    page = window.stack.currentWidget()
    return " ".join(label.text() for label in page.findChildren(QLabel))


def shown(window: AboutWindow) -> list[str]:
    return [item.text(0) for item in window.licences.items() if not item.isHidden()]


def test_it_names_version_paper_and_corpora(window: AboutWindow) -> None:
    for said in (__version__, "Pepino", "Interspeech 2021", "RAVDESS", "openSMILE"):
        assert said in words(window)


def test_the_limits_are_those_of_the_first_start_and_more(window: AboutWindow) -> None:
    window.buttons[LIMITS].click()
    said = words(window)
    for _icon, title, text in messages.LIMITS:
        assert title in said
        assert text in said
    assert "Never decide anything about a person" in said


def test_nothing_is_read_before_the_licences_are_looked_at(window: AboutWindow, qtbot: QtBot) -> None:
    assert not window.licences._worker.isRunning()
    window.buttons[LICENCES].click()
    qtbot.waitUntil(lambda: len(window.licences.items()) == len(PARTS), timeout=10_000)
    assert window.licences.count.text() == messages.licences_counted(len(PARTS))


def test_what_is_not_free_for_every_purpose_stands_out(window: AboutWindow) -> None:
    window.licences._listed(PARTS)
    marked = [item.text(0) for item in window.licences.items() if not item.icon(0).isNull()]
    assert marked == ["opensmile"]
    window.buttons[LICENCES].click()
    assert messages.LICENCES_WARNING in words(window)


def test_the_text_is_read_when_it_is_wanted(window: AboutWindow, qtbot: QtBot) -> None:
    window.buttons[LICENCES].click()
    qtbot.waitUntil(lambda: len(window.licences.items()) == len(PARTS), timeout=10_000)
    assert window.licences.text.toPlainText() == messages.LICENCE_CHOOSE
    for name, said in (("opensmile", "Text of opensmile"), ("silent", "silent brought no text along")):
        item = next(item for item in window.licences.items() if item.text(0) == name)
        window.licences.tree.setCurrentItem(item)
        qtbot.waitUntil(lambda said=said: said in window.licences.text.toPlainText(), timeout=10_000)


def test_parts_are_found_by_name_and_licence(window: AboutWindow) -> None:
    window.licences._listed(PARTS)
    window.licences.filter.setText("bsd")
    assert shown(window) == ["numpy"]
    window.licences.filter.setText("clip")
    assert shown(window) == ["A clip"]
    window.licences.filter.clear()
    assert len(shown(window)) == len(PARTS)


def test_the_welcome_leads_to_the_limits(open_window: OpenWindow) -> None:
    main = open_window(understood="")
    main.welcome.more_button.click()
    assert main.help.about is not None
    assert main.help.about.stack.currentIndex() == LIMITS
    assert not main.help.about.isModal()
    main.close()
    assert not main.help.about.isVisible()

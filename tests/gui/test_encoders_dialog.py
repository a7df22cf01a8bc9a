from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from ser_desktop.core import downloads, transfer
from ser_desktop.core.install import staging_of
from ser_desktop.core.library import BundleUse, EncoderStatus
from ser_desktop.core.transfer import Progress
from ser_desktop.gui import messages
from ser_desktop.gui.encoders_dialog import EncoderRow, EncodersDialog
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.theme import apply_theme
from tests.gui.conftest import OpenWindow
from tests.helpers.hub import FT, PT, Hub, Published, answers, drips

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    monkeypatch.setattr(transfer, "_TIMEOUT_S", 2.0)
    monkeypatch.setattr(downloads, "_PATIENCE", 1)
    hub = Hub()
    yield Published(hub, tmp_path / "published", monkeypatch)
    hub.stop()


@pytest.fixture
def dialog(qtbot: QtBot, qapp: QApplication, published: Published) -> Iterator[EncodersDialog]:
    apply_theme(qapp, "light")
    worker = InstallWorker()
    dialog = EncodersDialog(worker)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: len(dialog.rows) == 3, timeout=30_000)
    yield dialog
    dialog.close()
    assert worker.shut_down()


def offers(row: EncoderRow) -> list[str]:
    return [b.text() for b in row.findChildren(QPushButton) if b.isVisible() and b.isEnabled()]


def press(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def get(qtbot: QtBot, dialog: EncodersDialog, name: str) -> None:
    press(qtbot, dialog.rows[name].get_button)
    qtbot.waitUntil(lambda: messages.installed(name) in dialog.banner.text.text(), timeout=30_000)
    qtbot.waitUntil(lambda: not dialog.rows[name].get_button.isVisible(), timeout=5000)


def test_every_encoder_is_listed_with_what_can_be_done(dialog: EncodersDialog) -> None:
    assert {name: offers(row) for name, row in dialog.rows.items()} == {
        "compact": [messages.VERIFY],
        PT: [messages.GET],
        FT: [messages.GET],
    }
    assert "licence Apache-2.0" in dialog.rows[PT].state.text()
    assert "UAR 7" in dialog.rows["compact"].uses.text()


@pytest.mark.parametrize("name", [PT, FT])
def test_an_encoder_is_fetched_with_one_click(
    dialog: EncodersDialog, qtbot: QtBot, published: Published, name: str
) -> None:
    get(qtbot, dialog, name)
    assert published.entries[name].is_installed()
    row = dialog.rows[name]
    assert offers(row) == [messages.VERIFY, messages.REMOVE]
    assert row.state.text().startswith("installed")


def test_while_one_is_fetched_it_shows_progress_and_can_be_stopped_and_gone_on_with(
    dialog: EncodersDialog, qtbot: QtBot, published: Published
) -> None:
    weights = published.weights(FT)
    published.hub.faults = [lambda _r: False, lambda _r: False, drips(weights, 10.0)]
    row = dialog.rows[FT]
    press(qtbot, row.get_button)
    part = staging_of(published.entries[FT]) / "model.safetensors.part"
    qtbot.waitUntil(lambda: part.is_file() and part.stat().st_size > 0, timeout=20_000)
    qtbot.waitUntil(lambda: "left" in row.progress_text.text(), timeout=20_000)
    assert offers(row) == [messages.CANCEL]
    assert offers(dialog.rows[PT]) == offers(dialog.rows["compact"]) == []
    assert row.bar.isVisible()
    press(qtbot, row.cancel_button)
    qtbot.waitUntil(lambda: dialog.banner.text.text() == messages.INSTALL_STOPPED, timeout=10_000)
    qtbot.waitUntil(lambda: row.get_button.text() == messages.GO_ON, timeout=5000)
    assert "have arrived" in row.state.text()
    assert not published.entries[FT].is_installed()
    published.hub.asked.clear()
    get(qtbot, dialog, FT)
    assert published.hub.asked[0][1] > 0


def test_a_failure_is_said_in_the_banner_and_everything_can_be_tried_again(
    dialog: EncodersDialog, qtbot: QtBot, published: Published
) -> None:
    published.hub.faults = [answers(404)]
    press(qtbot, dialog.rows[FT].get_button)
    qtbot.waitUntil(lambda: "no longer there" in dialog.banner.text.text(), timeout=20_000)
    assert dialog.banner.property("kind") == "error"
    qtbot.waitUntil(lambda: messages.GET in offers(dialog.rows[FT]), timeout=5000)
    get(qtbot, dialog, FT)
    assert dialog.banner.property("kind") == "notice"


def test_files_are_checked_and_damage_is_told(dialog: EncodersDialog, qtbot: QtBot, published: Published) -> None:
    get(qtbot, dialog, FT)
    row = dialog.rows[FT]
    press(qtbot, row.verify_button)
    qtbot.waitUntil(lambda: "all files are as they were" in dialog.banner.text.text(), timeout=20_000)
    (published.entries[FT].folder / "model.safetensors").write_bytes(b"x")
    qtbot.waitUntil(lambda: row.verify_button.isVisible() and row.verify_button.isEnabled(), timeout=5000)
    press(qtbot, row.verify_button)
    qtbot.waitUntil(lambda: "was cut short or altered" in dialog.banner.text.text(), timeout=20_000)


def test_a_removed_encoder_is_gone_and_can_be_fetched_again(
    dialog: EncodersDialog, qtbot: QtBot, published: Published
) -> None:
    get(qtbot, dialog, FT)
    press(qtbot, dialog.rows[FT].remove_button)
    qtbot.waitUntil(lambda: f"{FT} was " in dialog.banner.text.text(), timeout=20_000)
    qtbot.waitUntil(lambda: offers(dialog.rows[FT]) == [messages.GET], timeout=5000)
    assert not published.entries[FT].folder.exists()


@pytest.mark.parametrize("way", ["folder", "zip"])
def test_an_encoder_is_imported_from_where_people_say(
    dialog: EncodersDialog, qtbot: QtBot, published: Published, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    import shutil

    folder = str(published.folder / PT)
    archive = shutil.make_archive(folder, "zip", folder)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: folder)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (archive, ""))
    press(qtbot, dialog.folder_button if way == "folder" else dialog.zip_button)
    qtbot.waitUntil(lambda: messages.installed(PT) in dialog.banner.text.text(), timeout=30_000)
    assert published.entries[PT].is_installed()
    assert published.hub.asked == []


def test_closing_the_window_lets_the_download_go_on(dialog: EncodersDialog, qtbot: QtBot, published: Published) -> None:
    published.hub.faults = [lambda _r: False, lambda _r: False, drips(published.weights(FT), 1.5)]
    press(qtbot, dialog.rows[FT].get_button)
    qtbot.waitUntil(lambda: len(published.hub.asked) == 3, timeout=20_000)
    dialog.close()
    qtbot.waitUntil(published.entries[FT].is_installed, timeout=20_000)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.rows[FT].state.text().startswith("installed"), timeout=20_000)


def test_the_end_of_the_program_stops_a_download_at_once(
    dialog: EncodersDialog, qtbot: QtBot, published: Published
) -> None:
    published.hub.faults = [lambda _r: False, lambda _r: False, drips(published.weights(FT), 60.0, n_pieces=600)]
    press(qtbot, dialog.rows[FT].get_button)
    qtbot.waitUntil(lambda: len(published.hub.asked) == 3, timeout=20_000)
    assert dialog._worker.shut_down(5000)
    assert not published.entries[FT].is_installed()


def test_the_menu_opens_it_beside_the_window(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    window.encoders_action.trigger()
    qtbot.waitUntil(lambda: len(window.encoders.rows) == 3, timeout=30_000)
    assert not window.encoders.isModal(), "a recording goes on"
    window.encoders.close()
    assert window.encoders._worker.shut_down()


STATUS = EncoderStatus("x", "purpose", "MIT", "0123456789abcdef", False, False, 380_267_417, 0, ())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "not installed · 380 MB · licence MIT · revision 0123456789ab"),
        ({"n_arrived": 120_000_000}, "120 MB of it have arrived · 380 MB"),
        ({"is_installed": True}, "installed · 380 MB"),
        ({"is_shipped": True, "is_installed": True}, "installed · 380 MB"),
        ({"is_shipped": True}, "missing: install the program again"),
    ],
)
def test_the_state_says_what_is_there(changes: dict[str, object], said: str) -> None:
    from dataclasses import replace

    assert messages.encoder_state(replace(STATUS, **changes)).startswith(said)  # type: ignore[arg-type]


def test_models_that_use_an_encoder_are_named_with_their_quality() -> None:
    from dataclasses import replace

    assert messages.encoder_uses(STATUS) == ""
    used = replace(STATUS, bundles=(BundleUse("A", "corpus", 0.712, 0.014), BundleUse("B", "corpus", 0.5, 0.0)))
    assert messages.encoder_uses(used) == "Used by A (UAR 71 ± 1 %); B (UAR 50 ± 0 %)"


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (Progress("x", 120_000_000, 380_000_000, 8_200_000.0), "120 of 380 MB · 8.2 MB/s · 32 s left"),
        (Progress("x", 120_000_000, 380_000_000, 500_000.0), "120 of 380 MB · 0.5 MB/s · 9 min left"),
        (Progress("x", 120_000_000, 380_000_000, 10_000.0), "120 of 380 MB · 0.0 MB/s · 7.2 h left"),
        (Progress("x", 120_000_000, None, 8_200_000.0), "120 MB · 8.2 MB/s"),
        (Progress("x", 0, 380_000_000), "0 of 380 MB"),
        (Progress("x", 0, None, waiting="the server is busy (answer 503)"), "x: the server is busy (answer 503)…"),
    ],
)
def test_progress_says_how_far_how_fast_and_how_long(progress: Progress, said: str) -> None:
    assert messages.download_progress(progress) == said

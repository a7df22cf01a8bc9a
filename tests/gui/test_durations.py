"""Times as a clock shows them."""

from __future__ import annotations

import pytest

from ser_desktop.gui.durations import clock, roughly
from ser_desktop.gui.files import messages as files_messages
from ser_desktop.gui.plots import words
from tests.gui.conftest import OpenWindow

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.mark.parametrize(
    ("seconds", "padded", "plain"),
    [(0, "00:00", "0:00"), (125.9, "02:05", "2:05"), (3599, "59:59", "59:59"), (7507, "2:05:07", "2:05:07")],
)
def test_hours_appear_where_there_are_any(seconds: float, padded: str, plain: str) -> None:
    assert clock(seconds) == padded
    assert clock(seconds, pads=False) == plain


def test_all_clocks_agree_after_an_hour(open_window: OpenWindow) -> None:
    window = open_window()
    window.bar.show_elapsed(7507)
    assert window.bar.elapsed.text() == "2:05:07"
    assert words.time(7507.0) == files_messages.length(7507.0) == "2:05:07"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (89, "89 s"), (90, "2 min"), (720, "12 min"), (9000, "2.5 h")]
)
def test_people_round(seconds: float, said: str) -> None:
    assert roughly(seconds) == said

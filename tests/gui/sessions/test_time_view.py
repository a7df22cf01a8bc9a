from __future__ import annotations

import pytest

from ser_desktop.gui.plots.time_view import FIRST_SPAN_S, SHORTEST_SPAN_S, TimeView

# The room's fixtures look for windows that were left open.
pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def view() -> TimeView:
    view = TimeView()
    view.grow(600)
    return view


def test_the_newest_answer_is_followed() -> None:
    view = TimeView()
    for end_s in range(1, 100):
        view.grow(end_s)
        assert view.start_s <= end_s <= view.start_s + view.span_s
    assert view.start_s == pytest.approx(99 + 2 - 60)


def test_the_first_minute_does_not_move() -> None:
    view = TimeView()
    view.grow(50)
    assert (view.start_s, view.span_s) == (0, FIRST_SPAN_S)


def test_whoever_scrolls_away_stays_there_while_it_grows(view: TimeView) -> None:
    view.scroll(-100)
    start_s = view.start_s
    assert not view.follows
    view.grow(700)
    assert view.start_s == start_s


def test_whoever_scrolls_back_to_the_end_follows_again(view: TimeView) -> None:
    view.scroll(-100)
    view.scroll(99)
    assert not view.follows
    view.scroll(5)
    assert view.follows


def test_nothing_before_the_beginning_is_shown(view: TimeView) -> None:
    view.scroll(-10_000)
    assert view.start_s == 0


def test_what_is_under_the_pointer_stays_there(view: TimeView) -> None:
    view.scroll(-300)
    at_s = view.start_s + 0.25 * view.span_s
    view.zoom(0.5, at_s)
    assert view.start_s + 0.25 * view.span_s == pytest.approx(at_s)
    assert view.span_s == FIRST_SPAN_S / 2


def test_zooming_while_following_keeps_the_newest_answer(view: TimeView) -> None:
    view.zoom(0.5, 10.0)
    assert view.follows
    assert view.start_s < 600 < view.start_s + view.span_s


def test_the_span_has_bounds(view: TimeView) -> None:
    view.zoom(1e-9)
    assert view.span_s == SHORTEST_SPAN_S
    view.zoom(1e9)
    assert view.span_s == view.longest_span_s
    assert view.start_s == 0


def test_all_of_it_fits(view: TimeView) -> None:
    view.show_all()
    assert view.start_s == 0
    assert view.start_s + view.span_s >= 600


def test_revealing_moves_only_as_far_as_needed(view: TimeView) -> None:
    start_s = view.start_s
    view.reveal(580, 588)
    assert view.start_s == start_s
    view.reveal(100, 108)
    assert view.start_s <= 100 <= view.start_s + 5


def test_a_short_recording_that_is_over_fills_the_width() -> None:
    view = TimeView()
    view.grow(20.0)
    view.fit()
    assert view.start_s == 0
    assert 20 <= view.span_s < 22
    view.grow(3600.0)
    view.fit()
    assert view.span_s == 60

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ser_desktop.core.summary import Summary
from ser_desktop.gui import messages
from ser_desktop.gui.sessions import messages as words
from ser_desktop.gui.sessions.report import as_html
from tests.helpers.sessions import LABELS, recording


def test_a_report_reads_by_itself_and_loads_nothing() -> None:
    session = recording()
    session.note = "<script>alert(1)</script>"
    text = as_html(session)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?!data:)", text)
    assert "url(" not in text
    assert "1 May 2026, 12:00" in text
    for word in (*LABELS, "not sure", "laughs: «ha»", "EU AI Act", "RAVDESS", "the microphone was away"):
        assert word in text, word
    shares, layers = widths(text)
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert max(layers) == 100, "the largest is as wide as there is room"


def test_a_report_of_a_model_without_layers_shows_none() -> None:
    session = recording()
    assert session.model_info is not None
    assert messages.LAYERS_TITLE in as_html(session)
    session.model_info = replace(session.model_info, layer_weights=None)
    assert messages.LAYERS_TITLE not in as_html(session)


def widths(text: str) -> tuple[list[float], list[float]]:
    """Of the bars of shares and of those of layers, in percent of the room there is."""
    before, _, after = text.partition(messages.LAYERS_TITLE)
    shares, layers = ([float(p) for p in re.findall(r"width:([\d.]+)%;background", part)] for part in (before, after))
    return shares, layers


def test_a_model_that_was_mostly_not_sure_is_not_said_to_have_heard_an_emotion() -> None:
    shares = dict.fromkeys(LABELS, 0.0) | {"sad": 0.27}
    unsure = Summary(30.0, 30, 1.0, shares, not_sure=0.73, gaps_s=0.0)
    assert words.report_summary(unsure).endswith(
        "In 73 % of these the model was not sure; where it was, the voice most often sounded sad."
    )
    sure = replace(unsure, shares=shares | {"sad": 0.73}, not_sure=0.27)
    assert words.report_summary(sure).endswith("Most often the voice sounded sad (73 % of these).")

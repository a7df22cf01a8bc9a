from __future__ import annotations

import re

import pytest

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
    percents = [float(p) for p in re.findall(r"width:([\d.]+)%;background", text)]
    assert sum(percents) == pytest.approx(100, abs=0.5)

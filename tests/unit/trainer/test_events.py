from __future__ import annotations

import io
import json
import re
from typing import get_args

import pytest
from rich.console import Console

from trainer import events
from trainer.console import ConsoleListener
from trainer.events import (
    Checked,
    Countdown,
    Done,
    EpochEnded,
    Estimated,
    Event,
    Failure,
    JsonLines,
    Notice,
    PretrainPoint,
    Progress,
    RowDone,
    RowsListed,
    Stage,
    as_json,
)

EVERY_KIND: list[Event] = [
    Stage("train", "Training [5] runs"),
    Progress("train", 1, 5, 12.0),
    EpochEnded("a-row", "paper", "fold-1", 123, 7, 1.5, 1.25, 0.5, True),
    PretrainPoint("distil", 300, 3000, {"loss": 0.5}, 70.0, None, True),
    Notice("two [dim]speakers[/dim] only"),
    RowDone("a-row", "paper", "corpus", "protocol", (1, 2), 55.0, 1.0, 56.0, 2.0, 53.3, 1.4),
    Checked({"corpus": "«[x]»", "n_utterances": 2, "duration_s": 3.0, "counts": {}, "split": None, "findings": []}),
    Estimated("a-row", None, missing="Get [it]."),
    RowsListed(({"row": "a-row"},)),
    Done("/runs/[x]"),
    Failure("It broke [here].", "Mend it.", 1),
]


def documented() -> dict[str, set[str]]:
    """The fields that the module's own table promises."""
    rows: dict[str, set[str]] = {}
    current = ""
    for line in (events.__doc__ or "").splitlines():
        if match := re.match(r"^(\w+)\s+(``.*)$", line):
            current = match[1]
            rows[current] = set()
        elif not line.startswith(" "):
            current = ""
        if current:
            rows[current] |= set(re.findall(r"``(\w+)``", line.split("(", 1)[0] + ")" + line.partition(")")[2]))
    return rows


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda e: type(e).__name__)
def test_an_event_has_the_documented_fields(event: Event) -> None:
    value = as_json(event)
    assert value["v"] == 1
    promised = documented()[value["event"]]
    assert promised
    assert promised <= set(value)


def test_every_kind_is_tried_here() -> None:
    assert {type(event) for event in EVERY_KIND} == set(get_args(Event))


def test_json_lines_are_one_object_each() -> None:
    stream = io.StringIO()
    listener = JsonLines(stream)
    for event in EVERY_KIND:
        listener(event)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    kinds = ["stage", "progress", "epoch", "point", "notice", "result", "check", "estimate", "rows", "done", "error"]
    assert [line["event"] for line in lines] == kinds
    epoch = lines[2]
    assert (epoch["loss"], epoch["uar"], epoch["best"], epoch["epoch"]) == (1.5, 0.5, True, 7)


def test_people_read_the_same_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    listener = ConsoleListener(Console(file=stream, soft_wrap=True, width=200))
    for event in EVERY_KIND:
        listener(event)
    text = stream.getvalue()
    for words in ("Training [5] runs", "epoch   7", "UAR 50.0 %  ← best", "two [dim]speakers[/dim] only", "53.3 ± 1.4"):
        assert words in text
    assert "/runs/[x]" in text
    assert "probe UAR 70.0 %" in text
    assert "It broke [here].\nMend it." in capsys.readouterr().err


def test_the_time_left_comes_from_the_latest_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(events.time, "monotonic", lambda: now[0])
    told: list[Progress] = []
    tick = Countdown("extract", told.append)  # type: ignore[arg-type]
    # A thousand were there already; the rest takes a second each.
    tick(1000, 1100)
    for done in range(1001, 1041):
        now[0] += 1.0
        tick(done, 1100)
    assert told[-1].eta_s == pytest.approx(60, abs=1)
    tick(1100, 1100)
    assert told[-1].eta_s == 0

"""What a run tells while it goes on, for people on a terminal and for programs as JSON lines.

``--events json`` prints one object per line on the standard output, nothing else. Each has ``v``
(`VERSION`), ``event`` and the fields below. A reader ignores events and fields it does not know;
``v`` changes when a known one changes its meaning.

=========  ==================================================================================
event      fields
=========  ==================================================================================
stage      ``stage`` (queue, read, extract, statistics, train, calibration, report), ``text``
progress   ``stage``, ``done``, ``total``, ``eta_s`` (null until it can be told)
epoch      ``row``, ``preset``, ``fold``, ``seed``, ``epoch``, ``loss``, ``validation_loss``,
           ``uar`` (of the validation speakers), ``best`` (the loss is the lowest so far)
point      ``recipe``, ``step``, ``steps``, ``losses`` (by name), ``held_out_uar``, ``uar`` (of the
           linear probe, percent; null without), ``best`` – pretraining only
notice     ``text``: something the user should know; the run goes on
result     ``row``, ``preset``, ``corpus``, ``protocol``, ``seeds``, ``uar_mean``, ``uar_sd``,
           ``wa_mean``, ``wa_sd``, ``published_mean``, ``published_sd`` (percent; null without),
           ``published_note`` (what the published figure was measured on, if not the like)
check      ``report``: what a corpus holds, what is wrong with it, how it would be divided
estimate   ``recipe``, ``seconds`` (null where it cannot run), ``n_bytes`` (features on disk), ``missing``
           (what must be done first), ``encoder`` (what must be installed), ``extract_s`` (of ``seconds``)
rows       ``rows``: every row of the paper's tables
done       ``out``: the run's folder
error      ``text`` (what happened), ``fix`` (what to do), ``code`` (the exit status)
=========  ==================================================================================
"""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

VERSION = 1
STOPPED = 3
"""Exit status after SIGTERM: stopped after the current step, everything finished is kept."""
GO_ON = "Run the same command again to go on."


@dataclass(frozen=True)
class Stage:
    """A stage began."""

    stage: str
    text: str


@dataclass(frozen=True)
class Progress:
    """So much of a stage is done."""

    stage: str
    done: int
    total: int
    eta_s: float | None = None


@dataclass(frozen=True)
class EpochEnded:
    """An epoch of one (row, preset, fold, seed) ended."""

    row: str
    preset: str
    fold: str
    seed: int
    number: int
    train_loss: float
    validation_loss: float
    validation_uar: float
    is_best: bool


@dataclass(frozen=True)
class PretrainPoint:
    """A point of a pretraining run's curves; recalls of the linear probe in percent."""

    recipe: str
    step: int
    steps: int
    losses: dict[str, float]
    held_out_uar: float | None
    uar: float | None
    is_best: bool


@dataclass(frozen=True)
class Notice:
    """Something the user should know; the run goes on."""

    text: str


@dataclass(frozen=True)
class RowDone:
    """A row has all its folds and seeds; figures in percent."""

    row: str
    preset: str
    corpus: str
    protocol: str
    seeds: tuple[int, ...]
    uar_mean: float
    uar_sd: float
    wa_mean: float
    wa_sd: float
    published_mean: float | None
    published_sd: float | None
    published_note: str = ""


@dataclass(frozen=True)
class Checked:
    """A corpus was looked at; see `trainer.checks.corpus_check.CorpusCheck`."""

    report: dict[str, Any]


@dataclass(frozen=True)
class Estimated:
    """What a recipe takes on this computer, for all folds and five seeds.

    Attributes
    ----------
    recipe : str
    seconds : float or None
        None where it cannot run.
    n_bytes : int
        Of features on disk; those that are there already are not counted.
    missing : str
        What must be done before it can run.
    encoder : str
        The speech encoder that must be installed first.
    extract_s : float
        Of ``seconds``, what extracting features takes.
    """

    recipe: str
    seconds: float | None
    n_bytes: int = 0
    missing: str = ""
    encoder: str = ""
    extract_s: float = 0.0


@dataclass(frozen=True)
class RowsListed:
    """Every row of the paper's tables; see `trainer.commands.describe_row`."""

    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Done:
    """Everything is written."""

    out: str


@dataclass(frozen=True)
class Failure:
    """The run ended otherwise."""

    text: str
    fix: str
    code: int


Event = (
    Stage | Progress | EpochEnded | PretrainPoint | Notice | RowDone | Checked | Estimated | RowsListed | Done | Failure
)


class Listener(Protocol):
    """Hears how a run goes on."""

    def __call__(self, event: Event) -> None:
        """Take an event."""


class JsonLines:
    """Prints events as JSON lines.

    Parameters
    ----------
    stream : TextIO or None
        None is the standard output.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    def __call__(self, event: Event) -> None:
        """Print one line at once."""
        print(json.dumps(as_json(event), ensure_ascii=False), file=self._stream, flush=True)


def as_json(event: Event) -> dict[str, Any]:
    """Return the event as the table above describes it."""
    names = {
        Stage: "stage",
        Progress: "progress",
        EpochEnded: "epoch",
        PretrainPoint: "point",
        Notice: "notice",
        RowDone: "result",
        Checked: "check",
        Estimated: "estimate",
        RowsListed: "rows",
        Done: "done",
        Failure: "error",
    }
    fields: dict[str, Any] = dict(vars(event))
    if isinstance(event, EpochEnded):
        fields["epoch"], fields["loss"] = fields.pop("number"), fields.pop("train_loss")
        fields["uar"], fields["best"] = fields.pop("validation_uar"), fields.pop("is_best")
    if isinstance(event, PretrainPoint):
        fields["best"] = fields.pop("is_best")
    return {"v": VERSION, "event": names[type(event)], **fields}


class Countdown:
    """Tells progress with the time that is left, at most a few times a second.

    Parameters
    ----------
    stage : str
    listener : Listener
    """

    _EVERY_S = 0.2
    _MEMORY_S = 30.0

    def __init__(self, stage: str, listener: Listener) -> None:
        self._stage = stage
        self._listener = listener
        # What was there already goes by in no time: only the latest half minute tells the pace.
        self._recent: deque[tuple[float, int]] = deque()
        self._told_at = float("-inf")

    def __call__(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` are done."""
        now = time.monotonic()
        if done < total and now - self._told_at < self._EVERY_S:
            return
        self._told_at = now
        self._recent.append((now, done))
        while now - self._recent[0][0] > self._MEMORY_S and len(self._recent) > 2:
            self._recent.popleft()
        since, before = self._recent[0]
        pace = (done - before) / (now - since) if now > since else 0.0
        self._listener(Progress(self._stage, done, total, round((total - done) / pace, 1) if pace > 0 else None))

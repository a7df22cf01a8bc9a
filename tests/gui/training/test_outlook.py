"""One bar and one remaining time for a whole training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile
from typing import Any

import pytest

from ser_desktop.core.training_folder import Order, TrainingKind
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.outlook import Outlook

pytestmark = pytest.mark.usefixtures("qapp")

Event = dict[str, Any]
N_SEEDS = 5


def order(extract_s: float = 60.0, train_s: float = 60.0) -> Order:
    arguments = ("train", *(word for seed in range(N_SEEDS) for word in ("--seed", str(seed))))
    return Order("Mine", TrainingKind.MODEL, "2026-01-01", arguments, {}, extract_s, train_s)


def stage(name: str, at: float) -> Event:
    return {"event": "stage", "stage": name, "text": name, "at": at}


def progress(name: str, done: int, total: int, eta_s: float | None) -> Event:
    return {"event": "progress", "stage": name, "done": done, "total": total, "eta_s": eta_s}


def epoch(seed: int, n: int, at: float, *, best: bool = True) -> Event:
    own = {"row": "egemaps", "preset": "paper", "fold": "fold-1", "seed": seed, "epoch": n}
    return {"event": "epoch", **own, "uar": 0.4, "best": best, "at": at}


def training(n_epochs: tuple[int, ...] = (12, 15, 11, 22, 14)) -> Iterator[Event]:
    """A whole training: a minute of listening, then two rounds side by side, a pass a second."""
    yield stage("read", 0.0)
    yield stage("extract", 1.0)
    for i in range(1, 61):
        yield progress("extract", i, 60, 60.0 - i)
    yield stage("statistics", 61.0)
    yield stage("train", 62.0)
    yield progress("train", 0, N_SEEDS, None)
    at, done = 62.0, 0
    waiting = [(seed, n) for seed, n in enumerate(n_epochs)]
    running = {seed: [0, n] for seed, n in (waiting.pop(0), waiting.pop(0))}
    while running:
        at += 1.0
        for seed, (n, last) in list(running.items()):
            running[seed][0] = n + 1
            yield epoch(seed, n + 1, at, best=n + 1 <= last - 4)
            if n + 1 == last:
                del running[seed]
                done += 1
                yield progress("train", done, N_SEEDS, 1.0)
                if waiting:
                    new, its = waiting.pop(0)
                    running[new] = [0, its]
    yield stage("report", at)


def followed(events: Iterable[Event], outlook: Outlook | None = None) -> list[tuple[float, float | None]]:
    outlook = outlook or Outlook(order())
    found = []
    for event in events:
        outlook.hear(event)
        found.append((outlook.share, outlook.left_s))
    return found


def test_the_bar_never_runs_backwards_nor_leaps() -> None:
    shares = [share for share, _ in followed(training())]
    steps = [after - before for before, after in pairwise(shares)]
    assert min(steps) >= 0
    assert max(steps) < 0.12
    assert shares[-1] >= 0.97


def test_while_it_listens_the_learning_is_counted_too() -> None:
    outlook = Outlook(order())
    half = list(training())[: 2 + 30]
    followed(half, outlook)
    assert outlook.left_s == 30 + 60
    assert 0.2 < outlook.share < 0.3


def test_the_remaining_time_only_falls_and_comes_near_the_truth() -> None:
    told = [left for _, left in followed(training()) if left is not None]
    assert all(after <= before for before, after in pairwise(told))
    learning = [event for event in training() if event["event"] == "epoch"]
    end = learning[-1]["at"]
    outlook = Outlook(order())
    for event in training():
        outlook.hear(event)
        if event["event"] == "epoch" and event["at"] == 90.0:
            assert outlook.left_s is not None
            assert 0.5 * (end - 90) < outlook.left_s < 2 * (end - 90) + 10


def test_a_pace_far_slower_than_expected_is_admitted() -> None:
    outlook = Outlook(order(train_s=5.0))
    outlook.hear(stage("train", 0.0))
    outlook.hear(progress("train", 0, N_SEEDS, None))
    assert outlook.left_s == 5.0
    for n in range(1, 6):
        outlook.hear(epoch(0, n, 10.0 * n))
    assert outlook.left_s is not None
    assert outlook.left_s > 60


def test_after_a_pause_the_rounds_that_ended_count_and_the_pause_does_not() -> None:
    outlook = Outlook(order())
    before = list(takewhile(lambda event: event.get("at", 0) < 85, training()))
    followed(before, outlook)
    share, rounds = outlook.share, outlook.rounds
    assert rounds[0] >= 1
    outlook.hear({"event": "begin"})
    for event in (stage("read", 9000.0), stage("extract", 9001.0), stage("train", 9002.0)):
        outlook.hear(event)
    outlook.hear(progress("train", 0, N_SEEDS - rounds[0], None))
    assert outlook.rounds == rounds
    assert outlook.share >= share
    assert outlook.left_s is not None
    assert outlook.left_s <= 60


def test_without_an_expectation_the_bar_moves_all_the_same() -> None:
    shares = [share for share, _ in followed(training(), Outlook(order(0.0, 0.0)))]
    assert shares == sorted(shares)
    assert shares[-1] >= 0.97


def test_words_say_that_the_time_is_a_guess() -> None:
    said = messages.progress_text("train", 0.37, (1, 5), 240.0)
    assert said == "Learning, 1 of 5 rounds done · 37 % · at most 4 min left"
    assert messages.progress_text("train", 0.9, (4, 5), 3.0).endswith("almost done")
    assert messages.progress_text("read", 0.0, (0, 5), None) == messages.STAGES["read"]


def test_rounds_that_need_more_passes_than_usual_are_expected_of_the_others_too() -> None:
    outlook = Outlook(order())
    outlook.hear(stage("train", 0.0))
    outlook.hear(progress("train", 0, N_SEEDS, None))
    for n in range(1, 41):
        outlook.hear(epoch(0, n, float(n)))
    # Four rounds of about forty passes each are still to come, a pass a second.
    assert outlook.left_s is not None
    assert outlook.left_s > 3 * 40

"""How far a whole training is and how long it may still take, from its events and from what was expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ser_desktop.core.training_folder import Order

_TYPICAL_EPOCHS = 20
_PATIENCE = 4
"""A round ends after so many passes that were no better, unless people have chosen otherwise."""
_READ_SHARE, _REPORT_SHARE = 0.02, 0.02
_LEARN_SHARE = 0.8
_SURPRISE = 1.5
_REPORT_S = 3.0
_FEW = 4


@dataclass
class _Curve:
    """One round: passes over the recordings so far, and since the best one."""

    n_epochs: int = 0
    best_epoch: int = 0

    @property
    def n_since_best(self) -> int:
        return self.n_epochs - self.best_epoch


class Outlook:
    """One bar and one remaining time for a training, whatever stage it is in; the bar never runs backwards.

    Nobody knows for how many passes a round will learn: it goes on as long as it gets better. Rounds that have
    ended tell how long the others may take.

    Parameters
    ----------
    order : Order
        What was expected of it.
    """

    def __init__(self, order: Order) -> None:
        self._extract_s, self._train_s = order.extract_s, order.train_s
        self._n_sources = 2 if any("fusion" in word for word in order.arguments) else 1
        self._n_rounds = max(1, order.arguments.count("--seed"))
        self._share = 0.0
        self._left_s: float | None = None
        self._stage = ""
        self._curves: dict[str, _Curve] = {}
        self._begin()

    def _begin(self) -> None:
        self._n_extracted, self._extracting = 0, 0.0
        self._extract_left_s: float | None = None
        self._train_left_s: float | None = None
        self._total = self._done = 0
        self._train_began_at: float | None = None
        self._last_at: float | None = None
        self._n_new_epochs = 0
        self._left_s = None

    # ---- what the trainer says

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take an event."""
        kind = event["event"]
        if kind == "begin":
            self._begin()
        elif kind == "stage":
            self._enter(event)
        elif kind == "progress" and event["stage"] == "extract":
            self._extracting = event["done"] / max(1, event["total"])
            self._extract_left_s = event["eta_s"]
        elif kind == "progress" and event["stage"] == "train":
            self._total, self._done = event["total"], event["done"]
            self._train_left_s = event["eta_s"]
            self._n_rounds = max(self._n_rounds, self._total)
        elif kind == "epoch":
            self._learned(event)
        self._share = max(self._share, self._now())
        self._predict()

    def _enter(self, event: Mapping[str, Any]) -> None:
        if self._stage == "extract" and self._extracting:
            self._n_extracted += 1
        self._stage, self._extracting, self._extract_left_s = event["stage"], 0.0, None
        if self._stage == "train":
            self._train_began_at = event.get("at")

    def _learned(self, event: Mapping[str, Any]) -> None:
        key = f"{event['row']} {event['preset']} {event['fold']} {event['seed']}"
        curve = self._curves.setdefault(key, _Curve())
        curve.n_epochs = max(curve.n_epochs, event["epoch"])
        if event["best"]:
            curve.best_epoch = event["epoch"]
        self._n_new_epochs += 1
        self._last_at = event.get("at")

    # ---- what that means

    @property
    def share(self) -> float:
        """How much of the whole training is done, 0 to 1."""
        return min(1.0, self._share)

    @property
    def left_s(self) -> float | None:
        """How long it may still take in seconds, None until that can be told."""
        return self._left_s

    @property
    def rounds(self) -> tuple[int, int]:
        """How many rounds have ended, and how many there are."""
        return (self._n_rounds - self._total + self._done if self._total else 0), self._n_rounds

    def _now(self) -> float:
        whole_s = self._extract_s + self._train_s
        learn = self._train_s / whole_s if whole_s > 0 else _LEARN_SHARE
        room = 1 - _READ_SHARE - _REPORT_SHARE
        listened = min(1.0, (self._n_extracted + self._extracting) / max(self._n_sources, self._n_extracted, 1))
        if self._stage in {"", "queue", "read"}:
            return 0.0
        if self._stage == "extract":
            return _READ_SHARE + room * (1 - learn) * listened
        if self._stage == "statistics":
            return _READ_SHARE + room * (1 - learn)
        if self._stage == "train":
            done, left = self._epochs()
            return _READ_SHARE + room * (1 - learn + learn * done / max(1.0, done + left))
        return 1 - _REPORT_SHARE

    def _epochs(self) -> tuple[float, float]:
        """Return the passes over the recordings that are done, and those that may follow."""
        curves = sorted(self._curves.values(), key=lambda curve: -curve.n_since_best)
        n_ended = min(self.rounds[0], len(curves))
        ended, others = curves[:n_ended], curves[n_ended:]
        typical = sum(c.n_epochs for c in ended) / n_ended if n_ended else float(_TYPICAL_EPOCHS)
        # Few recordings make short passes, and many of them: one that still learns says what is to be expected.
        typical = max([typical, *(c.n_epochs + _PATIENCE - c.n_since_best for c in others if not n_ended)])
        left = sum(max(_PATIENCE - c.n_since_best, typical - c.n_epochs, 1.0) for c in others)
        left += typical * max(0, self._n_rounds - self.rounds[0] - len(others))
        return float(sum(c.n_epochs for c in curves)), left

    def _predict(self) -> None:
        left_s = self._guess()
        if left_s is None or self._left_s is None or self._stage == "queue":
            self._left_s = left_s
        elif left_s > _SURPRISE * self._left_s + 5:
            # It was far too hopeful: that must be said.
            self._left_s = left_s
        else:
            self._left_s = min(self._left_s, left_s)

    def _guess(self) -> float | None:
        learn_s = self._train_s or None
        if self._stage == "extract":
            if learn_s is None:
                return None
            rest_s = self._extract_s * (1 - self._extracting)
            return (self._extract_left_s if self._extract_left_s is not None else rest_s) + learn_s
        if self._stage == "train":
            began, last = self._train_began_at, self._last_at
            if began is not None and last is not None and last > began and self._n_new_epochs >= _FEW:
                return self._epochs()[1] * (last - began) / self._n_new_epochs + _REPORT_S
            return learn_s or self._train_left_s
        if self._stage == "report":
            return _REPORT_S
        return (self._extract_s + learn_s) if learn_s and self._stage == "read" else learn_s

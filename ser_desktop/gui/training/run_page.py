"""A training while it runs, and when it has stopped for whatever reason."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.training_folder import Order, TrainingFolder, TrainingKind, TrainingState, parse_event
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.plots import CurvePoint, Curves
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.outlook import Outlook
from ser_desktop.gui.trainings import Trainings, TrainingWatch
from ser_desktop.gui.widgets import Card, label

_LITTLE_ROOM = 100_000_000
_LOG_BYTES = 30_000
_ALIVE = (TrainingState.RUNNING, TrainingState.QUEUED)


class RunPage(QWidget):
    """Shows one training, and lets people pause it, go on, keep the best or throw it away.

    Parameters
    ----------
    trainings : Trainings

    Signals
    -------
    finished(TrainingFolder)
        It is done.
    cancelled(str)
        It was thrown away; its title.
    """

    finished = Signal(object)
    cancelled = Signal(str)

    def __init__(self, trainings: Trainings) -> None:
        super().__init__()
        self._trainings = trainings
        self.watch: TrainingWatch | None = None
        self._order: Order | None = None
        self._best: dict[str, Any] = {}
        self._asked = ""
        self._error = ""
        self._stage = ""
        self._build()

    def _build(self) -> None:
        self.title = label("", "question", wraps=True)
        self.state_text = label("", wraps=True)
        self.state_text.setAccessibleName(messages.STEPS[3])
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.best_text = label("", wraps=True)
        self.banner = Banner()
        self.loss = Curves(messages.LOSS_TITLE, "loss", messages.CURVES_LATER, messages.LOSS_WORDS)
        self.uar = Curves(messages.UAR_TITLE, "uar", messages.CURVES_LATER, messages.UAR_WORDS)
        losses, recalls = Card(messages.LOSS_TITLE), Card(messages.UAR_TITLE)
        losses.body.addWidget(self.loss, stretch=1)
        recalls.body.addWidget(self.uar, stretch=1)
        for card in (losses, recalls):
            card.title.setWordWrap(True)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAccessibleName(messages.SHOW_LOG)
        self.log.hide()
        self.pause_button = self._button(messages.PAUSE, lambda: self._stop("pause"))
        self.resume_button = self._button(messages.RESUME, self._resume)
        self.keep_button = self._button(messages.KEEP_BEST, self._keep)
        self.cancel_button = self._button(messages.CANCEL_TRAINING, self._ask_to_cancel)
        self.log_button = self._button(messages.SHOW_LOG, self._toggle_log)
        self._build_question()
        self.may_close = label(messages.MAY_CLOSE, "muted", wraps=True)
        buttons, charts = QHBoxLayout(), QHBoxLayout()
        for button in (self.pause_button, self.resume_button, self.keep_button, self.cancel_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.log_button)
        charts.setSpacing(12)
        charts.addWidget(losses)
        charts.addWidget(recalls)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(10)
        for widget in (self.title, self.banner, self.state_text, self.bar, self.best_text):
            page.addWidget(widget)
        page.addLayout(charts, stretch=3)
        page.addWidget(self.log, stretch=2)
        page.addWidget(self.question)
        page.addLayout(buttons)
        page.addWidget(self.may_close)

    def _build_question(self) -> None:
        self.question = QFrame()
        self.question.setObjectName("banner")
        self.throw_button = self._button(messages.THROW_AWAY, self._cancel)
        self.no_button = self._button(messages.KEEP_TRAINING, self._close_question)
        row = QHBoxLayout(self.question)
        row.setContentsMargins(16, 8, 8, 8)
        row.addWidget(label(messages.CANCEL_QUESTION, wraps=True), stretch=1)
        row.addWidget(self.throw_button)
        row.addWidget(self.no_button)
        self.question.hide()

    def _button(self, text: str, slot: object) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda _checked=False: slot())  # type: ignore[operator]
        return button

    def follow(self, folder: TrainingFolder, order: Order, *, is_new: bool = False) -> None:
        """Show a training from its first event on."""
        self.leave()
        self._order, self._best, self._asked, self._error = order, {}, "", ""
        self._stage, self._outlook = "", Outlook(order)
        self.title.setText(order.title)
        self.best_text.setText("")
        self.state_text.setText(messages.STARTING)
        self.bar.setRange(0, 0)
        self.banner.show_notice(None)
        self.question.hide()
        self.loss.clear()
        self.uar.clear()
        self.log.clear()
        self.watch = TrainingWatch(folder, self)
        self.watch.told.connect(self._told)
        self.watch.state_changed.connect(self._state_changed)
        self.watch.start(is_new=is_new)

    def leave(self) -> None:
        """Look away; the training goes on."""
        if self.watch is not None:
            self.watch.stop()
            self.watch.deleteLater()
            self.watch = None

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.loss.restyle()
        self.uar.restyle()

    # ---- what the trainer says

    def _told(self, events: Sequence[dict[str, Any]]) -> None:
        points = [_point(event) for event in events if event["event"] == "epoch"]
        if points:
            self.loss.add(points)
            self.uar.add(points)
        for event in events:
            self._hear(event)
        self._show_outlook()
        if self.log.isVisible():
            self._show_log()

    def _hear(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        self._outlook.hear(event)
        if kind == "stage":
            self._stage = event["stage"]
        elif kind == "epoch" and event["uar"] > self._best.get("uar", 0.0):
            self._best = event
            self.best_text.setText(messages.BEST.format(100 * event["uar"], event["epoch"]))
            self.keep_button.setEnabled(not self._asked)
        elif kind == "error":
            self._error = f"{event['text']} {messages.plain(event['fix'])}".strip()
        elif kind == "begin":
            self._error, self._stage = "", ""

    def _show_outlook(self) -> None:
        if self._asked or not self._stage:
            return
        share = 0.0 if self._stage == "queue" else self._outlook.share
        self.bar.setRange(0, 1000 if share else 0)
        self.bar.setValue(round(1000 * share))
        self._say(messages.progress_text(self._stage, share, self._outlook.rounds, self._outlook.left_s))

    def _say(self, text: str) -> None:
        """Say how it goes, unless it is about to end: then that is what people want to know."""
        if not self._asked:
            self.state_text.setText(text)

    def _state_changed(self, state: TrainingState) -> None:
        is_alive = state in _ALIVE
        had_focus = self._has_focus()
        is_model = self._order is not None and self._order.kind is TrainingKind.MODEL
        self.bar.setVisible(is_alive)
        self.pause_button.setVisible(is_alive)
        self.resume_button.setVisible(not is_alive and state is not TrainingState.DONE)
        self.keep_button.setVisible(is_model and state is not TrainingState.DONE)
        self.cancel_button.setVisible(state is not TrainingState.DONE)
        if state is not TrainingState.RUNNING:
            self.question.hide()
        if is_alive or self.watch is None:
            self._explain(state)
            self._let_act(is_alive=is_alive)
            return
        asked, self._asked = self._asked, ""
        if asked == "cancel":
            self._throw_away()
        elif asked == "keep" and state is TrainingState.STOPPED:
            self._start_keeping()
        elif state is TrainingState.DONE:
            self.finished.emit(self.watch.folder)
        else:
            self._explain(state)
            self._let_act(is_alive=False)
            if had_focus:
                self.resume_button.setFocus()

    def _let_act(self, *, is_alive: bool) -> None:
        """Enable what can be done now; one thing at a time is asked of the trainer."""
        is_free = not self._asked
        self.pause_button.setEnabled(is_free)
        self.keep_button.setEnabled(is_free and bool(self._best))
        self.cancel_button.setEnabled(is_free)
        self.may_close.setVisible(is_alive and is_free)

    def _has_focus(self) -> bool:
        focused = self.window().focusWidget()
        return focused is not None and self.isAncestorOf(focused)

    def _explain(self, state: TrainingState) -> None:
        assert self.watch is not None  # noqa: S101 - only a watch tells states
        texts = {
            TrainingState.STOPPED: Notice(messages.PAUSED_TEXT),
            TrainingState.FAILED: Notice(self._error, is_error=True),
            TrainingState.INTERRUPTED: Notice(messages.INTERRUPTED_TEXT, is_error=True),
        }
        notice = texts.get(state)
        free = shutil.disk_usage(self.watch.folder.path).free if self.watch.folder.path.is_dir() else _LITTLE_ROOM
        if notice is not None and free < _LITTLE_ROOM:
            notice = Notice(f"{messages.DISK_FULL.format(free / 1e6)} {self._error}".strip(), is_error=True)
        self.banner.show_notice(notice)
        if state not in _ALIVE:
            self.state_text.setText(messages.STATES[state].capitalize())

    # ---- what people do

    def _stop(self, why: str) -> None:
        if self.watch is None:
            return
        try:
            self.watch.folder.ask_to_stop()
        except UserFacingError as error:
            self.banner.show_notice(Notice(str(error), is_error=True))
            return
        self._begin_to(why)

    def _begin_to(self, why: str) -> None:
        """Say what is happening until it has happened; the keyboard stays where it does no harm."""
        self.log_button.setFocus()
        self._asked = why
        self.state_text.setText(messages.ENDINGS[why])
        self.bar.setRange(0, 0)
        self._let_act(is_alive=True)

    def _resume(self) -> None:
        self.state_text.setText(messages.STARTING)
        self._attempt(self._trainings.resume)

    def _keep(self) -> None:
        if self.watch is not None and self.watch.state in _ALIVE:
            self._stop("keep")
        else:
            self._start_keeping()

    def _start_keeping(self) -> None:
        self._begin_to("keep")
        self._attempt(self._trainings.keep_best)

    def _attempt(self, act: Any) -> None:
        if self.watch is None:
            return
        try:
            act(self.watch.folder)
        except UserFacingError as error:
            self._asked = ""
            self.banner.show_notice(Notice(str(error), is_error=True))
        else:
            self.watch.start(is_new=True)

    def _ask_to_cancel(self) -> None:
        self.question.show()
        self.no_button.setFocus()

    def _close_question(self) -> None:
        self.question.hide()
        self.log_button.setFocus()

    def _cancel(self) -> None:
        self._close_question()
        if self.watch is not None and self.watch.state in _ALIVE:
            self._stop("cancel")
        else:
            self._throw_away()

    def _throw_away(self) -> None:
        if self.watch is None:
            return
        folder = self.watch.folder
        self.leave()
        try:
            self._trainings.discard(folder)
        except UserFacingError as error:
            self.banner.show_notice(Notice(str(error), is_error=True))
        else:
            self.cancelled.emit(self.title.text())

    def _toggle_log(self) -> None:
        self.log.setVisible(not self.log.isVisible())
        self.log_button.setText(messages.HIDE_LOG if self.log.isVisible() else messages.SHOW_LOG)
        self._show_log()

    def _show_log(self) -> None:
        if self.watch is not None:
            self.log.setPlainText(log_text(self.watch.folder))
            bar = self.log.verticalScrollBar()
            bar.setValue(bar.maximum())


def log_text(folder: TrainingFolder) -> str:
    """Return the latest of what a training told and printed."""
    events = (parse_event(line) for line in _tail(folder.events_file))
    told = [text for text in (messages.log_line(event) for event in events if event) if text]
    printed = [line.decode("utf-8", errors="replace") for line in _tail(folder.log_file)]
    return "\n".join([*told, *printed]).strip()


def _tail(file: Path) -> list[bytes]:
    try:
        with file.open("rb") as opened:
            opened.seek(0, 2)
            opened.seek(max(0, opened.tell() - _LOG_BYTES))
            return opened.read().splitlines()
    except OSError:
        return []


def _point(event: dict[str, Any]) -> CurvePoint:
    curve = f"{event['row']} {event['preset']} {event['fold']} {event['seed']}"
    return CurvePoint(curve, event["epoch"], event["loss"], event["validation_loss"], 100 * event["uar"])

"""A run's events for people on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from trainer.checks.command import as_text
from trainer.events import (
    Checked,
    Done,
    EpochEnded,
    Estimated,
    Event,
    Failure,
    Notice,
    PretrainPoint,
    Progress,
    RowDone,
    Stage,
)


class ConsoleListener:
    """Prints events as lines and moves one bar.

    Parameters
    ----------
    console : Console
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Bar | None = None

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, Progress):
            self._move(event)
        elif isinstance(event, EpochEnded):
            self._epoch(event)
        elif isinstance(event, Failure):
            self.close()
            Console(stderr=True, soft_wrap=True).print(
                f"[bold red]{escape(event.text)}[/]\n{escape(event.fix)}".rstrip(), highlight=False
            )
        else:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        if isinstance(event, Stage):
            self.close()
            self._say(f"[bold]{escape(event.text)}[/]")
        elif isinstance(event, PretrainPoint):
            self._point(event)
        elif isinstance(event, Notice):
            self._say(f"[yellow]! {escape(event.text)}[/]")
        elif isinstance(event, RowDone):
            self._row(event)
        elif isinstance(event, Checked):
            self.close()
            self._say(escape(as_text(event.report)))
        elif isinstance(event, Estimated):
            takes = event.missing or f"about {_duration(event.seconds or 0.0)}, {event.n_bytes / 1e6:.0f} MB"
            self._say(f"{event.recipe}: {escape(takes)}")
        elif isinstance(event, Done):
            self.close()
            self._say(f"Written: {escape(event.out)}")

    def _epoch(self, event: EpochEnded) -> None:
        mark = "  ← best" if event.is_best else ""
        self._say(
            f"  {event.row} {event.preset} {event.fold} seed {event.seed}  epoch {event.number:3d}  train loss "
            f"{event.train_loss:.4f}  validation loss {event.validation_loss:.4f}  "
            f"UAR {100 * event.validation_uar:.1f} %{mark}"
        )

    def close(self) -> None:
        """Finish the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False)

    def _move(self, event: Progress) -> None:
        if self._bar is None:
            if event.done == event.total:
                return
            columns = (
                TextColumn("  {task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[left]}"),
            )
            self._bar = Bar(*columns, console=self._console)
            self._bar.add_task(event.stage, total=event.total, left="")
            self._bar.start()
        left = "" if event.eta_s is None else f"about {_duration(event.eta_s)} left"
        self._bar.update(self._bar.task_ids[0], completed=event.done, total=event.total, left=left)

    def _point(self, event: PretrainPoint) -> None:
        losses = "  ".join(f"{name} {value:.4f}" for name, value in event.losses.items())
        probed = "" if event.held_out_uar is None else f"  probe UAR {event.held_out_uar:.1f} % (actors 17–20)"
        probed += "" if event.uar is None else f", {event.uar:.1f} % (leave actors out)"
        self._say(f"  step {event.step} of {event.steps}  {losses}{probed}{'  ← best' if event.is_best else ''}")

    def _row(self, event: RowDone) -> None:
        self.close()
        beside = ""
        if event.published_mean is not None and event.published_sd is not None:
            note = f"; {event.published_note}" if event.published_note else ""
            beside = f"  (published {event.published_mean:.1f} ± {event.published_sd:.1f}{note})"
        self._say(
            f"{event.row} {event.preset}: test UAR {event.uar_mean:.1f} ± {event.uar_sd:.1f} %, "
            f"WA {event.wa_mean:.1f} ± {event.wa_sd:.1f} %{beside}"
        )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"

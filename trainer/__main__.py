"""The command line: ``python -m trainer train …``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ser_desktop.core.errors import UserFacingError
from trainer.corpora import CORPORA
from trainer.experiments import RECIPES, SEEDS
from trainer.job import train_bundle
from trainer.metrics import mean_and_sd
from trainer.train import Epoch


class ConsoleListener:
    """Prints a job's progress for people."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None

    def stage(self, name: str) -> None:
        """Print the stage."""
        self.close()
        self._console.print(f"[bold]{name}[/]", highlight=False)

    def extracted(self, done: int, total: int) -> None:
        """Move the bar, with the time that is left."""
        if self._bar is None:
            columns = (TextColumn("  utterances"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=self._console)
            self._bar.add_task("extract", total=total)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=done)

    def epoch(self, epoch: Epoch) -> None:
        """Print one line per epoch."""
        mark = "  ← best so far" if epoch.is_best else ""
        self._console.print(
            f"  epoch {epoch.number:3d}   train loss {epoch.train_loss:.4f}   validation loss "
            f"{epoch.validation_loss:.4f}   UAR {100 * epoch.validation_uar:.1f} %{mark}",
            highlight=False,
        )

    def close(self) -> None:
        """Finish the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command and return the exit status."""
    options = _parser().parse_args(arguments)
    # Piped output is not wrapped at 80 columns.
    console = Console(soft_wrap=True)
    listener = ConsoleListener(console)
    try:
        result = train_bundle(
            options.corpus,
            options.data,
            RECIPES[options.recipe],
            out=options.out,
            seeds=tuple(options.seed or SEEDS),
            cache=options.cache or options.out / ".cache",
            listener=listener,
        )
    except UserFacingError as error:
        listener.close()
        Console(stderr=True).print(f"[bold red]{error.what}[/]\n{error.fix}", highlight=False)
        return 1
    except KeyboardInterrupt:
        listener.close()
        console.print("Stopped. Features extracted so far are kept.")
        return 130
    listener.close()
    results = result.config.results
    uar, sd = mean_and_sd(results.test_uar)
    wa, _ = mean_and_sd(results.test_wa)
    console.print(
        f"Test UAR {100 * uar:.1f} ± {100 * sd:.1f} %, WA {100 * wa:.1f} % "
        f"({results.corpus}; {results.protocol}; seeds {', '.join(map(str, results.seeds))}).\n"
        f"The bundle holds seed {results.seed}: {options.out}",
        highlight=False,
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainer", description="Train speech emotion models.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser(
        "train",
        help="train one recipe and write a bundle",
        description="Train a head with the paper's protocol and write a bundle that the app can open: weights, "
        "contract, model card, every prediction and the resolved configuration.",
        epilog="recipes:\n" + "\n".join(f"  {name:28s} {recipe.title}" for name, recipe in RECIPES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.add_argument("--corpus", required=True, choices=sorted(CORPORA), help="which corpus the data is")
    train.add_argument("--data", required=True, type=Path, metavar="PATH", help="folder of the corpus, any nesting")
    train.add_argument(
        "--recipe", required=True, choices=sorted(RECIPES), metavar="NAME", help="what to train; see below"
    )
    train.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the bundle goes")
    train.add_argument(
        "--seed",
        type=int,
        action="append",
        metavar="N",
        help="train with this seed, may be repeated; without it the paper's five, of which the bundle keeps the "
        "one that is best on the validation speakers",
    )
    train.add_argument(
        "--cache", type=Path, metavar="FOLDER", help="where features are kept between runs (default: OUT/.cache)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

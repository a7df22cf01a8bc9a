"""The command line: ``python -m trainer COMMAND``; ``--help`` names them."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from rich.console import Console

from ser_desktop.core.errors import Cancelled, UserFacingError
from trainer import commands, run_commands
from trainer.checks import command as check_command
from trainer.console import ConsoleListener
from trainer.events import GO_ON, STOPPED, Failure, JsonLines, Listener
from trainer.followed import followed
from trainer.options import make_parser
from trainer.pretrain import command as pretrain_command
from trainer.voice_study import command as voice_study_command
from trainer.workers import Workers, default_number

_ON_CORPORA = {"reproduce", "train", "check"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command and return the exit status.

    0: done. 1: something the user can mend. 2: wrong arguments. `STOPPED`: after SIGTERM. 130: after Ctrl-C.
    """
    options = make_parser().parse_args(arguments)
    # Piped output is not wrapped at 80 columns.
    listener: Listener = ConsoleListener(Console(soft_wrap=True))
    if getattr(options, "events", "text") == "json":
        listener = JsonLines()
    if not getattr(options, "follow", None):
        return _reported(options, listener)
    try:
        with followed(options.follow) as listener:
            return _reported(options, listener)
    except Cancelled:
        return STOPPED
    except UserFacingError as error:
        listener(Failure(error.what, error.fix, 1))
        return 1


def _reported(options: argparse.Namespace, listener: Listener) -> int:
    try:
        return _run(options, listener)
    except UserFacingError as error:
        listener(Failure(error.what, error.fix, 1))
        return 1


def _run(options: argparse.Namespace, listener: Listener) -> int:
    if options.command in _ON_CORPORA and not (getattr(options, "list", False) or (options.corpus and options.data)):
        print("Name the corpus and its recordings: --corpus NAME --data PATH", file=sys.stderr)
        return 2
    if options.command == "score":
        commands.print_scores(options.predictions, as_json=options.json)
    elif options.command == "table":
        commands.print_table(options.reports, options.into)
    elif options.command == "report":
        commands.report(options.run, listener)
    elif options.command == "recalibrate":
        commands.recalibrate_bundle(options.bundle, listener)
    elif options.command == "reproduce" and options.list:
        commands.list_rows(options, listener)
    elif options.command in {"pretrain", "check"}:
        return _interruptible(options, listener)
    else:
        return _with_workers(options, listener)
    return 0


def _interruptible(options: argparse.Namespace, listener: Listener) -> int:
    stopped_by = 0

    def stop(number: int, _frame: object) -> None:
        nonlocal stopped_by
        stopped_by = number

    def check() -> None:
        if stopped_by:
            raise Cancelled

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        if options.command == "pretrain":
            pretrain_command.run_command(options, listener, check)
        elif not check_command.run_command(options, listener, check):
            return 1
    except Cancelled:
        return _stopped(listener, interrupted=stopped_by == signal.SIGINT)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _stopped(listener: Listener, *, interrupted: bool) -> int:
    code = 130 if interrupted else STOPPED
    what = "Stopped. What is finished is kept, and the best of the rest so far."
    listener(Failure(what, GO_ON, code))
    return code


def _with_workers(options: argparse.Namespace, listener: Listener) -> int:
    interrupted = False

    def stop(number: int, _frame: object) -> None:
        nonlocal interrupted
        interrupted = number == signal.SIGINT
        workers.stop()

    workers = Workers(options.workers or default_number(), listener)  # type: ignore[arg-type]
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    command = {
        "reproduce": commands.reproduce,
        "train": commands.train,
        "calibrate-study": voice_study_command.run_command,
        "export": run_commands.export_bundle,
        "robustness": run_commands.robustness,
    }
    try:
        command[options.command](options, workers, listener)
    except Cancelled:
        return _stopped(listener, interrupted=interrupted)
    finally:
        workers.close()
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


if __name__ == "__main__":
    sys.exit(main())

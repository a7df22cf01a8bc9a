"""``ser-desktop predict``: its options; `predict_files` does the work."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ser_desktop.core.errors import UserFacingError

_SUFFIXES = {".csv": "csv", ".json": "json"}


def add_parser(commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Describe the command and return its parser."""
    predict = commands.add_parser(
        "predict",
        help="analyse sound files",
        description="Analyse sound files, and all sound files in folders. The exit status is 1 if any of them could "
        "not be analysed.",
    )
    predict.add_argument("files", nargs="+", type=Path, metavar="FILE", help="sound files or folders of them")
    form = predict.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object per line, with every window")
    form.add_argument("--format", choices=("csv", "json"), help="a table, or one JSON object about all files")
    predict.add_argument("--windows", action="store_true", help="tables: a row for every window, not for every file")
    predict.add_argument(
        "--out", type=Path, metavar="PATH", help="where the table goes; the format may follow from its ending"
    )
    predict.add_argument(
        "--hop",
        type=_hop,
        metavar="SECONDS",
        help="from one window to the next in files longer than a window (default 4; live it is 1)",
    )
    predict.add_argument(
        "--voice", metavar="NAME", help="a calibrated voice (More → My voice…), for models that use it"
    )
    return predict


def _hop(text: str) -> float:
    value = float(text)
    if not 0.25 <= value <= 60:
        raise argparse.ArgumentTypeError(f"{text} does not lie between 0.25 and 60 seconds")
    return value


def run(options: argparse.Namespace) -> int:
    """Analyse and return the exit status: 0, 1 if any file failed, 2 for options that do not fit, 130 if stopped."""
    complaint = _settle_format(options)
    if complaint:
        print(complaint, file=sys.stderr)
        return 2
    from ser_desktop.predict_files import predict_files

    try:
        return predict_files(options)
    except UserFacingError as error:
        print(error, file=sys.stderr)
        return 1


def _settle_format(options: argparse.Namespace) -> str:
    """Fill in the format; return what is wrong with the options, "" for nothing."""
    if options.out is not None and options.json:
        return "--json writes to the screen; use --format json together with --out."
    if options.out is not None and options.format is None:
        options.format = _SUFFIXES.get(options.out.suffix.lower())
        if options.format is None:
            return f"«{options.out}» ends neither in .csv nor in .json: add --format csv or --format json."
    if options.windows and options.format is None:
        return "--windows belongs to tables: add --format csv, --format json or --out PATH."
    return ""

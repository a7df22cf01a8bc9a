"""The command line: ``ser-desktop``, ``ser-desktop predict``, ``… models``, ``… datasets``, ``… doctor``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ser_desktop import __version__, datasets_command, models_command, predict_command
from ser_desktop.core.device import AUTO, BackendName
from ser_desktop.core.errors import UserFacingError

_DOWNLOADS = {"models": models_command.run, "datasets": datasets_command.run}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    options = _parser().parse_args(arguments)
    if options.command == "predict":
        try:
            return predict_command.run(options)
        except KeyboardInterrupt:
            print("Stopped.", file=sys.stderr)
            return 130
    if options.command in _DOWNLOADS:
        return _with_downloads(options)
    if options.command == "doctor":
        return _doctor(as_json=options.json)
    return _window(options)


def _window(options: argparse.Namespace) -> int:
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM")
    ):
        print("There is no display to open a window on. Start it from a desktop, or use `ser-desktop predict FILE`.")
        return 1
    try:
        from ser_desktop.gui.app import AppOptions, run
    except ImportError as error:
        print(f"The window's libraries cannot be loaded ({error}). `ser-desktop doctor` says what is missing.")
        return 1
    return run(AppOptions(options.demo, options.bundle, options.device, options.theme, options.backend))


def _with_downloads(options: argparse.Namespace) -> int:
    try:
        return _DOWNLOADS[options.command](options)
    except UserFacingError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What has arrived is kept: the same command goes on from there.", file=sys.stderr)
        return 130


def _doctor(*, as_json: bool) -> int:
    from ser_desktop.doctor import run_checks

    findings = run_checks()
    if as_json:
        print(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=1))
    else:
        marks = {"ok": "✓", "warn": "!", "fail": "✗"}
        for finding in findings:
            print(f"{marks[finding.status]} {finding.check}: {finding.detail}")
            if finding.fix:
                print(f"    → {finding.fix}")
    return 1 if any(finding.status == "fail" for finding in findings) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ser-desktop",
        description="Live speech emotion recognition on this computer. Without a command it opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"ser-desktop {__version__}")
    parser.add_argument("--demo", action="store_true", help="play the bundled clip of a synthetic voice as input")
    parser.add_argument("--theme", choices=("system", "light", "dark"), help="appearance, for this run")
    _add_model_options(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    predict = predict_command.add_parser(commands)
    _add_model_options(predict, default="auto")
    models_command.add_parser(commands)
    datasets_command.add_parser(commands)
    doctor = commands.add_parser(
        "doctor", help="check this computer", description="Check sound, processor, model, display and libraries."
    )
    doctor.add_argument("--json", action="store_true", help="a JSON list of findings")
    return parser


def _add_model_options(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="model bundle (default: the one that came along)")
    parser.add_argument(
        "--device", choices=("auto", "cuda", "mps", "cpu"), default=default, help="where the encoder runs"
    )
    parser.add_argument("--backend", choices=(AUTO, *BackendName), default=default, help="how the encoder is computed")


if __name__ == "__main__":
    sys.exit(main())

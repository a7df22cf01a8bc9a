"""The command line: ``ser-desktop``, ``ser-desktop predict``, ``… models``, ``… datasets``, ``… doctor``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser_desktop import __version__, datasets_command, models_command
from ser_desktop.core import paths
from ser_desktop.core.device import AUTO, BackendName
from ser_desktop.core.errors import UserFacingError

if TYPE_CHECKING:
    from ser_desktop.core.analysis import Analyser
    from ser_desktop.core.files import FileAnalysis

_DOWNLOADS = {"models": models_command.run, "datasets": datasets_command.run}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    options = _parser().parse_args(arguments)
    if options.command == "predict":
        try:
            return _predict(options)
        except KeyboardInterrupt:
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


def _predict(options: argparse.Namespace) -> int:
    from rich.console import Console

    from ser_desktop.core.analysis import open_analyser
    from ser_desktop.core.files import FILE_HOP_S, analyse_file

    try:
        analyser = open_analyser(options.bundle or paths.default_bundle(), options.device, options.backend)
        if options.voice:
            _use_voice(analyser, options.voice)
    except UserFacingError as error:
        print(error, file=sys.stderr)
        return 1
    model = analyser.bundle.config.name
    status = 0
    # On a terminal the line below the answers moves while long files are analysed.
    with Console(stderr=True).status("") as line:
        for path in options.files:
            try:
                analysis = analyse_file(
                    analyser,
                    path,
                    options.hop or FILE_HOP_S,
                    lambda share, name=path.name: line.update(f"{name}: {100 * share:.0f} %"),
                )
            except UserFacingError as error:
                status = 1
                if options.json:
                    print(json.dumps({"file": str(path), "error": str(error)}, ensure_ascii=False), flush=True)
                else:
                    print(f"{path}: {error}", file=sys.stderr)
                continue
            text = json.dumps(analysis.as_json(model), ensure_ascii=False) if options.json else _in_words(analysis)
            print(text, flush=True)
    return status


def _use_voice(analyser: Analyser, name: str) -> None:
    """Use a calibrated voice; say so where it changes nothing."""
    from ser_desktop.core.voices import VoiceUse, load_voice

    analyser.use_voice(load_voice(name))
    why = {
        VoiceUse.NOT_NEEDED: "this model takes every voice alike",
        VoiceUse.UNPREPARED: "this model was trained without neutral speech or by an earlier version; train it again",
        VoiceUse.UNKNOWN: "it was recorded before the speech encoder of this model was installed; record it once more",
    }.get(analyser.voice_use)
    if why:
        print(f"The voice «{name}» changes nothing: {why}.", file=sys.stderr)


def _with_downloads(options: argparse.Namespace) -> int:
    try:
        return _DOWNLOADS[options.command](options)
    except UserFacingError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What has arrived is kept: the same command goes on from there.", file=sys.stderr)
        return 130


def _in_words(analysis: FileAnalysis) -> str:
    answer = analysis.answer
    words = {"emotion": answer.label, "not sure": f"not sure, perhaps {answer.label}"}.get(answer.state, answer.state)
    certainty = f"  {100 * answer.certainty:.0f} %" if answer.probabilities else ""
    n_windows = len(analysis.windows)
    windows = "1 window" if n_windows == 1 else f"{n_windows} windows"
    return f"{analysis.path}: {words}{certainty}  ({analysis.duration_s:.1f} s, {windows})"


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
    predict = commands.add_parser("predict", help="analyse sound files", description="Analyse sound files.")
    predict.add_argument("files", nargs="+", type=Path, metavar="FILE")
    predict.add_argument("--json", action="store_true", help="one JSON object per line")
    predict.add_argument(
        "--hop",
        type=_hop,
        metavar="SECONDS",
        help="from one window to the next in files longer than a window (default 4; live it is 1)",
    )
    predict.add_argument(
        "--voice", metavar="NAME", help="a calibrated voice (More → My voice…), for models that use it"
    )
    _add_model_options(predict, default="auto")
    models_command.add_parser(commands)
    datasets_command.add_parser(commands)
    doctor = commands.add_parser(
        "doctor", help="check this computer", description="Check sound, processor, model, display and libraries."
    )
    doctor.add_argument("--json", action="store_true", help="a JSON list of findings")
    return parser


def _hop(text: str) -> float:
    value = float(text)
    if not 0.25 <= value <= 60:
        raise argparse.ArgumentTypeError(f"{text} does not lie between 0.25 and 60 seconds")
    return value


def _add_model_options(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="model bundle (default: the one that came along)")
    parser.add_argument(
        "--device", choices=("auto", "cuda", "mps", "cpu"), default=default, help="where the encoder runs"
    )
    parser.add_argument("--backend", choices=(AUTO, *BackendName), default=default, help="how the encoder is computed")


if __name__ == "__main__":
    sys.exit(main())

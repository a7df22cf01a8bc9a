"""The options of the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from ser_desktop.core.device import AUTO, BackendName
from trainer.corpora import CORPORA
from trainer.experiments import RECIPES, Preset
from trainer.pretrain import command as pretrain_command
from trainer.protocols import PROTOCOLS
from trainer.rows import ROWS
from trainer.voice_study import command as voice_study_command


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all sub-commands."""
    parser = argparse.ArgumentParser(prog="python -m trainer", description="Train speech emotion models.")
    commands_ = parser.add_subparsers(dest="command", required=True)
    _add_reproduce(commands_)
    _add_train(commands_)
    _add_check(commands_)
    report = commands_.add_parser("report", help="make a run's report anew from its stored predictions")
    report.add_argument("run", type=Path, metavar="RUN")
    _add_events(report)
    _add_export(commands_)
    _add_robustness(commands_)
    recalibrate = commands_.add_parser(
        "recalibrate",
        help="choose a bundle's temperature and threshold anew, and make that part of its card, without training",
        description="From the predictions beside the bundle: choose temperature and threshold on the validation "
        "speakers by the rule that export follows, count and draw how sure the model was and how often right, and "
        "write contract, card and checksums. The weights stay as they are.",
    )
    recalibrate.add_argument("bundle", type=Path, metavar="BUNDLE")
    _add_events(recalibrate)
    voice_study = voice_study_command.add_parser(commands_)
    _add_data(voice_study)
    _add_running(voice_study)
    _add_events(pretrain_command.add_parser(commands_, _positive))
    score = commands_.add_parser("score", help="score any CSV with the columns file, target, prediction")
    score.add_argument("predictions", type=Path, metavar="PREDICTIONS.csv")
    score.add_argument("--json", action="store_true", help="one JSON object")
    table = commands_.add_parser("table", help="one table of several runs' report.json")
    table.add_argument("reports", nargs="+", type=Path, metavar="report.json")
    table.add_argument("--into", type=Path, metavar="DOCUMENT", help="put it between the marks of a Markdown file")
    return parser


def _add_reproduce(commands_: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    reproduce = commands_.add_parser(
        "reproduce",
        help="run rows of the paper's tables, and compare",
        description="Run rows of the paper's tables on a corpus and write a report beside the published figures. "
        "Rows whose encoder is missing are named with the command that installs it. Run the same command again "
        "after an interruption: it goes on where it was, with the same result.",
    )
    reproduce.add_argument("--list", action="store_true", help="name every row with its needs and published figures")
    reproduce.add_argument("--json", action="store_true", help="with --list: as JSON")
    _add_corpus(reproduce, required=False)
    reproduce.add_argument("--rows", nargs="+", choices=list(ROWS), metavar="ROW", help="these rows only (see --list)")
    reproduce.add_argument("--seeds", nargs="+", type=int, metavar="N", help="these seeds instead of the paper's five")
    reproduce.add_argument(
        "--preset", nargs="+", choices=[str(p) for p in Preset], metavar="PRESET", help="paper and/or released-code"
    )
    reproduce.add_argument("--out", type=Path, metavar="RUN", help="the run's folder (default: runs/reproduce-CORPUS)")
    _add_running(reproduce)


def _add_train(commands_: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    train = commands_.add_parser(
        "train",
        help="train one recipe and write a bundle",
        description="Train a head and write a bundle that the app can open: weights, contract, model card, every "
        "prediction and the resolved configuration.",
        epilog="recipes:\n" + "\n".join(f"  {name:28s} {recipe.title}" for name, recipe in RECIPES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_corpus(train, required=True)
    train.add_argument("--recipe", required=True, choices=sorted(RECIPES), metavar="NAME", help="see below")
    train.add_argument("--preset", nargs=1, choices=[str(p) for p in Preset], metavar="PRESET", help="default: paper")
    train.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the bundle goes")
    train.add_argument(
        "--seed",
        type=int,
        action="append",
        metavar="N",
        help="train with this seed, may be repeated; without it the paper's five, of which the bundle keeps the "
        "one that is best on the validation speakers",
    )
    train.add_argument("--learning-rate", type=_positive_float, metavar="X", help="instead of the recipe's")
    train.add_argument("--patience", type=_positive, metavar="N", help="epochs to wait for a better one (default 4)")
    train.add_argument(
        "--keep-best", action="store_true", help="train no more: write the best of what a stopped training has left"
    )
    _add_running(train)


def _add_check(commands_: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands_.add_parser(
        "check",
        help="look at a corpus before training on it",
        description="Listen to every recording and say what the corpus holds, what is wrong with it, how it would be "
        "divided, and how long recipes would take on this computer. The exit status is 1 where nothing can be trained.",
    )
    _add_corpus(check, required=True)
    check.add_argument(
        "--recipe", nargs="+", choices=sorted(RECIPES), metavar="NAME", help="measure what these would take"
    )
    check.add_argument("--cache", type=Path, metavar="FOLDER", help="where zip files are unpacked")
    _add_events(check)


def _add_export(commands_: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    export = commands_.add_parser("export", help="write a run's model as a bundle that the app opens")
    export.add_argument("run", type=Path, metavar="RUN")
    export.add_argument("--out", required=True, type=Path, metavar="FOLDER")
    export.add_argument("--row", metavar="ROW", help="which row, if the run has several")
    export.add_argument("--preset", choices=[str(p) for p in Preset], help="which preset, if the run has several")
    export.add_argument("--seed", type=int, metavar="N", help="this seed instead of the best on validation")
    export.add_argument("--fold", metavar="FOLD", help="this fold, for example fold-2")
    export.add_argument("--best-so-far", action="store_true", help="count what a stopped run has left, too")
    export.add_argument("--refit", action="store_true", help="train again on all speakers (needs --data)")
    export.add_argument(
        "--beside", nargs="+", type=Path, metavar="RUN", help="set other runs' results of this row on the card"
    )
    export.add_argument("--onnx", action="store_true", help="also write ONNX, and compare it with PyTorch")
    _add_data(export)
    _add_running(export)


def _add_robustness(commands_: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    robustness = commands_.add_parser(
        "robustness",
        help="test a run's rows on quieter, noisier, coded and narrower recordings",
        description="Change the test recordings as bad microphones, rooms and networks do, and score every seed again. "
        "The figures are kept in the run; `export` puts them on the card.",
    )
    robustness.add_argument("run", type=Path, metavar="RUN")
    robustness.add_argument("--row", metavar="ROW", help="this row only (default: all with global normalisation)")
    robustness.add_argument("--preset", choices=[str(p) for p in Preset])
    _add_data(robustness)
    _add_running(robustness)


def _add_corpus(parser: argparse.ArgumentParser, *, required: bool) -> None:
    names = "; ".join(f"{key}: {kind.title}" for key, kind in CORPORA.items())
    parser.add_argument("--corpus", required=required, choices=list(CORPORA), metavar="CORPUS", help=names)
    _add_data(parser)
    protocols = sorted({name for own in PROTOCOLS.values() for name in own})
    parser.add_argument(
        "--protocol",
        choices=protocols,
        help="instead of the corpus's own: folds (of speakers), speakers (leave one out), recordings (the same voices "
        "train and test)",
    )
    parser.add_argument(
        "--augment",
        type=_positive,
        metavar="N",
        help="train on N more copies of every training utterance, changed as other microphones would (level, noise, "
        "telephone, Ogg Opus)",
    )


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", nargs="+", type=Path, metavar="PATH", help="folders, zip files or tables of the corpus"
    )
    parser.add_argument("--name", metavar="TEXT", help="what tables and model cards call the corpus")
    parser.add_argument("--accept-counts", action="store_true", help="take a corpus that is not complete")
    parser.add_argument("--skip-unreadable", action="store_true", help="leave out recordings that cannot be used")
    parser.add_argument("--speaker-pattern", metavar="REGEX", help="folder: its first group is the speaker")
    parser.add_argument("--speaker", metavar="NAME", help="folder: who speaks where folders and pattern do not tell")
    parser.add_argument(
        "--column", action="append", type=_pair, metavar="OURS=THEIRS", help="csv, audformat: a column's other name"
    )
    parser.add_argument("--table", metavar="NAME", help="audformat: which table")


def _add_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend",
        choices=(AUTO, *BackendName),
        default=AUTO,
        help="how speech encoders are computed (default: as the run was begun, or the fastest here; float32 gives the "
        "same features everywhere)",
    )
    parser.add_argument(
        "--cache", type=Path, metavar="FOLDER", help="where features are kept (default: beside the results)"
    )
    parser.add_argument("--workers", type=_positive, metavar="N", help="processes (default: one per processor)")
    parser.add_argument(
        "--memory",
        type=_positive_float,
        default=2.0,
        metavar="GB",
        help="what the run may use beyond the loaded libraries (default 2); more lets more processes train large "
        "features at once",
    )
    _add_events(parser)


def _add_events(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", choices=("text", "json"), default="text", help="progress for people or programs")
    parser.add_argument(
        "--follow",
        type=Path,
        metavar="FOLDER",
        help="tell progress in FOLDER/events.jsonl, stop when FOLDER/stop appears",
    )


def _pair(text: str) -> str:
    if "=" not in text:
        raise argparse.ArgumentTypeError(f"{text} is not of the form OURS=THEIRS")
    return text


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _positive_float(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value

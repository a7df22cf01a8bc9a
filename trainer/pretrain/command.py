"""``python -m trainer pretrain``."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from trainer.events import Done, Listener
from trainer.pretrain.recipes import PRETRAIN_RECIPES


def add_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], positive: Callable[[str], int]
) -> argparse.ArgumentParser:
    """Add the sub-command's options; ``positive`` reads a positive number."""
    parser = commands.add_parser(
        "pretrain",
        help="pretrain a compact speech encoder from raw audio",
        description="Pretrain a compact wav2vec 2.0 from raw audio and write a folder that transformers opens. Run the "
        "same command again after an interruption: it goes on from its last checkpoint.",
        epilog="recipes:\n" + "\n".join(f"  {name:16s} {recipe.title}" for name, recipe in PRETRAIN_RECIPES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--recipe", required=True, choices=list(PRETRAIN_RECIPES), metavar="NAME", help="see below")
    parser.add_argument("--audio", required=True, nargs="+", type=Path, metavar="FOLDER", help="folders of sound files")
    parser.add_argument("--teacher", type=Path, metavar="FOLDER", help="Whisper base's encoder as model.safetensors")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the encoder goes")
    parser.add_argument(
        "--scratch",
        type=Path,
        metavar="FOLDER",
        help="prepared audio, the teacher's layers (2.4 MB for eight seconds) and checkpoints; recipes may share it, "
        "and the card compares them (default: OUT/.run)",
    )
    parser.add_argument("--steps", type=positive, metavar="N", help="default: the recipe's")
    parser.add_argument("--batch-size", type=positive, metavar="N", help="stretches of eight seconds in a step")
    parser.add_argument("--check-every", type=positive, default=300, metavar="N", help="steps between probes (300)")
    parser.add_argument("--seed", type=int, metavar="N")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--credit", action="append", metavar="TEXT", help="for the card: a corpus and its licence")
    parser.add_argument("--licence", default="that of the audio", metavar="TEXT", help="for the card: of the weights")
    return parser


def run_command(options: argparse.Namespace, listener: Listener, check: Callable[[], None]) -> None:
    """Pretrain as the command line says."""
    from trainer.commands import training_device
    from trainer.pretrain.run import PretrainPlan, run

    recipe = PRETRAIN_RECIPES[options.recipe]
    chosen = {"n_steps": options.steps, "batch_size": options.batch_size, "seed": options.seed}
    recipe = replace(recipe, **{name: value for name, value in chosen.items() if value is not None})
    plan = PretrainPlan(
        recipe,
        tuple(options.audio),
        options.teacher,
        options.out,
        options.scratch or options.out / ".run",
        options.check_every,
        training_device() if options.device == "auto" else options.device,
        tuple(options.credit or ()),
        options.licence,
        rebuild_command(options),
    )
    run(plan, listener, check)
    listener(Done(str(options.out)))


def rebuild_command(options: argparse.Namespace) -> str:
    """Return the command as it would be typed, with folders by their own names alone."""
    words = ["python -m trainer pretrain", f"--recipe {options.recipe}"]
    words += ["--audio", *(shlex.quote(f"DATA/{folder.resolve().name}") for folder in options.audio)]
    words += [f"--teacher DATA/{shlex.quote(options.teacher.resolve().name)}"] if options.teacher else []
    words += [f"--steps {options.steps}"] if options.steps else []
    words += [f"--batch-size {options.batch_size}"] if options.batch_size else []
    words += [f"--check-every {options.check_every}"] if options.check_every != 300 else []
    words += [f"--seed {options.seed}"] if options.seed is not None else []
    words += [f"--credit {shlex.quote(credit)}" for credit in options.credit or ()]
    return " ".join([*words, f"--licence {shlex.quote(options.licence)}", "--out FOLDER"])

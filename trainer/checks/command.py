"""``python -m trainer check``."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from trainer.checks.corpus_check import check_corpus
from trainer.checks.estimate import estimates
from trainer.checks.findings import Level
from trainer.corpora import CORPORA
from trainer.events import Checked, Countdown, Listener, Stage
from trainer.experiments import RECIPES


def run_command(options: argparse.Namespace, listener: Listener, check: Callable[[], None]) -> bool:
    """Look at a corpus, then measure what the named recipes would take; say whether it can be trained on."""
    from trainer.commands import read_options

    listener(Stage("read", f"Listening to {CORPORA[options.corpus].title}"))
    tick = Countdown("read", listener)

    def count(done: int, total: int) -> None:
        check()
        tick(done, total)

    with tempfile.TemporaryDirectory() as scratch:
        read = read_options(options, options.corpus, options.cache or Path(scratch), [])
        found = check_corpus(
            options.corpus, read, options.protocol or "", count, skip_unreadable=options.skip_unreadable
        )
        listener(Checked({**asdict(found.check), "can_train": found.check.can_train}))
        if found.check.can_train:
            for estimated in estimates(found, [RECIPES[name] for name in options.recipe or ()], options.cache):
                check()
                listener(estimated)
    return found.check.can_train


def as_text(report: dict[str, object]) -> str:
    """Return a report for people on a terminal."""
    counts: dict[str, dict[str, int]] = report["counts"]  # type: ignore[assignment]
    classes: dict[str, int] = {}
    for own in counts.values():
        for name, n in own.items():
            classes[name] = classes.get(name, 0) + n
    lines = [
        f"{report['corpus']}: {report['n_utterances']} recordings, {report['duration_s']:.0f} s, {len(counts)} people",
        "  " + ", ".join(f"{name} {n}" for name, n in sorted(classes.items())),
    ]
    split = report["split"]
    if isinstance(split, dict):
        lines.append(f"  {split['text']}{'; speaker-dependent' if split['speaker_dependent'] else ''}")
    marks = {Level.ERROR: "✗", Level.WARNING: "!", Level.NOTE: "·"}
    for finding in report["findings"]:  # type: ignore[attr-defined]
        remedy = f" (--{finding['remedy']})" if finding["remedy"] else ""
        lines.append(f"{marks[Level(finding['level'])]} {finding['text']} {finding['fix']}{remedy}".rstrip())
    return "\n".join(lines)

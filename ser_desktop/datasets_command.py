"""``ser-desktop datasets``: get corpora to train on."""

from __future__ import annotations

import argparse
import sys

from ser_desktop.core.datasets import DATASETS, Dataset, download_dataset
from ser_desktop.progress_bar import ProgressBar

_RECIPE = "egemaps-dense-global"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its verbs to the program's command line."""
    datasets = commands.add_parser("datasets", help="corpora to train on: list, get", description=__doc__)
    verbs = datasets.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs.add_parser("list", help="what can be downloaded, its licence, and what is there")
    names = [dataset.name for dataset in DATASETS]
    get = verbs.add_parser("get", help="download one; an interrupted download goes on")
    get.add_argument("name", choices=names, metavar="NAME", help=", ".join(names))
    get.add_argument("--accept-licence", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    """Carry out a verb and return the exit status; raises `UserFacingError`."""
    if options.verb == "list":
        return _list()
    return _get(next(d for d in DATASETS if d.name == options.name), accepted=options.accept_licence)


def _list() -> int:
    for dataset in DATASETS:
        size = f"  {dataset.n_bytes / 1e6:.0f} MB" if dataset.n_bytes else ""
        state = f"in «{dataset.path}»" if dataset.is_there() else f"ser-desktop datasets get {dataset.name}"
        print(f"{'✓' if dataset.is_there() else '·'} {dataset.name}{size}  {dataset.licence}  {state}")
        print(f"    {dataset.title}")
    return 0


def _get(dataset: Dataset, *, accepted: bool) -> int:
    print(f"{dataset.title}\n{dataset.source}\nLicence: {dataset.licence}. {dataset.conditions}")
    if not accepted and not _agrees():
        print("Nothing was downloaded.", file=sys.stderr)
        return 1
    with ProgressBar() as bar:
        path = download_dataset(dataset, bar.told)
    print(f"It lies in «{path}». Train on it:")
    print(f'python -m trainer train --corpus {dataset.name} --data "{path}" --recipe {_RECIPE} --out my-model')
    return 0


def _agrees() -> bool:
    if not sys.stdin.isatty():
        print("Say that you accept the licence with --accept-licence.", file=sys.stderr)
        return False
    return input("Do you accept that? [y/N] ").strip().lower() in {"y", "yes"}

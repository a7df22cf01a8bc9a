"""``ser-desktop models``: get, import, check and remove the speech encoders that models need."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ser_desktop.core import catalogue
from ser_desktop.progress_bar import ProgressBar

if TYPE_CHECKING:
    from ser_desktop.core.library import EncoderStatus


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its verbs to the program's command line."""
    models = commands.add_parser(
        "models", help="speech encoders: list, get, import, verify, remove", description=__doc__
    )
    verbs = models.add_subparsers(dest="verb", metavar="VERB", required=True)
    names = [entry.name for entry in catalogue.ENCODERS]
    others = [entry.name for entry in catalogue.ENCODERS if not entry.is_shipped]
    verbs.add_parser("list", help="what is known and what is installed").add_argument(
        "--json", action="store_true", help="a JSON list"
    )
    get = verbs.add_parser("get", help="download one; an interrupted download goes on")
    get.add_argument("name", choices=others, metavar="NAME", help=", ".join(others))
    bring = verbs.add_parser("import", help="take one from a folder or zip file, for machines without network")
    bring.add_argument("path", type=Path, metavar="PATH")
    verify = verbs.add_parser("verify", help="compare the installed files with what was published")
    verify.add_argument("name", nargs="?", choices=names, metavar="NAME", help="default: all that are installed")
    remove = verbs.add_parser("remove", help="delete one")
    remove.add_argument("name", choices=others, metavar="NAME", help=", ".join(others))


def run(options: argparse.Namespace) -> int:
    """Carry out a verb and return the exit status; raises `UserFacingError`."""
    verbs = {"list": _list, "get": _get, "import": _import, "verify": _verify, "remove": _remove}
    return verbs[options.verb](options)


def _list(options: argparse.Namespace) -> int:
    from ser_desktop.core.library import encoder_statuses

    statuses = encoder_statuses()
    if options.json:
        print(json.dumps([status.as_json() for status in statuses], ensure_ascii=False, indent=1))
        return 0
    for status in statuses:
        mark = "✓" if status.is_installed else "·"
        print(f"{mark} {status.name}  {status.n_bytes / 1e6:.0f} MB  {status.licence}  {_state(status)}")
        print(f"    {status.purpose} (revision {status.revision[:12]})")
        for use in status.bundles:
            print(f"    used by {use.name}: UAR {100 * use.uar_mean:.0f} ± {100 * use.uar_sd:.0f} %")
    return 0


def _state(status: EncoderStatus) -> str:
    if status.is_shipped:
        return "comes with the program" if status.is_installed else "missing: install the program again"
    if status.is_installed:
        return "installed"
    if status.n_arrived:
        return f"{status.n_arrived / 1e6:.0f} MB of it have arrived: ser-desktop models get {status.name}"
    return f"not installed: ser-desktop models get {status.name}"


def _get(options: argparse.Namespace) -> int:
    from ser_desktop.core.install import download

    entry = catalogue.known_encoder(options.name)
    print(f"{entry.name}: {entry.purpose} ({entry.n_bytes / 1e6:.0f} MB, {entry.licence}, {entry.repository})")
    with ProgressBar() as bar:
        download(entry, bar.told)
    print(f"Installed in «{entry.folder}».")
    return 0


def _import(options: argparse.Namespace) -> int:
    from ser_desktop.core.import_encoder import import_encoder

    with ProgressBar() as bar:
        entry = import_encoder(options.path, bar.told)
    print(f"{entry.name} is installed in «{entry.folder}».")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from ser_desktop.core.install import verify

    chosen = [e for e in catalogue.ENCODERS if options.name == e.name or (options.name is None and e.is_installed())]
    status = 0
    for entry in chosen:
        problems = verify(entry)
        print(f"{'✗' if problems else '✓'} {entry.name}" + "".join(f"\n    {problem}" for problem in problems))
        if problems:
            status = 1
            if not entry.is_shipped:
                print(f"    → {entry.install_command()}")
    return status


def _remove(options: argparse.Namespace) -> int:
    from ser_desktop.core.install import remove

    entry = catalogue.known_encoder(options.name)
    remove(entry)
    print(f"{entry.name} is removed.")
    return 0

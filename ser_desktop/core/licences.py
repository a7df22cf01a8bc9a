"""Under which licences everything stands that the program consists of, as it is installed here."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ser_desktop.core import paths

_OPTIONAL = ("onnx", "openvino")
"""Extras whose libraries are used where they are installed; those for tests are no part of the program."""

_RESTRICTED = {"opensmile": "audEERING Research License"}
"""Libraries that are not free for every purpose (this one's metadata says MIT, its licence file does not)."""

_TEXT_FILE = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)
_TEXT_SUFFIXES = ("", ".txt", ".md", ".rst", ".apache", ".bsd", ".mit")
_LONGEST = 60
_LICENCE_LINE = re.compile(r"^license: *(?P<front>.+)$|\bLicen[cs]e:\s*(?P<line>[^\n]+?)\.?$", re.MULTILINE)
_TITLE_LINE = re.compile(r"^# +(.+)$", re.MULTILINE)

Kind = Literal["program", "library", "asset"]


@dataclass(frozen=True)
class Licence:
    """A part of the program and its licence.

    Attributes
    ----------
    kind : {"program", "library", "asset"}
    name : str
    version : str
        Empty for assets.
    licence : str
        As the part itself says; empty where it says nothing.
    is_restricted : bool
        Not free for every purpose.
    source : str
        Name of the distribution, or the folder below the assets.
    """

    kind: Kind
    name: str
    version: str
    licence: str
    is_restricted: bool
    source: str


def all_licences() -> list[Licence]:
    """Return the program, its assets, and its libraries, as they are installed (a second or less)."""
    found = [*_program(), *_assets(), *_libraries()]
    order = {"program": 0, "asset": 1, "library": 2}
    return sorted(found, key=lambda one: (order[one.kind], not one.is_restricted, one.name.lower()))


def licence_text(part: Licence) -> str:
    """Return the text of a licence, or the card of an asset; empty where none was installed."""
    if part.kind == "asset":
        try:
            return (paths.assets_folder() / part.source / "README.md").read_text(encoding="utf-8")
        except OSError:
            return ""
    try:
        files = importlib.metadata.files(part.source) or []
    except importlib.metadata.PackageNotFoundError:
        return ""
    texts = []
    for file in files:
        is_text = _TEXT_FILE.match(file.name) and file.suffix.lower() in _TEXT_SUFFIXES
        if not is_text:
            continue
        try:
            texts.append(Path(str(file.locate())).read_text(encoding="utf-8", errors="replace").strip())
        except OSError:
            continue
    return "\n\n\n".join(dict.fromkeys(text for text in texts if text))


def _program() -> Iterator[Licence]:
    try:
        own = importlib.metadata.distribution(paths.APP_NAME)
    except importlib.metadata.PackageNotFoundError:
        return
    yield Licence("program", paths.APP_NAME, own.version, _licence_of(own), False, paths.APP_NAME)


def _libraries() -> Iterator[Licence]:
    """Yield everything that the program needs, and what that needs."""
    waiting, seen = list(_needed(paths.APP_NAME, _OPTIONAL)), {_plain(paths.APP_NAME)}
    while waiting:
        name = waiting.pop()
        if _plain(name) in seen:
            continue
        seen.add(_plain(name))
        try:
            library = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            # For another system, or an extra that is not installed.
            continue
        proper = str(library.metadata["Name"])
        restricted = _RESTRICTED.get(_plain(proper))
        licence = restricted or _licence_of(library)
        yield Licence("library", proper, library.version, licence, restricted is not None, proper)
        waiting += _needed(name)


def _needed(name: str, extras: tuple[str, ...] = ()) -> Iterator[str]:
    try:
        requirements = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for requirement in requirements:
        wanted = re.search(r"extra\s*==\s*['\"]([\w.\-]+)['\"]", requirement)
        needed = re.match(r"[\w.\-]+", requirement)
        if needed and (wanted is None or wanted[1] in extras):
            yield needed[0]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence_of(library: importlib.metadata.Distribution) -> str:
    """Say it as shortly as the library itself does."""
    facts = library.metadata
    expression = _first(facts, "License-Expression")
    if expression:
        return expression
    stated = _first(facts, "License")
    stated = stated.removeprefix("OSI Approved :: ")
    if stated and stated.upper() != "UNKNOWN" and "\n" not in stated and len(stated) <= _LONGEST:
        return stated
    classifiers = [str(c) for c in facts.get_all("Classifier") or [] if str(c).startswith("License ::")]
    named = [c.rsplit(" :: ", 1)[-1] for c in classifiers if not c.endswith(":: OSI Approved")]
    return ", ".join(named) or (stated.splitlines()[0][:_LONGEST] if stated else "")


def _first(facts: importlib.metadata.PackageMetadata, key: str) -> str:
    return str(next(iter(facts.get_all(key) or []), "")).strip()


def _assets() -> Iterator[Licence]:
    """Yield every folder of assets whose card names a licence."""
    root = paths.assets_folder()
    for card in sorted([*root.glob("*/README.md"), *root.glob("models/*/README.md")]):
        try:
            text = card.read_text(encoding="utf-8")
        except OSError:
            continue
        licence, title = _LICENCE_LINE.search(text), _TITLE_LINE.search(text)
        if licence is None or title is None:
            continue
        named = (licence["front"] or licence["line"]).strip()
        folder = card.parent.relative_to(root).as_posix()
        yield Licence("asset", title[1], "", _proper(named), False, folder)


def _proper(licence: str) -> str:
    """Write the identifiers of model cards as people know them."""
    known = {"cc-by-nc-sa-4.0": "CC BY-NC-SA 4.0", "apache-2.0": "Apache-2.0", "mit": "MIT", "cc0-1.0": "CC0"}
    return known.get(licence.lower(), licence)

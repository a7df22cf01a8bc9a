from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest

from ser_desktop.core import paths
from ser_desktop.core.licences import Licence, all_licences, licence_text

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def parts() -> dict[str, Licence]:
    return {part.name: part for part in all_licences()}


def declared() -> set[str]:
    """Names of the libraries that the program itself asks for, as far as they are installed."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    return set(re.findall(r'^    "([A-Za-z0-9-]+)', block, flags=re.MULTILINE))


def plain(name: str) -> str:
    return name.lower().replace("_", "-")


def test_every_library_that_is_asked_for_is_listed_with_a_licence(parts: dict[str, Licence]) -> None:
    listed = {plain(name): part for name, part in parts.items() if part.kind == "library"}
    assert len(declared()) > 12
    for name in declared():
        part = listed[plain(name)]
        assert part.version == importlib.metadata.version(name)
        assert part.licence


def test_so_is_what_those_need_but_nothing_that_only_tests_need(parts: dict[str, Licence]) -> None:
    assert {"cffi", "shiboken6", "tokenizers"} <= set(parts)
    assert not {"pytest", "mypy", "ruff", "hypothesis"} & set(parts)


def test_opensmile_is_told_apart_and_comes_first_with_its_own_text(parts: dict[str, Licence]) -> None:
    libraries = [part for part in all_licences() if part.kind == "library"]
    assert libraries[0].name == "opensmile"
    assert [part.name for part in libraries if part.is_restricted] == ["opensmile"]
    assert "Research" in libraries[0].licence
    assert "non-commercial purpose" in licence_text(libraries[0])


def test_models_sounds_and_drawings_name_their_licence(parts: dict[str, Licence]) -> None:
    assets = {part.source: part.licence for part in parts.values() if part.kind == "asset"}
    assert assets["models/default"] == assets["models/compact"] == "CC BY-NC-SA 4.0"
    assert assets["audio"] == "CC0"
    assert assets["icons"] == assets["help"] == "MIT"
    for folder in (paths.assets_folder() / "models").iterdir():
        assert f"models/{folder.name}" in assets, "every model that comes along has a card with a licence"


def test_the_text_of_an_asset_is_its_card(parts: dict[str, Licence]) -> None:
    card = next(part for part in parts.values() if part.source == "audio")
    assert "synthetic voice" in licence_text(card)


def test_the_program_itself_is_there(parts: dict[str, Licence]) -> None:
    own = parts[paths.APP_NAME]
    assert (own.kind, own.licence) == ("program", "MIT")


def test_what_brought_no_text_along_has_none(parts: dict[str, Licence]) -> None:
    assert licence_text(Licence("library", "nothing", "1", "MIT", False, "no-such-library")) == ""
    assert licence_text(Licence("asset", "nothing", "", "MIT", False, "no-such-folder")) == ""

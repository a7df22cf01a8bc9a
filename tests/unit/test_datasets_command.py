from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from ser_desktop import datasets_command
from ser_desktop.__main__ import main
from ser_desktop.core.datasets import DATASETS, Dataset
from ser_desktop.core.transfer import Listener
from trainer.corpora import CORPORA
from trainer.experiments import RECIPES

Captured = pytest.CaptureFixture[str]
SPEECH = DATASETS[0]


class Terminal(io.StringIO):
    """Somebody who types this."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what was downloaded, next to nothing in truth."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    names: list[str] = []

    def download(dataset: Dataset, _listener: Listener) -> Path:
        names.append(dataset.name)
        dataset.path.parent.mkdir(parents=True)
        dataset.path.write_bytes(b"PK")
        return dataset.path

    monkeypatch.setattr(datasets_command, "download_dataset", download)
    return names


def test_the_licence_is_shown_and_nothing_comes_before_it_is_accepted(fetched: list[str], capsys: Captured) -> None:
    assert main(["datasets", "get", "ravdess"]) == 1
    said = capsys.readouterr()
    assert "CC BY-NC-SA 4.0" in said.out
    assert "not for commercial purposes" in said.out
    assert "--accept-licence" in said.err
    assert fetched == []


@pytest.mark.parametrize(("typed", "wanted"), [("y\n", ["ravdess"]), ("no\n", []), ("\n", [])])
def test_somebody_at_a_terminal_is_asked(
    fetched: list[str], monkeypatch: pytest.MonkeyPatch, typed: str, wanted: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert main(["datasets", "get", "ravdess"]) == (0 if wanted else 1)
    assert fetched == wanted


def test_what_is_there_is_listed_with_the_rest(capsys: Captured) -> None:
    assert main(["datasets", "get", "ravdess", "--accept-licence"]) == 0
    said = capsys.readouterr().out
    assert f'--data "{SPEECH.path}"' in said
    corpus, recipe = said.split("--corpus ")[1].split()[0], said.split("--recipe ")[1].split()[0]
    assert corpus in CORPORA
    assert recipe in RECIPES
    assert main(["datasets", "list"]) == 0
    first, _, second, _ = capsys.readouterr().out.splitlines()
    assert first.startswith("✓ ravdess  208 MB  CC BY-NC-SA 4.0")
    assert second == "· ravdess-song  CC BY-NC-SA 4.0  ser-desktop datasets get ravdess-song"

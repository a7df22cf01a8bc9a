"""What a stopped training has reached can be used, and says that it was stopped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ser_desktop.core.bundle import load_bundle
from tests.helpers.corpora import write_class_folders
from trainer.__main__ import main


def words(tmp_path: Path, *more: str) -> list[str]:
    data = ["--corpus", "folder", "--data", str(tmp_path / "corpus"), "--recipe", "spectrogram-dense-global"]
    out = ["--out", str(tmp_path / "model"), "--seed", "1", "--seed", "2", "--workers", "1", "--patience", "1"]
    return ["train", *data, *out, *more]


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A training of which two of five folds are there, as a stop would have left it."""
    write_class_folders(tmp_path / "corpus", tuple("abcde"), ("angry", "happy"), n_each=3)
    assert main(words(tmp_path, "--learning-rate", "0.01")) == 0
    run = tmp_path / "model" / ".run"
    for fold in (3, 4, 5):
        shutil.rmtree(next(run.glob(f"rows/*/fold-{fold}")))
    for left in ("README.md", "config.json", "model.safetensors"):
        (tmp_path / "model" / left).unlink()
    return tmp_path


def test_the_best_of_the_folds_that_are_there_becomes_a_bundle(stopped: Path) -> None:
    assert main(words(stopped, "--learning-rate", "0.01", "--keep-best")) == 0
    bundle = load_bundle(stopped / "model")
    assert "stopped: 2 of 5 folds" in bundle.config.results.protocol
    (row,) = json.loads((stopped / "model" / ".run" / "report.json").read_text())["rows"]
    assert (row["n_test"], row["n_speakers"], row["head"]) == (12, 2, "dense")
    assert "stopped: 2 of 5 folds" in row["protocol"]


def test_before_the_first_epoch_there_is_nothing_to_keep(stopped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(stopped / "model" / ".run" / "rows")
    assert main(words(stopped, "--learning-rate", "0.01", "--keep-best")) == 1
    assert "nothing to keep" in capsys.readouterr().err


def test_the_card_names_the_settings_that_were_changed(stopped: Path) -> None:
    assert main(words(stopped, "--learning-rate", "0.01", "--keep-best")) == 0
    card = (stopped / "model" / "README.md").read_text()
    assert "--learning-rate 0.01" in card
    assert "--patience 1" in card


def test_other_settings_are_not_mixed_into_a_run(stopped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(stopped, "--learning-rate", "0.02")) == 1
    assert "other settings" in capsys.readouterr().err

"""``python -m trainer calibrate-study`` from recordings to tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.corpora import write_small_ravdess
from trainer.__main__ import main
from trainer.readme_table import results_table

pytestmark = pytest.mark.filterwarnings("ignore")

RECIPES = ("spectrogram-dense-global", "spectrogram-dense-speaker", "pt-all-layers-dense-speaker")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_small_ravdess(folder, n_repetitions=2)
    return folder


def study(corpus: Path, out: Path, *more: str) -> int:
    where = ["--data", str(corpus), "--accept-counts", "--workers", "1", "--out", str(out)]
    return main(["calibrate-study", *where, "--seeds", "1", "--draws", "2", "--recipes", *RECIPES, *more])


def test_rows_are_studied_and_written_and_those_without_encoder_named(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert study(corpus, tmp_path) == 0
    said = capsys.readouterr().out
    assert "needs" not in (tmp_path / "calibration.md").read_text()
    value = json.loads((tmp_path / "calibration.json").read_text())
    (found,) = value["studies"]
    assert [row["row"] for row in found["rows"]] == list(RECIPES[:2])
    assert list(value["missing"]) == ["pt-all-layers-dense-speaker"]
    assert set(found["rows"][0]["parts"]["test"]) == {"training"}
    speaker = found["rows"][1]["parts"]
    assert set(speaker["validation"]) == set(speaker["test"]) == {"training", "speaker", "mixed-5s"}
    assert speaker["test"]["mixed-5s"]["n_speakers"] == 2
    assert (tmp_path / "calibration.md").read_text() in said
    # Beside the results of rows it has no place in their table.
    assert results_table([tmp_path / "calibration.json"]).strip() == ""


def test_without_recordings_it_says_what_it_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate-study", "--out", str(tmp_path)]) == 1
    assert "--data PATH" in capsys.readouterr().err

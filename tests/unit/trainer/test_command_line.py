from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pytest

from ser_desktop.core.bundle import load_bundle
from tests.helpers.corpora import write_small_ravdess
from trainer.__main__ import main
from trainer.commands import describe_row, with_augmentation
from trainer.experiments import RECIPES
from trainer.rows import ROWS

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_small_ravdess(folder)
    return folder


def reproduce(corpus: Path, out: Path, *more: str) -> int:
    data = ["--corpus", "ravdess", "--data", str(corpus), "--accept-counts", "--workers", "1"]
    return main(["reproduce", *data, "--out", str(out), "--seeds", "1", "--rows", "spectrogram-dense-global", *more])


def test_rows_are_listed_with_table_needs_and_published_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "--list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["row"] for row in rows] == list(ROWS)
    fusion = next(row for row in rows if row["row"] == "pt-fusion-global")
    assert (fusion["table"], fusion["encoder"], fusion["is_installed"]) == ("Table 2", "wav2vec2-base", False)
    assert "ser-desktop models get wav2vec2-base" in fusion["install"]
    assert fusion["published"]["ravdess-both"]["mean"] == 77.5
    assert main(["reproduce", "--list"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ROWS)
    assert "needs wav2vec2-base-960h (not installed)" in text


def test_a_corpus_is_reproduced_reported_and_scored(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reproduce(corpus, tmp_path / "run") == 0
    printed = capsys.readouterr().out
    assert "spectrogram-dense-global paper: test UAR" in printed
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    predictions = next((tmp_path / "run").glob("rows/**/predictions.csv"))
    assert main(["score", str(predictions), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["uar"] == pytest.approx(report["rows"][0]["uar_mean"], abs=1e-3)
    assert main(["score", str(predictions)]) == 0
    assert f"UAR {scores['uar']:.1f} %" in capsys.readouterr().out
    assert main(["report", str(tmp_path / "run")]) == 0
    assert json.loads((tmp_path / "run" / "report.json").read_text()) == report
    capsys.readouterr()
    assert main(["table", str(tmp_path / "run" / "report.json")]) == 0
    assert "`spectrogram-dense-global`" in capsys.readouterr().out


def test_a_head_trained_on_everyone_is_exported(corpus: Path, tmp_path: Path) -> None:
    assert reproduce(corpus, tmp_path / "run") == 0
    command = ["export", str(tmp_path / "run"), "--refit", "--out", str(tmp_path / "bundle"), "--workers", "1"]
    assert main(command) == 1, "it needs the recordings"
    assert main([*command, "--data", str(corpus), "--accept-counts"]) == 0
    assert "trained on all speakers" in load_bundle(tmp_path / "bundle").config.results.protocol


def test_a_run_with_copies_is_exported_and_trained_on_everyone_with_copies(corpus: Path, tmp_path: Path) -> None:
    assert reproduce(corpus, tmp_path / "run", "--augment", "1") == 0
    command = ["export", str(tmp_path / "run"), "--workers", "1", "--out"]
    assert main([*command, str(tmp_path / "one")]) == 0
    assert "1 changed copy of every" in load_bundle(tmp_path / "one").config.results.protocol
    assert main([*command, str(tmp_path / "all"), "--refit", "--data", str(corpus), "--accept-counts"]) == 0
    assert "trained on all speakers" in load_bundle(tmp_path / "all").config.results.protocol


def test_a_bundle_trained_with_copies_says_how_to_make_it_again(corpus: Path, tmp_path: Path) -> None:
    data = ["--corpus", "ravdess", "--data", str(corpus), "--accept-counts", "--workers", "1", "--seed", "1"]
    recipe = ["--recipe", "spectrogram-dense-global", "--augment", "2"]
    assert main(["train", *data, *recipe, "--out", str(tmp_path / "bundle")]) == 0
    assert "--augment 2" in (tmp_path / "bundle" / "README.md").read_text()
    assert "2 changed copies of every training utterance" in load_bundle(tmp_path / "bundle").config.results.protocol


def test_another_number_of_copies_is_refused_in_a_sentence(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reproduce(corpus, tmp_path / "run") == 0
    assert reproduce(corpus, tmp_path / "run", "--augment", "1") == 1
    assert "Name another folder with --out." in capsys.readouterr().err.replace("\n", " ")


def test_a_row_with_copies_is_compared_with_nothing() -> None:
    row = ROWS["pt-fusion-global"]
    assert with_augmentation(row, argparse.Namespace(augment=None)) is row
    more = with_augmentation(row, argparse.Namespace(augment=2))
    assert (more.name, more.recipe.copies, more.published) == (row.name, 2, {})
    assert (row.recipe.copies, bool(row.published)) == (0, True)


def test_what_comes_with_the_program_is_not_offered_for_download() -> None:
    described = describe_row(ROWS["compact-all-layers-dense-global"])
    assert described["encoder"] == "compact"
    assert described["install"] is None


def test_an_export_as_onnx_lies_beside_the_bundle(corpus: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    assert reproduce(corpus, tmp_path / "run") == 0
    out = tmp_path / "bundle"
    assert main(["export", str(tmp_path / "run"), "--onnx", "--out", str(out), "--workers", "1"]) == 0
    assert (out / "onnx" / "model.onnx").stat().st_size > 10_000
    load_bundle(out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "nowhere"], "There is no run in «nowhere»"),
        (["export", "nowhere", "--out", "x"], "There is no run in «nowhere»"),
        (["score", "none.csv"], "none.csv"),
        (["table", "none.json"], "none.json"),
        (["train", "--corpus", "ravdess", "--data", "none", "--recipe", "egemaps", "--out", "x"], "none"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_a_recipe_whose_encoder_is_missing_says_how_to_get_it(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--corpus", "ravdess", "--data", str(corpus), "--accept-counts", "--workers", "1"]
    assert main(["train", *data, "--recipe", "pt-fusion-global", "--out", str(tmp_path / "bundle")]) == 1
    assert "ser-desktop models get wav2vec2-base" in capsys.readouterr().err.replace("\n", " ")
    assert not (tmp_path / "bundle" / "config.json").exists()


def test_without_a_corpus_it_says_what_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce"]) == 2
    assert "--corpus" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--column", "emotion"], ["--workers", "0"], ["--memory", "-1"], ["--augment", "0"]]
)
def test_an_option_that_makes_no_sense_is_refused_with_a_word_on_it(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["reproduce", "--corpus", "csv", "--data", "x.csv", *option])
    assert ended.value.code == 2
    assert f"argument {option[0]}: {option[1]} is not" in capsys.readouterr().err


def test_presets_that_read_iemocap_differently_are_not_mixed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--corpus", "iemocap", "--data", str(tmp_path), "--preset", "paper", "released-code"]
    assert main(["reproduce", *data, "--out", str(tmp_path / "run")]) == 1
    assert "one by one" in capsys.readouterr().err


def test_errors_are_events_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path), "--events", "json"]) == 1
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"error"' in line]
    assert line["code"] == 1
    assert re.search("no run", line["text"])


def test_the_help_explains_every_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in RECIPES)

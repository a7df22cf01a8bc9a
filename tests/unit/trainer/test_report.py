from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ser_desktop.core.errors import TrainingError
from ser_desktop.core.published import FIGURE_2
from tests.helpers.corpora import write_small_ravdess
from tests.helpers.training import SMALL_ROW, run_here, small_plan, small_row
from trainer import metrics
from trainer.readme_table import BEGIN, END, replace_table, results_table
from trainer.report import as_json, table_line, write_report
from trainer.results import RowResult, read_results
from trainer.rows import Published
from trainer.run_folder import ProtocolInfo, require_run

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write_small_ravdess(folder / "corpus")
    rows = (SMALL_ROW, small_row("pt-all-layers-dense-speaker"), small_row("egemaps-dense-speaker"))
    run_here(small_plan(folder / "corpus", folder / "run", *rows, seeds=(1, 2, 3)))
    write_report(*require_run(folder / "run"))
    return folder / "run"


def result_with(uars: list[float], published: Published | None) -> RowResult:
    scores = tuple(metrics.Scores(u, u, (u, u), ((1, 0), (0, 1))) for u in uars)
    protocol = ProtocolInfo("fixed", "made up", ("a", "b"), False, (("fold-1", 2, 2, 2),), ())
    seeds = tuple(range(len(uars)))
    return RowResult("r", "paper", "k", "c", protocol, seeds, (), scores, published, ("egemaps",), "global", "dense")


def test_every_figure_is_that_of_the_stored_predictions(run: Path) -> None:
    report = json.loads((run / "report.json").read_text())
    row = next(r for r in report["rows"] if r["row"] == "spectrogram-dense-global")
    uars, was = [], []
    for seed in (1, 2, 3):
        file = run / "rows" / "spectrogram-dense-global@paper" / "fold-1" / f"seed-{seed}" / "predictions.csv"
        with file.open() as lines:
            rows = [r for r in csv.DictReader(lines) if r["part"] == "test"]
        right = {label: [r["prediction"] == label for r in rows if r["target"] == label] for label in row["labels"]}
        uars.append(100 * np.mean([np.mean(r) for r in right.values()]))
        was.append(100 * np.mean([r["prediction"] == r["target"] for r in rows]))
    assert row["uar_mean"] == pytest.approx(np.mean(uars), abs=1e-3)
    assert row["uar_sd"] == pytest.approx(np.std(uars), abs=1e-3)
    assert row["wa_mean"] == pytest.approx(np.mean(was), abs=1e-3)
    assert row["uar_per_seed"] == pytest.approx(uars, abs=1e-3)
    assert np.sum(row["confusion"]) == 3 * 16
    assert row["seeds"] == [1, 2, 3]


def test_the_report_has_the_agreed_fields(run: Path) -> None:
    wanted = {"row", "corpus", "protocol", "preset", "seeds", "uar_mean", "uar_sd", "wa_mean", "wa_sd"}
    wanted |= {"published_mean", "published_sd"}
    for row in json.loads((run / "report.json").read_text())["rows"]:
        assert wanted <= set(row)


def test_it_can_be_made_again_from_the_predictions_alone(run: Path) -> None:
    before = {name: (run / name).read_bytes() for name in ("report.md", "report.csv", "report.json", "figure-2.png")}
    for name in before:
        (run / name).unlink()
    write_report(*require_run(run))
    assert {name: (run / name).read_bytes() for name in before} == before


def test_a_protocol_card_stands_beside_every_number(run: Path) -> None:
    text = (run / "report.md").read_text()
    for words in (
        "actors 01–20 train",
        "seeds 1, 2, 3",
        "16 test utterances",
        "transductive",
        "160 train, 16 validation",
    ):
        assert words in text
    assert text.count("actors 01–20 train") >= 4


def test_the_table_as_csv_has_a_line_per_row(run: Path) -> None:
    with (run / "report.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert {"recall_angry", "uar_mean", "difference_low"} <= set(rows[0])


def test_figure_2_is_drawn_with_a_line_per_seed_and_the_published_curve(run: Path) -> None:
    with Image.open(run / "figure-2.png") as picture:
        assert min(picture.size) > 300
    svg = (run / "figure-2.svg").read_text()
    # The tiny encoder has three layers: the published thirteen stand beside models of thirteen only.
    assert svg.count("#2f6f9f") >= 3
    assert "#c25b12" not in svg
    folder, info = require_run(run)
    (layered,) = [r for r in read_results(folder, info) if r.row == "pt-all-layers-dense-speaker"]
    from trainer.figures import draw_layer_weights

    like_the_paper = replace(
        layered,
        published=Published(84.3, 1.7),
        records=tuple(replace(r, layer_weights=FIGURE_2["dense", "speaker"]) for r in layered.records),
    )
    draw_layer_weights([like_the_paper], run / "rows")
    assert "#c25b12" in (run / "rows" / "figure-2.svg").read_text()


def test_a_run_without_layers_has_no_figure(tmp_path: Path) -> None:
    write_small_ravdess(tmp_path / "corpus")
    run_here(small_plan(tmp_path / "corpus", tmp_path / "run"))
    write_report(*require_run(tmp_path / "run"))
    assert not list((tmp_path / "run").glob("figure*"))


def test_the_difference_to_the_published_row_has_an_interval() -> None:
    result = result_with([0.50, 0.52, 0.54, 0.56, 0.58], Published(50.0, 2.0))
    difference = result.difference()
    assert difference is not None
    assert difference.low is not None
    assert difference.high is not None
    assert difference.mean == pytest.approx(4.0)
    # Welch: standard error √(10/5 + 4/5) = 1.673, 6.76 degrees of freedom, t = 2.382.
    assert difference.high - difference.mean == pytest.approx(3.985, abs=0.005)
    assert difference.low == pytest.approx(8.0 - difference.high)
    assert result_with([0.5], None).difference() is None


def test_one_seed_has_a_difference_but_no_interval() -> None:
    value = as_json(result_with([0.5], Published(50.0, 2.0)))
    # Infinite bounds would make the report no JSON.
    assert json.loads(json.dumps(value, allow_nan=False))["difference"] == {"mean": 0.0, "low": None, "high": None}
    assert "| +0.0 |" in table_line(value)


def test_the_table_of_several_reports_goes_between_its_marks(run: Path, tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    replace_table(document, results_table([run / "report.json"]))
    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "`spectrogram-dense-global`" in text
    assert "seeds 1, 2, 3" in text


def test_a_document_without_marks_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text("text")
    with pytest.raises(TrainingError, match="no place for the table"):
        replace_table(document, "table")
    assert document.read_text() == "text"


def test_a_file_that_is_no_report_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(TrainingError, match=r"x\.json» is no report"):
        results_table([tmp_path / "x.json"])

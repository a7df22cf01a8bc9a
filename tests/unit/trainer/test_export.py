from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core.analysis import Analyser, make_extractors
from ser_desktop.core.audio import load
from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.errors import TrainingError
from tests.helpers.bundles import CPU, tiny_encoder, tiny_model
from tests.helpers.corpora import write_small_ravdess
from tests.helpers.training import SMALL_ROW, run_here, small_plan, small_row
from trainer import export
from trainer.onnx_export import export_onnx
from trainer.results import RowResult
from trainer.run_folder import RunFolder, RunInfo, require_run
from trainer.train_everyone import train_on_everyone

pytestmark = pytest.mark.filterwarnings("ignore")
HEADS = ("pt-all-layers-dense-speaker", "pt-contextual-dense-speaker", "pt-all-layers-lstm-global", "pt-fusion-global")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_small_ravdess(folder / "corpus")
    rows = (SMALL_ROW, *(small_row(name) for name in HEADS))
    run_here(small_plan(folder / "corpus", folder / "run", *rows))
    return folder


def opened(made: Path, row: str | None = None) -> tuple[RunFolder, RunInfo, RowResult]:
    folder, info = require_run(made / "run")
    return folder, info, export.choose_row(folder, info, row, None)


@pytest.mark.parametrize("row", ["spectrogram-dense-global", "pt-all-layers-lstm-global", "pt-fusion-global"])
def test_a_bundle_says_on_a_recording_what_its_run_has_stored(made: Path, tmp_path: Path, row: str) -> None:
    _, info, result = opened(made, row)
    record = export.choose_record(result, None, None)
    export.export_record(info, result, record, tmp_path / "bundle", rebuild="rebuild")
    bundle = load_bundle(tmp_path / "bundle")
    encoder = tiny_encoder() if bundle.config.encoder else None
    analyser = Analyser(bundle, make_extractors(bundle, encoder), CPU)
    path = next((made / "corpus").rglob(f"{record.test.files[0]}.flac"))
    np.testing.assert_allclose(analyser.logits(load(path)), record.test.logits[0], atol=0.02)


def test_the_best_run_on_validation_is_chosen_or_the_named_one(made: Path) -> None:
    _, _, result = opened(made, "spectrogram-dense-global")
    best = export.choose_record(result, None, None)
    assert best.validation_uar == max(r.validation_uar for r in result.records)
    assert export.choose_record(result, 2, None).seed == 2
    with pytest.raises(TrainingError, match="no such run"):
        export.choose_record(result, 99, None)


def test_a_run_with_several_rows_asks_which_one(made: Path) -> None:
    with pytest.raises(TrainingError, match=r"5 finished rows.*--row NAME"):
        opened(made)


def test_the_card_and_the_records_tell_everything(made: Path, tmp_path: Path) -> None:
    _, info, result = opened(made, "spectrogram-dense-global")
    record = export.choose_record(result, 1, None)
    export.export_record(info, result, record, tmp_path / "bundle", rebuild="the command")
    card = (tmp_path / "bundle" / "README.md").read_text()
    for words in (
        "RAVDESS speech",
        "CC BY-NC-SA 4.0",
        "actors 01–20",
        "the command",
        "Intended use",
        "not sure",
        "seed 1",
    ):
        assert words in card
    with (tmp_path / "bundle" / "run" / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * (16 + 16)
    right = [r["target"] == r["prediction"] for r in rows if r["part"] == "test" and r["seed"] == "1"]
    assert np.mean(right) == pytest.approx(result.scores[0].wa)
    resolved = json.loads((tmp_path / "bundle" / "run" / "config.json").read_text())
    assert resolved["recipe"]["learning_rate"] == 1e-3
    assert resolved["chosen"] == {"seed": 1, "fold": "fold-1"}
    results = load_bundle(tmp_path / "bundle").config.results
    assert results.seeds == (1, 2)
    assert results.test_wa[0] == pytest.approx(np.mean(right))
    assert sum(b.n for b in results.reliability) == len(right)
    assert sum(b.n_right for b in results.reliability) == sum(right)
    for figure in ("reliability.svg", "coverage.svg"):
        assert f"(run/{figure})" in card
        assert (tmp_path / "bundle" / "run" / figure).stat().st_size > 1000


def test_a_head_can_be_trained_again_on_everyone(made: Path, tmp_path: Path) -> None:
    _, info, result = opened(made, "spectrogram-dense-global")
    plan = small_plan(made / "corpus", made / "run")
    (ready,) = run_here(plan).prepare()
    n_epochs = export.median_epochs(result)
    assert n_epochs == round(np.median([r.best_epoch for r in result.records]))
    head, statistics = train_on_everyone(ready, 1, n_epochs, memory_bytes=10**9, check=lambda: None)
    everyone = ready.reference(ready.protocol.splits[0])
    assert not np.allclose(statistics[0].mean, everyone[0].mean), "statistics are those of all speakers"
    export.export_refitted(info, result, (head, statistics), tmp_path / "bundle", n_epochs=n_epochs, rebuild="x")
    bundle = load_bundle(tmp_path / "bundle")
    assert f"trained on all speakers for {n_epochs} epochs" in bundle.config.results.protocol
    assert bundle.config.results.reliability == ()
    assert "Nobody is left to test it on" in (tmp_path / "bundle" / "README.md").read_text()


@pytest.mark.parametrize("row", ["spectrogram-dense-global", *HEADS])
def test_onnx_gives_pytorchs_probabilities(made: Path, tmp_path: Path, row: str) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    _, info, result = opened(made, row)
    export.export_record(info, result, export.choose_record(result, None, None), tmp_path / "bundle", rebuild="rebuild")
    bundle = load_bundle(tmp_path / "bundle")
    encoder = tiny_encoder() if bundle.config.encoder else None
    parity = export_onnx(bundle, tiny_model() if encoder else None, tmp_path / "onnx")
    assert parity.largest < 1e-4
    import onnxruntime

    session = onnxruntime.InferenceSession(tmp_path / "onnx" / "model.onnx", providers=["CPUExecutionProvider"])
    contract = json.loads((tmp_path / "onnx" / "model.onnx.json").read_text())
    assert [i.name for i in session.get_inputs()] == contract["inputs"]
    if bundle.config.normalisation == "speaker" or encoder is None or row == "pt-fusion-global":
        return
    samples = load(next((made / "corpus").rglob("*-24.flac")))
    analyser = Analyser(bundle, make_extractors(bundle, encoder), CPU)
    (probabilities,) = session.run(None, {"samples": samples})
    np.testing.assert_allclose(probabilities, analyser.probabilities([samples])[0], atol=1e-4)

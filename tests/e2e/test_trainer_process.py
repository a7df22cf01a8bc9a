"""The real trainer process: killed, stopped, resumed, and short of memory."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from ser_desktop.core.bundle import load_bundle
from tests.bench.memory import memory
from tests.helpers.corpora import write_small_ravdess
from tests.helpers.trainer_process import TrainerProcess
from trainer.__main__ import STOPPED

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus with späce")
    write_small_ravdess(folder)
    return folder


def reproduce(corpus: Path, out: Path) -> TrainerProcess:
    rows = ("egemaps-dense-speaker", "spectrogram-dense-global")
    data = ("--corpus", "ravdess", "--data", corpus, "--accept-counts", "--seeds", "1", "2", "3")
    return TrainerProcess("reproduce", *data, "--rows", *rows, "--out", out, "--workers", "2")


def predictions(run: Path) -> dict[str, bytes]:
    return {str(p.relative_to(run)): p.read_bytes() for p in sorted(run.glob("rows/**/predictions.csv"))}


def test_killed_at_random_moments_and_resumed_it_gives_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    whole = reproduce(corpus, tmp_path / "whole")
    began = time.monotonic()
    assert whole.finish() == 0, whole.errors
    took_s = time.monotonic() - began
    moments = random.Random(7)  # noqa: S311 (no secret)
    n_killed = 0
    for _ in range(5):
        process = reproduce(corpus, tmp_path / "parts")
        # What is left grows shorter, and how busy the machine is changes: early moments meet it at work.
        if process.runs_longer_than(moments.uniform(0.15, 0.6) * took_s):
            process.kill()
            n_killed += 1
    last = reproduce(corpus, tmp_path / "parts")
    assert last.finish() == 0, last.errors
    assert n_killed
    assert len(predictions(tmp_path / "whole")) == 6
    assert predictions(tmp_path / "parts") == predictions(tmp_path / "whole")
    assert (tmp_path / "parts" / "report.json").read_text() == (tmp_path / "whole" / "report.json").read_text()


def test_told_to_stop_it_stops_after_a_step_with_a_status_of_its_own(corpus: Path, tmp_path: Path) -> None:
    process = reproduce(corpus, tmp_path / "run")
    process.await_event("epoch")
    asked = time.monotonic()
    process.terminate()
    assert process.finish() == STOPPED
    assert time.monotonic() - asked < 20
    assert process.events[-1]["event"] == "error"
    assert process.events[-1]["code"] == STOPPED
    assert "kept" in process.events[-1]["text"]
    # The best so far can be used, and the run can go on.
    command = (
        "export",
        tmp_path / "run",
        "--row",
        "egemaps-dense-speaker",
        "--best-so-far",
        "--out",
        tmp_path / "best",
    )
    exported = TrainerProcess(*command)
    assert exported.finish() == 0, exported.errors
    assert "stopped by hand" in (tmp_path / "best" / "README.md").read_text()
    assert load_bundle(tmp_path / "best").config.labels
    resumed = reproduce(corpus, tmp_path / "run")
    assert resumed.finish() == 0, resumed.errors
    assert not list((tmp_path / "run").glob("rows/**/.seed-*"))


def test_it_trains_a_bundle_from_the_command_line(corpus: Path, tmp_path: Path) -> None:
    data = ("--corpus", "ravdess", "--data", corpus, "--accept-counts")
    process = TrainerProcess(
        "train", *data, "--recipe", "spectrogram-dense-global", "--seed", "7", "--out", tmp_path / "bundle"
    )
    assert process.finish() == 0, process.errors
    kinds = [event["event"] for event in process.events]
    assert {"stage", "progress", "epoch", "notice", "result", "done"} == set(kinds)
    result = next(event for event in process.events if event["event"] == "result")
    results = load_bundle(tmp_path / "bundle").config.results
    assert result["uar_mean"] == pytest.approx(100 * results.test_uar[0], abs=1e-3)
    exported = TrainerProcess("export", tmp_path / "bundle" / ".run", "--out", tmp_path / "again")
    assert exported.finish() == 0, exported.errors
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("bundle", "again")]
    assert weights[0] == weights[1]


def test_features_larger_than_the_memory_it_may_use_are_trained_on_all_the_same(tmp_path: Path) -> None:
    # 1.1 GB as stored, 2.2 GB as computed with, in a quarter of that.
    figures = memory(gigabytes=1.1, limit_gb=0.6, n_workers=2, folder=tmp_path)
    assert figures["stored_gb"] > 1.0
    assert figures["peak_growth_gb"] < 0.6

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from ser_desktop.core.analysis import softmax
from ser_desktop.core.bundle_config import Decision
from trainer.calibration import (
    CAUTION,
    calibration_section,
    chance_error,
    choose_decision,
    coverage_curve,
    draw_calibration,
    reliability_of,
    wilson,
)
from trainer.metrics import fit_temperature
from trainer.records import Predictions


def made_up(n: int, temperature: float, n_speakers: int = 2, seed: int = 0) -> Predictions:
    """Predictions whose true probabilities are those of the logits divided by ``temperature``."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(n, 4))
    truth = np.array([rng.choice(4, p=p) for p in softmax(logits)])
    names = [f"speaker{i % n_speakers}" for i in range(n)]
    files = tuple(f"file{i}" for i in range(n))
    return Predictions(files, tuple(names), truth, (logits * temperature).astype(np.float32))


@pytest.mark.parametrize("n_speakers", [1, 2, 12])
def test_the_temperature_is_drawn_towards_one_the_more_the_fewer_speakers_there_are(n_speakers: int) -> None:
    said = made_up(3000, 3.0, n_speakers)
    fitted = fit_temperature(said.logits, said.truth)
    assert fitted == pytest.approx(3.0, rel=0.1)
    weight = n_speakers / (n_speakers + CAUTION)
    assert choose_decision(said).temperature == pytest.approx(fitted**weight, rel=1e-3)


def test_a_well_calibrated_model_is_left_as_it_is() -> None:
    assert choose_decision(made_up(3000, 1.0)).temperature == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("n", [60, 120, 1000])
def test_chance_alone_makes_an_error_of_the_size_that_made_up_models_show(n: int) -> None:
    certainty = softmax(made_up(n, 1.0).logits).max(axis=1)
    mean, high = chance_error(certainty)
    errors = []
    for seed in range(40):
        said = made_up(n, 1.0, seed=seed)
        bins = reliability_of(said, Decision())
        errors.append(sum(b.n * abs(b.accuracy - b.certainty) for b in bins) / n)
    assert mean == pytest.approx(np.mean(errors), rel=0.15)
    assert mean < high
    assert np.mean(np.array(errors) <= high) >= 0.85


def test_an_overconfident_model_shows_more_than_chance() -> None:
    said = made_up(600, 4.0)
    bins = reliability_of(said, Decision())
    error = sum(b.n * abs(b.accuracy - b.certainty) for b in bins) / 600
    assert error > 2 * chance_error(softmax(said.logits).max(axis=1))[1]


@pytest.mark.parametrize(
    ("right", "n", "low", "high"), [(5, 10, 0.237, 0.763), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1)]
)
def test_the_interval_of_a_share_is_wilsons(right: int, n: int, low: float, high: float) -> None:
    assert wilson(right, n) == pytest.approx((low, high), abs=1e-3)


def test_the_curve_ends_where_everything_is_answered() -> None:
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.8, 0.2], [0.6, 0.4]])
    truth = np.array([0, 0, 1, 1])
    thresholds, coverage, accuracy = coverage_curve(probabilities, truth)
    assert thresholds == pytest.approx([0.6, 0.8, 0.9])
    assert coverage == pytest.approx([1.0, 0.75, 0.25])
    assert accuracy == pytest.approx([0.5, 2 / 3, 1.0])


def test_figures_are_drawn_the_same_from_the_same_predictions(tmp_path: Path) -> None:
    parts = {"validation": made_up(80, 1.5), "test": made_up(90, 1.5, seed=1)}
    decision = choose_decision(parts["validation"])
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        paths = draw_calibration(parts, decision, tmp_path / name)
        contents.append([path.read_bytes() for path in paths])
        assert all(path.stat().st_size < 60_000 for path in paths)
    assert contents[0] == contents[1]
    texts = ["".join(ET.fromstring(content).itertext()) for content in contents[0]]  # noqa: S314
    assert "validation, 80 recordings" in texts[0]
    assert "test, 90 recordings" in texts[0]
    assert f"below {100 * decision.threshold:.0f} %" in texts[1]


def test_without_test_speakers_there_is_one_panel(tmp_path: Path) -> None:
    draw_calibration({"validation": made_up(50, 1.0)}, Decision(1.0, 0.4), tmp_path)
    assert "test" not in "".join(ET.fromstring((tmp_path / "reliability.svg").read_bytes()).itertext())  # noqa: S314


def test_the_section_tells_what_was_counted() -> None:
    parts = {"validation": made_up(80, 1.0), "test": made_up(90, 1.0, seed=1)}
    decision = Decision(1.0, 0.5)
    section = "\n".join(calibration_section(parts, decision))
    for b in reliability_of(parts["test"], decision):
        assert (
            f"| test | {100 * b.low:.0f}–{100 * b.high:.0f} | {100 * b.certainty:.0f} | {b.n_right} of {b.n} |"
            in section
        )
    assert "10 equal bins" in section
    assert "| test | 90 |" in section
    assert "(run/reliability.svg)" in section
    assert "(run/coverage.svg)" in section

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core import paths
from ser_desktop.core.analysis import softmax
from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.errors import BundleError, TrainingError
from trainer.__main__ import main
from trainer.calibration import choose_decision
from trainer.recalibrate import read_parts, recalibrate, with_section


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of the small model that comes along."""
    return Path(shutil.copytree(paths.default_bundle().parent / "egemaps", tmp_path / "bundle"))


def test_contract_card_and_figures_follow_the_predictions_and_the_weights_stay(bundle: Path) -> None:
    weights = (bundle / "model.safetensors").read_bytes()
    before = load_bundle(bundle).config
    recalibrate(bundle)
    after = load_bundle(bundle).config
    assert (bundle / "model.safetensors").read_bytes() == weights
    parts = read_parts(bundle / "run", after.labels)
    assert after.decision == choose_decision(parts["validation"])
    test = parts["test"]
    probabilities = softmax(test.logits / after.decision.temperature)
    right = probabilities.argmax(axis=1) == test.truth
    counted = after.results.reliability
    assert (sum(b.n for b in counted), sum(b.n_right for b in counted)) == (len(test.truth), int(right.sum()))
    chosen = after.results.seeds.index(after.results.seed)
    assert right.mean() == pytest.approx(after.results.test_wa[chosen], abs=1e-4)
    assert (after.labels, after.results.test_uar, after.name) == (before.labels, before.results.test_uar, before.name)
    card = (bundle / "README.md").read_text(encoding="utf-8")
    assert card.count("## How sure it is") == 1
    assert f"temperature of {after.decision.temperature:.2f}" in card
    for heading in ("## Results", "## Intended use and limits", "## Rebuild"):
        assert card.count(heading) == 1
    for name in ("reliability.svg", "coverage.svg"):
        assert (bundle / "run" / name).is_file()


def test_doing_it_twice_changes_nothing(bundle: Path) -> None:
    recalibrate(bundle)
    first = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    recalibrate(bundle)
    assert {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()} == first


def test_the_bundles_that_come_along_are_calibrated_by_the_rule() -> None:
    for folder in (paths.default_bundle(), paths.default_bundle().parent / "egemaps"):
        config = load_bundle(folder).config
        assert config.decision == choose_decision(read_parts(folder / "run", config.labels)["validation"])
        assert sum(b.n for b in config.results.reliability) == config.results.n_test
        assert (folder / "run" / "reliability.svg").is_file()


def test_the_command_says_what_it_has_chosen(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recalibrate", str(bundle)]) == 0
    assert "The temperature is" in capsys.readouterr().out


def test_test_speakers_choose_nothing(bundle: Path) -> None:
    decision = recalibrate(bundle).decision
    file = bundle / "run" / "predictions.csv"
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    labels = load_bundle(bundle).config.labels
    rng = np.random.default_rng(0)
    for row in rows:
        if row["part"] == "test":
            row["target"] = str(rng.choice(labels))
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert recalibrate(bundle).decision == decision


def test_a_head_of_everyone_has_no_test(bundle: Path) -> None:
    file = bundle / "run" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "chosen": None}))
    config = recalibrate(bundle)
    assert config.results.reliability == ()
    assert "| test |" not in (bundle / "README.md").read_text(encoding="utf-8").split("## How sure it is")[1]


@pytest.mark.parametrize("lost", ["run/predictions.csv", "run/config.json"])
def test_without_predictions_it_says_what_to_do(bundle: Path, lost: str) -> None:
    (bundle / lost).unlink()
    with pytest.raises(TrainingError, match=r"cannot be used.*Export the bundle"):
        recalibrate(bundle)


def test_an_altered_bundle_is_refused(bundle: Path) -> None:
    with (bundle / "README.md").open("a") as card:
        card.write("more")
    with pytest.raises(BundleError, match="altered"):
        recalibrate(bundle)


def test_a_section_is_put_in_the_place_of_the_old_one() -> None:
    card = "# A\n\n## How sure it is\n\nold\n\n## Next\n\nkept\n"
    assert (
        with_section(card, ["## How sure it is", "", "new"]) == "# A\n\n## How sure it is\n\nnew\n\n## Next\n\nkept\n"
    )
    with pytest.raises(TrainingError, match="no section"):
        with_section("# A\n", ["new"])

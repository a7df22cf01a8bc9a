"""The README and the page of results say what was measured and what the program understands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ser_desktop.core import paths
from ser_desktop.core.bundle import load_bundle
from trainer.metrics import mean_and_sd
from trainer.options import make_parser
from trainer.readme_table import results_table

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS_TEXT = (ROOT / "assets" / "results" / "README.md").read_text(encoding="utf-8")
RESULTS = sorted((ROOT / "assets" / "results").glob("*.json"))


def test_its_table_is_the_one_that_the_reports_make() -> None:
    assert results_table(RESULTS).strip() in RESULTS_TEXT


def test_rows_that_need_an_encoder_hold_no_number_of_ours() -> None:
    rows = [line for line in RESULTS_TEXT.splitlines() if "needs the encoder" in line]
    assert len(rows) == 11
    assert all(re.search(r"\| \| needs the encoder \| \| ", row) for row in rows)


def test_the_figures_of_the_shipped_model_are_those_in_its_bundle() -> None:
    results = load_bundle(paths.default_bundle()).config.results
    (uar, uar_sd), (wa, wa_sd) = (
        mean_and_sd([100 * v for v in values]) for values in (results.test_uar, results.test_wa)
    )
    assert f"**UAR {uar:.1f} ± {uar_sd:.1f} %, WA {wa:.1f} ± {wa_sd:.1f} %**" in TEXT.replace("\n", " ")


def trainer_commands() -> list[str]:
    blocks = re.findall(r"```\n(.*?)```", TEXT + RESULTS_TEXT, flags=re.DOTALL)
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.startswith("python -m trainer")]


@pytest.mark.parametrize("command", trainer_commands())
def test_a_command_of_the_trainer_is_one_that_it_understands(command: str) -> None:
    command = re.sub(r"\$[RC]\b", "egemaps-dense-global", re.sub(r"\[(.*?)\]", r"\1", command))
    words = shlex.split(command, comments=True)
    values = {"N": "1", "ROW": "egemaps-dense-global"}
    make_parser().parse_args([values.get(word, word) for word in words[3:]])


def test_it_has_commands_of_the_trainer() -> None:
    assert len(trainer_commands()) >= 8


def test_nothing_was_left_to_fill_in() -> None:
    assert not re.search(r"\b(EXPLANATION|SPEED|TODO|FIXME|BENCH)\b", TEXT)

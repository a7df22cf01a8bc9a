"""What the study found, in JSON and Markdown."""

from __future__ import annotations

import pytest

from trainer.voice_study.report import StudiedRow, as_markdown, gain, row_as_json
from trainer.voice_study.scores import Scored


def scored(*uar: float, by_speaker: tuple[float, ...] = (0.5, 0.5), n: int = 120) -> Scored:
    return Scored(uar, uar, uar, uar, by_speaker, n)


def test_a_gain_is_paired_over_seeds_and_over_speakers() -> None:
    reference = scored(0.40, 0.50, by_speaker=(0.4, 0.4, 0.4, 0.4, 0.4, 0.4))
    better = scored(0.52, 0.60, by_speaker=(0.5, 0.5, 0.5, 0.5, 0.5, 0.3))
    found = gain(better, reference)
    assert found["mean"] == pytest.approx(11.0)
    assert found["sd"] == pytest.approx(1.0)
    assert (found["n_better"], found["n_speakers"]) == (5, 6)
    # Differences 10 ×5 and -10: mean 6.67, sample deviation 8.165, t(5) 2.571.
    assert found["low"] == pytest.approx(6.667 - 2.571 * 8.165 / 6**0.5, abs=0.01)
    assert found["high"] == pytest.approx(6.667 + 2.571 * 8.165 / 6**0.5, abs=0.01)


def test_two_speakers_have_no_interval() -> None:
    found = gain(scored(0.6), scored(0.5))
    assert (found["low"], found["high"]) == (None, None)


def row(normalisation: str = "speaker") -> StudiedRow:
    found = {"training": scored(0.4, 0.5)}
    if normalisation == "speaker":
        found |= {"speaker": scored(0.6, 0.7), "neutral-20s-adjusted": scored(0.5, 0.62, n=110)}
    name = f"egemaps-dense-{normalisation}"
    return StudiedRow(name, "A row", "dense", normalisation, ("egemaps",), "", {"validation": found, "test": found})


def value() -> dict[str, object]:
    rows = [row_as_json(row("global")), row_as_json(row())]
    protocol = {"name": "fixed", "text": "two actors"}
    study = {"corpus": "RAVDESS speech", "protocol": protocol, "seeds": [1, 2], "n_draws": 10, "rows": rows}
    return {"studies": [study], "notes": ["A note."]}


def test_figures_are_in_percent_with_the_gain_over_the_stand_in() -> None:
    figures = row_as_json(row())["parts"]["test"]
    assert figures["training"]["uar_mean"] == 45.0
    assert "gain" not in figures["training"]
    assert figures["neutral-20s-adjusted"]["gain"]["mean"] == 11.0
    assert figures["neutral-20s-adjusted"]["n_scored"] == 110


def test_tables_hold_every_condition_that_was_measured_and_no_other() -> None:
    text = as_markdown(value())
    assert "| training speakers (stand-in) | 45.0 ± 5.0 | 45.0 ± 5.0 |" in text
    assert "| 20 s of neutral, adjusted | – | 56.0 ± 6.0 (+11.0; all 56.0) |" in text
    assert "60 s" not in text
    assert text.count("speakers:") == 2
    assert "- A note." in text

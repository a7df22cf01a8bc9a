"""What the study found, as JSON for programs and as Markdown for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from trainer.metrics import mean_and_sd
from trainer.voice_study.draws import SECONDS, Style
from trainer.voice_study.scores import Scored
from trainer.voice_study.study import SPEAKER, TRAINING, Condition, Results

_FEWEST_SPEAKERS = 5
"""An interval over fewer speakers says nothing."""

NOTES = (
    "Seconds are those of RAVDESS clips with the pauses they begin and end with; a little less than half of each is "
    "voice.",
    "Neutral speech is drawn from the class that heads call neutral, RAVDESS's neutral and calm, of which a speaker "
    "has about 45 s (15 s without calm): 60 s do not exist.",
    "Calibration utterances are left out of the scored ones. Each calibration is drawn several times, and an utterance "
    "counts with the share of the draws without it that got it right, so that every condition is scored on the same "
    "utterances; with long neutral calibrations some of the neutral class are in every draw and are not scored. "
    "«All» scores the calibration utterances, too.",
    "Adjusted: the statistics of all that a speaker says are guessed from those of neutral speech, per dimension by a "
    "line through the training speakers (least squares, slope between 0 and 1).",
    "The conditions and what the program offers were chosen on validation speakers; test speakers decide nothing. "
    "Heads stopped training on validation speakers whose statistics came from all their recordings.",
)


@dataclass(frozen=True)
class StudiedRow:
    """One row under one protocol.

    Attributes
    ----------
    row, title, head, normalisation : str
    features : tuple of str
    encoder : str
        ``repository@revision``; "" without one.
    results : dict
        See `trainer.voice_study.study.Results`.
    """

    row: str
    title: str
    head: str
    normalisation: str
    features: tuple[str, ...]
    encoder: str
    results: Results


def row_as_json(studied: StudiedRow) -> dict[str, Any]:
    """Return a row's figures in percent."""
    return {
        **{name: getattr(studied, name) for name in ("row", "title", "head", "normalisation", "encoder")},
        "features": list(studied.features),
        "parts": {
            part: {key: _figures(scored, found.get(TRAINING.key)) for key, scored in found.items()}
            for part, found in studied.results.items()
        },
    }


def _figures(scored: Scored, reference: Scored | None) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name in ("uar", "wa", "uar_all", "wa_all"):
        mean, sd = mean_and_sd([100 * v for v in getattr(scored, name)])
        value |= {f"{name}_mean": round(mean, 3), f"{name}_sd": round(sd, 3)}
    value["uar_per_seed"] = [round(100 * v, 3) for v in scored.uar]
    value["n_scored"], value["n_speakers"] = scored.n_scored, len(scored.by_speaker)
    if reference is not None and reference is not scored:
        value["gain"] = gain(scored, reference)
    return value


def gain(scored: Scored, reference: Scored) -> dict[str, Any]:
    """Return what a condition gains over another, in percent of UAR.

    ``mean`` and ``sd`` are over seeds, of all speakers together; ``low`` and ``high`` bound 95 % over
    speakers (paired, Student's t), None for a handful of them; ``n_better`` speakers gain.
    """
    mean, sd = mean_and_sd([100 * (a - b) for a, b in zip(scored.uar, reference.uar, strict=True)])
    differences = 100 * (np.array(scored.by_speaker) - np.array(reference.by_speaker))
    value: dict[str, Any] = {"mean": round(mean, 3), "sd": round(sd, 3), "low": None, "high": None}
    n = len(differences)
    if n >= _FEWEST_SPEAKERS:
        half = float(stats.t.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n))
        centre = float(differences.mean())
        value |= {"low": round(centre - half, 3), "high": round(centre + half, 3)}
    return value | {"n_better": int((differences > 0).sum()), "n_speakers": n}


def as_markdown(value: dict[str, Any]) -> str:
    """Return the tables of a study that was read from JSON."""
    lines = ["# Voice calibration", ""]
    for study in value["studies"]:
        seeds = ", ".join(map(str, study["seeds"]))
        lines += [
            f"**{study['corpus']}** – {study['protocol']['text']}; seeds {seeds}; {study['n_draws']} draws of each "
            "calibration. UAR in percent, mean ± population standard deviation over seeds.",
            "",
        ]
        for part in ("validation", "test"):
            lines += [f"{part.capitalize()} speakers:", "", *_table(study["rows"], part), ""]
    return "\n".join([*lines, *(f"- {note}" for note in value["notes"])]) + "\n"


def _table(rows: Sequence[dict[str, Any]], part: str) -> list[str]:
    names = [str(row["row"]) for row in rows]
    lines = [f"| statistics come from | {' | '.join(f'`{name}`' for name in names)} |", "|---" * (len(rows) + 1) + "|"]
    for condition, words in _lines():
        cells = [_cell(row["parts"].get(part, {}).get(condition.key), str(row["normalisation"])) for row in rows]
        if any(cell != "–" for cell in cells):
            lines.append(f"| {words} | {' | '.join(cells)} |")
    return lines


def _cell(figures: dict[str, Any] | None, normalisation: str) -> str:
    if figures is None:
        return "–"
    text = f"{figures['uar_mean']:.1f} ± {figures['uar_sd']:.1f}"
    found = figures.get("gain")
    if normalisation == "global" or found is None:
        return text
    interval = f" [{found['low']:+.1f}, {found['high']:+.1f}]" if found["low"] is not None else ""
    return f"{text} ({found['mean']:+.1f}{interval}; all {figures['uar_all_mean']:.1f})"


def _lines() -> list[tuple[Condition, str]]:
    lines = [(TRAINING, "training speakers (stand-in)"), (SPEAKER, "all recordings of the speaker, as published")]
    lines += [
        (Condition("calibration", style, seconds), f"{seconds:g} s of {style} speech")
        for style in Style
        for seconds in SECONDS
    ]
    return lines + [
        (Condition("calibration", Style.NEUTRAL, seconds, is_adjusted=True), f"{seconds:g} s of neutral, adjusted")
        for seconds in SECONDS
    ]

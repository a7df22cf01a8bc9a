"""Sentences about the result of a training."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ser_desktop.gui.training import check_messages, messages

USE, EXPORT, OPEN_FOLDER = "Use this model now", "Export…", "Open folder"
USED = "✓  In use"
COMPARE, ANOTHER = "Compare with…", "Train another"
CONFUSION_TITLE = "What it mixes up (each line: how it was meant; each column: what the model says)"
RECALL_TITLE = "Found of each emotion"
LAYERS_TITLE = "Which layers it listens to"
PROTOCOL_TITLE = "How it was tested"
LAYERS_LIKE = (
    "Bars: how much it takes from each layer. Line: the published model, which listens most to the middle layers."
)
LAYERS_UNLIKE = "Bars: how much it takes from each layer of its encoder. Dashed: equal shares."
COMPARISON_TITLE, DIFFERENCE = "Side by side", "difference"
FAIR = "Both were tested on the same recordings in the same way."
UNFAIR = "They were tested on different recordings or divided otherwise: the figures cannot be compared."
NOT_EXPORTED = "«{}» could not be written ({}). Choose another place."
EXPORTED = "Saved to «{}»."
NO_REPORT = "The result of this training cannot be read ({}). Open its folder, or train again."
STOPPED_ONE = "The training of «{}» was stopped early."
FIGURE_2 = "Learned layer weights (Figure 2 of the paper)"
EXPORT_REPORT = "Export report…"


def in_use(name: str, uar: float, own_uar: float) -> str:
    """Set a result beside the model that is in use."""
    text = f"The model in use («{name}») finds {uar:.0f} % in its own test"
    return f"!  {text}: more than this one." if uar > own_uar else f"{text}."


def figures(row: Mapping[str, Any]) -> str:
    """Say a result's two figures."""
    return (
        f"UAR {row['uar_mean']:.1f} ± {row['uar_sd']:.1f} %   ·   WA {row['wa_mean']:.1f} ± {row['wa_sd']:.1f} %   "
        f"(mean ± deviation over {len(row['seeds'])} repetitions)"
    )


def dated(title: str, created: str) -> str:
    """Name a training so that two of one name can be told apart."""
    return f"{title} · {created[5:16].replace('T', ' ')}"


def stopped_early(row: Mapping[str, Any], n_planned: int) -> str:
    """Say that a training was ended by hand, and what its result rests on."""
    n = len(row["seeds"])
    if n_planned > n:
        rests = f"{n} of the {n_planned} repetitions that were planned"
    else:
        rests = "one repetition cut short" if n == 1 else f"{n} repetitions, some of them cut short"
    folds = re.search(r"stopped: (\d+) of (\d+) folds", str(row["protocol"]))
    rests += f", tested by {folds[1]} of the {folds[2]} groups of people" if folds else ""
    return f"!  It was stopped early: this result rests on {rests}. A training to the end may do better."


def result_sentence(row: Mapping[str, Any]) -> str:
    """Say a result in plain words."""
    chance = 100 / len(row["labels"])
    whom = "of voices it knows" if row["speaker_dependent"] else "of voices it has never heard"
    best = max(range(len(row["labels"])), key=lambda i: row["recalls"][i]["mean"])
    worst = min(range(len(row["labels"])), key=lambda i: row["recalls"][i]["mean"])
    return (
        f"It recognises {row['uar_mean']:.0f} % of the emotions in recordings {whom}; guessing would give {chance:.0f} "
        f"%. It finds {row['labels'][best]} best ({row['recalls'][best]['mean']:.0f} %) and {row['labels'][worst]} "
        f"least ({row['recalls'][worst]['mean']:.0f} %)."
    )


def warnings(row: Mapping[str, Any]) -> list[str]:
    """Return what must be known beside the figures, in plain words."""
    found = []
    n = row["n_speakers"]
    if row["speaker_dependent"]:
        found.append("The same voices were trained and tested: with other people it will do worse.")
    elif n < 4:
        found.append(f"Only {n} people tested it; with others the figures could be quite different.")
    if row["n_test"] < 100:
        found.append(f"Only {row['n_test']} recordings tested it: a few more right or wrong change the figures.")
    weak = [
        label for label, r in zip(row["labels"], row["recalls"], strict=True) if r["mean"] < 100 / len(row["labels"])
    ]
    if weak:
        found.append(f"It finds {', '.join(weak)} less often than guessing would.")
    return [*found, *check_messages.plain_warnings(row["warnings"])]


def protocol_card(row: Mapping[str, Any], recipe: str = "") -> str:
    """Say what was trained on what, and tested how; ``recipe`` is what people chose."""
    made_of = f"{row['title']}; settings of {messages.PRESETS.get(row['preset'], row['preset'])}"
    return "\n".join(
        (
            f"Recordings: {row['corpus']}",
            f"Division: {row['protocol']}",
            f"Tested on: {row['n_test']} recordings of {row['n_speakers']} people",
            f"Recipe: {recipe} ({made_of})" if recipe else f"Recipe: {made_of}",
            f"Repetitions: {len(row['seeds'])}, each from another random beginning "
            f"(seeds {', '.join(map(str, row['seeds']))})",
            "The people who tested it decided nothing.",
        )
    )

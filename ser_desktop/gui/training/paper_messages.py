"""Sentences about the paper's rows, published and ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PAPER_LACKS_CORPUS = "Choose recordings first."
PAPER_LACKS_PLACE = "Say where these recordings are: {}."
PAPER_LACKS_ROWS = "Choose a row of the paper first."

PAPER_QUESTION = "Which rows of the paper, on which recordings?"
PAPER_HINT = (
    "For researchers: this repeats the experiments of the paper behind this program, to see whether its figures hold. "
    "Nobody needs it to train a model. "
    "Pepino, Riera & Ferrer (Interspeech 2021), tables 1 and 2 and the comparison with Issa et al. Each row is trained "
    "with five seeds and set beside the published figure. That may take hours; pause it, and it goes on where it was."
)
PAPER_CORPORA = {
    "ravdess-both": "RAVDESS, as published",
    "ravdess": "RAVDESS, speech only",
    "ravdess-song": "RAVDESS, song only",
    "iemocap": "IEMOCAP",
}
PAPER_CORPORA_TITLE, PAPER_ROWS_TITLE = "Recordings", "Rows"
PAPER_START, PAPER_NAME, PAPER_AGAIN = "Start", "Paper: {}", "Other rows"
ISSA = " (Issa et al.)"
PAPER_COLUMNS = ("Row", "Table", "Published UAR", "Ours: UAR", "Difference [95 %]", "Ours: WA")
PAPER_REMARK = (
    "UAR: the share of each emotion's test recordings that is recognised, averaged over the emotions; WA: of all. Mean "
    "± deviation over seeds. The interval of the difference speaks of seeds only, not of other test speakers."
)

_WHOSE = {"wav2vec2-base": "wav2vec 2.0 PT", "wav2vec2-base-960h": "wav2vec 2.0 FT", "compact": "Compact encoder"}
_FEATURES = {"egemaps": "eGeMAPS", "spectrogram": "spectrogram", "local": "first layer", "contextual": "last layer"}


def row_title(row: Mapping[str, Any]) -> str:
    """Name a row of the paper by what it listens to and how."""
    listens = " + ".join(_FEATURES.get(name, name.replace("-", " ")) for name in row["features"])
    title = f"{_WHOSE.get(row['encoder'], '')} {listens}".strip()
    head = {"lstm": "LSTM"}.get(row["head"], row["head"].capitalize())
    return f"{title} · {head} · {row['normalisation']}"


def published_figures(row: Mapping[str, Any]) -> str:
    """Return a row's published figures, a line for each corpus."""
    figures = (f"{key}: {value['mean']:.1f} ± {value['sd']:.1f} %" for key, value in row["published"].items())
    return "\n".join(("Published UAR", *figures)) if row["published"] else ""


def row_needs(row: Mapping[str, Any]) -> str:
    """Say what a row of the paper lacks."""
    return "" if row["is_installed"] else f"needs {row['encoder']}"


def paper_line(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a line of the table of published figures and ours."""
    published = f"{row['published_mean']:.1f} ± {row['published_sd']:.1f}" if row["published_mean"] is not None else "–"
    difference, found = row["difference"], "–"
    if difference is not None:
        found = f"{difference['mean']:+.1f}"
        if difference["low"] is not None:
            found += f" [{difference['low']:+.1f}, {difference['high']:+.1f}]"
    ours = f"{row['uar_mean']:.1f} ± {row['uar_sd']:.1f}"
    title = row["title"].replace(" head", "").replace(" normalisation", "")
    return title, row["table"] or "–", published, ours, found, f"{row['wa_mean']:.1f} ± {row['wa_sd']:.1f}"


def paper_lacks(n_rows: int, without_place: Sequence[str], n_corpora: int) -> str:
    """Say what must be chosen before the paper's rows can be run, "" where nothing is lacking."""
    if not n_corpora:
        return PAPER_LACKS_CORPUS
    if without_place:
        return PAPER_LACKS_PLACE.format("; ".join(without_place))
    return "" if n_rows else PAPER_LACKS_ROWS


def missing_rows(missing: Mapping[str, str]) -> str:
    """Say which rows did not run, and why."""
    if not missing:
        return ""
    return "Not run:\n" + "\n".join(f"{name}: {why}" for name, why in missing.items())

"""Figure 2 redrawn: the learned layer weights of every seed beside the published ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ser_desktop.core.published import FIGURE_2, FIGURE_2_IEMOCAP
from trainer.results import RowResult

_COLUMNS = 2


def draw_layer_weights(results: Sequence[RowResult], folder: Path) -> list[Path]:
    """Draw one panel per row that has layers, as PNG and SVG.

    Returns
    -------
    figures : list of Path
        Empty when no row has layers.
    """
    layered = [result for result in results if any(record.layer_weights for record in result.records)]
    if not layered:
        return []
    # The object interface needs no display and leaves no global state behind.
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    n_rows = -(-len(layered) // _COLUMNS)
    figure = Figure(figsize=(5.2 * min(_COLUMNS, len(layered)), 3.4 * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = list(figure.subplots(n_rows, min(_COLUMNS, len(layered)), squeeze=False, sharey=True).flat)
    for panel, result in zip(panels, layered, strict=False):
        _draw(panel, result)
    for panel in panels[len(layered) :]:
        panel.set_axis_off()
    paths = [folder / "figure-2.png", folder / "figure-2.svg"]
    # The same data give the same file.
    with rc_context({"svg.hashsalt": "figure-2"}):
        for path in paths:
            figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
    return paths


def _draw(panel: object, result: RowResult) -> None:
    axes: Any = panel
    weights = [record.layer_weights for record in result.records if record.layer_weights]
    for number, seed_weights in enumerate(weights):
        label = "ours, one line per seed" + (" and fold" if len(result.protocol.folds) > 1 else "")
        axes.plot(
            range(len(seed_weights)),
            seed_weights,
            color="#2f6f9f",
            linewidth=1,
            alpha=0.8,
            label=label if number == 0 else None,
        )
    published = _published(result)
    if published and len(published) == len(weights[0]):
        axes.plot(
            range(len(published)),
            published,
            color="#c25b12",
            linewidth=2,
            marker="o",
            markersize=4,
            label=_label(result),
        )
    axes.set_title(f"{result.row}, {result.preset}", fontsize=9)
    axes.set_xlabel("layer (0: local encoder)")
    axes.set_ylabel("weight αᵢ / Σα")
    axes.set_ylim(bottom=0)
    axes.tick_params(labelleft=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xticks(range(len(weights[0])))
    axes.legend(fontsize=8, frameon=False)


def _published(result: RowResult) -> tuple[float, ...] | None:
    # What must not be set beside the published figure must not be drawn beside it either.
    if result.published is None or not result.row.startswith("pt-"):
        return None
    known = FIGURE_2_IEMOCAP if result.corpus_key == "iemocap" else FIGURE_2
    return known.get((result.head, result.normalisation))


def _label(result: RowResult) -> str:
    if result.corpus_key == "iemocap":
        return "published heads, fold 1"
    return "published heads" if result.corpus_key == "ravdess-both" else "published heads (speech + song)"

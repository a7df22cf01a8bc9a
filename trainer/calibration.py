"""How far a model's probabilities can be believed: counted, drawn, and told for the model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ser_desktop.core.analysis import softmax
from ser_desktop.core.bundle_config import Decision
from ser_desktop.core.reliability import N_BINS, ReliabilityBin, calibration_error, reliability
from trainer import metrics
from trainer.records import Predictions

RELIABILITY_FIGURE, COVERAGE_FIGURE = "reliability.svg", "coverage.svg"

CAUTION = 4
"""As many speakers must validate for a fitted temperature to count half: one fitted on few does not suit others."""

RULE = (
    "Both were chosen on the validation speakers: the temperature for the least log loss, drawn towards 1 because it "
    f"was fitted on few speakers (n speakers count n / (n + {CAUTION}), on a logarithmic scale); the threshold for the "
    "highest accuracy with at least 70 % of the answers kept."
)

_N_DRAWS = 2000
_Z = 1.96
_COLOURS = {"validation": "#8A8F98", "test": "#2f6f9f"}


def choose_decision(validation: Predictions) -> Decision:
    """Choose temperature and threshold on what a head said about its validation speakers.

    The temperature of least log loss (Guo et al. 2017) suits the speakers it was fitted on. Fitted on one, two or
    three of a fold's four validation speakers (RAVDESS, six folds, eGeMAPS heads and compact Fusion heads), it made
    the log loss of the remaining ones worse than no temperature at all; 0.2, 0.33 and 0.43 of its logarithm, which is
    n / (n + 4), made it better.
    """
    fitted = metrics.fit_temperature(validation.logits, validation.truth)
    n_speakers = len(set(validation.speakers))
    temperature = round(float(fitted ** (n_speakers / (n_speakers + CAUTION))), 4)
    threshold = metrics.choose_threshold(softmax(validation.logits / temperature), validation.truth)
    return Decision(temperature, round(threshold, 4))


def reliability_of(test: Predictions, decision: Decision) -> tuple[ReliabilityBin, ...]:
    """Count how often a head was right on its test speakers, as a contract stores it."""
    bins = reliability(softmax(test.logits / decision.temperature), test.truth)
    return tuple(replace(b, certainty=round(b.certainty, 4)) for b in bins)


def chance_error(certainty: npt.NDArray[np.floating], n_bins: int = N_BINS) -> tuple[float, float]:
    """Calibration error that a perfectly calibrated model shows by chance on so few recordings.

    Parameters
    ----------
    certainty : (n_utterances,)
        Probability of each answer: with it an answer of the perfect model is right.
    n_bins : int

    Returns
    -------
    mean, high : float
        Mean and 95th percentile over made-up outcomes; the same certainties give the same numbers.
    """
    rng = np.random.default_rng(0)
    number = np.minimum((certainty * n_bins).astype(int), n_bins - 1)
    members = np.eye(n_bins)[number]
    right = rng.random((_N_DRAWS, len(certainty))) < certainty
    errors = np.abs((right - certainty) @ members).sum(axis=1) / len(certainty)
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def wilson(n_right: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    share, z2 = n_right / n, _Z**2 / n
    middle = (share + z2 / 2) / (1 + z2)
    half = _Z / (1 + z2) * float(np.sqrt(share * (1 - share) / n + z2 / 4 / n))
    return max(0.0, middle - half), min(1.0, middle + half)


def coverage_curve(
    probabilities: npt.NDArray[np.floating], truth: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Share of answers that remain, and their accuracy, for every threshold that matters.

    Returns
    -------
    thresholds, coverage, accuracy : (n_thresholds,)
        Thresholds rise; equal certainties are accepted or refused together.
    """
    certainty = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    thresholds = np.unique(certainty)
    accepted = certainty[None, :] >= thresholds[:, None]
    n = accepted.sum(axis=1)
    return thresholds.astype(np.float64), n / len(certainty), (accepted & right).sum(axis=1) / n


def draw_calibration(parts: Mapping[str, Predictions], decision: Decision, folder: Path) -> list[Path]:
    """Draw the reliability diagram and the curve of abstention, as SVG.

    Parameters
    ----------
    parts : mapping of Predictions
        By name: validation and, where there is one, test.
    decision : Decision
    folder : Path
        Exists already.
    """
    # The object interface needs no display and leaves no global state behind.
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    paths = [folder / RELIABILITY_FIGURE, folder / COVERAGE_FIGURE]
    said = {name: (softmax(part.logits / decision.temperature), part.truth) for name, part in parts.items()}
    # Text stays text, and the same data give the same file.
    with rc_context({"svg.hashsalt": "calibration", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(3.8 * len(said), 3.9), layout="constrained")
        FigureCanvasSVG(figure)
        panels: Sequence[Any] = figure.subplots(1, len(said), squeeze=False)[0]
        for panel, (name, (probabilities, truth)) in zip(panels, said.items(), strict=True):
            _draw_reliability(panel, name, reliability(probabilities, truth))
        # Below the panels: inside, it would lie on the intervals.
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
        figure.savefig(paths[0], metadata={"Date": None})
        figure = Figure(figsize=(4.6, 3.4), layout="constrained")
        FigureCanvasSVG(figure)
        _draw_coverage(figure.subplots(), said, decision.threshold)
        figure.savefig(paths[1], metadata={"Date": None})
    for path in paths:
        # matplotlib ends lines with spaces.
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8", newline="\n")
    return paths


def _draw_reliability(panel: Any, name: str, bins: Sequence[ReliabilityBin]) -> None:
    n = sum(b.n for b in bins)
    panel.plot([0, 100], [0, 100], color="#5C6166", linewidth=1, linestyle="--", label="as sure as right")
    panel.bar(
        [50 * (b.low + b.high) for b in bins],
        [100 * b.n / n for b in bins],
        width=[95 * (b.high - b.low) for b in bins],
        color="#E3E2DD",
        label="share of the answers",
    )
    bounds = [wilson(b.n_right, b.n) for b in bins]
    panel.errorbar(
        [100 * b.certainty for b in bins],
        [100 * b.accuracy for b in bins],
        yerr=[
            [100 * max(0.0, b.accuracy - low) for b, (low, _) in zip(bins, bounds, strict=True)],
            [100 * max(0.0, high - b.accuracy) for b, (_, high) in zip(bins, bounds, strict=True)],
        ],
        fmt="o",
        markersize=5,
        capsize=2,
        linewidth=1.2,
        color=_COLOURS["test"],
        label="right (95 % interval)",
    )
    panel.set(
        title=f"{name}, {n} recordings",
        xlabel="how sure it was, %",
        ylabel="of these, %",
        xlim=(0, 100),
        ylim=(0, 102),
    )
    panel.set_aspect("equal", adjustable="box")
    panel.spines[["top", "right"]].set_visible(False)


def _draw_coverage(
    axes: Any, said: Mapping[str, tuple[npt.NDArray[np.floating], npt.NDArray[np.integer]]], threshold: float
) -> None:
    for name, (probabilities, truth) in said.items():
        _, coverage, accuracy = coverage_curve(probabilities, truth)
        colour = _COLOURS.get(name, "#c25b12")
        axes.step(100 * coverage, 100 * accuracy, where="post", color=colour, linewidth=1.5, label=name)
        accepted = probabilities.max(axis=1) >= threshold
        if accepted.any():
            right = (probabilities.argmax(axis=1) == truth)[accepted].mean()
            axes.plot(100 * accepted.mean(), 100 * right, "o", markersize=7, color=colour)
    axes.plot([], [], "o", color="#5C6166", markersize=7, label=f"«not sure» below {100 * threshold:.0f} %")
    axes.set(xlabel="recordings answered, %", ylabel="of these right, %", xlim=(0, 101), ylim=(0, 101))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="lower right")


def calibration_section(parts: Mapping[str, Predictions], decision: Decision) -> list[str]:
    """Return the card's section about how sure the model is, in lines of Markdown."""
    rows, counted = [], []
    for name, said in parts.items():
        raw, calibrated = softmax(said.logits), softmax(said.logits / decision.temperature)
        accepted = calibrated.max(axis=1) >= decision.threshold
        right = calibrated.argmax(axis=1) == said.truth
        losses = [metrics.log_loss_of(probabilities, said.truth) for probabilities in (raw, calibrated)]
        errors = [calibration_error(reliability(p, said.truth)) for p in (raw, calibrated)]
        by_chance, at_most = chance_error(calibrated.max(axis=1))
        of_accepted = f"{100 * right[accepted].mean():.1f}" if accepted.any() else "–"
        rows.append(
            f"| {name} | {len(right)} | {losses[0]:.2f} → {losses[1]:.2f} | {100 * errors[0]:.1f} → "
            f"{100 * errors[1]:.1f} | {100 * by_chance:.1f}, at most {100 * at_most:.1f} "
            f"| {100 * accepted.mean():.0f} | {of_accepted} | {100 * right.mean():.1f} |"
        )
        counted += [
            f"| {name} | {100 * b.low:.0f}–{100 * b.high:.0f} | {100 * b.certainty:.0f} | {b.n_right} of {b.n} |"
            for b in reliability(calibrated, said.truth)
        ]
    return [
        "## How sure it is",
        "",
        f"Logits are divided by a temperature of {decision.temperature:.2f}; below a probability of "
        f"{decision.threshold:.2f} the answer is «not sure». {RULE} The test speakers chose neither. Arrows: "
        "before and after the temperature. All on whole utterances, not live windows.",
        "",
        f"The calibration error is the distance between certainty and accuracy, averaged over {N_BINS} equal bins of "
        "certainty, weighted by their size. Beside it stands the error that a perfectly calibrated model with the same "
        "certainties would show by chance, on average and in 95 of 100 cases.",
        "",
        "| part | recordings | log loss | calibration error % | by chance % | answered % | accuracy when answered % "
        "| accuracy of all % |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"![How often it was right when it was so sure](run/{RELIABILITY_FIGURE})",
        "",
        f"![Accuracy against the share of recordings that are answered](run/{COVERAGE_FIGURE})",
        "",
        "| part | probability % | mean % | right |",
        "|---|---|---|---|",
        *counted,
    ]

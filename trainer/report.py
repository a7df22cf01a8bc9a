"""The only writer of tables: model cards, predictions, resolved configuration."""

from __future__ import annotations

import csv
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ser_desktop import __version__
from ser_desktop.core.analysis import softmax
from ser_desktop.core.bundle_config import BundleConfig
from ser_desktop.core.errors import SaveError
from trainer import metrics
from trainer.data import Dataset, Part
from trainer.experiments import Recipe
from trainer.protocols import Split
from trainer.train import Run

_LIBRARIES = ("torch", "transformers", "opensmile", "numpy", "scikit-learn", "soundfile", "soxr")


@dataclass(frozen=True)
class Evidence:
    """Everything a report is made from.

    Attributes
    ----------
    recipe : Recipe
    config : BundleConfig
    corpus_key : str
        The corpus as the command line names it.
    split : Split
    runs : tuple of Run
        One per seed.
    chosen : Run
        The run in the bundle.
    scores : tuple of Scores
        Test scores, one per run.
    dataset : Dataset
    """

    recipe: Recipe
    config: BundleConfig
    corpus_key: str
    split: Split
    runs: tuple[Run, ...]
    chosen: Run
    scores: tuple[metrics.Scores, ...]
    dataset: Dataset


def model_card(evidence: Evidence) -> str:
    """Return the bundle's README.md."""
    config, results = evidence.config, evidence.config.results
    n_classes = len(config.labels)
    chosen = evidence.scores[evidence.runs.index(evidence.chosen)]
    uar = _percent(*metrics.mean_and_sd(results.test_uar))
    wa = _percent(*metrics.mean_and_sd(results.test_wa))
    validation = _percent(*metrics.mean_and_sd(results.validation_uar))
    seeds = " ".join(f"--seed {seed}" for seed in results.seeds)
    return "\n".join(
        [
            "---",
            "license: cc-by-nc-sa-4.0" if "NC-SA" in config.licence else "license: other",
            "tags: [speech-emotion-recognition]",
            "---",
            "",
            f"# {config.name}",
            "",
            "A speech emotion model in the manner of Pepino, Riera & Ferrer, «Emotion Recognition from Speech "
            "Using Wav2vec 2.0 Embeddings» (Interspeech 2021).",
            "",
            f"- **Corpus:** {results.corpus} ({config.licence}). These weights carry the same licence.",
            f"- **Protocol:** {results.protocol}. No speaker is in two parts (checked, with the files' bytes).",
            f"- **Features:** {', '.join(spec.name for spec in config.features)}, sound at 16 kHz; "
            f"{config.normalisation} normalisation.",
            f"- **Head:** {config.head_kind}, at most {config.window_s:g} s of sound.",
            f"- **Classes:** {', '.join(config.labels)} (chance {100 / n_classes:.1f} % UAR).",
            "",
            "## Results",
            "",
            f"Over {len(results.seeds)} seed(s), mean ± population standard deviation, in percent:",
            "",
            "| part | speakers | files | UAR | WA |",
            "|---|---|---|---|---|",
            f"| test | {_speakers(evidence.dataset.test)} | {results.n_test} | {uar} | {wa} |",
            f"| validation | {_speakers(evidence.dataset.validation)} | {len(evidence.dataset.validation)} "
            f"| {validation} | |",
            "",
            "| seed | validation UAR | test UAR | test WA | best epoch |",
            "|---|---|---|---|---|",
            *_seed_rows(evidence),
            "",
            f"The bundle holds seed {results.seed}, chosen by validation UAR. The test speakers chose nothing; "
            f"with {_n_speakers(evidence.dataset.test)} of them the figures are rough.",
            "",
            *_recall_table(config.labels, chosen),
            "",
            *_decision_section(evidence),
            "",
            "## Intended use and limits",
            "",
            "For demonstrations, teaching and research. Trained on actors who were asked to sound like an emotion: "
            "what it hears is an expression, not what a person feels, and it is often wrong. It generalises "
            "poorly to other voices, languages, rooms and microphones. Do not use it to judge people, and not at "
            "work or in schools (EU AI Act, Article 5(1)(f)). Tell people that their voice is being analysed. "
            "openSMILE, which computes eGeMAPS, is free for research and teaching; commercial use needs a "
            "licence from audEERING.",
            "",
            "## Rebuild",
            "",
            "```",
            f"python -m trainer train --corpus {evidence.corpus_key} --data PATH "
            f"--recipe {evidence.recipe.name} --out FOLDER {seeds}",
            "```",
            "",
            "`run/` holds the resolved configuration, every epoch and every prediction.",
            "",
        ]
    )


def write_run(folder: Path, evidence: Evidence) -> None:
    """Write ``config.json`` (resolved), ``epochs.csv`` and ``predictions.csv``.

    Raises
    ------
    SaveError
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        resolved = {
            "recipe": asdict(evidence.recipe),
            "corpus": evidence.corpus_key,
            "protocol": evidence.split.protocol,
            "labels": [str(label) for label in evidence.split.labels],
            "seeds": [run.seed for run in evidence.runs],
            "chosen_seed": evidence.chosen.seed,
            "program": __version__,
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in _LIBRARIES},
        }
        (folder / "config.json").write_text(json.dumps(resolved, indent=2) + "\n", encoding="utf-8")
        _write_csv(folder / "epochs.csv", [asdict(epoch) for run in evidence.runs for epoch in run.epochs])
        _write_csv(folder / "predictions.csv", _prediction_rows(evidence))
    except OSError as error:
        raise SaveError(
            f"The run's records could not be written to «{folder}» ({error}).", "Free some space."
        ) from error


def _prediction_rows(evidence: Evidence) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    labels = evidence.config.labels
    for run in evidence.runs:
        for name, part, logits in (
            ("validation", evidence.dataset.validation, run.validation_logits),
            ("test", evidence.dataset.test, run.test_logits),
        ):
            for utterance, row in zip(part.utterances, logits, strict=True):
                scores = {f"logit_{label}": f"{value:.5f}" for label, value in zip(labels, row, strict=True)}
                rows.append(
                    {
                        "seed": run.seed,
                        "part": name,
                        "utterance": utterance.identity,
                        "speaker": utterance.speaker,
                        "truth": utterance.emotion,
                        "answer": labels[int(np.argmax(row))],
                        **scores,
                    }
                )
    return rows


def _write_csv(path: Path, rows: Sequence[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _seed_rows(evidence: Evidence) -> list[str]:
    return [
        f"| {run.seed} | {100 * run.best.validation_uar:.1f} | {100 * s.uar:.1f} | {100 * s.wa:.1f} "
        f"| {run.best.number} |"
        for run, s in zip(evidence.runs, evidence.scores, strict=True)
    ]


def _recall_table(labels: Sequence[str], scores: metrics.Scores) -> list[str]:
    rows = [
        f"| **{label}** | {' | '.join(str(n) for n in row)} | {100 * recall:.0f} % |"
        for label, row, recall in zip(labels, scores.confusion, scores.recalls, strict=True)
    ]
    return [
        "Confusion matrix of the bundle's seed on the test speakers (rows: acted, columns: answered):",
        "",
        f"| | {' | '.join(labels)} | recall |",
        "|" + "---|" * (len(labels) + 2),
        *rows,
    ]


def _decision_section(evidence: Evidence) -> list[str]:
    decision, run, dataset = evidence.config.decision, evidence.chosen, evidence.dataset
    rows = []
    for name, part, logits in (
        ("validation", dataset.validation, run.validation_logits),
        ("test", dataset.test, run.test_logits),
    ):
        raw, calibrated = softmax(logits), softmax(logits / decision.temperature)
        accepted = calibrated.max(axis=1) >= decision.threshold
        right = calibrated.argmax(axis=1) == part.classes
        rows.append(
            f"| {name} | {metrics.log_loss_of(raw, part.classes):.2f} → "
            f"{metrics.log_loss_of(calibrated, part.classes):.2f} "
            f"| {100 * metrics.expected_calibration_error(raw, part.classes):.1f} → "
            f"{100 * metrics.expected_calibration_error(calibrated, part.classes):.1f} "
            f"| {100 * accepted.mean():.0f} | {100 * right[accepted].mean():.1f} | {100 * right.mean():.1f} |"
        )
    return [
        "## How sure it is",
        "",
        f"Logits are divided by a temperature of {decision.temperature:.2f}; below a probability of "
        f"{decision.threshold:.2f} the answer is «not sure». Both were chosen on the validation speakers: the "
        "temperature for the least log loss, the threshold for the highest accuracy with at least 70 % of the "
        "answers kept. Arrows: before and after the temperature. All on whole acted sentences, not live windows.",
        "",
        "| part | log loss | calibration error % | answered % | accuracy when answered % | accuracy of all % |",
        "|---|---|---|---|---|---|",
        *rows,
    ]


def _percent(mean: float, sd: float) -> str:
    return f"{100 * mean:.1f} ± {100 * sd:.1f}"


def _n_speakers(part: Part) -> int:
    return len({u.speaker for u in part.utterances})


def _speakers(part: Part) -> str:
    return ", ".join(sorted({u.speaker for u in part.utterances}))

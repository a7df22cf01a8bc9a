"""A bundle's model card, made from the stored predictions of its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ser_desktop.core.bundle_config import BundleConfig
from ser_desktop.core.catalogue import ENCODERS
from ser_desktop.core.features import FeatureName
from trainer import metrics
from trainer.calibration import calibration_section
from trainer.records import JobRecord, Predictions
from trainer.results import RowResult
from trainer.robustness import Endured
from trainer.train import uar_of

_MANY_SPEAKERS = 12
_OPENSMILE = "openSMILE (eGeMAPS) is free for research and teaching; commercial use needs a licence from audEERING."


@dataclass(frozen=True)
class Beside:
    """A result that a card sets beside the bundle's own.

    Attributes
    ----------
    result : RowResult
    command : str
        What makes it.
    """

    result: RowResult
    command: str


@dataclass(frozen=True)
class Evidence:
    """Everything a card is made from.

    Attributes
    ----------
    config : BundleConfig
    result : RowResult
    chosen : JobRecord or None
        The run in the bundle; None when the head was trained again on everyone.
    validation : Predictions
        On which temperature and threshold were chosen.
    rebuild : str
        The command that makes the bundle again.
    how : str
        One sentence about which head the bundle holds.
    endured : sequence of Endured
        What `trainer.robustness` measured, if it did.
    beside : sequence of Beside
        The same recipe on other corpora or under other protocols.
    """

    config: BundleConfig
    result: RowResult
    chosen: JobRecord | None
    validation: Predictions
    rebuild: str
    how: str
    endured: Sequence[Endured] = ()
    beside: Sequence[Beside] = ()

    def parts(self) -> dict[str, Predictions]:
        """Return what calibration is measured on: validation, and test where the bundle's head has one."""
        parts = {"validation": self.validation}
        return parts if self.chosen is None else {**parts, "test": self.chosen.test}


def model_card(evidence: Evidence) -> str:
    """Return the bundle's README.md."""
    config, result = evidence.config, evidence.result
    labels = config.labels
    has_egemaps = any(spec.name is FeatureName.EGEMAPS for spec in config.features)
    smile = f" {_OPENSMILE}" if has_egemaps else ""
    shares = "No speaker is in two parts" if not result.protocol.speaker_dependent else "SPEAKERS ARE SHARED on purpose"
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
            f"- **Corpus:** {result.corpus} ({config.licence}). These weights carry the same licence.",
            f"- **Protocol:** {result.protocol.words}. {shares} (checked, with the files' bytes).",
            f"- **Features:** {', '.join(spec.name for spec in config.features)}, sound at 16 kHz; "
            f"{config.normalisation} normalisation.",
            *_encoder(config),
            f"- **Head:** {config.head_kind}, at most {config.window_s:g} s of sound; preset {result.preset}.",
            f"- **Classes:** {', '.join(labels)} (chance {100 / len(labels):.1f} % UAR).",
            "",
            "## Results",
            "",
            *_results(result),
            "",
            evidence.how,
            "",
            *_recalls(labels, evidence),
            "",
            *calibration_section(evidence.parts(), config.decision),
            "",
            *_endured(evidence.endured),
            *_beside(evidence.beside),
            "## Intended use and limits",
            "",
            "For demonstrations, teaching and research. Trained on people who were asked to sound like an emotion: "
            "what it hears is an expression, not what a person feels, and it is often wrong. It generalises "
            "poorly to other voices, languages, rooms and microphones. Do not use it to judge people, and not at "
            f"work or in schools (EU AI Act, Article 5(1)(f)). Tell people that their voice is being analysed.{smile}",
            "",
            "## Rebuild",
            "",
            "```",
            evidence.rebuild,
            "```",
            "",
            "`run/` holds the resolved configuration, every epoch and every prediction.",
            "",
        ]
    )


def _encoder(config: BundleConfig) -> list[str]:
    """Which encoder it listens to; encoders that this program does not know have nothing but their name."""
    if config.encoder is None:
        return []
    entry = next((entry for entry in ENCODERS if entry.identity == config.encoder), None)
    what = f" ({entry.licence}). {entry.purpose}." if entry else ""
    return [f"- **Encoder:** `{config.encoder}`{what}"]


def _results(result: RowResult) -> list[str]:
    first = [r for r in result.records if r.seed == result.seeds[0]]
    lines = [
        f"Over {len(result.seeds)} seed(s), mean ± population standard deviation, in percent; "
        "the folds of a seed are counted together:",
        "",
        "| part | speakers | files | UAR | WA |",
        "|---|---|---|---|---|",
        f"| test | {_speakers([r.test for r in first])} | {result.n_test} | {_percent(result.uar)} "
        f"| {_percent(result.wa)} |",
        f"| validation | {_speakers([r.validation for r in first])} | {sum(len(r.validation.files) for r in first)} "
        f"| {_percent(metrics.mean_and_sd([100 * r.validation_uar for r in result.records]))} | |",
        "",
        "| seed | fold | validation UAR | test UAR | test WA | best epoch |",
        "|---|---|---|---|---|---|",
    ]
    for record in result.records:
        # Of a single fold the classes that are there count, as in validation.
        uar, right = uar_of(record.test.logits, record.test.truth), record.test.answers == record.test.truth
        lines.append(
            f"| {record.seed} | {record.fold} | {100 * record.validation_uar:.1f} | {100 * uar:.1f} "
            f"| {100 * right.mean():.1f} | {record.best_epoch} |"
        )
    n_speakers = len({s for r in first for s in r.test.speakers})
    if n_speakers < _MANY_SPEAKERS:
        lines += ["", f"With {n_speakers} test speakers the figures are rough."]
    return lines


def _recalls(labels: Sequence[str], evidence: Evidence) -> list[str]:
    if evidence.chosen is None:
        which, confusion = "all seeds, summed", evidence.result.confusion()
        recalls = [mean for mean, _ in evidence.result.recalls()]
    else:
        test = evidence.chosen.test
        scores = metrics.score(test.truth, test.answers, len(labels))
        which, recalls = "the bundle's own head", [100 * r for r in scores.recalls]
        confusion = [list(row) for row in scores.confusion]
    rows = [
        f"| **{label}** | {' | '.join(str(n) for n in row)} | {f'{recall:.0f} %' if sum(row) else '–'} |"
        for label, row, recall in zip(labels, confusion, recalls, strict=True)
    ]
    return [
        f"Confusion matrix on the test speakers, {which} (rows: labelled, columns: answered):",
        "",
        f"| | {' | '.join(labels)} | recall |",
        "|" + "---|" * (len(labels) + 2),
        *rows,
    ]


def _endured(endured: Sequence[Endured]) -> list[str]:
    if not endured:
        return []
    rows = [
        f"| {e.condition} | {_percent(metrics.mean_and_sd([100 * u for u in e.uar]))} "
        f"| {_percent(metrics.mean_and_sd([100 * w for w in e.wa]))} |"
        for e in endured
    ]
    return [
        "## Quieter, noisier, narrower",
        "",
        "The test recordings changed before anything else, mean ± population standard deviation over the seeds, in "
        "percent. Babble is six training speakers at once. The command stands at the end.",
        "",
        "| test recordings | UAR | WA |",
        "|---|---|---|",
        *rows,
        "",
    ]


def _beside(beside: Sequence[Beside]) -> list[str]:
    if not beside:
        return []
    rows = []
    for other in beside:
        result = other.result
        validation = metrics.mean_and_sd([100 * r.validation_uar for r in result.records])
        rows.append(
            f"| {result.protocol.words} | {len(result.protocol.labels)} | {result.n_test} | {_percent(validation)} "
            f"| {_percent(result.uar)} | {_percent(result.wa)} | `{other.command}` |"
        )
    return [
        "## The same recipe on other data",
        "",
        "Mean ± population standard deviation over the seeds, in percent. None of these heads is in the bundle.",
        "",
        "| protocol | classes | tested | validation UAR | test UAR | test WA | command |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
    ]


def _percent(value: tuple[float, float]) -> str:
    return f"{value[0]:.1f} ± {value[1]:.1f}"


def _speakers(parts: Sequence[Predictions]) -> str:
    names = sorted({speaker for part in parts for speaker in part.speakers})
    return ", ".join(names) if len(names) <= _MANY_SPEAKERS else f"{len(names)} speakers"

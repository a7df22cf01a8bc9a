"""A pretrained encoder as a folder that `transformers` opens: float16 weights, contract, card, curves."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ser_desktop.core.audio import SAMPLE_RATE_HZ
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.errors import SaveError
from trainer.files import whole_file
from trainer.pretrain.architecture import compact_config, make_encoder
from trainer.pretrain.loop import Measured, as_json

WEIGHTS = "model.safetensors"
_CHECKED = ("config.json", "preprocessor_config.json", WEIGHTS, "README.md")


@dataclass(frozen=True)
class Story:
    """What happened, for the card.

    Attributes
    ----------
    summary : dict
        Recipe, sound heard, time taken, probes.
    curve : tuple of Measured
    credits : tuple of str
    licence, rebuild : str
    """

    summary: dict[str, Any]
    curve: tuple[Measured, ...]
    credits: tuple[str, ...]
    licence: str
    rebuild: str


def publish(story: Story, weights: dict[str, Tensor], out: Path, compared: Sequence[Path]) -> None:
    """Write the encoder's folder.

    Parameters
    ----------
    story : Story
    weights : dict
        The best state of the model.
    out : Path
    compared : sequence of Path
        Summaries of runs; those with as many steps of as many stretches are set beside each other.

    Raises
    ------
    SaveError
    """
    import torch
    from safetensors.torch import save_file

    model = make_encoder()
    model.load_state_dict(weights)
    # Nothing is masked where the encoder is used.
    torch.nn.init.zeros_(model.masked_spec_embed)
    others = [json.loads(path.read_text(encoding="utf-8")) for path in compared]
    others = [other for other in others if _conditions(other) == _conditions(story.summary)]
    try:
        out.mkdir(parents=True, exist_ok=True)
        state = {name: value.half().contiguous() for name, value in model.state_dict().items()}
        with whole_file(out / WEIGHTS) as scratch:
            save_file(state, scratch, metadata={"format": "pt"})
            scratch.chmod(0o644)
        config = {**model.config.to_diff_dict(), "architectures": ["Wav2Vec2Model"], "dtype": "float16"}
        _write(out / "config.json", json.dumps(config, indent=2, sort_keys=True))
        _write(out / "preprocessor_config.json", json.dumps(_preprocessor(), indent=2))
        _write(out / "README.md", encoder_card(story, others, (out / WEIGHTS).stat().st_size))
        _write(out / "checksums.json", json.dumps({name: file_sha256(out / name) for name in _CHECKED}, indent=2))
        _write(out / "run" / "summary.json", json.dumps(story.summary, indent=1))
        _write_curve(story.curve, out / "run")
    except OSError as error:
        raise SaveError(f"The encoder could not be written to «{out}» ({error}).", "Free some space.") from error


def _preprocessor() -> dict[str, Any]:
    """Tell `transformers.AutoFeatureExtractor` to do nothing."""
    return {
        "feature_extractor_type": "Wav2Vec2FeatureExtractor",
        "feature_size": 1,
        "sampling_rate": SAMPLE_RATE_HZ,
        "do_normalize": False,
        "return_attention_mask": False,
        "padding_value": 0.0,
    }


def _write(path: Path, text: str) -> None:
    with whole_file(path) as scratch:
        scratch.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")


def _write_curve(curve: Sequence[Measured], folder: Path) -> None:
    """Losses and probes as a table and as a figure."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    names: list[str] = list(dict.fromkeys(name for point in curve for name in point.losses))
    with whole_file(folder / "curve.csv") as scratch, scratch.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["step", "seconds", *names, "probe_held_out", "probe_everyone", "best"])
        for point in curve:
            values = as_json(point)
            probe = values["probe"] or {"held_out": None, "everyone": None}
            losses = [f"{point.losses[name]:.5f}" if name in point.losses else "" for name in names]
            probes = ["" if v is None else f"{v:.4f}" for v in (probe["held_out"], probe["everyone"])]
            writer.writerow([str(point.step), str(point.seconds), *losses, *probes, str(int(point.is_best))])
    figure = Figure(figsize=(7.0, 3.2), layout="constrained")
    FigureCanvasSVG(figure)
    left, right = figure.subplots(1, 2)
    for name in names:
        points = [(p.step, p.losses[name]) for p in curve if name in p.losses]
        left.plot(*zip(*points, strict=True), label=name, linewidth=1.2)
    left.set(xlabel="step", ylabel="loss, mean since the point before")
    left.legend(fontsize="x-small")
    for label, pick in (("actors 17–20", "held_out"), ("leave actors out", "everyone")):
        measured = [(p.step, 100 * getattr(p.probe, pick)) for p in curve if p.probe and getattr(p.probe, pick)]
        if measured:
            right.plot(*zip(*measured, strict=True), marker=".", label=label)
            right.legend(fontsize="x-small")
    right.set(xlabel="step", ylabel="UAR of a linear probe, %")
    with whole_file(folder / "curve.svg") as scratch:
        figure.savefig(scratch, format="svg", metadata={"Date": None})


def encoder_card(story: Story, others: Sequence[dict[str, Any]], n_bytes: int) -> str:
    """Return the encoder's README.md."""
    summary, config = story.summary, compact_config()
    recipe = summary["recipe"]
    n_parameters = sum(p.numel() for p in make_encoder().parameters())
    taught = (
        "**The loss uses emotion labels** of RAVDESS speech, actors 01–16 only; the labels of no other recording."
        if recipe["uses_labels"]
        else "No label of any kind is used."
    )
    return "\n".join(
        [
            "---",
            f"license: {'cc-by-nc-sa-4.0' if 'NC-SA' in story.licence else 'other'}",
            "tags: [speech, wav2vec2]",
            "---",
            "",
            "# Compact wav2vec 2.0",
            "",
            f"A small speech encoder of the wav2vec 2.0 architecture (`transformers.Wav2Vec2Model`): "
            f"{n_parameters / 1e6:.1f} million parameters, {config.num_hidden_layers} transformer blocks of "
            f"{config.hidden_size}, a frame every 20 ms, float16, {n_bytes / 1e6:.1f} MB. It takes raw sound at "
            "16 kHz, neither scaled nor padded.",
            "",
            f"- **Recipe:** {recipe['name']}: {recipe['title']}. {taught}",
            f"- **Audio:** {summary['n_recordings']} recordings, {summary['hours_of_audio']} h; "
            "RAVDESS actors 21–24 are not among them.",
            *(f"  - {credit}" for credit in story.credits),
            *_teacher_lines(recipe),
            f"- **Cost:** {recipe['n_steps']} steps of {recipe['batch_size']} × 8 s ({summary['hours_heard']} h "
            f"heard) in {summary['training_s'] / 60:.0f} min on {_machine(summary)}, bfloat16 autocast; "
            "probes and preparation not counted.",
            f"- **Licence of these weights:** {story.licence}.",
            "",
            "## How well emotions can be read from it",
            "",
            "A linear probe (logistic regression on mean and deviation of the layers' average over time), RAVDESS "
            "speech, 7 classes (chance 14.3 %), UAR. «Actors 17–20»: trained on actors 01–16, whose labels some "
            "recipes use. «Leave actors out»: five folds over actors 01–20, for recipes without labels. The "
            "first chooses the checkpoint of recipes with labels, the second that of the others; validation and "
            "test actors choose nothing. All runs below had the same steps, stretches and audio; minutes are those "
            "that passed, whatever else the machine did.",
            "",
            "| recipe | steps | heard | minutes | best step | actors 17–20 | leave actors out |",
            "|---|---|---|---|---|---|---|",
            *(_row(other) for other in sorted(others, key=lambda other: str(other["recipe"]["name"]))),
            "",
            "Loss and probe curves: `run/curve.csv`, `run/curve.svg`. What heads reach on it stands in the cards of "
            "the models that use it.",
            "",
            "## Limits",
            "",
            "It has heard a few hours of a few dozen voices, most of them acted, in English and Polish. It is made for "
            "telling acted emotions apart on a small computer, not for recognising words. wav2vec 2.0 base, which "
            "the paper uses, has heard 960 hours.",
            "",
            "## Rebuild",
            "",
            "```",
            story.rebuild,
            "```",
        ]
    )


def _conditions(summary: dict[str, Any]) -> tuple[object, ...]:
    """Return what two runs must have in common for their figures to say something about the recipes."""
    recipe = summary["recipe"]
    return (
        *(recipe[name] for name in ("n_steps", "batch_size", "n_passes", "stretch_seed")),
        *(summary[name] for name in ("n_recordings", "hours_of_audio")),
    )


def _teacher_lines(recipe: dict[str, Any]) -> list[str]:
    if recipe["aim"] == "contrast":
        return []
    return [
        "- **Teacher:** the encoder of OpenAI Whisper base (MIT licence), frozen. The blocks begin with its weights "
        "(of each block's 2048 feed-forward units the busiest 896), learn to give its layers from raw sound, and hear "
        "quieter, noisier and narrower sound than the teacher did."
    ]


def _row(summary: dict[str, Any]) -> str:
    def percent(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f}"

    recipe = summary["recipe"]
    return (
        f"| {recipe['name']} | {recipe['n_steps']} × {recipe['batch_size']} | {summary['hours_heard']} h "
        f"| {summary['training_s'] / 60:.0f} | {summary['best_step']} | {percent(summary['probe_held_out'])} "
        f"| {percent(summary['probe_everyone'])} |"
    )


def _machine(summary: dict[str, Any]) -> str:
    return f"{summary['n_threads']} processor cores" if summary["device"] == "cpu" else "one GPU"

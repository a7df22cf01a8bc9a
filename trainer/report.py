"""The only writer of tables: a run's report in Markdown, CSV and JSON, all from stored predictions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ser_desktop.core.device import BackendName
from ser_desktop.core.errors import SaveError
from trainer.figures import draw_layer_weights
from trainer.records import write_csv
from trainer.results import Difference, RowResult, read_results
from trainer.rows import ROWS
from trainer.run_folder import RunFolder, RunInfo

_HEADER = "| features, head, normalisation | row | preset | UAR % | WA % | published UAR % | difference [95 %] |"


def write_report(folder: RunFolder, info: RunInfo, *, best_so_far: bool = False) -> list[RowResult]:
    """Write ``report.md``, ``report.csv``, ``report.json`` and, for rows with layers, ``figure-2.*``.

    Parameters
    ----------
    folder : RunFolder
    info : RunInfo
    best_so_far : bool
        Count what stopped jobs have left, too.

    Raises
    ------
    SaveError, TrainingError
    """
    results = read_results(folder, info, best_so_far=best_so_far)
    try:
        figures = draw_layer_weights(results, folder.path)
        value = {
            "schema_version": 1,
            "unit": "percent",
            "corpus_key": info.corpus_key,
            "notes": list(info.notes),
            "rows": [as_json(result) for result in results],
            "missing": info.missing,
        }
        _write(folder.path / "report.json", json.dumps(value, indent=1, ensure_ascii=False) + "\n")
        _write(folder.path / "report.md", "\n".join(_markdown(info, results, figures)) + "\n")
        if results:
            write_csv(folder.path / "report.csv", [_flat(result) for result in results])
    except OSError as error:
        raise SaveError(f"The report could not be written to «{folder.path}» ({error}).", "Free some space.") from error
    return results


def as_json(result: RowResult) -> dict[str, Any]:
    """Return a row of ``report.json``; figures in percent."""
    published, difference = result.published, result.difference()
    return {
        "row": result.row,
        "table": ROWS[result.row].table if result.row in ROWS else "",
        "title": title(result),
        "head": result.head,
        "normalisation": result.normalisation,
        "corpus": result.corpus,
        "protocol": result.protocol.words,
        "speaker_dependent": result.protocol.speaker_dependent,
        "warnings": list(result.protocol.warnings),
        "n_speakers": len({name for record in result.records for name in record.test.speakers}),
        "preset": result.preset,
        "seeds": list(result.seeds),
        "n_test": result.n_test,
        "uar_mean": round(result.uar[0], 3),
        "uar_sd": round(result.uar[1], 3),
        "wa_mean": round(result.wa[0], 3),
        "wa_sd": round(result.wa[1], 3),
        "uar_per_seed": [round(100 * s.uar, 3) for s in result.scores],
        "wa_per_seed": [round(100 * s.wa, 3) for s in result.scores],
        "published_mean": published.mean if published else None,
        "published_sd": published.sd if published else None,
        "published_note": published.note if published else "",
        "difference": vars(difference) if difference else None,
        "labels": list(result.protocol.labels),
        "recalls": [{"mean": round(mean, 3), "sd": round(sd, 3)} for mean, sd in result.recalls()],
        "confusion": result.confusion(),
        "layer_weights": [list(r.layer_weights) for r in result.records if r.layer_weights],
    }


def title(result: RowResult) -> str:
    """Return a row in words."""
    row = ROWS.get(result.row)
    if row is None:
        return f"{' + '.join(result.features)}, {result.head}, {result.normalisation}"
    return f"{row.recipe.title}{', setup of Issa et al.' if row.issa else ''}"


def _flat(result: RowResult) -> dict[str, object]:
    value = as_json(result)
    difference = value.pop("difference") or {"mean": None, "low": None, "high": None}
    flat = {k: v for k, v in value.items() if not isinstance(v, list)}
    recalls = {f"recall_{label}": r["mean"] for label, r in zip(value["labels"], value["recalls"], strict=True)}
    differences = {f"difference_{name}": number for name, number in difference.items()}
    return {**flat, "seeds": " ".join(map(str, result.seeds)), **differences, **recalls}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _markdown(info: RunInfo, results: Sequence[RowResult], figures: Sequence[Path]) -> list[str]:
    return [
        f"# {info.corpus}: rows of Pepino, Riera & Ferrer (Interspeech 2021)",
        "",
        *_table(results),
        "",
        "Mean ± population standard deviation over seeds; the deviations in the paper's tables are sample deviations, "
        "12 % larger for the same spread. The interval of the difference speaks of seeds only, not of other test "
        "speakers.",
        *_published_notes(results),
        "",
        *_missing(info),
        *_protocol_card(info),
        *[f"![Learned layer weights]({figure.name})\n" for figure in figures if figure.suffix == ".png"],
        *[line for result in results for line in _details(result)],
        "## Made with",
        "",
        *_environments(info),
        "",
        "Everything above is made from the predictions in `rows/` by `python -m trainer report RUN`.",
    ]


def _table(results: Sequence[RowResult]) -> list[str]:
    if not results:
        return ["No row has finished yet."]
    return [_HEADER, "|---" * 7 + "|", *(table_line(as_json(result)) for result in results)]


def table_line(row: dict[str, Any]) -> str:
    """Return one line of the table of a row of ``report.json``."""
    published = f"{row['published_mean']:.1f} ± {row['published_sd']:.1f}" if row["published_mean"] is not None else "–"
    difference = difference_text(Difference(**row["difference"])) if row["difference"] else "–"
    dependent = " (speaker-dependent)" if row["speaker_dependent"] else ""
    return (
        f"| {row['title']}{dependent} | `{row['row']}` | {row['preset']} | {row['uar_mean']:.1f} ± {row['uar_sd']:.1f} "
        f"| {row['wa_mean']:.1f} ± {row['wa_sd']:.1f} | {published} | {difference} |"
    )


def difference_text(difference: Difference) -> str:
    """Return a difference with its interval, in words."""
    if difference.low is None or difference.high is None:
        return f"{difference.mean:+.1f}"
    return f"{difference.mean:+.1f} [{difference.low:+.1f}, {difference.high:+.1f}]"


def _published_notes(results: Sequence[RowResult]) -> list[str]:
    notes = dict.fromkeys(r.published.note for r in results if r.published and r.published.note)
    return [f"Published figures: {note}." for note in notes]


def _missing(info: RunInfo) -> list[str]:
    if not info.missing:
        return []
    rows = [f"- `{name}`: {why}" for name, why in info.missing.items()]
    return ["## Not run", "", *rows, ""]


def _protocol_card(info: RunInfo) -> list[str]:
    lines = ["## Protocol", "", f"- **Corpus:** {info.corpus} ({info.licence}), fingerprint `{info.fingerprint[:16]}`"]
    for protocol in info.protocols.values():
        lines.append(f"- **{protocol.name}:** {protocol.words}. Classes: {', '.join(protocol.labels)}.")
        lines += [f"  - {name}: {a} train, {b} validation, {c} test" for name, a, b, c in protocol.folds]
        lines += [f"  - Warning: {warning}" for warning in protocol.warnings]
    lines += [f"- **Seeds:** {', '.join(map(str, info.seeds))}"]
    lines += [f"- {note}" for note in info.notes]
    return [
        *lines,
        "- Early stopping and the choice of a bundle use validation utterances; the test part decides nothing.",
        "- Speaker normalisation uses all recordings of a test speaker (transductive, as published).",
        "- All features are computed at 16 kHz, which is what a live microphone stream has.",
        "",
    ]


def _environments(info: RunInfo) -> list[str]:
    """Say with which versions each row was made, once for those that agree."""
    rows: dict[str, list[str]] = {}
    for key, resolved in info.rows.items():
        made = {**resolved.get("environment", info.environment), "on": resolved.get("device", "cpu")}
        if resolved.get("backend"):
            made["encoder by"] = BackendName(resolved["backend"]).in_words
        rows.setdefault(", ".join(f"{name} {version}" for name, version in made.items()), []).append(key)
    if len(rows) == 1:
        return list(rows)
    return [f"- {', '.join(keys)}: {versions}" for versions, keys in rows.items()]


def _details(result: RowResult) -> list[str]:
    labels = result.protocol.labels
    seeds = [
        f"| {seed} | {100 * s.uar:.1f} | {100 * s.wa:.1f} |"
        for seed, s in zip(result.seeds, result.scores, strict=True)
    ]
    matrix = [
        f"| **{label}** | {' | '.join(map(str, counts))} | {mean:.0f} ± {sd:.0f} |"
        for label, counts, (mean, sd) in zip(labels, result.confusion(), result.recalls(), strict=True)
    ]
    return [
        f"## {title(result)} (`{result.row}`, {result.preset})",
        "",
        f"{result.corpus}; {result.protocol.words}; {result.n_test} test utterances; seeds "
        f"{', '.join(map(str, result.seeds))}.",
        "",
        "| seed | UAR % | WA % |",
        "|---|---|---|",
        *seeds,
        "",
        "Confusion matrix summed over seeds (rows: labelled, columns: answered):",
        "",
        f"| | {' | '.join(labels)} | recall % |",
        "|---" * (len(labels) + 2) + "|",
        *matrix,
        "",
    ]

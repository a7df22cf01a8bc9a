"""How a trained row does when its test recordings reach it quieter, noisier, coded or narrower."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt
import torch

from ser_desktop.core.analysis import collate, prepare
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.bundle_config import BundleConfig
from ser_desktop.core.encoder import Encoder
from ser_desktop.core.errors import TrainingError
from ser_desktop.core.features import Extractor, make_extractor
from ser_desktop.core.heads import Head
from ser_desktop.core.normalise import Normalisation, Statistics
from trainer import metrics
from trainer.corpora import Utterance
from trainer.degrade import CONDITIONS, Condition
from trainer.files import whole_file
from trainer.records import JobRecord, read_head
from trainer.results import RowResult
from trainer.sound import load_utterance
from trainer.splits import Protocol, Split

ROBUSTNESS = "robustness.json"
_N_VOICES = 40
_SEED = 1234

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Endured:
    """Scores under one condition, one per seed, between 0 and 1.

    Attributes
    ----------
    condition : str
    uar, wa : tuple of float
    """

    condition: str
    uar: tuple[float, ...]
    wa: tuple[float, ...]


def endure(
    result: RowResult,
    config: BundleConfig,
    protocol: Protocol,
    encoder: Encoder | None,
    *,
    progress: Callable[[int, int], None],
    conditions: Sequence[Condition] = CONDITIONS,
) -> list[Endured]:
    """Let every seed's head judge the changed test recordings.

    Parameters
    ----------
    result : RowResult
    config : BundleConfig
        The contract of the row's bundle: features, normalisation, window.
    protocol : Protocol
        That of the result, with its utterances.
    encoder : Encoder or None
    progress : callable
        Called with (done, total); may raise.
    conditions : sequence of Condition

    Raises
    ------
    TrainingError
        For speaker normalisation: a speaker's statistics would have to be gathered under each condition.
    """
    if config.normalisation is not Normalisation.GLOBAL:
        raise TrainingError(
            f"{result.row} is normalised by speaker; its robustness depends on how the speaker was calibrated.",
            "Name a row with global normalisation.",
        )
    extractors = [make_extractor(s.name, encoder=encoder, hop_s=s.frame_s) for s in config.features]
    n_all = len(conditions) * sum(len(split.test) for split in protocol.splits)
    n_done = 0
    answers: dict[tuple[str, int], list[Ints]] = {}
    truths: list[Ints] = []
    for split in protocol.splits:
        heads = _heads(result, split, config)
        truths.append(np.array([config.labels.index(str(u.emotion)) for u in split.test], dtype=np.int64))
        voices = _voices(split)
        for condition in conditions:
            said: dict[int, list[int]] = {seed: [] for seed in heads}
            for utterance in split.test:
                rng = np.random.default_rng([_SEED, crc32(f"{condition.name} {utterance.identity}".encode())])
                samples = condition.change(load_utterance(utterance), voices, rng)
                for seed, answer in _judge(samples, extractors, heads, config.max_frames()):
                    said[seed].append(answer)
                n_done += 1
                progress(n_done, n_all)
            for seed, own in said.items():
                answers.setdefault((condition.name, seed), []).append(np.array(own, dtype=np.int64))
    truth = np.concatenate(truths)
    found = []
    for condition in conditions:
        scores = [
            metrics.score(truth, np.concatenate(answers[condition.name, seed]), len(config.labels))
            for seed in result.seeds
        ]
        found.append(Endured(condition.name, tuple(s.uar for s in scores), tuple(s.wa for s in scores)))
    return found


Heads = dict[int, tuple[Head, tuple[Statistics, ...]]]


def _heads(result: RowResult, split: Split, config: BundleConfig) -> Heads:
    """Return a fold's heads by seed."""
    records: list[JobRecord] = [record for record in result.records if record.fold == split.name]
    return {record.seed: read_head(record.folder, config.head_options()) for record in records}


def _voices(split: Split) -> list[FloatArray]:
    """Return recordings to babble with: of training speakers, so that nobody babbles who is tested."""
    own: list[Utterance] = [u for u in split.train if not u.copy]
    chosen = np.random.default_rng(_SEED).permutation(len(own))[:_N_VOICES]
    return [load_utterance(own[i]) for i in chosen]


def _judge(
    samples: FloatArray, extractors: Sequence[Extractor], heads: Heads, max_frames: int
) -> Iterator[tuple[int, int]]:
    branches = [extractor.extract(samples) for extractor in extractors]
    with torch.inference_mode():
        for seed, (head, statistics) in heads.items():
            yield seed, int(head(*collate([prepare(branches, statistics, max_frames)]))[0].argmax())


def write_robustness(run: Path, key: str, found: Sequence[Endured]) -> None:
    """Keep a row's figures in its run, beside those of other rows."""
    file = run / ROBUSTNESS
    before = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    with whole_file(file) as scratch:
        scratch.write_text(json.dumps({**before, key: [asdict(e) for e in found]}, indent=1) + "\n", encoding="utf-8")


def read_robustness(run: Path, key: str) -> list[Endured]:
    """Return what was kept for a row, nothing if it was never measured."""
    file = run / ROBUSTNESS
    rows = json.loads(file.read_text(encoding="utf-8")).get(key, []) if file.is_file() else []
    return [Endured(row["condition"], tuple(row["uar"]), tuple(row["wa"])) for row in rows]

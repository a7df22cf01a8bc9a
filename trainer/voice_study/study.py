"""A row's heads, asked about speakers whose statistics come from more or less of their speech."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ser_desktop.core.analysis import collate
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.heads import Head
from ser_desktop.core.normalise import Normalisation, Statistics, as_all_speech
from trainer.corpora import Utterance
from trainer.prepared import PreparedRow
from trainer.records import read_head
from trainer.run_folder import RunFolder
from trainer.splits import Split
from trainer.stored import map_features
from trainer.voice_study.draws import SECONDS, Bools, Speaker, Style, draw, statistics_of
from trainer.voice_study.scores import Ints, Scored, Tally, summed

PARTS = ("validation", "test")

Statistics_ = tuple[Statistics, ...]


@dataclass(frozen=True)
class Condition:
    """Where an evaluated speaker's statistics come from.

    Attributes
    ----------
    source : str
        ``training`` (what a bundle stores: global statistics, or those of the average training speaker),
        ``speaker`` (all recordings of the speaker, those that are scored among them, as published) or
        ``calibration``.
    style : Style or None
        Of a calibration.
    seconds : float
        Of a calibration.
    is_adjusted : bool
        Guessed from neutral speech as all speech of training speakers follows from it.
    """

    source: str
    style: Style | None = None
    seconds: float = 0.0
    is_adjusted: bool = False

    @property
    def key(self) -> str:
        """Name in tables and JSON."""
        if self.style is None:
            return self.source
        return f"{self.style}-{self.seconds:g}s{'-adjusted' if self.is_adjusted else ''}"


TRAINING, SPEAKER = Condition("training"), Condition("speaker")


def conditions(normalisation: Normalisation) -> list[Condition]:
    """Return what is tried for a head: one with global normalisation knows no speakers."""
    if normalisation is Normalisation.GLOBAL:
        return [TRAINING]
    calibrated = [Condition("calibration", style, seconds) for style in Style for seconds in SECONDS]
    adjusted = [Condition("calibration", Style.NEUTRAL, seconds, is_adjusted=True) for seconds in SECONDS]
    return [TRAINING, SPEAKER, *calibrated, *adjusted]


Results = dict[str, dict[str, Scored]]
"""Scores by part and by the condition's key; conditions for which a speaker has too little speech are absent."""


def study(
    ready: PreparedRow,
    folder: Path,
    seeds: Sequence[int],
    *,
    n_draws: int,
    progress: Callable[[int, int], None],
    parts: Sequence[str] = PARTS,
) -> Results:
    """Let a row's trained heads judge validation and test speakers under every condition.

    Parameters
    ----------
    ready : PreparedRow
        With speaker or global normalisation, trained.
    folder : Path
        The run.
    seeds : sequence of int
    n_draws : int
        How often each calibration is drawn anew.
    progress : callable
        Called with (done, total) after each speaker; may raise.
    parts : sequence of str
    """
    tried = conditions(ready.recipe.normalisation)
    tallies: dict[tuple[str, str], list[Tally]] = defaultdict(list)
    todo = [(split, part, name) for split in ready.protocol.splits for part in parts for name in names(split, part)]
    for done, (split, part, name) in enumerate(todo, start=1):
        mine = [u for u in split.parts()[part] if u.speaker == name]
        speaker = load_speaker(ready, name, mine)
        heads = [read_head(_job(ready, folder, split, seed), ready.options())[0] for seed in seeds]
        judge = Judge(heads, speaker, ready.max_frames())
        truth = np.array([ready.sample(u).label for u in mine], dtype=np.int64)
        for condition in tried:
            tally = Tally.of(truth, len(seeds))
            for statistics, left_in in _draws(ready, split, speaker, condition, n_draws):
                tally.add(judge.answers(statistics), left_in)
            if tally.n_draws:
                tallies[part, condition.key].append(tally)
        progress(done, len(todo))
    n_speakers = {part: sum(len(names(split, part)) for split in ready.protocol.splits) for part in parts}
    found: Results = {part: {} for part in parts}
    for (part, key), gathered_ in tallies.items():
        # What some speakers have too little speech for would be scored on others' recordings.
        if len(gathered_) == n_speakers[part]:
            found[part][key] = summed(gathered_)
    return found


def names(split: Split, part: str) -> list[str]:
    """Return the speakers of a part."""
    return sorted({u.speaker for u in split.parts()[part]})


def load_speaker(ready: PreparedRow, name: str, utterances: Sequence[Utterance]) -> Speaker:
    """Read all stored features of a speaker."""
    return Speaker(name, tuple(str(u.emotion) for u in utterances), tuple(_load(ready, u) for u in utterances))


class Judge:
    """Asks several heads at once about all utterances of a speaker.

    Parameters
    ----------
    heads : sequence of Head
        One per seed.
    speaker : Speaker
    max_frames : int
        The head sees at most so many.
    """

    def __init__(self, heads: Sequence[Head], speaker: Speaker, max_frames: int) -> None:
        self._heads = heads
        cut = []
        for i, branches in enumerate(speaker.branches):
            n_frames = min(max_frames, speaker.n_frames(i))
            cut.append(tuple(branch[:, :n_frames] for branch in branches))
        # Normalising knows no utterances: their frames can lie one behind the other before it, too.
        joined, self._lengths = collate(cut)
        self._raw: list[FloatArray] = [branch.numpy() for branch in joined]

    def answers(self, statistics: Statistics_) -> Ints:
        """Return the likeliest class of every utterance, (n_seeds, n_utterances)."""
        normalised = [own.apply(raw) for own, raw in zip(statistics, self._raw, strict=True)]
        with torch.inference_mode():
            features = [torch.from_numpy(branch) for branch in normalised]
            return np.stack([head(features, self._lengths).argmax(dim=1).numpy() for head in self._heads])


def _draws(
    ready: PreparedRow, split: Split, speaker: Speaker, condition: Condition, n_draws: int
) -> Iterator[tuple[Statistics_, Bools]]:
    """Yield statistics, and which utterances are scored with them."""
    n = len(speaker.emotions)
    if condition.style is None:
        data = ready.data(split)
        yield data.reference if condition == TRAINING else data.statistics[speaker.name], np.ones(n, dtype=np.bool_)
        return
    for number in range(n_draws):
        drawn = draw(speaker, condition.style, condition.seconds, ready.recipe.frame_s, number)
        if drawn is None:
            return
        statistics = statistics_of(speaker, drawn)
        if condition.is_adjusted:
            pairs = zip(statistics, ready.reference(split), strict=True)
            statistics = tuple(as_all_speech(found, average) for found, average in pairs)
        yield statistics, drawn.left_in(n)


def _load(ready: PreparedRow, utterance: Utterance) -> tuple[FloatArray, ...]:
    stored = ready.sample(utterance).branches
    return tuple(np.asarray(map_features(b.file)[b.first : b.last], dtype=np.float32) for b in stored)


def _job(ready: PreparedRow, folder: Path, split: Split, seed: int) -> Path:
    return RunFolder(folder).job(ready.row.name, ready.preset, split.name, seed)

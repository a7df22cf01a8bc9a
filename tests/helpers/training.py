"""Small real training material: synthetic voices, real features, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ser_desktop.core.encoder import Encoder
from ser_desktop.core.features import FeatureName
from tests.helpers.bundles import tiny_encoder
from trainer.cache import Extracted, extract
from trainer.contents import read_contents
from trainer.corpora import ReadOptions, Utterance
from trainer.events import Event
from trainer.experiments import RECIPES, Preset
from trainer.features import Source
from trainer.reproduce import Plan, Reproduction
from trainer.rows import ROWS, Row
from trainer.workers import Workers

SPECTRA = Source(FeatureName.SPECTROGRAM, 0.02)
"""Real features that cost next to nothing."""

SMALL = replace(RECIPES["spectrogram-dense-global"], frame_s=0.02, n_hidden=16, max_epochs=4)
SMALL_ROW = Row("spectrogram-dense-global", "", SMALL)


class Heard:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


def extract_here(
    source: Source, utterances: Sequence[Utterance], cache: Path, encoder: Encoder | None = None
) -> Extracted:
    contents, _ = read_contents(utterances)
    return extract(
        source, utterances, contents, cache, workers=Workers(1), encoder=encoder, progress=lambda _done, _total: None
    )


def small_plan(
    corpus_folder: Path,
    out: Path,
    *rows: Row,
    presets: Sequence[Preset] = (Preset.PAPER,),
    seeds: Sequence[int] = (1, 2),
) -> Plan:
    """A plan for `write_small_ravdess`."""
    read = ReadOptions((corpus_folder,), out / ".cache", accept_counts=True)
    return Plan("ravdess", read, rows or (SMALL_ROW,), tuple(presets), out, out / ".cache", tuple(seeds))


def run_here(plan: Plan, listener: Heard | None = None) -> Reproduction:
    """Run a plan in this process with the tiny encoder in the place of the paper's."""
    hear = listener or Heard()
    reproduction = Reproduction(plan, Workers(1, hear), hear, lambda _name, _backend: tiny_encoder())
    reproduction.run()
    return reproduction


def small_row(name: str, epochs: int = 1) -> Row:
    """One of the paper's rows, trained for next to no time."""
    return replace(ROWS[name], recipe=replace(ROWS[name].recipe, max_epochs=epochs, n_hidden=8))

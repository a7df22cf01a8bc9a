"""A row with features and statistics, ready to be trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ser_desktop.core.heads import HeadOptions
from ser_desktop.core.normalise import Statistics
from trainer.cache import Extracted
from trainer.corpora.utterance import Utterance
from trainer.data import Sample, StoredBranch, TrainingData
from trainer.experiments import Preset, Recipe
from trainer.features import Branch, Source
from trainer.gather import Gathered
from trainer.rows import Row
from trainer.splits import Protocol, Split


def head_options(recipe: Recipe, shapes: tuple[tuple[int, int], ...], n_classes: int) -> HeadOptions:
    """Return the head of a recipe on branches of (n_layers, n_features)."""
    return HeadOptions(recipe.head, shapes, n_classes, recipe.n_hidden, recipe.dropout, recipe.dropout_first)


@dataclass(frozen=True)
class PreparedRow:
    """A row with features and statistics.

    Attributes
    ----------
    row : Row
    preset : Preset
    recipe : Recipe
        As the preset has it.
    protocol : Protocol
    branches : tuple of Branch
    extracted, gathered : dict
        By source.
    head_s : float
    """

    row: Row
    preset: Preset
    recipe: Recipe
    protocol: Protocol
    branches: tuple[Branch, ...]
    extracted: dict[Source, Extracted]
    gathered: dict[Source, Gathered]
    head_s: float

    @property
    def key(self) -> str:
        """As in the run's folder."""
        return f"{self.row.name}@{self.preset}"

    def options(self) -> HeadOptions:
        """Return the head's shape."""
        shapes = tuple((b.spec.n_layers, b.spec.n_features) for b in self.branches)
        return head_options(self.recipe, shapes, len(self.protocol.labels))

    def max_frames(self) -> int:
        """Frames that the head sees at most."""
        return round(self.head_s / self.recipe.frame_s)

    def data(self, split: Split) -> TrainingData:
        """Return what a process needs to prepare one split."""
        speakers = self.gathered[self.branches[0].source].by_split[split.name]
        statistics = {speaker: self._of_speaker(split.name, speaker) for speaker in speakers}
        parts = {name: tuple(self.sample(u) for u in part) for name, part in split.parts().items()}
        return TrainingData(parts, statistics, self.max_frames(), self.reference(split))

    def reference(self, split: Split) -> tuple[Statistics, ...]:
        """Return the statistics that a bundle stores."""
        return tuple(self.gathered[b.source].reference[split.name].layers(_of(b)) for b in self.branches)

    def resolved(self) -> dict[str, Any]:
        """Return everything that decides the row's results, for the run's description."""
        return {
            "recipe": asdict(self.recipe),
            "features": [asdict(branch.spec) for branch in self.branches],
            "protocol": self.protocol.name,
            "head_s": self.head_s,
        }

    def sample(self, utterance: Utterance) -> Sample:
        """Return an utterance as training sees it."""
        label = [str(name) for name in self.protocol.labels].index(str(utterance.emotion))
        files = (self.extracted[b.source].files[utterance.identity] for b in self.branches)
        stored = tuple(StoredBranch(file, b.first, b.last) for file, b in zip(files, self.branches, strict=True))
        return Sample(utterance.identity, utterance.speaker, label, stored)

    def _of_speaker(self, split: str, speaker: str) -> tuple[Statistics, ...]:
        return tuple(self.gathered[b.source].by_split[split][speaker].layers(_of(b)) for b in self.branches)


def _of(branch: Branch) -> slice:
    return slice(branch.first, branch.last)

"""What people choose in the wizard, and the trainer's words for it."""

from __future__ import annotations

from dataclasses import dataclass, field

SEEDS = (123, 1234, 2345, 3456, 4567)
"""The five seeds of Pepino et al. 2021."""


@dataclass(frozen=True)
class CorpusChoice:
    """Which recordings, and how they are read.

    Attributes
    ----------
    key : str
        As the trainer names the corpus; "" while none is chosen.
    data : tuple of str
        Folders or files.
    columns : tuple of (str, str)
        Our name of a table's column, and its own.
    speaker : str
        Who speaks where nothing else tells.
    accept_counts, skip_unreadable : bool
    """

    key: str = ""
    data: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    speaker: str = ""
    accept_counts: bool = False
    skip_unreadable: bool = False

    @property
    def is_chosen(self) -> bool:
        """Whether there is something to look at."""
        return bool(self.key and self.data)

    def arguments(self) -> list[str]:
        """Return the trainer's options."""
        words = ["--corpus", self.key, "--data", *self.data]
        for ours, theirs in self.columns:
            words += ["--column", f"{ours}={theirs}"]
        words += ["--speaker", self.speaker] if self.speaker else []
        words += ["--accept-counts"] if self.accept_counts else []
        return words + (["--skip-unreadable"] if self.skip_unreadable else [])


@dataclass(frozen=True)
class RecipeChoice:
    """How to train.

    Attributes
    ----------
    name : str
        As the trainer names the recipe.
    preset : {"paper", "released-code"}
    seeds : tuple of int
    learning_rate : float or None
        None is the recipe's own.
    patience : int or None
    """

    name: str
    preset: str = "paper"
    seeds: tuple[int, ...] = SEEDS
    learning_rate: float | None = None
    patience: int | None = None

    def arguments(self) -> list[str]:
        """Return the trainer's options."""
        words = ["--recipe", self.name, "--preset", self.preset]
        for seed in self.seeds:
            words += ["--seed", str(seed)]
        words += ["--learning-rate", str(self.learning_rate)] if self.learning_rate is not None else []
        return words + (["--patience", str(self.patience)] if self.patience is not None else [])


@dataclass(frozen=True)
class PlainRecipe:
    """A recipe in plain language."""

    name: str
    title: str
    text: str


PLAIN_RECIPES: tuple[PlainRecipe, ...] = (
    PlainRecipe(
        "egemaps",
        "Quick",
        "Listens to loudness, pitch and voice quality. Trains in minutes on any computer; the least accurate.",
    ),
    PlainRecipe(
        "compact-fusion-global",
        "Balanced",
        "Also listens with the speech encoder that came along, as the model that came along does.",
    ),
    PlainRecipe(
        "pt-fusion-global",
        "Paper: the best for new voices",
        "wav2vec 2.0 and voice quality together (Table 2, Fusion).",
    ),
    PlainRecipe(
        "pt-all-layers-dense-global",
        "Paper: all layers",
        "All layers of wav2vec 2.0, weighted by what they tell (Table 2).",
    ),
    PlainRecipe(
        "pt-all-layers-dense-speaker",
        "Paper: all layers, each voice by itself",
        "The paper's most accurate row (Table 1). It knows the average of each voice, so it needs a calibrated voice.",
    ),
)


@dataclass(frozen=True)
class Parts:
    """What a recipe is made of.

    Attributes
    ----------
    features : {"egemaps", "spectrogram", "local", "contextual", "all-layers", "fusion"}
    encoder : {"compact", "pt", "ft"}
    head : {"dense", "lstm"}
    normalisation : {"global", "speaker"}
    """

    features: str = "all-layers"
    encoder: str = "compact"
    head: str = "dense"
    normalisation: str = "global"

    @property
    def needs_encoder(self) -> bool:
        """Whether an encoder is part of it."""
        return self.features not in {"egemaps", "spectrogram"}

    @property
    def has_lstm(self) -> bool:
        """Whether there is a choice of heads."""
        return self.needs_encoder and self.features != "fusion"

    def name(self) -> str:
        """As the trainer names the recipe."""
        head = self.head if self.has_lstm else "dense"
        if self.features == "fusion":
            return f"{self.encoder}-fusion-{self.normalisation}"
        whose = f"{self.encoder}-" if self.needs_encoder else ""
        return f"{whose}{self.features}-{head}-{self.normalisation}"


@dataclass(frozen=True)
class Draft:
    """A training that is being put together.

    Attributes
    ----------
    corpus : CorpusChoice
    title : str
    report : dict
        What the look at the corpus found, see ``trainer.checks.corpus_check.CorpusCheck``.
    estimates : dict
        What recipes would take, by name, see ``trainer.events.Estimated``.
    recipe : RecipeChoice
    """

    corpus: CorpusChoice = field(default_factory=CorpusChoice)
    title: str = ""
    report: dict[str, object] = field(default_factory=dict)
    estimates: dict[str, dict[str, object]] = field(default_factory=dict)
    recipe: RecipeChoice = field(default_factory=lambda: RecipeChoice(PLAIN_RECIPES[0].name))

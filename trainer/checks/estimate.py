"""How long a recipe takes on this computer and how much room it needs, from a few recordings and training steps."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from ser_desktop.core.audio import SAMPLE_RATE_HZ
from ser_desktop.core.encoder import Encoder
from ser_desktop.core.errors import EncoderMissingError, UserFacingError
from ser_desktop.core.features import FeatureSpec
from ser_desktop.core.heads import make_head
from ser_desktop.core.threads import threads_each
from trainer.checks.corpus_check import Checked
from trainer.corpora import Utterance
from trainer.events import Estimated
from trainer.experiments import SEEDS, Recipe
from trainer.features import Source, branch_of, open_encoder, open_extractor, sources_of, storage_key
from trainer.prepared import head_options
from trainer.sound import load_utterance
from trainer.stored import save_utterance
from trainer.workers import default_number

TYPICAL_EPOCHS = 20
"""The seeds of the eGeMAPS recipe on RAVDESS end after 11 to 22."""

_N_SAMPLES = 4
_N_STEPS = 3
_VALIDATION_SHARE = 1.25
_START_S = 8.0


@dataclass(frozen=True)
class _Cost:
    """What extracting a source takes for each second of sound, and how its files are named."""

    seconds: float
    n_bytes: float
    spec: FeatureSpec
    key: str = ""


def estimates(checked: Checked, recipes: Sequence[Recipe], cache: Path | None = None) -> Iterator[Estimated]:
    """Yield what each recipe would take on a corpus that can be trained on.

    Parameters
    ----------
    checked : Checked
    recipes : sequence of Recipe
    cache : Path or None
        Where features may be already.
    """
    corpus, protocol = checked.corpus, checked.protocol
    assert corpus is not None and protocol is not None  # noqa: S101, PT018
    usable = sorted(corpus.utterances, key=lambda u: checked.heard[u.identity].duration_s)
    middle = usable[len(usable) // 3 : len(usable) // 3 + _N_SAMPLES]
    costs: dict[Source, _Cost] = {}
    for recipe in recipes:
        try:
            sources = sources_of(recipe, corpus.encoder_s)
            for source in sources:
                if source not in costs:
                    costs[source] = _extraction(source, middle)
        except UserFacingError as error:
            is_absent = isinstance(error, EncoderMissingError)
            yield Estimated(recipe.name, None, missing=str(error), encoder=(is_absent and recipe.encoder) or "")
            continue
        head_s = recipe.head_s or corpus.head_s
        frames = [min(checked.heard[u.identity].duration_s, head_s) / recipe.frame_s for u in corpus.utterances]
        step_s = _step(recipe, [costs[s] for s in sources], round(sum(frames) / len(frames)), len(protocol.labels))
        n_trained = sum(len(split.train) for split in protocol.splits)
        n_steps = n_trained / recipe.batch_size * TYPICAL_EPOCHS * len(SEEDS) * _VALIDATION_SHARE
        train_s = n_steps * step_s / default_number()
        missing_s = [_missing_s(checked, costs[source].key, cache) for source in sources]
        pairs = list(zip((costs[source] for source in sources), missing_s, strict=True))
        extract_s = sum(cost.seconds * duration_s for cost, duration_s in pairs)
        n_bytes = round(sum(cost.n_bytes * duration_s for cost, duration_s in pairs))
        seconds = round(_START_S + extract_s + train_s, 1)
        yield Estimated(recipe.name, seconds, n_bytes, extract_s=round(extract_s, 1))


def _missing_s(checked: Checked, key: str, cache: Path | None) -> float:
    """Return how much sound has no features of a kind yet."""
    assert checked.corpus is not None  # noqa: S101 - see `estimates`
    if cache is None:
        return checked.check.duration_s
    return sum(
        checked.heard[u.identity].duration_s
        for u in checked.corpus.utterances
        if not (cache / f"{checked.contents[u.identity]}-{key}.npy").exists()
    )


def _extraction(source: Source, utterances: Sequence[Utterance]) -> _Cost:
    """Extract some utterances, the first of them twice: it also starts everything up."""
    encoder: Encoder | None = open_encoder(source.encoder) if source.encoder else None
    extractor = open_extractor(source, encoder)
    n_at_once = 1 if encoder else default_number()
    audio_s = 0.0
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "features.npy"
        extractor.extract(load_utterance(utterances[0], source.max_s))
        began, n_bytes = time.perf_counter(), 0
        for utterance in utterances:
            samples = load_utterance(utterance, source.max_s)
            save_utterance(file, extractor.extract(samples), utterance)
            audio_s += len(samples) / SAMPLE_RATE_HZ
            n_bytes += file.stat().st_size
        took_s = time.perf_counter() - began
    key = storage_key(extractor.spec, source.max_s, encoder.backend if encoder else None)
    return _Cost(took_s / audio_s / n_at_once, n_bytes / audio_s, extractor.spec, key)


def _step(recipe: Recipe, costs: Sequence[_Cost], n_frames: int, n_classes: int) -> float:
    """Return the median time of a training step in one process on one processor."""
    branches = (
        branch_of(name, source, cost.spec)
        for name, source, cost in zip(recipe.features, sources_of(recipe, None), costs, strict=True)
    )
    shapes = tuple((branch.spec.n_layers, branch.spec.n_features) for branch in branches)
    head = make_head(head_options(recipe, shapes, n_classes))
    optimiser = torch.optim.Adam(head.parameters(), lr=recipe.learning_rate, fused=True)
    n = recipe.batch_size
    features = [torch.randn(n_layers, n * n_frames, n_features) for n_layers, n_features in shapes]
    lengths, classes = torch.full((n,), n_frames), torch.arange(n) % n_classes
    times = []
    with threads_each(1):
        for _ in range(_N_STEPS):
            began = time.perf_counter()
            optimiser.zero_grad(set_to_none=True)
            cross_entropy(head(features, lengths), classes).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            times.append(time.perf_counter() - began)
    return sorted(times)[len(times) // 2]

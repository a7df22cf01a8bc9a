"""A whole training job: corpus, split, features, seeds, calibration, bundle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ser_desktop.core.analysis import softmax
from ser_desktop.core.bundle import save_bundle
from ser_desktop.core.bundle_config import BundleConfig, Decision, Results
from ser_desktop.core.catalogue import find_encoder
from ser_desktop.core.device import choose_device
from ser_desktop.core.encoder import Encoder, load_encoder
from ser_desktop.core.features import make_extractor
from ser_desktop.core.heads import HeadOptions
from trainer import metrics, report
from trainer.cache import FeatureCache
from trainer.corpora import CORPORA, Corpus
from trainer.data import Dataset, make_dataset
from trainer.experiments import Recipe
from trainer.protocols import PROTOCOLS, Split
from trainer.train import Epoch, Run, train_head

MIN_WINDOW_S = 1.0


class Listener(Protocol):
    """Hears how a job goes on."""

    def stage(self, name: str) -> None:
        """Tell that a new stage has begun."""

    def extracted(self, done: int, total: int) -> None:
        """Tell how many utterances have features."""

    def epoch(self, epoch: Epoch) -> None:
        """Tell that an epoch ended."""


@dataclass(frozen=True)
class JobResult:
    """What a job made."""

    config: BundleConfig
    runs: tuple[Run, ...]
    scores: tuple[metrics.Scores, ...]


def train_bundle(
    corpus_name: str,
    data: Path,
    recipe: Recipe,
    *,
    out: Path,
    seeds: Sequence[int],
    cache: Path,
    listener: Listener,
    open_encoder: Callable[[str], Encoder] | None = None,
) -> JobResult:
    """Train a recipe with every seed and write the bundle of the best one on the validation speakers.

    Raises
    ------
    CorpusError, EncoderMissingError, SaveError
    """
    # The encoder comes first: when it is missing, nobody should wait for anything else.
    encoder = (open_encoder or _open_encoder)(recipe.encoder) if recipe.encoder else None
    listener.stage(f"Reading {corpus_name} in «{data}»")
    corpus = CORPORA[corpus_name](data)
    split = PROTOCOLS[corpus_name](corpus)
    extractors = [make_extractor(name, encoder=encoder, hop_s=recipe.frame_s) for name in recipe.features]
    listener.stage(f"Extracting features ({', '.join(recipe.features)})")
    everyone = [u for part in split.parts().values() for u in part]
    features = FeatureCache(cache, extractors).extract(everyone, listener.extracted)
    max_frames = round(recipe.head_s / recipe.frame_s)
    dataset = make_dataset(split, features, recipe.normalisation, max_frames)

    options = HeadOptions(
        kind=recipe.head,
        branches=tuple((e.spec.n_layers, e.spec.n_features) for e in extractors),
        n_classes=len(split.labels),
        n_hidden=recipe.n_hidden,
        dropout=recipe.dropout,
        dropout_first=recipe.dropout_first,
    )
    runs = []
    for seed in seeds:
        listener.stage(f"Training {recipe.title}, seed {seed}")
        runs.append(train_head(dataset, recipe, options, seed, listener.epoch))
    chosen = max(runs, key=lambda run: (run.best.validation_uar, -run.best.validation_loss))

    scores = tuple(metrics.score(dataset.test.classes, run.test_logits.argmax(1), len(split.labels)) for run in runs)
    config = BundleConfig(
        name=f"{corpus.name} · {recipe.title}",
        labels=tuple(str(label) for label in split.labels),
        head_kind=recipe.head,
        n_hidden=recipe.n_hidden,
        dropout=recipe.dropout,
        dropout_first=recipe.dropout_first,
        features=tuple(e.spec for e in extractors),
        encoder=encoder.identity if encoder else None,
        normalisation=recipe.normalisation,
        window_s=recipe.head_s,
        min_window_s=MIN_WINDOW_S,
        decision=_decide(chosen, dataset),
        results=_results(corpus, split, runs, chosen, scores),
        licence=corpus.licence,
    )
    listener.stage(f"Writing «{out}»")
    evidence = report.Evidence(recipe, config, corpus_name, split, tuple(runs), chosen, scores, dataset)
    save_bundle(out, config, chosen.head, dataset.reference, report.model_card(evidence))
    report.write_run(out / "run", evidence)
    return JobResult(config, tuple(runs), scores)


def _open_encoder(name: str) -> Encoder:
    entry = find_encoder(name)
    return load_encoder(entry.folder, choose_device(), entry.identity)


def _decide(run: Run, dataset: Dataset) -> Decision:
    truth = dataset.validation.classes
    temperature = round(metrics.fit_temperature(run.validation_logits, truth), 4)
    threshold = metrics.choose_threshold(softmax(run.validation_logits / temperature), truth)
    return Decision(temperature, round(threshold, 4))


def _results(
    corpus: Corpus, split: Split, runs: Sequence[Run], chosen: Run, scores: Sequence[metrics.Scores]
) -> Results:
    return Results(
        corpus=corpus.name,
        protocol=split.protocol,
        seeds=tuple(run.seed for run in runs),
        seed=chosen.seed,
        test_uar=tuple(round(s.uar, 6) for s in scores),
        test_wa=tuple(round(s.wa, 6) for s in scores),
        validation_uar=tuple(round(run.best.validation_uar, 6) for run in runs),
        n_test=len(split.test),
    )

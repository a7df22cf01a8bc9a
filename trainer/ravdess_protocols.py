"""The divisions of RAVDESS: the paper's own, and the one it compares with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ser_desktop.core.labels import RAVDESS_7, RAVDESS_8, Emotion, merge_calm
from trainer.contents import Contents
from trainer.corpora import Corpus, Utterance
from trainer.splits import MAX_FOLDS, Protocol, Split, rotate

_SHUFFLE_SEED = 1234


def ravdess_fixed(corpus: Corpus, _contents: Contents) -> Protocol:
    """Pepino et al. 2021: actors 01–20, 21–22 and 23–24; calm merged into neutral."""
    labels = _sung(RAVDESS_7) if corpus.key == "ravdess-song" else RAVDESS_7
    text = f"actors 01–20 train, 21–22 validation, 23–24 test; {len(labels)} classes, calm merged into neutral"
    parts = _actors(corpus, 1, 20), _actors(corpus, 21, 22), _actors(corpus, 23, 24)
    return Protocol("fixed", text, labels, (Split("fold-1", *parts),))


def ravdess_six_folds(corpus: Corpus, _contents: Contents) -> Protocol:
    """Six folds of four actors: everybody is tested once. A pretrained encoder may have heard them."""
    folds = [_actors(corpus, first, first + 3) for first in range(1, 25, 4)]
    labels = _sung(RAVDESS_7) if corpus.key == "ravdess-song" else RAVDESS_7
    text = (
        f"six folds of four actors, the next one validates; {len(labels)} classes, calm merged into neutral; the "
        "compact encoder has heard actors 01–20, so that only the last fold is new to it"
    )
    return Protocol("six-folds", text, labels, rotate(folds))


def _actors(corpus: Corpus, first: int, last: int) -> tuple[Utterance, ...]:
    names = {f"actor{i:02d}" for i in range(first, last + 1)}
    chosen = (u for u in corpus.utterances if u.speaker in names)
    return tuple(replace(u, emotion=merge_calm(Emotion(u.emotion))) for u in chosen)


def ravdess_issa(corpus: Corpus, contents: Contents) -> Protocol:
    """Issa et al. 2020: five random folds, so the same actors train and test; calm kept apart."""
    # Byte-identical recordings move together: they must not be in training and test.
    twins: dict[str, list[Utterance]] = {}
    for utterance in corpus.utterances:
        twins.setdefault(contents[utterance.identity], []).append(utterance)
    order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(twins))
    groups = list(twins.values())
    folds: list[list[Utterance]] = [[] for _ in range(MAX_FOLDS)]
    for place, i in enumerate(order):
        folds[place % MAX_FOLDS].extend(groups[i])
    labels = _sung(RAVDESS_8) if corpus.key == "ravdess-song" else RAVDESS_8
    text = f"five random folds of utterances, one to test, one to validate; {len(labels)} classes, calm kept"
    return Protocol("issa", text, labels, rotate(folds), speaker_dependent=True)


def _sung(labels: tuple[Emotion, ...]) -> tuple[Emotion, ...]:
    return tuple(label for label in labels if label not in {Emotion.DISGUST, Emotion.SURPRISED})

"""Folds of recordings, for corpora of one or two people: every voice trains, and every voice is tested."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from ser_desktop.core.errors import CorpusError
from trainer.contents import Contents
from trainer.corpora import Corpus, Utterance
from trainer.splits import MAX_FOLDS, Protocol, rotate

_SHUFFLE_SEED = 1234
_MIN_RECORDINGS = 3


def recording_folds(corpus: Corpus, contents: Contents) -> Protocol:
    """Five folds with each emotion in all of them; identical recordings and those of one session stay together.

    Raises
    ------
    CorpusError
        If there is one emotion only, or one of them has fewer than three recordings.
    """
    labels = tuple(sorted({str(u.emotion) for u in corpus.utterances}))
    require_two(corpus, labels)
    groups: dict[tuple[str, str], list[Utterance]] = defaultdict(list)
    for utterance in corpus.utterances:
        groups[str(utterance.emotion), utterance.session or contents[utterance.identity]].append(utterance)
    sizes = Counter(label for label, _ in groups)
    rarest = min(labels, key=lambda label: sizes[label])
    if sizes[rarest] < _MIN_RECORDINGS:
        raise CorpusError(
            f"{corpus.name} holds {sizes[rarest]} recording(s) of {rarest}; one must train, another validate and a "
            "third one test.",
            f"Add recordings of {rarest}.",
        )
    folds: list[list[Utterance]] = [[] for _ in range(min(MAX_FOLDS, sizes[rarest]))]
    for label in labels:
        own = [group for (name, _), group in sorted(groups.items(), key=lambda item: item[0]) if name == label]
        order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(own))
        for place, i in enumerate(order):
            folds[place % len(folds)].extend(own[i])
    text = f"{len(folds)} folds of recordings, the next one validates; {len(labels)} classes"
    return Protocol("recordings", text, labels, rotate(folds), speaker_dependent=True)


def require_two(corpus: Corpus, labels: tuple[str, ...]) -> None:
    """Refuse a corpus of one emotion.

    Raises
    ------
    CorpusError
    """
    if len(labels) < 2:
        where = " Or name the folder in it, if the emotions' folders are there." if corpus.key == "folder" else ""
        raise CorpusError(
            f"{corpus.name} holds the one emotion {', '.join(labels)}; telling emotions apart needs two.",
            f"Add recordings of another emotion.{where}",
        )

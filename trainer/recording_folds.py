"""Folds of recordings, for corpora of one or two people: every voice trains, and every voice is tested."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ser_desktop.core.errors import CorpusError
from trainer.contents import Contents
from trainer.corpora import Corpus, Utterance
from trainer.splits import MAX_FOLDS, Protocol, rotate

_SHUFFLE_SEED = 1234
_MIN_GROUPS = 3


def recording_folds(corpus: Corpus, contents: Contents) -> Protocol:
    """Five folds with each emotion in all of them; identical recordings and those of one session stay together.

    Raises
    ------
    CorpusError
        If there is one emotion only, or one of them has fewer than three recordings (or sessions).
    """
    labels = tuple(sorted({str(u.emotion) for u in corpus.utterances}))
    require_two(corpus, labels)
    groups = _groups(corpus, contents)
    counts = Counter(label for group in groups for label in {str(u.emotion) for u in group})
    rarest = min(labels, key=lambda label: counts[label])
    if counts[rarest] < _MIN_GROUPS:
        what = "session(s) with" if any(u.session for u in corpus.utterances) else "recording(s) of"
        raise CorpusError(
            f"{corpus.name} holds {counts[rarest]} {what} {rarest}; one must train, another validate and a third one "
            "test.",
            f"Add recordings of {rarest}.",
        )
    folds = _deal(groups, min(MAX_FOLDS, counts[rarest]))
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


def _groups(corpus: Corpus, contents: Contents) -> list[list[Utterance]]:
    """Return what must stay together: sessions, identical recordings, and sessions that share one."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    for utterance in corpus.utterances:
        sound = find(f"sound {contents[utterance.identity]}")
        if utterance.session:
            leader[sound] = find(f"session {utterance.session}")
    groups: dict[str, list[Utterance]] = {}
    for utterance in corpus.utterances:
        groups.setdefault(find(f"sound {contents[utterance.identity]}"), []).append(utterance)
    return list(groups.values())


def _deal(groups: list[list[Utterance]], n_folds: int) -> list[list[Utterance]]:
    """Deal groups out, the largest first, each to the fold that has the fewest of its emotions."""
    order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(groups))
    folds: list[list[Utterance]] = [[] for _ in range(n_folds)]
    has: list[Counter[str]] = [Counter() for _ in range(n_folds)]
    for i in sorted(order, key=lambda i: -len(groups[i])):
        emotions = [str(u.emotion) for u in groups[i]]
        chosen = min(range(n_folds), key=lambda k: (sum(has[k][e] for e in set(emotions)), len(folds[k]), k))
        folds[chosen] += groups[i]
        has[chosen].update(emotions)
    return folds

"""Who trains, who validates, who tests: the paper's protocols, and k folds of speakers for other corpora."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import IEMOCAP_4, RAVDESS_7, RAVDESS_8, Emotion, merge_calm
from trainer.contents import Contents
from trainer.corpora import Corpus, Utterance

MAX_FOLDS = 5
_SHUFFLE_SEED = 1234
_MIN_SPEAKERS = 3


@dataclass(frozen=True)
class Split:
    """One fold: who trains, who validates, who tests.

    Attributes
    ----------
    name : str
        ``fold-1``, ``fold-2``, …
    train, validation, test : tuple of Utterance
    """

    name: str
    train: tuple[Utterance, ...]
    validation: tuple[Utterance, ...]
    test: tuple[Utterance, ...]

    def parts(self) -> dict[str, tuple[Utterance, ...]]:
        """Return the three parts by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def without(self, identities: Iterable[str]) -> Split:
        """Return the split without some utterances."""
        gone = set(identities)

        def rest(part: tuple[Utterance, ...]) -> tuple[Utterance, ...]:
            return tuple(u for u in part if u.identity not in gone)

        return Split(self.name, rest(self.train), rest(self.validation), rest(self.test))


@dataclass(frozen=True)
class Protocol:
    """How a corpus is divided.

    Attributes
    ----------
    name : str
    text : str
        In words, for cards and tables.
    labels : tuple of str
        Class order.
    splits : tuple of Split
    speaker_dependent : bool
        The same speakers are in training and test, on purpose.
    """

    name: str
    text: str
    labels: tuple[str, ...]
    splits: tuple[Split, ...]
    speaker_dependent: bool = False

    def utterances(self) -> tuple[Utterance, ...]:
        """Everybody, once, sorted by identity."""
        everyone = {u.identity: u for split in self.splits for part in split.parts().values() for u in part}
        return tuple(everyone[identity] for identity in sorted(everyone))

    def without(self, identities: Iterable[str]) -> Protocol:
        """Return the protocol without some utterances."""
        gone = set(identities)
        return replace(self, splits=tuple(split.without(gone) for split in self.splits))


def ravdess_fixed(corpus: Corpus, _contents: Contents) -> Protocol:
    """Pepino et al. 2021: actors 01–20, 21–22 and 23–24; calm merged into neutral."""

    def actors(first: int, last: int) -> tuple[Utterance, ...]:
        names = {f"actor{i:02d}" for i in range(first, last + 1)}
        chosen = (u for u in corpus.utterances if u.speaker in names)
        return tuple(replace(u, emotion=merge_calm(Emotion(u.emotion))) for u in chosen)

    labels = _sung(RAVDESS_7) if corpus.key == "ravdess-song" else RAVDESS_7
    text = f"actors 01–20 train, 21–22 validation, 23–24 test; {len(labels)} classes, calm merged into neutral"
    return Protocol("fixed", text, labels, (Split("fold-1", actors(1, 20), actors(21, 22), actors(23, 24)),))


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
    return Protocol("issa", text, labels, _rotate(folds), speaker_dependent=True)


def _sung(labels: tuple[Emotion, ...]) -> tuple[Emotion, ...]:
    return tuple(label for label in labels if label not in {Emotion.DISGUST, Emotion.SURPRISED})


def iemocap_sessions(corpus: Corpus, _contents: Contents) -> Protocol:
    """Leave one session out; of the other four, the next one decides when to stop."""
    by_session: dict[str, list[Utterance]] = {}
    for utterance in corpus.utterances:
        by_session.setdefault(utterance.session, []).append(utterance)
    if len(by_session) < _MIN_SPEAKERS:
        raise CorpusError(
            f"Leaving a session out needs three sessions; there are {len(by_session)}.", "Copy the whole corpus."
        )
    text = "leave one session out, another session validates; 4 classes, excited counted as happy"
    return Protocol("sessions", text, IEMOCAP_4, _rotate([by_session[name] for name in sorted(by_session)]))


def iemocap_issa(corpus: Corpus, contents: Contents) -> Protocol:
    """Issa et al. 2020: improvised turns on which all annotators agree, by sessions."""
    chosen = tuple(u for u in corpus.utterances if u.style == "improvised" and u.agreement == 1.0)
    protocol = iemocap_sessions(replace(corpus, utterances=chosen), contents)
    return replace(protocol, name="issa", text=f"improvised turns with full agreement; {protocol.text}")


def speaker_folds(corpus: Corpus, _contents: Contents) -> Protocol:
    """Five folds (or as many as there are speakers, three at least) that never share a speaker."""
    speakers = Counter(u.speaker for u in corpus.utterances)
    return _by_speakers(corpus, "folds", min(MAX_FOLDS, len(speakers)))


def leave_one_speaker_out(corpus: Corpus, _contents: Contents) -> Protocol:
    """Make a fold for each speaker; the next speaker validates."""
    return _by_speakers(corpus, "speakers", len({u.speaker for u in corpus.utterances}))


def _by_speakers(corpus: Corpus, name: str, n_folds: int) -> Protocol:
    sizes = Counter(u.speaker for u in corpus.utterances)
    labels = tuple(sorted({str(u.emotion) for u in corpus.utterances}))
    if len(labels) < 2:
        raise CorpusError(
            f"{corpus.name} holds the one emotion {', '.join(labels)}; telling emotions apart needs two.",
            "Add recordings of another emotion.",
        )
    if len(sizes) < _MIN_SPEAKERS:
        raise CorpusError(
            f"{corpus.name} holds {len(sizes)} speaker(s) ({', '.join(sorted(sizes))}); one must train, another "
            "validate and a third one test.",
            "Add recordings of other people.",
        )
    folds: list[list[str]] = [[] for _ in range(n_folds)]
    # The largest speaker first, each into the smallest fold: folds of like size, the same on every machine.
    for speaker in sorted(sizes, key=lambda s: (-sizes[s], s)):
        min(folds, key=lambda fold: sum(sizes[s] for s in fold)).append(speaker)
    members = [[u for u in corpus.utterances if u.speaker in fold] for fold in folds]
    kind = f"leave one of {n_folds} speakers out" if name == "speakers" else f"{n_folds} folds of speakers"
    text = f"{kind}, the next one validates; {len(labels)} classes"
    return Protocol(name, text, labels, _rotate(members))


def _rotate(folds: Sequence[Sequence[Utterance]]) -> tuple[Split, ...]:
    """Fold i tests, fold i + 1 validates, the others train."""
    splits = []
    for i in range(len(folds)):
        validates = (i + 1) % len(folds)
        rest = [u for k, fold in enumerate(folds) if k not in {i, validates} for u in fold]
        ordered = [tuple(sorted(part, key=lambda u: u.identity)) for part in (rest, folds[validates], folds[i])]
        splits.append(Split(f"fold-{i + 1}", *ordered))
    return tuple(splits)


Maker = Callable[[Corpus, Contents], Protocol]
_RAVDESS: dict[str, Maker] = {"fixed": ravdess_fixed, "issa": ravdess_issa, "folds": speaker_folds}
_OWN: dict[str, Maker] = {"folds": speaker_folds, "speakers": leave_one_speaker_out}

PROTOCOLS: dict[str, dict[str, Maker]] = {
    "ravdess": _RAVDESS,
    "ravdess-song": _RAVDESS,
    "ravdess-both": _RAVDESS,
    "iemocap": {"sessions": iemocap_sessions, "issa": iemocap_issa},
    "folder": _OWN,
    "csv": _OWN,
    "audformat": _OWN,
}
"""Protocols of each corpus by name; the first is its own."""


def own_protocol(corpus_key: str) -> str:
    """Name of the protocol a corpus is used with unless another is asked for."""
    return next(iter(PROTOCOLS[corpus_key]))

"""Divisions of a corpus: who trains, who validates, who tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from trainer.corpora import Utterance

MAX_FOLDS = 5


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


def rotate(folds: Sequence[Sequence[Utterance]]) -> tuple[Split, ...]:
    """Let fold i test, fold i + 1 validate and the others train."""
    splits = []
    for i in range(len(folds)):
        validates = (i + 1) % len(folds)
        rest = [u for k, fold in enumerate(folds) if k not in {i, validates} for u in fold]
        ordered = [by_identity(part) for part in (rest, folds[validates], folds[i])]
        splits.append(Split(f"fold-{i + 1}", *ordered))
    return tuple(splits)


def by_identity(utterances: Iterable[Utterance]) -> tuple[Utterance, ...]:
    """Sort utterances."""
    return tuple(sorted(utterances, key=lambda u: u.identity))


def with_copies(protocol: Protocol, n_copies: int) -> Protocol:
    """Let changed copies of every training utterance train too; nobody else is changed."""
    splits = []
    for split in protocol.splits:
        copies = (replace(u, identity=f"{u.identity}~{k}", copy=k) for u in split.train for k in range(1, n_copies + 1))
        splits.append(replace(split, train=by_identity((*split.train, *copies))))
    how_many = "1 changed copy" if n_copies == 1 else f"{n_copies} changed copies"
    text = f"{protocol.text}; {how_many} of every training utterance"
    return replace(protocol, text=text, splits=tuple(splits))


def original(copy: Utterance) -> str:
    """Return the identity of the utterance that a copy is made from."""
    return copy.identity.removesuffix(f"~{copy.copy}")

"""A corpus that was read, looked at recording by recording, and divided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ser_desktop.core.errors import CorpusError
from trainer.contents import Contents, read_contents
from trainer.corpora import CORPORA, ReadOptions
from trainer.corpora.utterance import Utterance
from trainer.events import Listener, Notice, Stage
from trainer.leaks import check_protocol
from trainer.protocols import PROTOCOLS
from trainer.splits import Protocol, original, with_copies

_MANY = 20


class Material:
    """What the rows of a run are trained on.

    Parameters
    ----------
    corpus_key : str
    options : ReadOptions
    skip_unreadable : bool
        Leave out recordings that cannot be used instead of refusing the corpus.
    listener : Listener

    Raises
    ------
    CorpusError
        If the corpus is not what it should be.
    """

    def __init__(self, corpus_key: str, options: ReadOptions, *, skip_unreadable: bool, listener: Listener) -> None:
        kind = CORPORA[corpus_key]
        self._listener = listener
        self._skip_unreadable = skip_unreadable
        listener(Stage("read", f"Reading {kind.title} in {', '.join(f'«{path}»' for path in options.data)}"))
        self.corpus = kind.read(options)
        self.notes = list(self.corpus.notes)
        for note in self.notes:
            listener(Notice(note))
        self._copies: list[Utterance] = []
        self.contents: Contents
        self.contents, unreadable = read_contents(self.corpus.utterances)
        self.protocols: dict[str, Protocol] = {}
        self.warnings: dict[str, tuple[str, ...]] = {}
        self.leave_out(unreadable)

    def divide(self, names: Iterable[str]) -> None:
        """Make the named protocols (those the corpus has) and refuse leaks.

        Raises
        ------
        CorpusError
        """
        for name in dict.fromkeys(names):
            maker = PROTOCOLS[self.corpus.key].get(name)
            if maker is None:
                continue
            self.protocols[name] = maker(self.corpus, self.contents)
            self.warnings[name] = check_protocol(self.protocols[name], self.contents)
            for warning in self.warnings[name]:
                self._listener(Notice(warning))

    def augment(self, n_copies: int) -> None:
        """Add changed copies of every training utterance to all protocols; call it after `divide`."""
        for name, protocol in self.protocols.items():
            self.protocols[name] = with_copies(protocol, n_copies)
        named = {u.identity: u for protocol in self.protocols.values() for u in protocol.utterances()}
        self._copies = [named[identity] for identity in sorted(named) if named[identity].copy]
        self.contents |= {u.identity: f"{self.contents[original(u)]}~{u.copy}v1" for u in self._copies}

    def utterances(self) -> list[Utterance]:
        """Everybody that any of the protocols names, sorted by identity."""
        named = {u.identity for protocol in self.protocols.values() for u in protocol.utterances()}
        return [u for u in (*self.corpus.utterances, *self._copies) if u.identity in named]

    def leave_out(self, unusable: dict[str, str]) -> None:
        """Leave recordings out that cannot be used, with all their copies, and list them.

        Parameters
        ----------
        unusable : dict
            Why, by identity.

        Raises
        ------
        CorpusError
            If that was not asked for, or what remains cannot be divided.
        """
        if not unusable:
            return
        sources = {u.identity: original(u) for u in self._copies}
        reasons: dict[str, str] = {}
        for identity, reason in unusable.items():
            reasons.setdefault(sources.get(identity, identity), reason)
        first, *others = reasons
        what = f"{len(reasons)} of {len(self.corpus.utterances)} recordings cannot be used: {reasons[first]}"
        if others:
            what += f" The others: {', '.join(others[:_MANY])}{', …' if len(others) > _MANY else '.'}"
        if len(reasons) == len(self.corpus.utterances):
            raise CorpusError(what, "Copy the corpus again.")
        if not self._skip_unreadable:
            raise CorpusError(what, "Copy them again, or leave them out with --skip-unreadable.")
        self.notes.append(f"Left out: {what}")
        self._listener(Notice(self.notes[-1]))
        kept = tuple(u for u in self.corpus.utterances if u.identity not in reasons)
        self.corpus = replace(self.corpus, utterances=kept, is_complete=False)
        gone = {*reasons, *(copy for copy, source in sources.items() if source in reasons)}
        self.contents = {i: content for i, content in self.contents.items() if i not in gone}
        for name, protocol in self.protocols.items():
            self.protocols[name] = protocol.without(gone)
            self.warnings[name] = check_protocol(self.protocols[name], self.contents)

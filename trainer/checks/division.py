"""How a corpus would be divided, or why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from ser_desktop.core.errors import CorpusError
from trainer.checks.findings import Finding, Level
from trainer.contents import Contents
from trainer.corpora import Corpus
from trainer.leaks import check_protocol
from trainer.protocols import PROTOCOLS, own_protocol, too_few_speakers
from trainer.splits import Protocol

_FEW_TESTERS = 4
_OTHER_FOLDS = (
    "It is divided into folds of speakers instead. Copy the whole corpus to compare with published figures. Train with "
    "--protocol folds."
)


@dataclass(frozen=True)
class FoldCheck:
    """One fold in numbers.

    Attributes
    ----------
    name : str
    sizes : dict
        Utterances by part.
    speakers : dict
        Names by part.
    """

    name: str
    sizes: dict[str, int]
    speakers: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class SplitCheck:
    """How the corpus would be divided.

    Attributes
    ----------
    protocol, text : str
    labels : tuple of str
    speaker_dependent : bool
    folds : tuple of FoldCheck
    """

    protocol: str
    text: str
    labels: tuple[str, ...]
    speaker_dependent: bool
    folds: tuple[FoldCheck, ...]


def divide(corpus: Corpus, contents: Contents, wanted: str) -> tuple[Protocol | None, SplitCheck | None, list[Finding]]:
    """Divide the corpus as training will, or say why that is impossible."""
    name, findings = _protocol_for(corpus, wanted)
    maker = PROTOCOLS[corpus.key].get(name)
    if maker is None:
        known = ", ".join(PROTOCOLS[corpus.key])
        text = f"{corpus.name} has no division «{name}» (it has {known})."
        return None, None, [Finding(Level.ERROR, text, "Name another one with --protocol, or none.")]
    try:
        protocol = maker(corpus, contents)
        warnings = check_protocol(protocol, contents)
    except CorpusError as error:
        has_folds = "folds" in PROTOCOLS[corpus.key]
        if not wanted and name == "fixed" and has_folds and not corpus.is_complete:
            note = Finding(Level.WARNING, f"The corpus's own division is not possible. {error.what}", _OTHER_FOLDS)
            protocol_, split, more = divide(corpus, contents, "folds")
            return protocol_, split, [note, *more]
        return None, None, [*findings, Finding(Level.ERROR, error.what, error.fix)]
    findings += [Finding(Level.WARNING, warning) for warning in warnings]
    testers = {u.speaker for split in protocol.splits for u in split.test}
    if not protocol.speaker_dependent and len(testers) < _FEW_TESTERS:
        text = f"Only {len(testers)} people test the model; with others the figures could be quite different."
        findings.append(Finding(Level.WARNING, text, "Take them as a tendency."))
    folds = tuple(
        FoldCheck(
            split.name,
            {part: len(utterances) for part, utterances in split.parts().items()},
            {part: tuple(sorted({u.speaker for u in utterances})) for part, utterances in split.parts().items()},
        )
        for split in protocol.splits
    )
    labels = tuple(str(label) for label in protocol.labels)
    return protocol, SplitCheck(name, protocol.text, labels, protocol.speaker_dependent, folds), findings


def _protocol_for(corpus: Corpus, wanted: str) -> tuple[str, list[Finding]]:
    """Return the protocol to use; without enough speakers that is one by recordings, which must be said."""
    if wanted:
        return wanted, []
    if too_few_speakers(corpus) is None or "recordings" not in PROTOCOLS[corpus.key]:
        return own_protocol(corpus.key), []
    speakers = sorted({u.speaker for u in corpus.utterances})
    whom = f"by {speakers[0]} alone" if len(speakers) == 1 else f"by two people ({' and '.join(speakers)})"
    text = f"Everything is spoken {whom}: the same voices train and test the model."
    fix = "The figures will tell how well it knows them, not how it does with others. Add recordings of other people. "
    fix += "Train with --protocol recordings."
    return "recordings", [Finding(Level.WARNING, text, fix)]

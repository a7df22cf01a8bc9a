"""Who trains, who validates, who tests: the paper's protocols, and k folds of speakers for other corpora."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import IEMOCAP_4
from trainer.contents import Contents
from trainer.corpora import Corpus, Utterance
from trainer.joint_protocols import nemo_to_ravdess, ravdess_to_nemo, ravdess_to_nemo_speakers, ravdess_with_nemo
from trainer.ravdess_protocols import ravdess_fixed, ravdess_issa, ravdess_six_folds
from trainer.recording_folds import recording_folds, require_two
from trainer.splits import MAX_FOLDS, Protocol, rotate

_MIN_SPEAKERS = 3


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
    return Protocol("sessions", text, IEMOCAP_4, rotate([by_session[name] for name in sorted(by_session)]))


def iemocap_issa(corpus: Corpus, contents: Contents) -> Protocol:
    """Issa et al. 2020: improvised turns on which all annotators agree, by sessions."""
    chosen = tuple(u for u in corpus.utterances if u.style == "improvised" and u.agreement == 1.0)
    protocol = iemocap_sessions(replace(corpus, utterances=chosen), contents)
    return replace(protocol, name="issa", text=f"improvised turns with full agreement; {protocol.text}")


def speaker_folds(corpus: Corpus, _contents: Contents) -> Protocol:
    """Five folds (or as many as there are speakers, three at least) that never share a speaker."""
    speakers = Counter(u.speaker for u in corpus.utterances)
    return _by_speakers(corpus, "folds", min(MAX_FOLDS, len(speakers)))


def too_few_speakers(corpus: Corpus) -> tuple[str, str] | None:
    """Say what stands against a division by speakers and what to do about it; None where nothing does."""
    speakers = sorted({u.speaker for u in corpus.utterances})
    if len(speakers) >= _MIN_SPEAKERS:
        return None
    return (
        f"{corpus.name} holds {len(speakers)} speaker(s) ({', '.join(speakers)}); one must train, another validate and "
        "a third one test.",
        "Add recordings of other people, or divide by recordings (--protocol recordings): the figures then tell how "
        "well the model knows these voices, and nothing about others.",
    )


def leave_one_speaker_out(corpus: Corpus, _contents: Contents) -> Protocol:
    """Make a fold for each speaker; the next speaker validates."""
    return _by_speakers(corpus, "speakers", len({u.speaker for u in corpus.utterances}))


def _by_speakers(corpus: Corpus, name: str, n_folds: int) -> Protocol:
    sizes = Counter(u.speaker for u in corpus.utterances)
    labels = tuple(sorted({str(u.emotion) for u in corpus.utterances}))
    require_two(corpus, labels)
    reason = too_few_speakers(corpus)
    if reason is not None:
        raise CorpusError(*reason)
    folds: list[list[str]] = [[] for _ in range(n_folds)]
    # The largest speaker first, each into the smallest fold: folds of like size, the same on every machine.
    for speaker in sorted(sizes, key=lambda s: (-sizes[s], s)):
        min(folds, key=lambda fold: sum(sizes[s] for s in fold)).append(speaker)
    members = [[u for u in corpus.utterances if u.speaker in fold] for fold in folds]
    kind = f"leave one of {n_folds} speakers out" if name == "speakers" else f"{n_folds} folds of speakers"
    text = f"{kind}, the next one validates; {len(labels)} classes"
    return Protocol(name, text, labels, rotate(members))


Maker = Callable[[Corpus, Contents], Protocol]
_RAVDESS: dict[str, Maker] = {
    "fixed": ravdess_fixed,
    "issa": ravdess_issa,
    "folds": speaker_folds,
    "six-folds": ravdess_six_folds,
}
_BY_SPEAKERS: dict[str, Maker] = {"folds": speaker_folds, "speakers": leave_one_speaker_out}
_OWN: dict[str, Maker] = {**_BY_SPEAKERS, "recordings": recording_folds}

PROTOCOLS: dict[str, dict[str, Maker]] = {
    "ravdess": _RAVDESS,
    "ravdess-song": _RAVDESS,
    "ravdess-both": _RAVDESS,
    "nemo": _BY_SPEAKERS,
    "ravdess-nemo": {
        "fixed": ravdess_with_nemo,
        "to-nemo": ravdess_to_nemo,
        "to-nemo-speakers": ravdess_to_nemo_speakers,
        "to-ravdess": nemo_to_ravdess,
    },
    "iemocap": {"sessions": iemocap_sessions, "issa": iemocap_issa},
    "folder": _OWN,
    "csv": _OWN,
    "audformat": _OWN,
}
"""Protocols of each corpus by name; the first is its own."""


def own_protocol(corpus_key: str) -> str:
    """Name of the protocol a corpus is used with unless another is asked for."""
    return next(iter(PROTOCOLS[corpus_key]))

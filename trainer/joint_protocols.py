"""RAVDESS and nEMO together: more voices to train on, and voices of another corpus to test on."""

from __future__ import annotations

from dataclasses import replace

from ser_desktop.core.labels import SHARED_6
from trainer.contents import Contents
from trainer.corpora import Corpus, nemo
from trainer.ravdess_protocols import ravdess_fixed
from trainer.splits import Protocol, Split, by_identity


def ravdess_with_nemo(corpus: Corpus, contents: Contents) -> Protocol:
    """RAVDESS's own split with nEMO as more training data: what decides and what is tested stays the same."""
    own = ravdess_fixed(_only(corpus, ravdess=True), contents)
    split = own.splits[0]
    more = replace(split, train=by_identity((*split.train, *_only(corpus, ravdess=False).utterances)))
    return Protocol("fixed", f"{own.text}; all of nEMO trains too", own.labels, (more,))


def ravdess_to_nemo(corpus: Corpus, contents: Contents) -> Protocol:
    """Leave nEMO out: RAVDESS trains and validates, nEMO tests, on the emotions that both have."""
    split = _shared(ravdess_fixed(_only(corpus, ravdess=True), contents).splits[0])
    tested = replace(split, test=_only(corpus, ravdess=False).utterances)
    text = "RAVDESS actors 01–20 train, 21–22 validate, nEMO tests; 6 shared classes"
    return Protocol("to-nemo", text, SHARED_6, (tested,))


def ravdess_to_nemo_speakers(corpus: Corpus, contents: Contents) -> Protocol:
    """Leave nEMO's speakers out, two at a time: RAVDESS and the other speakers train, RAVDESS validates."""
    split = _shared(ravdess_fixed(_only(corpus, ravdess=True), contents).splits[0])
    theirs = _only(corpus, ravdess=False).utterances
    speakers = sorted({u.speaker for u in theirs})
    splits: list[Split] = []
    for first in range(0, len(speakers), 2):
        tested = speakers[first : first + 2]
        train = by_identity((*split.train, *(u for u in theirs if u.speaker not in tested)))
        test = tuple(u for u in theirs if u.speaker in tested)
        splits.append(Split(f"fold-{len(splits) + 1}", train, split.validation, test))
    text = (
        "RAVDESS actors 01–20 and nEMO's other speakers train, 21–22 validate, two nEMO speakers test; 6 shared classes"
    )
    return Protocol("to-nemo-speakers", text, SHARED_6, tuple(splits))


def nemo_to_ravdess(corpus: Corpus, contents: Contents) -> Protocol:
    """Leave RAVDESS out: nEMO trains, its last speaker validates; RAVDESS's validation actors are tested on."""
    theirs = _only(corpus, ravdess=False).utterances
    last = max(u.speaker for u in theirs)
    validation = _shared(ravdess_fixed(_only(corpus, ravdess=True), contents).splits[0]).validation
    parts = tuple(u for u in theirs if u.speaker != last), tuple(u for u in theirs if u.speaker == last), validation
    text = f"nEMO trains, its speaker {last} validates, RAVDESS actors 21–22 test; 6 shared classes"
    return Protocol("to-ravdess", text, SHARED_6, (Split("fold-1", *parts),))


def _only(corpus: Corpus, *, ravdess: bool) -> Corpus:
    return replace(corpus, utterances=tuple(u for u in corpus.utterances if (u.session != nemo.SESSION) is ravdess))


def _shared(split: Split) -> Split:
    return split.without(u.identity for part in split.parts().values() for u in part if u.emotion not in SHARED_6)

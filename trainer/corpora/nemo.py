"""nEMO (Christop 2024): nine actors, Polish, six emotions in the file names; alone or beside RAVDESS."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import NEMO_NAMES
from trainer.corpora import ravdess
from trainer.corpora.named_files import collect
from trainer.corpora.utterance import Corpus, ReadOptions, Utterance

LICENCE = "CC BY-NC-SA 4.0"
N_FILES = 4481
SESSION = "nEMO"
"""What tells nEMO's utterances from those of RAVDESS where both are read."""

_NAME = re.compile(r"([A-Z]{2}\d)_([a-z]+)_(\d+)")
_SUFFIXES = {".wav", ".flac", ".ogg", ".opus"}


def read_alone(options: ReadOptions) -> Corpus:
    """List the files below folders or in zip files; their names are speaker_emotion_sentence.

    Raises
    ------
    CorpusError
        If a place is absent, a file is there twice, or it is not the whole corpus and that was not accepted.
    """
    hint = f"nEMO is free to download ({LICENCE}). Name the folder or the zip file that holds its {N_FILES} files."
    utterances = collect(options, hint, _utterance)
    if len(utterances) == N_FILES:
        return Corpus("nemo", "nEMO", LICENCE, utterances)
    what = f"holds {len(utterances)} utterances of nEMO instead of {N_FILES}."
    if not utterances or not options.accept_counts:
        where = ", ".join(str(place) for place in options.data)
        fix = f"{hint} To train on what is there all the same, add --accept-counts."
        raise CorpusError(f"«{where}» {what}", fix)
    n_speakers = len({u.speaker for u in utterances})
    name = f"nEMO (incomplete: {n_speakers} of 9 speakers, {len(utterances)} files)"
    return Corpus("nemo", name, LICENCE, utterances, False, (f"Not the complete corpus: it {what}",))


def read_with_ravdess(options: ReadOptions) -> Corpus:
    """Read RAVDESS speech and nEMO from the same places; each reader leaves the other's files alone.

    Raises
    ------
    CorpusError
        As either reader does.
    """
    first, second = ravdess.read_speech(options), read_alone(options)
    return replace(
        first,
        key="ravdess-nemo",
        name=f"{first.name} + {second.name}",
        utterances=tuple(sorted((*first.utterances, *second.utterances), key=lambda u: u.identity)),
        is_complete=first.is_complete and second.is_complete,
        notes=(*first.notes, *second.notes),
    )


def _utterance(path: Path) -> Utterance | None:
    named = _NAME.fullmatch(path.stem)
    if path.suffix.lower() not in _SUFFIXES or named is None or named[2] not in NEMO_NAMES:
        return None
    speaker, emotion, sentence = named.groups()
    return Utterance(path.stem, path, speaker, NEMO_NAMES[emotion], session=SESSION, sentence=f"nEMO {sentence}")

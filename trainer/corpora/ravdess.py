"""RAVDESS speech (Livingstone & Russo 2018): 24 actors, 1440 files, labels in the file names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import RAVDESS_CODES, Emotion
from trainer.corpora.utterance import Corpus, Utterance

NAME = "RAVDESS speech"
LICENCE = "CC BY-NC-SA 4.0"
N_FILES = 1440
N_PER_EMOTION = {emotion: 96 if emotion is Emotion.NEUTRAL else 192 for emotion in RAVDESS_CODES.values()}

_SUFFIXES = {".wav", ".flac"}
_N_FIELDS = 7
_AUDIO_ONLY, _SPEECH = "03", "01"
_GET = "RAVDESS is at zenodo.org, record 1188976, file Audio_Speech_Actors_01-24.zip (CC BY-NC-SA 4.0)."


def load_ravdess_speech(folder: Path) -> Corpus:
    """List the speech files below a folder, at any nesting level.

    Parameters
    ----------
    folder : Path
        Holds files named modality-channel-emotion-intensity-statement-repetition-actor.

    Raises
    ------
    CorpusError
        If the folder is absent or the files are not exactly the corpus.
    """
    if not folder.is_dir():
        raise CorpusError(f"There is no folder «{folder}».", _GET)
    found: dict[str, Utterance] = {}
    for path in sorted(folder.rglob("*")):
        fields = path.stem.split("-")
        if path.suffix.lower() not in _SUFFIXES or not _is_speech(fields):
            continue
        if path.stem in found:
            raise CorpusError(
                f"«{path.name}» is there twice: «{found[path.stem].path}» and «{path}».",
                "Name a folder that holds one copy of the corpus.",
            )
        found[path.stem] = Utterance(path.stem, path, f"actor{fields[6]}", RAVDESS_CODES[fields[2]])
    utterances = tuple(found[identity] for identity in sorted(found))
    _check_counts(utterances, folder)
    return Corpus(NAME, LICENCE, utterances)


def _is_speech(fields: list[str]) -> bool:
    return len(fields) == _N_FIELDS and fields[:2] == [_AUDIO_ONLY, _SPEECH] and fields[2] in RAVDESS_CODES


def _check_counts(utterances: tuple[Utterance, ...], folder: Path) -> None:
    counts = Counter(utterance.emotion for utterance in utterances)
    wrong = [f"{e}: {counts[e]} instead of {n}" for e, n in N_PER_EMOTION.items() if counts[e] != n]
    if wrong:
        raise CorpusError(
            f"«{folder}» holds {len(utterances)} of the {N_FILES} RAVDESS speech files ({', '.join(wrong)}).", _GET
        )

"""RAVDESS (Livingstone & Russo 2018): 24 actors, speech and song, labels in the file names."""

from __future__ import annotations

from pathlib import Path

from ser_desktop.core.labels import RAVDESS_CODES, Emotion
from trainer.corpora.named_files import collect
from trainer.corpora.utterance import Corpus, ReadOptions, Utterance, check_counts

LICENCE = "CC BY-NC-SA 4.0"
HEAD_S = 5.0
N_SPEECH: dict[str, int] = {str(e): 96 if e is Emotion.NEUTRAL else 192 for e in RAVDESS_CODES.values()}
# 23 singers (actor 18 does not sing); neither disgust nor surprise is sung.
N_SONG: dict[str, int] = {
    str(e): 92 if e is Emotion.NEUTRAL else 184
    for e in (Emotion.NEUTRAL, Emotion.CALM, Emotion.HAPPY, Emotion.SAD, Emotion.ANGRY, Emotion.FEARFUL)
}

_SUFFIXES = {".wav", ".flac"}
_N_FIELDS = 7
_AUDIO_ONLY = "03"
_CHANNELS = {"01": "speech", "02": "song"}
_ARCHIVES = {"speech": "Audio_Speech_Actors_01-24.zip", "song": "Audio_Song_Actors_01-24.zip"}


def read_speech(options: ReadOptions) -> Corpus:
    """Read the 1440 spoken files. See `read`."""
    return read(options, "ravdess", "RAVDESS speech", ("speech",))


def read_song(options: ReadOptions) -> Corpus:
    """Read the 1012 sung files. See `read`."""
    return read(options, "ravdess-song", "RAVDESS song", ("song",))


def read_both(options: ReadOptions) -> Corpus:
    """Read speech and song, as the paper does. See `read`."""
    return read(options, "ravdess-both", "RAVDESS speech + song", ("speech", "song"))


def read(options: ReadOptions, key: str, name: str, styles: tuple[str, ...]) -> Corpus:
    """List the files below folders or in zip files, at any nesting level.

    Their names are modality-channel-emotion-intensity-statement-repetition-actor; other files and
    other modalities are left alone.

    Raises
    ------
    CorpusError
        If a place is absent, a file is there twice, or the counts are not the published ones.
    """
    hint = (
        f"RAVDESS is at zenodo.org, record 1188976, {' and '.join(_ARCHIVES[s] for s in styles)} ({LICENCE}). "
        f"Get it with `ser-desktop datasets get`, or name the folder (or the zip file) that holds all actors."
    )

    def spoken_or_sung(path: Path) -> Utterance | None:
        utterance = parse_name(path)
        return utterance if utterance and utterance.style in styles else None

    utterances = collect(options, hint, spoken_or_sung)
    expected: dict[str, int] = dict.fromkeys(N_SPEECH, 0)
    for counts in (N_SPEECH if "speech" in styles else {}, N_SONG if "song" in styles else {}):
        expected = {emotion: n + counts.get(emotion, 0) for emotion, n in expected.items()}
    expected = {emotion: n for emotion, n in expected.items() if n}
    where = ", ".join(str(place) for place in options.data)
    notes = check_counts(utterances, expected, where, hint, accept=options.accept_counts)
    if notes:
        name = f"{name} (incomplete: {len(utterances)} files)"
    return Corpus(key, name, LICENCE, utterances, not notes, notes, HEAD_S, encoder_s=None)


def parse_name(path: Path) -> Utterance | None:
    """Return what a file's name says, None if it is not named like a RAVDESS audio recording."""
    fields = path.stem.split("-")
    if path.suffix.lower() not in _SUFFIXES or len(fields) != _N_FIELDS or path.name.startswith("."):
        return None
    modality, channel, emotion, _intensity, statement, _repetition, actor = fields
    if modality != _AUDIO_ONLY or channel not in _CHANNELS or emotion not in RAVDESS_CODES:
        return None
    return Utterance(
        path.stem,
        path,
        f"actor{actor}",
        RAVDESS_CODES[emotion],
        style=_CHANNELS[channel],
        sentence=f"statement {statement}",
    )

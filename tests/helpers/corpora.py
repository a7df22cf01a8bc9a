"""Small corpora in the exact layout of the real ones."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile as sf

from tests.helpers.sounds import speech_like
from trainer.corpora import Utterance

N_SMALL_SPEECH: dict[str, int] = dict.fromkeys(
    ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"), 24
)
"""What `write_small_ravdess` writes of each emotion."""

N_SMALL_SONG: dict[str, int] = dict.fromkeys(("neutral", "calm", "happy", "sad", "angry", "fearful"), 23)
"""What `write_small_ravdess_song` writes of each emotion."""

N_SMALL_IEMOCAP: dict[str, int] = {"neutral": 20, "angry": 15, "happy": 20, "sad": 15}
"""What `write_iemocap` writes of each of the four classes."""

N_SMALL_IEMOCAP_RELEASED = 55
"""How many of those have an aligned word and an aligned syllable."""

N_SMALL_NEMO = 4 * 6 * 2
"""What `write_small_nemo` writes."""

APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(range(256))
"""What macOS leaves beside a file as ``._NAME``."""

_SINGERS = tuple(i for i in range(1, 25) if i != 18)
_SUNG = range(1, 7)


def write_recording(path: Path, seed: int = 0, level: float = 0.1, seconds: float = 0.2) -> Path:
    """Write a voice-like recording; other seeds give other bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, speech_like(seconds, level=level, seed=seed).astype(np.float32), 16_000)
    return path


def write_small_ravdess(folder: Path, n_repetitions: int = 1) -> int:
    """Write synthetic clips named like RAVDESS speech, 24 actors × 8 emotions; returns their number.

    Each emotion has a loudness of its own, so that there is something to learn.
    """
    n = 0
    for actor in range(1, 25):
        place = folder / "Audio_Speech" / f"Actor_{actor:02d}"
        place.mkdir(parents=True)
        for emotion in range(1, 9):
            for repetition in range(1, n_repetitions + 1):
                samples = speech_like(0.6, level=0.02 * emotion, seed=n).astype(np.float32)
                name = f"03-01-{emotion:02d}-01-01-{repetition:02d}-{actor:02d}.flac"
                sf.write(place / name, samples, 16_000)
                n += 1
    return n


def write_small_ravdess_song(folder: Path) -> int:
    """Write synthetic clips named like RAVDESS song, 23 singers × 6 emotions; returns their number."""
    n = 0
    for actor in _SINGERS:
        for emotion in _SUNG:
            name = f"03-02-{emotion:02d}-01-01-01-{actor:02d}.flac"
            place = folder / "Audio_Song" / f"Actor_{actor:02d}"
            write_recording(place / name, seed=10_000 + n, level=0.02 * emotion, seconds=0.6)
            n += 1
    return n


def write_small_nemo(
    folder: Path, speakers: Sequence[str] = ("EB0", "IC0", "KD0", "KS0"), n_sentences: int = 2, suffix: str = ".wav"
) -> int:
    """Write synthetic clips named like nEMO, six emotions of each speaker; returns their number."""
    n = 0
    for speaker in speakers:
        for emotion in ("anger", "fear", "happiness", "neutral", "sadness", "surprised"):
            for sentence in range(1, n_sentences + 1):
                write_recording(folder / f"{speaker}_{emotion}_{sentence}{suffix}", seed=20_000 + n, level=0.05)
                n += 1
    return n


class Turn(NamedTuple):
    """A turn of an IEMOCAP dialogue.

    Attributes
    ----------
    name : str
        Who speaks, and the number: ``F000``.
    code : str
        The majority: ``neu``, or ``xxx`` without one.
    votes : tuple of str
        What C-E2, C-E3 and C-E4 say, as between the tabs of their lines.
    aligned : str
        ``words``, ``silence`` (nothing else was aligned), ``no syllables`` or ``nothing`` (no files).
    """

    name: str
    code: str
    votes: tuple[str, str, str]
    aligned: str = "words"


def _agreed(label: str) -> tuple[str, str, str]:
    return (f"{label};", f"{label};", f"{label};")


IMPROVISED = (
    Turn("F000", "neu", _agreed("Neutral")),
    Turn("M000", "ang", ("Anger;", "Anger;", "Frustration;")),
    Turn("F001", "xxx", ("Anger;", "Neutral;", "Sadness;")),
    Turn("M001", "hap", _agreed("Happiness")),
    Turn("F002", "exc", _agreed("Excited")),
    Turn("M002", "sad", _agreed("Sadness")),
    Turn("F003", "fru", _agreed("Frustration")),
    Turn("M003", "oth", _agreed("Other")),
    Turn("M004", "ang", _agreed("Anger")),
    Turn("F004", "sad", ("Sadness; Frustration;", "Sadness;", "Sadness;")),
)
SCRIPTED = (
    Turn("F000", "ang", _agreed("Anger")),
    Turn("M000", "neu", _agreed("Neutral")),
    Turn("F001", "hap", ("Happiness;", "Excited;", "Happiness;")),
    Turn("M001", "sad", _agreed("Sadness"), aligned="silence"),
    Turn("F002", "neu", _agreed("Neutral"), aligned="nothing"),
    Turn("M002", "fru", ("Frustration;", "Frustration;", "Anger;")),
    Turn("F003", "exc", _agreed("Excited")),
    Turn("M003", "neu", _agreed("Neutral"), aligned="no syllables"),
)


def write_iemocap(folder: Path, n_sessions: int = 5) -> Path:
    """Write IEMOCAP_full_release with an improvised and a scripted dialogue per session; returns it.

    The dialogue's prefix (``Ses01F``) is who wears the markers; both speak in it.
    """
    release = folder / "IEMOCAP_full_release"
    for number in range(1, n_sessions + 1):
        session = release / f"Session{number}"
        _write_dialogue(session, f"Ses{number:02d}F_impro01", IMPROVISED, seed=1000 * number)
        _write_dialogue(session, f"Ses{number:02d}M_script01_1", SCRIPTED, seed=1000 * number + 500)
        (session / "dialog" / "EmoEvaluation" / f"._Ses{number:02d}F_impro01.txt").write_bytes(APPLE_DOUBLE)
    (release / "README.txt").write_text("not a session\n")
    return release


def _write_dialogue(session: Path, dialogue: str, turns: Sequence[Turn], seed: int) -> None:
    evaluation = session / "dialog" / "EmoEvaluation"
    for sub_folder in ("Attribute", "Categorical", "Self-evaluation"):
        (evaluation / sub_folder).mkdir(parents=True, exist_ok=True)
    lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    categorical = []
    for i, turn in enumerate(turns):
        name = f"{dialogue}_{turn.name}"
        lines += [f"[{6.29 + 4 * i:.4f} - {8.2357 + 4 * i:.4f}]\t{name}\t{turn.code}\t[2.5000, 2.5000, 2.5000]"]
        lines += [
            f"C-E{k}:\t{labels}\t({comment})"
            for k, labels, comment in zip((2, 3, 4), turn.votes, ("", "tired; or bored", ""), strict=True)
        ]
        # What the speakers say about themselves is no annotator's vote.
        lines += [f"C-{turn.name[0]}1:\tFrustration;\t(curious)", "A-E3:\tval 3; act 2; dom  2;\t()"]
        lines += [
            "A-E4:\tval 2; act 3; dom  3;\t(mildly aggravated; polite)",
            f"A-{turn.name[0]}1:\tval 3; act 2; dom  ;\t()",
        ]
        lines += [""]
        categorical.append(f"{name} :{turn.votes[0]} ()")
        write_recording(session / "sentences" / "wav" / dialogue / f"{name}.wav", seed=seed + i)
        _write_alignment(session / "sentences" / "ForcedAlignment" / dialogue, name, turn.aligned)
    (evaluation / f"{dialogue}.txt").write_text("\n".join(lines) + "\n")
    (evaluation / "Categorical" / f"{dialogue}_e2_cat.txt").write_text("\n".join(categorical) + "\n")
    (evaluation / "Attribute" / f"{dialogue}_e3_atr.txt").write_text("\n".join(categorical) + "\n")


def _write_alignment(folder: Path, name: str, aligned: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if aligned == "nothing":
        return
    words = ["<s>", "<sil>", "</s>"] if aligned == "silence" else ["<s>", "EXCUSE(2)", "<sil>", "ME", "</s>"]
    segments = [(30 * i, 30 * i + 29, word) for i, word in enumerate(words)]
    rows = [f"\t{first:5d} {last:5d} {-13210 * (first + 1):10d} {word}" for first, last, word in segments]
    header, total = "\t SFrm  EFrm    SegAScr Word", " Total score:    -3101219"
    (folder / f"{name}.wdseg").write_text("\n".join([header, *rows, total]) + "\n")
    if aligned != "no syllables":
        rows = [f"\t{first:5d} {last:5d} {word}" for first, last, word in segments]
        (folder / f"{name}.syseg").write_text("\n".join(["\t SFrm  EFrm Syllable", *rows]) + "\n")


def write_class_folders(
    folder: Path,
    speakers: Sequence[str] = ("anna", "ben", "carl"),
    emotions: Sequence[str] = ("angry", "calm"),
    n_each: int = 2,
) -> int:
    """Write FOLDER/emotion/speaker/number.wav; returns the number of recordings."""
    n = 0
    for emotion in emotions:
        for speaker in speakers:
            for number in range(1, n_each + 1):
                write_recording(folder / emotion / speaker / f"{number}.wav", seed=n, level=0.02 + 0.1 * (n % 3))
                n += 1
    return n


def write_table(
    folder: Path,
    rows: Sequence[Mapping[str, str]],
    *,
    file_column: str = "file",
    delimiter: str = ",",
    encoding: str = "utf-8",
    name: str = "table.csv",
) -> Path:
    """Write a CSV table, and beside it a recording for each file that it names; returns the table."""
    for seed, file in enumerate(dict.fromkeys(row[file_column] for row in rows if row[file_column].strip())):
        write_recording(folder / file, seed=seed)
    table = folder / name
    with table.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return table


class Labelled(NamedTuple):
    """A row of an audformat table; without times it is about the whole file."""

    file: str
    emotion: str | None
    speaker: str | None
    start_s: float | None = None
    end_s: float | None = None


def write_audformat(
    folder: Path,
    tables: Mapping[str, Sequence[Labelled]],
    *,
    emotion: str = "emotion",
    speaker: str = "speaker",
    licence: str | None = "CC0-1.0",
) -> Path:
    """Write a database with its recordings; a table without any times is filewise. Returns its folder."""
    import audformat
    import pandas as pd

    rows = [row for table in tables.values() for row in table]
    database = audformat.Database("tiny", license=licence)
    database.schemes["emotion"] = audformat.Scheme(labels=sorted({row.emotion for row in rows if row.emotion}))
    speakers = sorted({row.speaker for row in rows if row.speaker})
    database.schemes["speaker"] = audformat.Scheme(labels={name: {"language": "eng"} for name in speakers})
    for name, table in tables.items():
        files = [row.file for row in table]
        index = audformat.filewise_index(files)
        if any(row.start_s is not None for row in table):
            starts = [pd.Timedelta(seconds=row.start_s or 0) for row in table]
            ends = [pd.NaT if row.end_s is None else pd.Timedelta(seconds=row.end_s) for row in table]
            index = audformat.segmented_index(files, starts, ends)
        database[name] = audformat.Table(index)
        database[name][emotion] = audformat.Column(scheme_id="emotion")
        database[name][emotion].set([row.emotion for row in table])
        database[name][speaker] = audformat.Column(scheme_id="speaker")
        database[name][speaker].set([row.speaker for row in table])
    database.save(str(folder))
    for seed, file in enumerate(sorted({row.file for row in rows})):
        write_recording(folder / file, seed=seed)
    return folder


def utterance(folder: Path, name: str = "a", seconds: float = 1.0, seed: int = 0) -> Utterance:
    """An utterance whose recording is there."""
    file = folder / f"{name}.wav"
    sf.write(file, speech_like(seconds, seed=seed), 16_000, subtype="FLOAT")
    return Utterance(name, file, "someone", "calm")


def copies_of(original: Utterance, n: int = 2) -> list[Utterance]:
    """Changed copies of an utterance, as `Material.augment` names them."""
    return [replace(original, identity=f"{original.identity}~{k}", copy=k) for k in range(1, n + 1)]

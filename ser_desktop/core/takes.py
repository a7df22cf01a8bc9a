"""Corpora that people record here: takes of their own voice, laid out as the trainer reads folders.

::

    RECORDINGS/TITLE/corpus.json               title, speaker, classes in order, prompts
    RECORDINGS/TITLE/CLASS/SPEAKER/take-001.wav
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import re
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from ser_desktop.core import paths
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, resample
from ser_desktop.core.errors import CorpusError, SaveError
from ser_desktop.core.levels import InputLight, Speech, SpeechGate, input_light

SCHEMA_VERSION = 1
BACKGROUND = "background"
"""The class of sound without a voice."""
DEFAULT_CLASSES = ("neutral", "happy", "sad", "angry", BACKGROUND)
MIN_TAKES = 3
"""Of each class: one trains, one decides when to stop, one tests."""

_LONGEST_NAME = 40
_SHORTEST_S = 0.5
_FORBIDDEN = set('/\\:*?"<>|')
_TAKE = re.compile(r"take-(\d+)\.wav")


class Judgement(StrEnum):
    """Whether a take can be used."""

    GOOD = "good"
    SILENT = "silent"
    QUIET = "quiet"
    NO_VOICE = "no voice"
    CLIPPED = "clipped"
    SHORT = "short"


def judge_take(samples: FloatArray, label: str) -> Judgement:
    """Judge a take of (n_samples,) float32 at 16 kHz; a background need not be loud."""
    if len(samples) < _SHORTEST_S * SAMPLE_RATE_HZ:
        return Judgement.SHORT
    light = input_light(samples, heard_speech=True)
    if light in {InputLight.ZEROS, InputLight.CLIPPING}:
        return Judgement.SILENT if light is InputLight.ZEROS else Judgement.CLIPPED
    if label == BACKGROUND:
        return Judgement.GOOD
    heard = SpeechGate()(samples)
    return {Speech.PRESENT: Judgement.GOOD, Speech.TOO_QUIET: Judgement.QUIET}.get(heard, Judgement.NO_VOICE)


def check_name(name: str, taken: tuple[str, ...] = ()) -> str:
    """Return a name of a corpus, person or class as it may stand in a path.

    Raises
    ------
    CorpusError
        If it is empty, too long, taken, or no name for a folder.
    """
    # Windows cuts full stops and spaces off.
    name = " ".join(name.split()).rstrip(". ")
    if not name:
        raise CorpusError("There is no name.", "Type one.")
    if len(name) > _LONGEST_NAME:
        raise CorpusError(f"«{name[:_LONGEST_NAME]}…» is too long.", f"Use at most {_LONGEST_NAME} letters.")
    if name.startswith(".") or set(name) & _FORBIDDEN or not name.isprintable():
        raise CorpusError(f"«{name}» cannot be the name of a folder.", "Use letters, numbers and spaces.")
    if name.casefold() in {other.casefold() for other in taken}:
        raise CorpusError(f"There is «{name}» already.", "Choose another name.")
    return name


@dataclass(frozen=True)
class VoiceCorpus:
    """Takes of one person.

    Attributes
    ----------
    folder : Path
    title, speaker : str
    classes, prompts : tuple of str
        In order; prompts are sentences to say.
    """

    folder: Path
    title: str
    speaker: str
    classes: tuple[str, ...] = DEFAULT_CLASSES
    prompts: tuple[str, ...] = ()

    def takes(self, label: str) -> list[Path]:
        """Return the takes of a class, the oldest first, by number: names of more than 999 are not in order."""
        found = (self.folder / label / self.speaker).glob("take-*.wav")
        return sorted((path for path in found if _TAKE.fullmatch(path.name)), key=lambda path: int(path.stem[5:]))

    def counts(self) -> dict[str, int]:
        """Return how many takes each class has."""
        return {label: len(self.takes(label)) for label in self.classes}

    @property
    def is_ready(self) -> bool:
        """Whether it can be trained on: two classes at least, each with enough takes or none."""
        counts = [n for n in self.counts().values() if n]
        return len(counts) > 1 and min(counts) >= MIN_TAKES

    def save(self) -> None:
        """Write what the corpus is.

        Raises
        ------
        SaveError
        """
        value = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        del value["folder"]
        _write(self.folder / "corpus.json", json.dumps(value, indent=1, ensure_ascii=False).encode(), "try again")

    def with_class(self, label: str) -> VoiceCorpus:
        """Return the corpus with another class, saved.

        Raises
        ------
        CorpusError, SaveError
        """
        more = replace(self, classes=(*self.classes, check_name(label, self.classes)))
        more.save()
        return more

    def add(self, label: str, samples: FloatArray) -> Path:
        """Save a take of (n_samples,) float32 at 16 kHz; the file appears when it is whole.

        Raises
        ------
        SaveError
            The take is lost only if whoever calls forgets it.
        """
        number = max((int(path.stem[5:]) for path in self.takes(label)), default=0) + 1
        path = self.folder / label / self.speaker / f"take-{number:03d}.wav"
        file = io.BytesIO()
        sf.write(file, samples, SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
        _write(path, file.getvalue(), "press Keep again")
        return path

    def remove_last(self, label: str) -> None:
        """Delete the latest take of a class.

        Raises
        ------
        SaveError
        """
        for path in self.takes(label)[-1:]:
            try:
                path.unlink()
            except OSError as error:
                raise _unsaved(path, error, "try again") from error


def create_corpus(title: str, speaker: str, prompts: tuple[str, ...] = ()) -> VoiceCorpus:
    """Make a corpus without takes.

    Raises
    ------
    CorpusError
        If a name cannot be used.
    SaveError
    """
    root = paths.recordings_folder()
    title, speaker = check_name(title, tuple(path.name for path in root.glob("*"))), check_name(speaker)
    corpus = VoiceCorpus(root / title, title, speaker, prompts=prompts)
    corpus.save()
    return corpus


def open_corpus(folder: Path) -> VoiceCorpus:
    """Open a corpus that was recorded before.

    Raises
    ------
    CorpusError
        If its description is damaged.
    """
    file = folder / "corpus.json"
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        version = value["schema_version"]
        if version == SCHEMA_VERSION:
            return _described(folder, value)
    except (OSError, ValueError, KeyError, TypeError, CorpusError) as error:
        raise CorpusError(
            f"«{file}» is damaged ({type(error).__name__}: {error}).",
            "The recordings are beside it: choose that folder under “A folder of my recordings”.",
        ) from error
    raise CorpusError(
        f"«{file}» has format {version!r}; this program reads format {SCHEMA_VERSION}.",
        "Use the version of the program that wrote it.",
    )


def list_corpora() -> list[Path]:
    """Return the folders of all corpora that were recorded here."""
    return sorted(path.parent for path in paths.recordings_folder().glob("*/corpus.json"))


def as_take(blocks: list[FloatArray], rate_hz: float) -> FloatArray:
    """Join blocks of a source at its own rate to a take at 16 kHz."""
    joined = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    return resample(joined, rate_hz) if len(joined) else joined


def _described(folder: Path, value: dict[str, Any]) -> VoiceCorpus:
    if not isinstance(value["classes"], list) or not value["classes"]:
        raise CorpusError("It names no classes.")
    classes: tuple[str, ...] = ()
    for label in value["classes"]:
        classes = (*classes, check_name(str(label), classes))
    # Written by an earlier version of this program, it has no prompts.
    prompts = tuple(str(sentence) for sentence in value.get("prompts", ()))
    return VoiceCorpus(folder, check_name(str(value["title"])), check_name(str(value["speaker"])), classes, prompts)


def _write(path: Path, data: bytes, then: str) -> None:
    """Let a file appear when it is whole, and leave nothing where it cannot."""
    scratch = path.with_name(f".unfinished{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(data)
        scratch.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise _unsaved(path.parent, error, then) from error


def _unsaved(place: Path, error: OSError, then: str) -> SaveError:
    is_refused = isinstance(error, PermissionError) or error.errno == errno.EROFS
    mend = "Allow this program to write there" if is_refused else "Free some space"
    return SaveError(f"«{place}» cannot be written ({error.strerror or error}).", f"{mend}, then {then}.")

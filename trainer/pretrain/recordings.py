"""The audio an encoder is pretrained on; the speakers it must never hear are left out here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_desktop.core.audio import FILE_SUFFIXES
from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import Emotion, merge_calm
from trainer.corpora.ravdess import parse_name

HELD_OUT_ACTORS = frozenset(f"actor{i:02d}" for i in range(21, 25))
"""RAVDESS actors of the validation and test sets (Pepino et al. 2021): no training of any kind hears them."""

PROBE_ACTORS = frozenset(f"actor{i:02d}" for i in range(17, 21))
"""RAVDESS actors whose emotions no loss uses: they measure how well an encoder does."""


@dataclass(frozen=True)
class Recording:
    """A file to pretrain on.

    Attributes
    ----------
    path : Path
    speaker : str
        "" where it is not known.
    emotion : Emotion or None
        Of spoken RAVDESS files, calm merged into neutral.
    """

    path: Path
    speaker: str = ""
    emotion: Emotion | None = None

    @property
    def taught(self) -> Emotion | None:
        """The emotion that a loss may use: None for those who probe."""
        return None if self.speaker in PROBE_ACTORS else self.emotion


@dataclass(frozen=True)
class Found:
    """What folders hold.

    Attributes
    ----------
    recordings : tuple of Recording
        In the order of the folders, then of the names.
    n_held_out : int
        Files of `HELD_OUT_ACTORS`, left out.
    """

    recordings: tuple[Recording, ...]
    n_held_out: int


def find_recordings(folders: Sequence[Path]) -> Found:
    """List the audio files below folders, without those of `HELD_OUT_ACTORS`.

    Raises
    ------
    CorpusError
        If a folder is absent or nothing is left.
    """
    recordings: list[Recording] = []
    n_held_out = 0
    for folder in folders:
        if not folder.is_dir():
            raise CorpusError(f"There is no folder «{folder}».", "Name folders with audio files after --audio.")
        for path in sorted(p for p in folder.rglob("*") if _is_audio(p)):
            recording = _recording(path)
            if recording.speaker in HELD_OUT_ACTORS:
                n_held_out += 1
            else:
                recordings.append(recording)
    if not recordings:
        where = ", ".join(f"«{folder}»" for folder in folders)
        raise CorpusError(f"There is no audio to train on in {where}.", "Name folders with audio files after --audio.")
    return Found(tuple(recordings), n_held_out)


def _is_audio(path: Path) -> bool:
    # macOS leaves «._NAME.wav» in its archives, which holds no sound.
    return path.suffix.lower() in FILE_SUFFIXES and not path.name.startswith(".") and path.is_file()


def _recording(path: Path) -> Recording:
    # Coded otherwise, or taken from the corpus's videos (01, 02), an actor's voice is the same.
    modality, _, rest = path.stem.partition("-")
    named = parse_name(path.with_name(f"03-{rest}.wav")) if modality in {"01", "02", "03"} else None
    if named is None:
        return Recording(path)
    is_spoken = named.style == "speech"
    return Recording(path, named.speaker, merge_calm(Emotion(named.emotion)) if is_spoken else None)

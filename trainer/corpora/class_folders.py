"""A folder per class: ``root/happy/anna/1.wav`` and so on."""

from __future__ import annotations

import re
from pathlib import Path

from ser_desktop.core.audio import FILE_SUFFIXES
from ser_desktop.core.errors import CorpusError
from trainer.corpora.archive import as_folder
from trainer.corpora.utterance import Corpus, ReadOptions, Utterance

_HINT = "Lay the recordings out as FOLDER/emotion/speaker/recording.wav."


def read(options: ReadOptions) -> Corpus:
    """List the recordings; the first folder is the emotion, the second the speaker.

    Without a second folder the speaker is what ``speaker_pattern`` finds in the relative path.

    Raises
    ------
    CorpusError
        If there are no recordings, or a recording's speaker is unknown.
    """
    found: dict[str, Utterance] = {}
    nameless: list[str] = []
    for place in options.data:
        root = _unwrapped(as_folder(place, options.scratch, _HINT)) if place.is_file() else place
        if not root.is_dir():
            raise CorpusError(f"There is no folder or zip file «{place}».", _HINT)
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root)
            if (
                path.suffix.lower() not in FILE_SUFFIXES
                or len(relative.parts) < 2
                or any(part.startswith(".") for part in relative.parts)
            ):
                continue
            identity = relative.as_posix()
            if identity in found:
                raise CorpusError(f"«{identity}» is there twice.", "Name folders without common files.")
            speaker = _speaker(relative.parts, identity, options.speaker_pattern) or options.speaker
            if not speaker:
                nameless.append(identity)
                continue
            found[identity] = Utterance(identity, path, speaker, relative.parts[0])
    if nameless:
        raise CorpusError(
            f"Nobody can tell who speaks in {len(nameless)} recordings («{nameless[0]}» is one).",
            f"{_HINT} Or name the speaker's place in the file name with --speaker-pattern, for example "
            "'([^_/]+)_[^/]*$', or the one person who speaks them all with --speaker. Without speakers, the same voice "
            "would be in training and test.",
        )
    if not found:
        raise CorpusError(f"There are no recordings in folders below «{options.data[0]}».", _HINT)
    utterances = tuple(found[identity] for identity in sorted(found))
    return Corpus("folder", f"«{options.data[0].resolve().name}»", "that of your recordings", utterances)


def _unwrapped(folder: Path) -> Path:
    """Step into the one folder that an archive often has around everything."""
    visible = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    return visible[0] if len(visible) == 1 and visible[0].is_dir() else folder


def _speaker(parts: tuple[str, ...], identity: str, pattern: str) -> str:
    if pattern:
        try:
            match = re.search(pattern, identity)
            return match.group(1) if match else ""
        except (re.error, IndexError) as error:
            raise CorpusError(
                f"«{pattern}» is not a usable --speaker-pattern ({error}).", "It needs one group in parentheses."
            ) from error
    return parts[1] if len(parts) > 2 else ""

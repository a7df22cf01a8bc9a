"""Why a file cannot be read as sound, in words, and what to do about it."""

from __future__ import annotations

import stat
from pathlib import Path

from ser_desktop.core.errors import AudioFileError

FORMATS_HINT = "Use a WAV, FLAC, OGG or MP3 file."

_N_LOOKED_AT = 64

_BY_CONTENT: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "an M4A/MP4 file (AAC)"),
    (0, b"\xff\xf1", "an AAC file"),
    (0, b"\xff\xf9", "an AAC file"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file (WMA)"),
    (0, b"\x1a\x45\xdf\xa3", "a WebM/Matroska file"),
    (0, b"#!AMR", "an AMR file"),
    (0, b"wvpk", "a WavPack file"),
    (0, b"MAC ", "a Monkey's Audio file"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x89PNG", "a picture (PNG)"),
    (0, b"\xff\xd8\xff", "a picture (JPEG)"),
)
"""Position, bytes found there, and what kind of file has them."""

_CONVERTIBLE = frozenset(words for _, _, words in _BY_CONTENT[:8])
"""Those of them that hold sound."""

CONVERTIBLE_SUFFIXES = (".m4a", ".aac", ".mp4", ".m4b", ".wma", ".webm", ".mka", ".mkv", ".mov", ".amr", ".wv", ".ape")
"""Endings of sound that must be converted first; named when they are met in a folder."""


def check_file(path: Path) -> None:
    """Make sure that there is a file that can be opened and is not empty.

    Raises
    ------
    AudioFileError
        If it is missing, no regular file, empty, or not permitted.
    OSError
        For everything else that the system says.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise AudioFileError(f"«{path}» is a folder, not a sound file.", "Name the files in it.")
        # A pipe or a device would be waited for, perhaps for ever.
        if not stat.S_ISREG(found.st_mode):
            raise AudioFileError(f"«{path.name}» is a device or a pipe, not a sound file.", FORMATS_HINT)
        if found.st_size == 0:
            raise AudioFileError(f"«{path.name}» is empty (0 bytes).", "Record or copy it again.")
        with path.open("rb") as file:
            file.read(1)
    except FileNotFoundError as error:
        raise AudioFileError(f"«{path}» does not exist.", "Check the name and the folder.") from error
    except PermissionError as error:
        raise AudioFileError(
            f"«{path.name}» may not be read (permission denied).", "Ask its owner, or change its permissions."
        ) from error


def unreadable(path: Path, error: Exception) -> AudioFileError:
    """Return the error for a file that the library does not read: what it is, as far as its first bytes tell."""
    kind = kind_of(path)
    if kind in _CONVERTIBLE or (not kind and path.suffix.lower() in CONVERTIBLE_SUFFIXES):
        ending = path.suffix[1:].upper()
        said = kind or f"{'an' if ending[0] in 'AM' else 'a'} {ending} file"
        return AudioFileError(f"«{path.name}» is {said}, which cannot be read here.", _convert(path))
    if kind:
        return AudioFileError(f"«{path.name}» cannot be read as sound: it is {kind}.", FORMATS_HINT)
    # The library's sentence alone: its error repeats the whole path.
    reason = str(getattr(error, "error_string", error)).rstrip(".")
    return AudioFileError(f"«{path.name}» cannot be read as sound ({reason}).", FORMATS_HINT)


def kind_of(path: Path) -> str:
    """Say what kind of file it is, "" if its first bytes do not tell."""
    try:
        with path.open("rb") as file:
            start = file.read(_N_LOOKED_AT)
    except (OSError, ValueError):
        return ""
    for position, mark, words in _BY_CONTENT:
        if start[position : position + len(mark)] == mark:
            return words
    return "text" if _is_text(start) else ""


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as error:
        # A letter may be cut through at the end.
        if error.start < len(start) - 3:
            return False
        text = start[: error.start].decode("utf-8")
    return bool(text) and all(letter.isprintable() or letter in "\r\n\t\f" for letter in text)


def _convert(path: Path) -> str:
    source, target = (f'"{name}"' if " " in name else name for name in (path.name, f"{path.stem}.wav"))
    return f"Convert it to WAV, FLAC or MP3 first: Audacity does it, and so does “ffmpeg -i {source} {target}”."

"""The user's settings: declared once, with default, bounds, title and help."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ser_desktop.core.device import AUTO, BackendName
from ser_desktop.core.errors import SettingsError

SCHEMA_VERSION = 1

TERMS_VERSION = "1"
"""Changes with what people have to understand before the first recording, so that they are asked again."""

_MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a schema version to the next one; none is needed yet."""


def _setting(
    default: str | float,
    title: str,
    help: str,  # noqa: A002 - the field's own word
    *,
    bounds: tuple[float, float] | None = None,
    choices: tuple[str, ...] | None = None,
    names: tuple[str, ...] | None = None,
    unit: str = "",
    while_recording: bool = True,
    is_shown: bool = True,
) -> Any:
    meta: dict[str, Any] = {"title": title, "help": help, "bounds": bounds, "choices": choices, "names": names}
    meta |= {"unit": unit, "while_recording": while_recording, "is_shown": is_shown}
    return field(default=default, metadata=meta)


@dataclass(frozen=True)
class Settings:
    """Everything a user can set.

    Each field's metadata holds ``title, help, bounds, choices``, the choices' ``names``, the ``unit`` of a number,
    whether it may change ``while_recording``, and whether it ``is_shown`` among the settings.
    """

    microphone: str = _setting(
        "", "Microphone", "Which microphone is listened to; it is remembered by name.", while_recording=False
    )
    bundle: str = _setting(
        "",
        "Model",
        "What judges the voice: the model that came along, or one that was trained or opened here.",
        while_recording=False,
    )
    voice: str = _setting("", "Voice", "Name of the calibrated voice; empty means none.", is_shown=False)
    hop_s: float = _setting(
        1.0, "Answer every", "Seconds from one answer to the next.", bounds=(0.25, 8.0), unit="s", while_recording=False
    )
    device: str = _setting(
        "auto",
        "Processor",
        "Where the speech encoder runs; automatic takes the fastest that works.",
        choices=("auto", "cuda", "mps", "cpu"),
        names=("Automatic", "Graphics card (NVIDIA)", "Graphics (Apple)", "Processor only"),
        while_recording=False,
    )
    backend: str = _setting(
        AUTO,
        "Computed with",
        "How the speech encoder is computed; automatic measures what is fastest here, once, and remembers it.",
        choices=(AUTO, *BackendName),
        names=("Automatic", *(name.in_words for name in BackendName)),
        while_recording=False,
    )
    theme: str = _setting(
        "system",
        "Appearance",
        "Light, dark, or as the system has it.",
        choices=("system", "light", "dark"),
        names=("As the system", "Light", "Dark"),
    )
    understood: str = _setting(
        "",
        "Understood",
        "Version of the limits that were read and understood before the first recording.",
        is_shown=False,
    )

    @property
    def understands(self) -> bool:
        """Whether the limits in force were understood."""
        return self.understood == TERMS_VERSION


def parse_settings(value: object) -> Settings:
    """Read settings from a JSON value; unknown keys are ignored.

    Raises
    ------
    SettingsError
        If the value is no settings object or a field is out of bounds.
    """
    if not isinstance(value, dict):
        raise SettingsError("The settings are not an object.")
    version = value.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise SettingsError(f"The settings have format {version!r}; this program reads format {SCHEMA_VERSION}.")
    while version in _MIGRATIONS:
        value, version = _MIGRATIONS[version](value), version + 1
    known: dict[str, Any] = {f.name: _checked(f.name, value[f.name]) for f in fields(Settings) if f.name in value}
    return Settings(**known)


def load_settings(path: Path) -> tuple[Settings, str | None]:
    """Read the settings file.

    Returns
    -------
    settings : Settings
        The defaults when there is no file or it is unusable.
    notice : str or None
        A sentence for the user when the file was unusable; it was then set aside, not overwritten.
    """
    try:
        return parse_settings(json.loads(path.read_text(encoding="utf-8"))), None
    except (FileNotFoundError, NotADirectoryError):
        return Settings(), None
    except (ValueError, OSError, RecursionError, SettingsError) as error:
        kept = path.with_suffix(".unreadable.json")
        try:
            path.replace(kept)
            where = f"It was kept as «{kept}»."
        except OSError:
            where = "It was left as it is."
        return Settings(), f"The settings file could not be used ({error}), so the defaults apply. {where}"


def save_settings(settings: Settings, path: Path) -> None:
    """Write the settings; the old file stays until the new one is complete.

    Raises
    ------
    SettingsError
        If the folder cannot be written or the disk is full.
    """
    text = json.dumps({"schema_version": SCHEMA_VERSION, **asdict(settings)}, indent=2) + "\n"
    try:
        write_atomically(path, text)
    except OSError as error:
        raise SettingsError(
            f"The settings could not be saved to «{path}» ({error.strerror or error}).",
            "They apply until the window closes.",
        ) from error


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that it is either the old one or the whole new one; text as UTF-8, its line ends as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            scratch = Path(file.name)
            file.write(content.encode() if isinstance(content, str) else content)
        scratch.replace(path)
    except OSError:
        if scratch is not None:
            scratch.unlink(missing_ok=True)
        raise


def _checked(name: str, value: object) -> str | float:
    (declared,) = (f for f in fields(Settings) if f.name == name)
    title, bounds, choices = (declared.metadata[k] for k in ("title", "bounds", "choices"))
    if bounds is not None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not bounds[0] <= value <= bounds[1]:
            raise SettingsError(f"«{title}» should lie between {bounds[0]} and {bounds[1]} and is {value!r}.")
        return float(value)
    if not isinstance(value, str) or (choices is not None and value not in choices):
        allowed = f" one of {', '.join(choices)}" if choices else " a text"
        raise SettingsError(f"«{title}» should be{allowed} and is {value!r}.")
    return value

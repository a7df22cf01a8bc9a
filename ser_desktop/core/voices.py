"""Calibrated voices on disk: statistics of features under a person's name. No sound is kept.

::

    VOICES/NAME/voice.json               name, seconds of speech, date, which features, checksum
    VOICES/NAME/statistics.safetensors   mean and deviation per layer and feature dimension
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from ser_desktop.core import paths
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.errors import SaveError, VoiceError
from ser_desktop.core.features import FeatureName, FeatureSpec
from ser_desktop.core.normalise import Statistics
from ser_desktop.core.takes import check_name

SCHEMA_VERSION = 1
DESCRIPTION, STATISTICS = "voice.json", "statistics.safetensors"

_AGAIN = "Delete that voice and record it again."


class VoiceUse(StrEnum):
    """What becomes of the chosen voice with the model in use."""

    NONE = "none"
    """None is chosen."""
    USED = "used"
    NOT_NEEDED = "not needed"
    """The model has global normalisation: it takes every voice alike."""
    UNKNOWN = "unknown"
    """Its features were not measured when the voice was recorded."""
    UNPREPARED = "unprepared"
    """The model does not say what its training speakers' neutral speech lacked: neutral speech would mislead it."""


@dataclass(frozen=True)
class VoiceInfo:
    """What lists tell about a voice.

    Attributes
    ----------
    name : str
    speech_s : float
        Seconds of speech it was calibrated with.
    recorded_at : datetime
    encoders : tuple of str
        Identities of the speech encoders whose layers it knows.
    """

    name: str
    speech_s: float
    recorded_at: datetime
    encoders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Voice:
    """A calibrated voice.

    Attributes
    ----------
    info : VoiceInfo
    statistics : dict
        By `key_of` a feature branch; encoder features with all layers.
    """

    info: VoiceInfo
    statistics: dict[str, Statistics] = field(repr=False)

    @property
    def name(self) -> str:
        """Of the person."""
        return self.info.name

    def statistics_for(self, features: Sequence[FeatureSpec]) -> tuple[Statistics, ...] | None:
        """Return statistics for a bundle's branches; None if one of them was not measured when this was recorded."""
        found = [self._of(spec) for spec in features]
        return None if any(s is None for s in found) else tuple(s for s in found if s is not None)

    def _of(self, spec: FeatureSpec) -> Statistics | None:
        stored = self.statistics.get(key_of(spec))
        if stored is None:
            return None
        layers = {FeatureName.LOCAL: slice(0, 1), FeatureName.CONTEXTUAL: slice(-1, None)}.get(spec.name, slice(None))
        chosen = Statistics(stored.mean[layers], stored.std[layers])
        return chosen if chosen.mean.shape == (spec.n_layers, spec.n_features) else None


def key_of(spec: FeatureSpec) -> str:
    """Name what decides the values of a feature, besides the length of its frames: statistics do not depend on that."""
    name = FeatureName.ALL_LAYERS if spec.name.needs_encoder else spec.name
    return json.dumps([str(name), spec.configuration], sort_keys=True)


def save_voice(voice: Voice) -> None:
    """Write a voice; one of the same name is replaced, and stays until the new one is complete.

    Raises
    ------
    SaveError
    VoiceError
        If its name cannot be that of a folder.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    folder = _folder(voice.name)
    keys = sorted(voice.statistics)
    tensors = {}
    for i, key in enumerate(keys):
        tensors[f"{i}.mean"] = np.ascontiguousarray(voice.statistics[key].mean)
        tensors[f"{i}.std"] = np.ascontiguousarray(voice.statistics[key].std)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unfinished-") as scratch_name:
            scratch = Path(scratch_name) / folder.name
            scratch.mkdir()
            save_file(tensors, scratch / STATISTICS)
            description = {
                "schema_version": SCHEMA_VERSION,
                "name": voice.name,
                "speech_s": round(voice.info.speech_s, 1),
                "recorded_at": voice.info.recorded_at.isoformat(timespec="seconds"),
                "features": [json.loads(key) for key in keys],
                "sha256": file_sha256(scratch / STATISTICS),
            }
            text = json.dumps(description, indent=1, ensure_ascii=False) + "\n"
            (scratch / DESCRIPTION).write_text(text, "utf-8", newline="\n")
            before = Path(scratch_name) / "before"
            with contextlib.suppress(FileNotFoundError):
                folder.replace(before)
            try:
                scratch.replace(folder)
            except OSError:
                with contextlib.suppress(OSError):
                    before.replace(folder)
                raise
    except (OSError, SafetensorError) as error:
        raise SaveError(
            f"The voice could not be written to «{folder.parent}» ({getattr(error, 'strerror', None) or error}).",
            "Free some space, then press Keep again.",
        ) from error


def load_voice(name: str) -> Voice:
    """Read and check a voice.

    Raises
    ------
    VoiceError
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = _folder(name)
    value = _description(folder)
    try:
        if file_sha256(folder / STATISTICS) != value["sha256"]:
            raise ValueError(f"the checksum of {STATISTICS} differs")  # noqa: TRY301 (said below)
        tensors = load_file(folder / STATISTICS)
        statistics = {json.dumps(key, sort_keys=True): _checked(tensors, i) for i, key in enumerate(value["features"])}
        return Voice(_info(value), statistics)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise VoiceError(f"The voice «{name}» is damaged ({error}).", _AGAIN) from error


def list_voices() -> list[VoiceInfo | str]:
    """Return what is known of every voice, by name; of damaged ones the name alone."""
    found: list[VoiceInfo | str] = []
    for file in sorted(paths.voices_folder().glob(f"*/{DESCRIPTION}"), key=lambda f: f.parent.name.casefold()):
        if file.parent.name.startswith("."):
            continue
        try:
            found.append(_info(_description(file.parent)))
        except (VoiceError, ValueError, KeyError, TypeError, AttributeError):
            found.append(file.parent.name)
    return found


def delete_voice(name: str) -> None:
    """Delete a voice for good.

    Raises
    ------
    SaveError
    """
    folder = _folder(name)
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SaveError(
            f"«{folder}» cannot be deleted ({error.strerror or error}).", "Allow this program to write there."
        ) from error


def check_voice_name(name: str) -> str:
    """Return a name as it may stand in a path.

    Raises
    ------
    CorpusError
        With a sentence for the person who typed it.
    """
    return check_name(name)


def _folder(name: str) -> Path:
    # It comes from settings and the command line, too: nothing outside the folder of voices is ever named.
    if name != check_name(name):
        raise VoiceError(f"«{name}» cannot be the name of a voice.", "Use letters, numbers and spaces.")
    return paths.voices_folder() / name


def _description(folder: Path) -> dict[str, Any]:
    try:
        value = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        version = value["schema_version"]
    except FileNotFoundError as error:
        raise VoiceError(f"There is no voice «{folder.name}».", "Record it under More → My voice…") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VoiceError(f"The voice «{folder.name}» is damaged ({type(error).__name__}: {error}).", _AGAIN) from error
    if version != SCHEMA_VERSION:
        raise VoiceError(
            f"The voice «{folder.name}» has format {version!r}; this program reads format {SCHEMA_VERSION}.",
            "Update the program, or record the voice again.",
        )
    return value  # type: ignore[no-any-return]


def _info(value: Mapping[str, Any]) -> VoiceInfo:
    encoders = tuple(str(made["encoder"]) for _, made in value["features"] if "encoder" in made)
    return VoiceInfo(
        str(value["name"]), float(value["speech_s"]), datetime.fromisoformat(value["recorded_at"]), encoders
    )


def _checked(tensors: Mapping[str, Any], i: int) -> Statistics:
    mean, std = tensors[f"{i}.mean"], tensors[f"{i}.std"]
    if mean.shape != std.shape or mean.ndim != 2 or not (np.isfinite(mean).all() and np.isfinite(std).all()):
        raise ValueError("its statistics are not usable numbers")
    if not (std > 0).all():
        raise ValueError("it holds deviations of zero")
    return Statistics(mean.astype(np.float32), std.astype(np.float32))

"""The speech encoders that models use: what they are, where they lie, and how to get them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from ser_desktop.core import paths
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.errors import EncoderMissingError


@dataclass(frozen=True)
class EncoderEntry:
    """An encoder that bundles may name.

    Attributes
    ----------
    name : str
        Short name, also its folder below the data folder.
    repository, revision : str
        Where it was published, pinned.
    weights : str
        The file that must be there.
    n_bytes : int
        Size of that file.
    licence : str
    purpose : str
        What it is, for people.
    is_shipped : bool
        It comes with the program; its revision is the beginning of its weights' SHA-256.
    """

    name: str
    repository: str
    revision: str
    weights: str
    n_bytes: int
    licence: str
    purpose: str
    is_shipped: bool = False

    @property
    def identity(self) -> str:
        """What bundles store: repository and revision."""
        return f"{self.repository}@{self.revision}"

    @property
    def folder(self) -> Path:
        """Where the encoder lies once installed."""
        if self.is_shipped:
            return paths.shipped_models() / self.name
        return paths.encoders_folder() / self.name

    def is_installed(self) -> bool:
        """Whether configuration and weights are there."""
        has_weights = any((self.folder / name).is_file() for name in (self.weights, "model.safetensors"))
        return has_weights and (self.folder / "config.json").is_file()

    def install_command(self) -> str:
        """One command that puts the encoder where it is looked for."""
        return (
            f"hf download {self.repository} config.json {self.weights} "
            f"--revision {self.revision} --local-dir {_for_shell(self.folder)}"
        )


def _for_shell(folder: Path) -> str:
    """Return a folder as typed in a shell; below the home folder without its name, which is nobody's business."""
    try:
        short = folder.relative_to(Path.home()).as_posix()
    except (ValueError, RuntimeError):
        return f'"{folder}"'
    return f'"{folder}"' if sys.platform == "win32" or " " in short else f"~/{short}"


ENCODERS: tuple[EncoderEntry, ...] = (
    EncoderEntry(
        name="compact",
        repository="ser-desktop/compact",
        revision="3816629a5f13",
        weights="model.safetensors",
        n_bytes=23_556_952,
        licence="CC BY-NC-SA 4.0",
        purpose="Comes with the program: a small wav2vec 2.0, taught by Whisper base",
        is_shipped=True,
    ),
    EncoderEntry(
        name="wav2vec2-base",
        repository="facebook/wav2vec2-base",
        revision="0b5b8e868dd84f03fd87d01f9c4ff0f080fecfe8",
        weights="pytorch_model.bin",
        n_bytes=380_267_417,
        licence="Apache-2.0",
        purpose="Wav2vec2-PT of the paper: learned from speech alone",
    ),
    EncoderEntry(
        name="wav2vec2-base-960h",
        repository="facebook/wav2vec2-base-960h",
        revision="22aad52d435eb6dbaf354bdad9b0da84ce7d6156",
        weights="model.safetensors",
        n_bytes=377_607_901,
        licence="Apache-2.0",
        purpose="Wav2vec2-FT of the paper: trained further to write down English",
    ),
)


def find_encoder(identity: str) -> EncoderEntry:
    """Return the installed catalogue entry that ``identity`` (``repository@revision`` or a name) names.

    Raises
    ------
    EncoderMissingError
        If it is not installed, with the command that installs it, or not known at all.
    """
    for entry in ENCODERS:
        if identity in {entry.identity, entry.name}:
            break
    else:
        known = ", ".join(entry.name for entry in ENCODERS)
        raise EncoderMissingError(
            f"The speech encoder «{identity}» is not one this version knows (it knows {known}).",
            "Choose another model, or update the program.",
        )
    if entry.is_shipped:
        _check_shipped(entry)
    elif not entry.is_installed():
        raise EncoderMissingError(
            f"The speech encoder {entry.name} is not installed ({entry.n_bytes / 1e6:.0f} MB, {entry.licence}).",
            f"Install it once with:  {entry.install_command()}",
        )
    return entry


def _check_shipped(entry: EncoderEntry) -> None:
    if not entry.is_installed():
        what = f"The speech encoder that comes with the program is missing from «{entry.folder}»."
    elif not file_sha256(entry.folder / entry.weights).startswith(entry.revision):
        what = f"The speech encoder in «{entry.folder}» was cut short or altered: its checksum differs."
    else:
        return
    raise EncoderMissingError(what, "Install the program again, or choose a model that needs no speech encoder.")

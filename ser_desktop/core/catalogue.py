"""The speech encoders that models use: what they are, where they lie, and which files they consist of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ser_desktop.core import paths
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.errors import EncoderMissingError

WEIGHTS = "model.safetensors"
"""Name of an encoder's weights once they are installed."""

CONFIG = "config.json"


@dataclass(frozen=True)
class PinnedFile:
    """A published file.

    Attributes
    ----------
    name : str
    sha256 : str
    n_bytes : int or None
        Where it was published, too.
    """

    name: str
    sha256: str
    n_bytes: int | None = None


@dataclass(frozen=True)
class EncoderEntry:
    """An encoder that bundles may name.

    Attributes
    ----------
    name : str
        Short name, also its folder below the data folder.
    repository, revision : str
        Where it was published, pinned. Of a shipped one the revision is the beginning of its weights' SHA-256.
    files : tuple of PinnedFile
        The weights are the first one.
    licence : str
    purpose : str
        What it is, for people.
    is_shipped : bool
        It comes with the program.
    """

    name: str
    repository: str
    revision: str
    files: tuple[PinnedFile, ...]
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

    @property
    def weights(self) -> str:
        """The published file of the weights."""
        return self.files[0].name

    @property
    def n_bytes(self) -> int:
        """Size of the published files, as far as it is known."""
        return sum(file.n_bytes or 0 for file in self.files)

    def is_installed(self) -> bool:
        """Whether configuration and weights are there."""
        has_weights = any((self.folder / name).is_file() for name in (self.weights, WEIGHTS))
        return has_weights and (self.folder / CONFIG).is_file()

    def install_command(self) -> str:
        """One command that fetches the encoder."""
        return f"ser-desktop models get {self.name}"


_RAW = PinnedFile("preprocessor_config.json", "b225d617c025463b9e157e06afea8b90dc7078fc70b013c533328423e0486b4a", 159)

ENCODERS: tuple[EncoderEntry, ...] = (
    EncoderEntry(
        name="compact",
        repository="ser-desktop/compact",
        revision="3816629a5f13",
        files=(
            PinnedFile(WEIGHTS, "3816629a5f130db8964f70e31d4de5866fbf3eb72ae3048f1dd530ee9132761f", 23_556_952),
            PinnedFile(CONFIG, "242739401745821ad17de2438182978196102d76967345dab4d37c70b30d81df"),
        ),
        licence="CC BY-NC-SA 4.0",
        purpose="Comes with the program: a small wav2vec 2.0, taught by Whisper base",
        is_shipped=True,
    ),
    EncoderEntry(
        name="wav2vec2-base",
        repository="facebook/wav2vec2-base",
        revision="0b5b8e868dd84f03fd87d01f9c4ff0f080fecfe8",
        files=(
            PinnedFile(
                "pytorch_model.bin", "3249fe98bfc62fcbc26067f724716a6ec49d12c4728a2af1df659013905dff21", 380_267_417
            ),
            PinnedFile(CONFIG, "4937977e24d12d1bba70cdce8709c3c04807a8e4ae8ddac4229c48c436ae99ae"),
            _RAW,
        ),
        licence="Apache-2.0",
        purpose="Wav2vec2-PT of the paper: learned from speech alone",
    ),
    EncoderEntry(
        name="wav2vec2-base-960h",
        repository="facebook/wav2vec2-base-960h",
        revision="22aad52d435eb6dbaf354bdad9b0da84ce7d6156",
        files=(
            PinnedFile(WEIGHTS, "8aa76ab2243c81747a1f832954586bc566090c83a0ac167df6f31f0fa917d74a", 377_607_901),
            PinnedFile(CONFIG, "d3ec255c063d9f95057b553b19c20135b259875834a4fe9deb218a6be25b4cf3", 1596),
            _RAW,
        ),
        licence="Apache-2.0",
        purpose="Wav2vec2-FT of the paper: trained further to write down English",
    ),
)


def known_encoder(identity: str) -> EncoderEntry:
    """Return the catalogue entry that ``identity`` (``repository@revision`` or a name) names, installed or not.

    Raises
    ------
    EncoderMissingError
        If it is not known.
    """
    for entry in ENCODERS:
        if identity in {entry.identity, entry.name}:
            return entry
    known = ", ".join(entry.name for entry in ENCODERS)
    raise EncoderMissingError(
        f"The speech encoder «{identity}» is not one this version knows (it knows {known}).",
        "Choose another model, or update the program.",
    )


def find_encoder(identity: str) -> EncoderEntry:
    """Return the installed catalogue entry that ``identity`` (``repository@revision`` or a name) names.

    Raises
    ------
    EncoderMissingError
        If it is not installed, with the command that installs it, or not known at all.
    """
    entry = known_encoder(identity)
    if entry.is_shipped:
        _check_shipped(entry)
    elif not entry.is_installed():
        raise EncoderMissingError(
            f"The speech encoder {entry.name} is not installed ({entry.n_bytes / 1e6:.0f} MB, {entry.licence}).",
            f"Get it once, under More → Speech encoders… or with:  {entry.install_command()}",
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

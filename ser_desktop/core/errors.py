"""The exception tree: what a person can mend, and what is a defect of ours."""

from __future__ import annotations


class SerError(Exception):
    """Root of every error raised on purpose."""


class Cancelled(SerError):  # noqa: N818 (it is no error)
    """Somebody asked to stop; nothing is wrong and nothing is said."""


class UserFacingError(SerError):
    """A problem whose sentence is shown as it is.

    Parameters
    ----------
    what : str
        What happened and where, with the facts.
    fix : str
        What to do about it.
    """

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(f"{what} {fix}".strip())
        self.what = what
        self.fix = fix

    def __reduce__(self) -> tuple[type[UserFacingError], tuple[str, str]]:
        """Keep both sentences on the way from one process to another."""
        return type(self), (self.what, self.fix)


class AudioFileError(UserFacingError):
    """A sound file cannot be used."""


class BundleError(UserFacingError):
    """A model bundle is incomplete, altered or does not keep its contract."""


class EncoderMissingError(UserFacingError):
    """A bundle needs a speech encoder that is not installed."""


class DownloadError(UserFacingError):
    """A file could not be fetched from the network, or is not what was published."""


class MicrophoneError(UserFacingError):
    """A microphone cannot be opened or read."""


class SettingsError(UserFacingError):
    """Settings cannot be read or written."""


class SaveError(UserFacingError):
    """A result could not be written; it is still in memory."""


class SessionFileError(UserFacingError):
    """A saved session cannot be opened."""


class PlaybackError(UserFacingError):
    """Sound cannot be played."""


class CorpusError(UserFacingError):
    """Training data does not hold what it should."""


class VoiceError(UserFacingError):
    """A calibrated voice is not there, damaged, or cannot be made from what was recorded."""


class TrainingError(UserFacingError):
    """A training run cannot go on."""


def first_line(error: Exception) -> str:
    """Return what a library's error says first, or what kind it is."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)

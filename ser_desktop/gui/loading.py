"""The model that is being loaded, and what takes its place when it cannot be opened."""

from __future__ import annotations

from pathlib import Path

from ser_desktop.core import paths
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.settings import Settings
from ser_desktop.gui import messages
from ser_desktop.gui.workers import InferenceWorker


class Loading:
    """Orders models from their thread, where the settings say.

    Parameters
    ----------
    inference : InferenceWorker

    Attributes
    ----------
    bundle : str
        The one that was ordered last, as the settings name it: "" is the one that comes with the program.
    """

    def __init__(self, inference: InferenceWorker) -> None:
        self.bundle = ""
        self._is_spare = False
        self._inference = inference

    @property
    def folder(self) -> Path:
        """Where the model is that was ordered last."""
        shipped = paths.spare_bundle() if self._is_spare else paths.default_bundle()
        return Path(self.bundle) if self.bundle else shipped

    def begin(self, bundle: str, settings: Settings, *, is_spare: bool = False) -> None:
        """Order a model; the spare one is the smaller of the two that come with the program."""
        self.bundle, self._is_spare = bundle, is_spare
        self._inference.load(self.folder, settings.device, settings.backend)

    def give_way(self, error: UserFacingError, settings: Settings) -> str | None:
        """Order another model than the one that failed.

        Returns
        -------
        text : str or None
            What happened to the one and which one is used instead; None where there is no other.
        """
        if self.bundle:
            gone = Path(self.bundle)
            said = str(error) if gone.exists() else messages.model_gone(gone)
            self.begin("", settings)
            return f"{said} {messages.DEFAULT_INSTEAD}"
        if not self._is_spare:
            self.begin("", settings, is_spare=True)
            return f"{error} {messages.SPARE_INSTEAD}"
        return None

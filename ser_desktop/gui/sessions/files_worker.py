"""Reads and writes sessions beside the window's own thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal

from ser_desktop.core.errors import AudioFileError, SaveError
from ser_desktop.core.session import Session
from ser_desktop.core.session_file import open_session
from ser_desktop.core.session_sound import Sound, StoredSound, save_sound, sound_beside
from ser_desktop.core.settings import write_atomically
from ser_desktop.gui.plots.timeline_export import timeline_png
from ser_desktop.gui.sessions import messages
from ser_desktop.gui.sessions.report import as_html
from ser_desktop.gui.workers import Worker


@dataclass(frozen=True)
class Saving:
    """What is to be written where.

    Attributes
    ----------
    session : Session
        The one in hand; it may go on growing.
    copy : Session
        How it is now.
    path : Path
        Its ending decides: ``.json``, ``.csv``, ``.png`` or ``.html``.
    sound : Sound or None
        Saved beside a ``.json`` file where given; it is held until then.
    """

    session: Session
    copy: Session
    path: Path
    sound: Sound | None = None

    @property
    def is_session(self) -> bool:
        """Whether it is a file that can be opened here again, with its words."""
        return self.path.suffix.lower() == ".json"


class FilesWorker(Worker):
    """Carries out savings and openings.

    Signals
    -------
    saved(Saving)
    over(Saving)
        It was saved, or failed.
    opened(Session, Sound or None, str)
        With a sentence where its sound is missing.
    """

    saved = Signal(object)
    opened = Signal(object, object, str)
    over = Signal(object)

    def __init__(self) -> None:
        super().__init__("sessions")

    def save(self, saving: Saving) -> None:
        """Order: write a session."""
        self._orders.put(lambda: self._save(saving))

    def open(self, path: Path) -> None:
        """Order: read a session."""
        self._orders.put(lambda: self._open(path))

    def _save(self, saving: Saving) -> None:
        try:
            self._write(saving)
            self.saved.emit(saving)
        finally:
            if saving.sound is not None:
                saving.sound.release()
            self.over.emit(saving)

    def _write(self, saving: Saving) -> None:
        copy, path = saving.copy, saving.path
        suffix = path.suffix.lower()
        if saving.is_session:
            if saving.sound is not None:
                beside = sound_beside(path)
                save_sound(saving.sound, beside)
                copy.audio = beside.name
            elif copy.path != path:
                # Another file without sound does not lead to the sound of the first.
                copy.audio = ""
        if suffix == ".png":
            _write(path, timeline_png(copy))
        elif suffix in {".html", ".htm"}:
            _write(path, as_html(copy))
        else:
            copy.save(path)

    def _open(self, path: Path) -> None:
        session = open_session(path)
        sound, complaint = None, ""
        if session.audio:
            try:
                # Only the name counts: a file from elsewhere must not make this program read just any file.
                sound = StoredSound(path.parent / Path(session.audio).name)
            except AudioFileError as error:
                complaint = messages.sound_missing(str(error))
        self.opened.emit(session, sound, complaint)


def _write(path: Path, data: str | bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        raise SaveError(
            f"«{path}» could not be saved ({error.strerror or error}).",
            "The session is still here: choose another place or free some space, and save again.",
        ) from error

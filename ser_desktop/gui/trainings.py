"""All trainings that the window began: started, followed, stopped, gone on with, renamed and thrown away."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QFile, QObject, QTimer, Signal

from ser_desktop.core.errors import SaveError, TrainingError, UserFacingError
from ser_desktop.core.training_folder import EventReader, Order, TrainingFolder, TrainingKind, TrainingState
from ser_desktop.gui.errands import Errand
from ser_desktop.gui.trainer_process import start_detached

_POLL_MS = 400
_STARTING_MS = 20_000
UNDO_MS = 12_000
"""How long a deletion can be taken back."""


@dataclass(frozen=True)
class Entry:
    """One training in the list.

    Attributes
    ----------
    folder : TrainingFolder
    order : Order or None
        None where the folder is damaged.
    state : TrainingState or None
    damage : str
        What is wrong with a damaged one.
    """

    folder: TrainingFolder
    order: Order | None
    state: TrainingState | None
    damage: str = ""


class Trainings(QObject):
    """The trainings in a folder.

    Parameters
    ----------
    root : Path
    bundle_in_use : callable
        Returns the folder of the model that the main window uses, "" for the one that came along.

    Signals
    -------
    changed()
        One began, ended or went away.
    settled()
        What was deleted cannot be put back from here any more.
    complained(str)
        Something that was deleted could not be removed.
    """

    changed = Signal()
    settled = Signal()
    complained = Signal(str)

    def __init__(
        self, root: Path, parent: QObject | None = None, *, bundle_in_use: Callable[[], str] = lambda: ""
    ) -> None:
        super().__init__(parent)
        self.root = root
        self.discarded: TrainingFolder | None = None
        self._leaving: set[Path] = set()
        self._bundle_in_use = bundle_in_use
        self._undo_timer = QTimer(self, singleShot=True, interval=UNDO_MS, timeout=self.settle)

    def entries(self) -> list[Entry]:
        """Return all trainings, the latest first; without the one that was just deleted."""
        gone = {*self._leaving, *([self.discarded.path] if self.discarded is not None else [])}
        folders = [path for path in self._folders() if not path.name.startswith(".") and path not in gone]
        found = [self._entry(path) for path in folders]
        return sorted(found, key=lambda e: e.order.created if e.order else "", reverse=True)

    def begin(
        self,
        title: str,
        kind: TrainingKind,
        arguments: Sequence[str],
        words: dict[str, str],
        expected_s: tuple[float, float] = (0.0, 0.0),
    ) -> TrainingFolder:
        """Begin a training; it waits for its turn if another one works.

        Parameters
        ----------
        title : str
        kind : TrainingKind
        arguments : sequence of str
            Of ``python -m trainer``; «FOLDER» in them stands for the training's own folder.
        words : dict
            What was chosen, for people.
        expected_s : (float, float)
            What listening and learning will take, 0 where nobody knows.

        Raises
        ------
        SaveError, TrainingError
        """
        now = datetime.now().astimezone()
        folder = TrainingFolder(self._new_place(title, now))
        own = tuple(word.replace("«FOLDER»", str(folder.path)) for word in arguments)
        folder.write(Order(title, kind, now.isoformat(timespec="seconds"), own, words, *expected_s))
        self._launch(folder, own)
        return folder

    def resume(self, folder: TrainingFolder) -> None:
        """Go on with a training that was stopped or interrupted, or that failed.

        Raises
        ------
        SaveError, TrainingError
        """
        self._launch(folder, folder.read().arguments)

    def keep_best(self, folder: TrainingFolder) -> None:
        """Make a model of what a stopped training has reached.

        Raises
        ------
        SaveError, TrainingError
        """
        self._launch(folder, [*folder.read().arguments, "--keep-best"])

    def is_in_use(self, folder: TrainingFolder) -> bool:
        """Whether the main window uses the model of a training."""
        used = self._bundle_in_use()
        return bool(used) and Path(used).resolve() == folder.bundle.resolve()

    def unused_title(self, title: str) -> str:
        """Return a title that no training has: with a number behind it where one has it already."""
        taken = {entry.order.title for entry in self.entries() if entry.order}
        found, n = title, 1
        while found in taken:
            n += 1
            found = f"{title} {n}"
        return found

    def discard(self, folder: TrainingFolder) -> None:
        """Take a training off the list; for a while it can be put back, then it is moved to the trash.

        Raises
        ------
        TrainingError
            If it runs, or its model is in use.
        """
        if folder.is_alive():
            raise TrainingError("This training is still running.", "Stop it first.")
        if self.is_in_use(folder):
            raise TrainingError(
                "The main window uses this model.", "Choose another model there first, then delete this one."
            )
        self.settle()
        self.discarded = folder
        self._undo_timer.start()
        self.changed.emit()

    def put_back(self) -> None:
        """Take the latest deletion back."""
        self._undo_timer.stop()
        self.discarded = None
        self.changed.emit()

    def settle(self) -> None:
        """Move what was deleted to the trash now, or remove it where there is none."""
        folder, self.discarded = self.discarded, None
        self._undo_timer.stop()
        if folder is None:
            return
        self._leaving.add(folder.path)
        errand = Errand(partial(_throw_away, folder.path))
        errand.done.connect(self._removed)
        errand.failed.connect(self._not_removed)
        errand.begin()
        self.settled.emit()

    def _removed(self, path: Path) -> None:
        self._leaving.discard(path)

    def _not_removed(self, error: UserFacingError) -> None:
        self._leaving.clear()
        self.complained.emit(str(error))
        self.changed.emit()

    def _launch(self, folder: TrainingFolder, arguments: Sequence[str]) -> None:
        folder.begin()
        if not start_detached([*arguments, "--follow", str(folder.path)], folder.log_file):
            raise TrainingError("The trainer cannot be started.", f"Look into «{folder.log_file}».")
        self.changed.emit()

    def _folders(self) -> list[Path]:
        try:
            return [path for path in self.root.iterdir() if path.is_dir()]
        except OSError:
            return []

    @staticmethod
    def _entry(path: Path) -> Entry:
        folder = TrainingFolder(path)
        try:
            return Entry(folder, folder.read(), folder.state())
        except TrainingError as error:
            return Entry(folder, None, None, str(error))

    def _new_place(self, title: str, now: datetime) -> Path:
        stem = f"{now:%Y%m%d-%H%M%S}-{re.sub('[^a-z0-9]+', '-', title.lower()).strip('-')[:40]}".rstrip("-")
        place, n = self.root / stem, 1
        while place.exists():
            n += 1
            place = self.root / f"{stem}-{n}"
        try:
            place.mkdir(parents=True)
        except OSError as error:
            raise SaveError(f"«{self.root}» cannot be written ({error}).", "Free some space.") from error
        return place


def _throw_away(folder: Path) -> Path:
    """Move a folder to the trash, or remove it where there is none; a full disk may take its time."""
    if not QFile.moveToTrash(str(folder)):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise SaveError(f"«{folder}» cannot be removed ({error}).", "Remove it by hand.") from error
    return folder


class TrainingWatch(QObject):
    """Follows one training as long as it is looked at.

    Parameters
    ----------
    folder : TrainingFolder

    Signals
    -------
    told(list of dict)
        Events since the last time, in order.
    state_changed(TrainingState)
    """

    told = Signal(object)
    state_changed = Signal(object)

    def __init__(self, folder: TrainingFolder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.state: TrainingState | None = None
        self._reader = EventReader(folder)
        self._starting_ms = 0
        self._timer = QTimer(self, interval=_POLL_MS, timeout=self.look)

    def start(self, *, is_new: bool = False) -> None:
        """Begin to follow; one that was just started may need a while to come to life."""
        self._starting_ms = _STARTING_MS if is_new else 0
        self.state = None
        self._timer.start()
        self.look()

    def stop(self) -> None:
        """Look away; the training goes on."""
        self._timer.stop()

    def look(self) -> None:
        """Tell what is new."""
        state = self.folder.state()
        # After the state: what was told before the end is read for sure.
        events = self._reader.read()
        if events:
            self.told.emit(events)
        is_alive = state in {TrainingState.RUNNING, TrainingState.QUEUED}
        if is_alive:
            self._starting_ms = 0
        elif self._starting_ms > 0 and state is TrainingState.INTERRUPTED:
            self._starting_ms -= _POLL_MS
            state = TrainingState.RUNNING
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)

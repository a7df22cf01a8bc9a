"""Questions for files and folders: they open where the last one of their kind ended, at first at home."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from ser_desktop.core import paths
from ser_desktop.core.remembered import merge, read


def ask_for_file(parent: QWidget, kind: str, title: str, patterns: str) -> Path | None:
    """Ask for a file that is there.

    Parameters
    ----------
    parent : QWidget
    kind : str
        What is asked for; each kind remembers its own folder.
    title : str
    patterns : str
        As Qt writes them: ``Sound (*.wav *.flac);;All files (*)``.

    Returns
    -------
    path : Path or None
        None: the question was dismissed.
    """
    name, _ = QFileDialog.getOpenFileName(parent, title, str(start_folder(kind)), patterns)
    return _remembered(kind, name)


def ask_for_folder(parent: QWidget, kind: str, title: str) -> Path | None:
    """Ask for a folder; see `ask_for_file`."""
    return _remembered(kind, QFileDialog.getExistingDirectory(parent, title, str(start_folder(kind))))


def start_folder(kind: str) -> Path:
    """Return the folder in which questions of a kind begin."""
    last = read(paths.dialogs_file()).get(kind, "")
    if isinstance(last, str) and last and Path(last).is_dir():
        return Path(last)
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(documents) if documents and Path(documents).is_dir() else Path.home()


def remember(kind: str, path: Path) -> None:
    """Begin there the next time: in a folder that was chosen, or beside a file."""
    folder = path if path.is_dir() else path.parent
    merge(paths.dialogs_file(), **{kind: str(folder)})


def _remembered(kind: str, name: str) -> Path | None:
    if not name:
        return None
    remember(kind, Path(name))
    return Path(name)

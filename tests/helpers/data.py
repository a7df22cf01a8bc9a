"""Where the real corpora lie, if they are there."""

from __future__ import annotations

import os
from pathlib import Path

from ser_desktop.core import paths


def data_folder() -> Path:
    """``$SER_TEST_DATA``, else ``shared/data`` beside the checkout."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("SER_TEST_DATA", beside))


def ravdess_folder() -> Path | None:
    """Folder of RAVDESS speech, None where it is absent."""
    folder = data_folder() / "ravdess"
    return folder if folder.is_dir() else None


def nemo_folder() -> Path | None:
    """Folder of nEMO, None where it is absent."""
    folder = data_folder() / "nemo"
    return folder if folder.is_dir() else None


def spoken_clip() -> tuple[Path, str]:
    """A real voice (a test actor, angry) where the corpus is there, else the bundled synthetic one."""
    folder = ravdess_folder()
    if folder is None:
        return paths.demo_clip(), "bundled synthetic voice (RAVDESS is not here)"
    return folder / "Actor_23" / "03-01-05-02-01-01-23.flac", "RAVDESS actor 23, angry"

"""Analysis of sound files, the same windows and words as live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_desktop.core.audio import FloatArray, file_info, read_blocks
from ser_desktop.core.errors import AudioFileError
from ser_desktop.core.prediction import Prediction
from ser_desktop.core.stream import Judge, analyse_blocks
from ser_desktop.core.window_log import WindowLog

FILE_HOP_S = 4.0
"""From one window of a file to the next: every moment is heard by two windows."""


@dataclass(frozen=True)
class FileAnalysis:
    """What was heard in one file.

    Attributes
    ----------
    path : Path
    duration_s : float
    answer : Prediction
        About the whole file: mean probabilities of its windows with speech.
    windows : WindowLog
    """

    path: Path
    duration_s: float
    answer: Prediction
    windows: WindowLog

    def as_json(self, bundle: str) -> dict[str, Any]:
        """Return ``file, duration_s, state, label, probabilities, windows, bundle``."""
        answer = self.answer.as_json()
        return {
            "file": str(self.path),
            "duration_s": round(self.duration_s, 3),
            "state": answer["state"],
            "label": answer["label"],
            "probabilities": answer["probabilities"],
            "windows": [window.as_json() for window in self.windows],
            "bundle": bundle,
        }


def analyse_file(
    judge: Judge,
    path: Path,
    hop_s: float = FILE_HOP_S,
    progress: Callable[[float], None] = lambda _share: None,
    *,
    heard: Callable[[Prediction], None] = lambda _prediction: None,
    check: Callable[[], None] = lambda: None,
) -> FileAnalysis:
    """Analyse one file of any length with bounded memory.

    Parameters
    ----------
    judge : Judge
    path : Path
    hop_s : float
    progress : callable
        Called with the share of the file that is done.
    heard : callable
        Called with the answer about each window.
    check : callable
        Called for every second of sound that is read: it may wait, and what it raises ends the analysis.

    Raises
    ------
    AudioFileError
        If the file cannot be read or is too short to judge.
    """
    check()
    info = file_info(path)
    windows = WindowLog(judge.labels)
    for window in analyse_blocks(judge, _checked(read_blocks(path), check), hop_s):
        windows.append(window)
        heard(window)
        progress(min(1.0, window.end_s / info.duration_s))
    answer = windows.overall(judge.threshold)
    if answer is None:
        raise AudioFileError(
            f"«{path.name}» is too short to judge ({info.duration_s * 1000:.0f} ms).",
            "A recording needs at least 0.1 s, and a second or more for a useful answer.",
        )
    return FileAnalysis(path, info.duration_s, answer, windows)


def _checked(blocks: Iterator[FloatArray], check: Callable[[], None]) -> Iterator[FloatArray]:
    for block in blocks:
        check()
        yield block

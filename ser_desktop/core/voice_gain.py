"""What calibrating a voice gained in our tests, read from the study's stored result."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ser_desktop.core import paths
from ser_desktop.core.normalise import Normalisation

OFFERED = "neutral-40s-adjusted"
"""The condition of the study that the window's recording comes closest to: 40 s of clips hold about 20 s of voice."""


@dataclass(frozen=True)
class VoiceGain:
    """Recall with a calibrated voice, in percent of UAR.

    Attributes
    ----------
    without, calibrated : float
        Mean over seeds, on the test speakers: with the average training speaker, and calibrated.
    validation : float
        What it gains on the validation speakers, which alone decide whether it is offered.
    n_speakers, n_better : int
        Test speakers, and how many of them gain.
    """

    without: float
    calibrated: float
    validation: float
    n_speakers: int
    n_better: int

    @property
    def is_worth_it(self) -> bool:
        """Whether validation speakers gain."""
        return self.validation > 0


def study_file() -> Path:
    """File of the study's result, which comes with the program."""
    return paths.assets_folder() / "results" / "11-calibration.json"


def find_gain(head: str, features: tuple[str, ...], encoder: str) -> VoiceGain | None:
    """Return what was measured on a model's like; None where nothing was.

    Parameters
    ----------
    head : str
    features : tuple of str
    encoder : str
        Identity of the speech encoder, "" without one.
    """
    best: VoiceGain | None = None
    for study in _read(study_file()):
        for row in study["rows"]:
            is_like = (row["head"], tuple(row["features"]), row["encoder"]) == (head, features, encoder)
            if row["normalisation"] == Normalisation.SPEAKER and is_like:
                gain = _gain(row["parts"])
                # More speakers say more.
                if gain is not None and (best is None or gain.n_speakers > best.n_speakers):
                    best = gain
    return best


def forget() -> None:
    """Read the study anew when it is asked for next."""
    _read.cache_clear()


def _gain(parts: dict[str, Any]) -> VoiceGain | None:
    if any(OFFERED not in parts.get(part, {}) for part in ("validation", "test")):
        return None
    test = parts["test"]
    return VoiceGain(
        without=float(test["training"]["uar_mean"]),
        calibrated=float(test[OFFERED]["uar_mean"]),
        validation=float(parts["validation"][OFFERED]["gain"]["mean"]),
        n_speakers=int(test[OFFERED]["gain"]["n_speakers"]),
        n_better=int(test[OFFERED]["gain"]["n_better"]),
    )


@cache
def _read(file: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads(file.read_text(encoding="utf-8"))["studies"])
    except (OSError, ValueError, KeyError):
        return []

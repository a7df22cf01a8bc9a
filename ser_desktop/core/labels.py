"""Emotion names and the class order of each corpus; nothing else spells an emotion."""

from __future__ import annotations

from enum import StrEnum


class Emotion(StrEnum):
    """The words the shipped models use for the emotions a voice expresses."""

    NEUTRAL = "neutral"
    CALM = "calm"
    HAPPY = "happy"
    SAD = "sad"
    ANGRY = "angry"
    FEARFUL = "fearful"
    DISGUST = "disgust"
    SURPRISED = "surprised"


RAVDESS_CODES: dict[str, Emotion] = {
    "01": Emotion.NEUTRAL,
    "02": Emotion.CALM,
    "03": Emotion.HAPPY,
    "04": Emotion.SAD,
    "05": Emotion.ANGRY,
    "06": Emotion.FEARFUL,
    "07": Emotion.DISGUST,
    "08": Emotion.SURPRISED,
}
"""Third field of a RAVDESS file name."""

RAVDESS_8: tuple[Emotion, ...] = tuple(RAVDESS_CODES.values())
"""Class order with calm kept apart (the comparison with Issa et al.)."""

RAVDESS_7: tuple[Emotion, ...] = tuple(e for e in RAVDESS_8 if e is not Emotion.CALM)
"""Class order of Pepino et al. 2021, section 3.1: calm is merged into neutral."""

IEMOCAP_CODES: dict[str, Emotion] = {
    "ang": Emotion.ANGRY,
    "hap": Emotion.HAPPY,
    "exc": Emotion.HAPPY,
    "sad": Emotion.SAD,
    "neu": Emotion.NEUTRAL,
}
"""Majority labels of IEMOCAP that the four-class task keeps; excited counts as happy."""

IEMOCAP_4: tuple[Emotion, ...] = (Emotion.NEUTRAL, Emotion.HAPPY, Emotion.SAD, Emotion.ANGRY)
"""Class order of the four-class task, in the order of the emotions above."""

NEMO_NAMES: dict[str, Emotion] = {
    "anger": Emotion.ANGRY,
    "fear": Emotion.FEARFUL,
    "happiness": Emotion.HAPPY,
    "neutral": Emotion.NEUTRAL,
    "sadness": Emotion.SAD,
    "surprised": Emotion.SURPRISED,
}
"""Second part of an nEMO file name."""

SHARED_6: tuple[Emotion, ...] = tuple(e for e in RAVDESS_7 if e in NEMO_NAMES.values())
"""Class order of what RAVDESS and nEMO both hold: disgust is missing."""


def merge_calm(emotion: Emotion) -> Emotion:
    """Map calm to neutral, as Pepino et al. 2021 do, and leave the rest alone."""
    return Emotion.NEUTRAL if emotion is Emotion.CALM else emotion

"""Sentences about recordings that were looked at, and about who of them trains and who tests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ser_desktop.gui.durations import roughly as duration

CHECKING = "Listening to the recordings…"
CHECK_FAILED = "The recordings could not be looked at. {}"
CLASSES_TITLE, SPEAKERS_TITLE = "Recordings of each emotion", "Recordings of each person"
SPLIT_TITLE, FINDINGS_TITLE = "Who trains, who tests", "What was found"
ALL_WELL = "Nothing to complain about."
LOOK_AGAIN = "Look again"
REMEDIES = {
    "accept-counts": "Train on what is there",
    "skip-unreadable": "Leave them out",
    "speaker": "One person speaks them all",
}
MARKS = {"error": "✕", "warning": "!", "note": "i"}
CANNOT_TRAIN = "These recordings cannot be trained on yet: mend what is marked with ✕."

ROOM = "{} are free on the disk."
LITTLE_ROOM = 2_000_000_000

SAME_SENTENCES = (
    "The sentences of the test were also heard in training, said by other people: with new sentences the figures could "
    "be lower."
)
NOT_TESTED = "Nobody says {} in one of the tests: nothing is known there about how well it finds it."
NOT_WATCHED = "Nobody says {} among the voices that decide when to stop: it may find it less well."

_SHARED_SENTENCES = re.compile(r"\d+ of the \d+ test utterances of [^ ]+ say a sentence that is also trained on\.")
_PART_LACKS = re.compile(r"The (validation|test) part of ([^ ]+) has no utterance of (.+)\.")


def corpus_summary(report: Mapping[str, Any]) -> str:
    """Say what a corpus holds."""
    rates = ", ".join(f"{int(rate) / 1000:g} kHz" for rate in report["rates_hz"])
    people = len(report["counts"])
    words = [
        str(report["corpus"]),
        f"{report['n_utterances']} recordings",
        duration(report["duration_s"]),
        "one person" if people == 1 else f"{people} people",
        f"sampled at {rates}" if rates else "",
    ]
    if report["lengths_s"]:
        shortest, middle, longest = report["lengths_s"]
        words.append(f"{shortest:.1f} to {longest:.1f} s long, most about {middle:.1f} s")
    return " · ".join(word for word in words if word)


def split_text(split: Mapping[str, Any]) -> str:
    """Say who trains and who tests."""
    folds = split["folds"]
    first = folds[0]
    sizes = {part: f"{first['sizes'][part]} recordings" for part in ("train", "validation", "test")}
    who = {part: _people(first["speakers"][part]) for part in sizes}
    if split["speaker_dependent"]:
        lines = ["The same voices train and test: the figures say nothing about other people."]
    else:
        lines = ["Nobody who trains is tested: the figures tell how it does with voices it has never heard."]
    if len(folds) > 1:
        lines.append(f"{len(folds)} rounds, so that everybody is tested once. The first of them:")
    lines += [
        f"Learns from: {sizes['train']}{who['train']}",
        f"Tells when to stop learning: {sizes['validation']}{who['validation']}",
        f"Is tested on: {sizes['test']}{who['test']}",
    ]
    return "\n".join([*lines, f"({split['text']})"])


def _people(names: Sequence[str]) -> str:
    if len(names) <= 4:
        return f" of {', '.join(names)}"
    return f" of {len(names)} people"


def plain_warnings(texts: Sequence[str]) -> list[str]:
    """Say a division's warnings once each, in plain words and with what they mean."""
    return list(dict.fromkeys(map(_plain_warning, texts)))


def _plain_warning(text: str) -> str:
    lacks = _PART_LACKS.fullmatch(text)
    if lacks:
        return NOT_TESTED.format(lacks[3]) if lacks[1] == "test" else NOT_WATCHED.format(lacks[3])
    return SAME_SENTENCES if _SHARED_SENTENCES.fullmatch(text) else text

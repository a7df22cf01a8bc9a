"""Corpora: each becomes a list of checked utterances."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trainer.corpora.ravdess import load_ravdess_speech
from trainer.corpora.utterance import Corpus

CORPORA: dict[str, Callable[[Path], Corpus]] = {"ravdess": load_ravdess_speech}
"""Corpora by the name the command line knows."""

__all__ = ["CORPORA", "Corpus"]

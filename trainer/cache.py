"""Features on disk, one file per (audio content, extractor, configuration)."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ser_desktop.core import audio
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.bundle import file_sha256
from ser_desktop.core.errors import CorpusError, SaveError
from ser_desktop.core.features import MIN_SAMPLES, Extractor, FeatureSpec
from trainer.corpora.utterance import Utterance


class CachedFeatures(NamedTuple):
    """Where one utterance's features lie, branch by branch."""

    utterance: Utterance
    files: tuple[Path, ...]

    def load(self) -> list[FloatArray]:
        """Read the branches, each (n_layers, n_frames, n_features) float32."""
        return [np.load(file, allow_pickle=False).astype(np.float32, copy=False) for file in self.files]


class FeatureCache:
    """Extracts once and remembers.

    Parameters
    ----------
    folder : Path
        May be deleted at any time.
    extractors : sequence of Extractor
        One per branch.
    """

    def __init__(self, folder: Path, extractors: Sequence[Extractor]) -> None:
        self._folder = folder
        self._extractors = tuple(extractors)

    def extract(
        self, utterances: Sequence[Utterance], progress: Callable[[int, int], None]
    ) -> dict[str, CachedFeatures]:
        """Extract what is missing.

        Parameters
        ----------
        utterances : sequence of Utterance
        progress : callable
            Called with (done, total) after every utterance.

        Returns
        -------
        features : dict
            By utterance identity.
        """
        found = {}
        for done, utterance in enumerate(utterances, start=1):
            found[utterance.identity] = self._one(utterance)
            progress(done, len(utterances))
        return found

    def _one(self, utterance: Utterance) -> CachedFeatures:
        content = file_sha256(utterance.path)
        files = tuple(self._folder / f"{content[:24]}-{_key(e.spec)}.npy" for e in self._extractors)
        absent = [(e, file) for e, file in zip(self._extractors, files, strict=True) if not file.exists()]
        if absent:
            samples = audio.load(utterance.path)
            if len(samples) < MIN_SAMPLES:
                raise CorpusError(f"«{utterance.path}» is shorter than 0.1 s.", "Remove it from the corpus.")
            for extractor, file in absent:
                _save(file, extractor.extract(samples))
        return CachedFeatures(utterance, files)


def _key(spec: FeatureSpec) -> str:
    text = json.dumps(asdict(spec), sort_keys=True)
    return f"{spec.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _save(path: Path, features: FloatArray) -> None:
    # Layers of a large encoder are stored in half precision: 13 × 768 values per frame fill disks.
    stored = features.astype(np.float16) if features.shape[0] > 1 else features
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".features-", delete=False) as file:
            try:
                np.save(file, stored, allow_pickle=False)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise
        Path(file.name).replace(path)
    except OSError as error:
        raise SaveError(
            f"Features could not be written to «{path.parent}» ({error.strerror or error}).",
            "Free some space or name another folder with --cache; what was extracted so far is kept.",
        ) from error

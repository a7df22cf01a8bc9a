"""Features on disk: extracted once per (audio content, extractor, configuration), verified, shared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from zlib import crc32

import numpy as np

from ser_desktop.core import audio
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.encoder import Encoder
from ser_desktop.core.errors import AudioFileError, CorpusError, UserFacingError
from ser_desktop.core.features import MIN_SAMPLES, Extractor, FeatureSpec
from trainer.contents import Contents
from trainer.corpora.utterance import Utterance
from trainer.degrade import for_training
from trainer.features import Source, open_extractor, storage_key
from trainer.files import sweep
from trainer.stored import is_intact, save_features
from trainer.workers import Workers

_CHUNK = 8
_GPU_BATCH = 16

Progress = Callable[[int, int], None]
Failures = dict[str, str]


@dataclass(frozen=True)
class Extracted:
    """Where a source's features lie.

    Attributes
    ----------
    spec : FeatureSpec
        Of what is stored.
    files : dict
        By utterance identity.
    unusable : dict
        Utterances without features, and why.
    n_mended : int
        Files that were damaged and extracted again.
    """

    spec: FeatureSpec
    files: dict[str, Path]
    unusable: Failures
    n_mended: int


def extract(
    source: Source,
    utterances: Sequence[Utterance],
    contents: Contents,
    folder: Path,
    *,
    workers: Workers,
    encoder: Encoder | None,
    progress: Progress,
) -> Extracted:
    """Extract what is missing or damaged; everything finished survives an interruption.

    Parameters
    ----------
    source : Source
    utterances : sequence of Utterance
    contents : dict
        Digest of each utterance's sound.
    folder : Path
        The cache; it may be deleted at any time. Several runs may use it at once.
    workers : Workers
    encoder : Encoder or None
        Loaded, for a source that needs one.
    progress : callable
        Called with (done, total).

    Raises
    ------
    SaveError
        If the disk is full.
    """
    sweep(folder)
    spec = open_extractor(source, encoder).spec
    key = storage_key(spec, source.max_s, half=encoder is not None and encoder.device.half)
    files = {u.identity: folder / f"{contents[u.identity]}-{key}.npy" for u in utterances}
    needed: dict[Path, Utterance] = {}
    n_mended = 0
    for done, utterance in enumerate(utterances, start=1):
        file = files[utterance.identity]
        if file.exists():
            if is_intact(file):
                progress(done, len(utterances))
                continue
            # It is replaced, not removed: another run may be mending it at this moment.
            n_mended += 1
        needed.setdefault(file, utterance)
    tasks = [(utterance, file) for file, utterance in needed.items()]
    n_there, failures = len(utterances) - len(tasks), Failures()

    def count(results: Failures, n: int) -> None:
        nonlocal n_there
        failures.update(results)
        n_there += n
        progress(n_there, len(utterances))

    if encoder is not None:
        for group in _same_length(tasks, source.max_s, _GPU_BATCH if encoder.device.kind != "cpu" else 1):
            count(_extract_group(encoder, group, source.max_s), len(group))
    else:
        chunks = [tasks[i : i + _CHUNK] for i in range(0, len(tasks), _CHUNK)]
        for chunk, found in workers.run(_extract_chunk, [(source, chunk) for chunk in chunks]):
            count(found, len(chunk[1]))
    # Identical recordings share a file: what is wrong with one is wrong with all.
    bad = {files[identity]: reason for identity, reason in failures.items()}
    unusable = {identity: bad[file] for identity, file in files.items() if file in bad}
    return Extracted(spec, {i: f for i, f in files.items() if i not in unusable}, unusable, n_mended)


Task = tuple[Utterance, Path]
_extractors: dict[Source, Extractor] = {}


def _extract_chunk(task: tuple[Source, list[Task]]) -> Failures:
    """Extract some utterances in a worker process, which keeps its extractor."""
    source, tasks = task
    if source not in _extractors:
        _extractors[source] = open_extractor(source)
    extractor = _extractors[source]
    failures = Failures()
    for utterance, file in tasks:
        try:
            samples = load_utterance(utterance, source.max_s)
            _save(file, extractor.extract(samples), utterance)
        except (AudioFileError, CorpusError) as error:
            failures[utterance.identity] = str(error)
    return failures


def _extract_group(encoder: Encoder, tasks: Sequence[Task], max_s: float | None) -> Failures:
    """Extract utterances of one length in one batch: nothing is padded."""
    failures = Failures()
    loaded: list[tuple[Task, FloatArray]] = []
    for utterance, file in tasks:
        try:
            loaded.append(((utterance, file), load_utterance(utterance, max_s)))
        except (AudioFileError, CorpusError) as error:
            failures[utterance.identity] = str(error)
    for _, alike in groupby(sorted(loaded, key=lambda item: len(item[1])), key=lambda item: len(item[1])):
        batch = list(alike)
        layers = encoder.batch_layers(np.stack([samples for _, samples in batch]))
        for ((utterance, file), _), features in zip(batch, layers, strict=True):
            try:
                _save(file, features, utterance)
            except CorpusError as error:
                failures[utterance.identity] = str(error)
    return failures


def _same_length(tasks: Sequence[Task], max_s: float | None, size: int) -> Iterator[list[Task]]:
    if size == 1:
        yield from ([task] for task in tasks)
        return

    def length(task: Task) -> float:
        try:
            end_s = task[0].end_s or audio.file_info(task[0].path).duration_s
        except UserFacingError:
            return 0.0
        return min(end_s - task[0].start_s, max_s or float("inf"))

    for _, alike in groupby(sorted(tasks, key=length), key=length):
        group = list(alike)
        yield from (group[i : i + size] for i in range(0, len(group), size))


def load_utterance(utterance: Utterance, max_s: float | None = None) -> FloatArray:
    """Load what features are extracted from: (n_samples,) at 16 kHz, changed if it is a copy.

    Raises
    ------
    AudioFileError, CorpusError
    """
    end_s = utterance.end_s
    if max_s is not None:
        end_s = min(utterance.start_s + max_s, float("inf") if end_s is None else end_s)
    samples = audio.load(utterance.path, utterance.start_s, end_s)
    if len(samples) < MIN_SAMPLES:
        raise CorpusError(f"«{utterance.identity}» is shorter than 0.1 s.", "Remove it from the corpus.")
    return for_training(samples, _change_of(utterance)) if utterance.copy else samples


def _change_of(utterance: Utterance) -> np.random.Generator:
    """Draw the same change on every machine and in every run: by the sound, as stored features are named."""
    stretch = f"{utterance.start_s:.6f}-{utterance.end_s}"
    return np.random.default_rng([utterance.copy, crc32(utterance.path.read_bytes()), crc32(stretch.encode())])


def _save(file: Path, features: FloatArray, utterance: Utterance) -> None:
    if features.shape[1] == 0 or not np.isfinite(features).all():
        raise CorpusError(
            f"The features of «{utterance.identity}» are not numbers; the recording is probably damaged or too short.",
            "Listen to it, and remove it from the corpus.",
        )
    save_features(file, features)

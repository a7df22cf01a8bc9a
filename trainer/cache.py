"""Features on disk: extracted once per (audio content, extractor, configuration), verified, shared."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_desktop.core.encoder import Encoder
from ser_desktop.core.errors import AudioFileError, CorpusError
from ser_desktop.core.features import Extractor, FeatureSpec
from trainer.contents import Contents
from trainer.corpora.utterance import Utterance
from trainer.encode import BackendChangedError, Failures, Task, encode_all
from trainer.features import Source, open_extractor, storage_key
from trainer.files import sweep
from trainer.sound import load_utterance
from trainer.stored import is_intact, save_utterance
from trainer.workers import Workers

_CHUNK = 8
_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


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
    while True:
        try:
            return _extract(source, utterances, contents, folder, workers=workers, encoder=encoder, progress=progress)
        except BackendChangedError as change:
            # What was stored so far is true of the backend that failed; all of this run's come from one.
            _log.warning("%s; all features are extracted with what took its place", change)


def _extract(
    source: Source,
    utterances: Sequence[Utterance],
    contents: Contents,
    folder: Path,
    *,
    workers: Workers,
    encoder: Encoder | None,
    progress: Progress,
) -> Extracted:
    """See `extract`."""
    spec = open_extractor(source, encoder).spec
    key = storage_key(spec, source.max_s, encoder.backend if encoder else None)
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
        for n, found in encode_all(encoder, tasks, source.max_s):
            count(found, n)
    else:
        chunks = [tasks[i : i + _CHUNK] for i in range(0, len(tasks), _CHUNK)]
        for chunk, found in workers.run(_extract_chunk, [(source, chunk) for chunk in chunks]):
            count(found, len(chunk[1]))
    # Identical recordings share a file: what is wrong with one is wrong with all.
    bad = {files[identity]: reason for identity, reason in failures.items()}
    unusable = {identity: bad[file] for identity, file in files.items() if file in bad}
    return Extracted(spec, {i: f for i, f in files.items() if i not in unusable}, unusable, n_mended)


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
            save_utterance(file, extractor.extract(samples), utterance)
        except (AudioFileError, CorpusError) as error:
            failures[utterance.identity] = str(error)
    return failures

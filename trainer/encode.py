"""Layers of many utterances: several at once on a processor, in batches of one length on a GPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby, islice
from pathlib import Path

import numpy as np
import torch

from ser_desktop.core import audio
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.device import BackendName, DeviceKind
from ser_desktop.core.encoder import Encoder
from ser_desktop.core.errors import AudioFileError, CorpusError, UserFacingError
from ser_desktop.core.threads import threads_each
from trainer.corpora.utterance import Utterance
from trainer.sound import load_utterance
from trainer.stored import save_utterance

_GPU_BATCH = 16
_GPU_THREADS = 4

Task = tuple[Utterance, Path]
Failures = dict[str, str]


class BackendChangedError(Exception):
    """A backend failed, and another took its place, while layers were on their way to files named after the first."""


def encode_all(encoder: Encoder, tasks: Sequence[Task], max_s: float | None) -> Generator[tuple[int, Failures]]:
    """Write the layers of every utterance to its file; yield how many are done, and what failed with them.

    A processor's cores get an utterance each: one utterance on all of them takes longer than its share
    (measured: bench extract). On a GPU the threads read and write while it computes. Only the utterances
    of the threads are in memory.

    Parameters
    ----------
    encoder : Encoder
    tasks : sequence of (Utterance, Path)
    max_s : float or None
        Utterances are cut to this before.

    Raises
    ------
    BackendChangedError
        What another backend than that of the beginning computed is not written.
    """
    backend = encoder.backend
    if encoder.device.kind is DeviceKind.CPU:
        n_threads, size = torch.get_num_threads(), 1
    else:
        n_threads, size = _GPU_THREADS, _GPU_BATCH
    groups = _groups(tasks, max_s, size)
    with threads_each(1), ThreadPoolExecutor(n_threads, "encode") as pool:
        coming: deque[tuple[Future[Failures], int]] = deque()

        def submit(n: int) -> None:
            for group in islice(groups, n):
                coming.append((pool.submit(encode_group, encoder, group, max_s, backend), len(group)))

        submit(2 * n_threads)
        try:
            while coming:
                future, n = coming.popleft()
                failures = future.result()
                submit(1)
                yield n, failures
        finally:
            for future, _ in coming:
                future.cancel()


def encode_group(encoder: Encoder, tasks: Sequence[Task], max_s: float | None, backend: BackendName) -> Failures:
    """Write the layers of some utterances; those of one length share a batch, so nothing is padded."""
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
        if encoder.backend is not backend:
            raise BackendChangedError(encoder.backend_reason)
        for ((utterance, file), _), features in zip(batch, layers, strict=True):
            try:
                save_utterance(file, features, utterance)
            except CorpusError as error:
                failures[utterance.identity] = str(error)
    return failures


def _groups(tasks: Sequence[Task], max_s: float | None, size: int) -> Iterator[list[Task]]:
    """Bring so many of one length together."""
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

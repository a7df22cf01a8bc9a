"""Whether the faster ways to compute the encoder cost accuracy: the default bundle on the RAVDESS test actors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ser_desktop.core import paths
from ser_desktop.core.analysis import open_analyser
from ser_desktop.core.audio import load
from ser_desktop.core.device import BackendName, DeviceKind, choose_device
from tests.helpers.data import ravdess_folder
from trainer.corpora import ReadOptions
from trainer.corpora.ravdess import read_speech
from trainer.metrics import score

TEST_ACTORS = {"actor23", "actor24"}


def accuracy(scratch: Path) -> dict[str, Any]:
    """UAR on the 120 spoken files of actors 23 and 24 with every backend that runs here."""
    folder = ravdess_folder()
    if folder is None:
        raise SystemExit("RAVDESS is not beside the project (see $SER_TEST_DATA).")
    # The other actors are not needed here.
    corpus = read_speech(ReadOptions((folder,), scratch, accept_counts=True))
    tested = [u for u in corpus.utterances if u.speaker in TEST_ACTORS]
    sounds = [load(u.path) for u in tested]
    figures: dict[str, Any] = {"files": len(tested), "device": choose_device().name}
    reference: list[np.ndarray] = []
    ways = [("cpu", name) for name in (BackendName.FLOAT32, BackendName.BFLOAT16, BackendName.OPENVINO)]
    if choose_device().kind is DeviceKind.CUDA:
        ways += [("cuda", BackendName.FLOAT16), ("cuda", BackendName.CUDA_GRAPHS)]
    for device, name in ways:
        analyser = open_analyser(paths.default_bundle(), device, name)
        if analyser.encoder is None or analyser.encoder.backend is not name:
            continue
        labels = list(analyser.labels)
        truth = np.array([labels.index("neutral" if u.emotion == "calm" else u.emotion) for u in tested])
        logits = [analyser.logits(sound) for sound in sounds]
        answers = np.array([int(found.argmax()) for found in logits])
        reference = reference or logits
        figures[f"uar_{name}"] = round(100 * score(truth, answers, len(labels)).uar, 2)
        figures[f"other_answers_{name}"] = int(sum(a != r.argmax() for a, r in zip(answers, reference, strict=True)))
        figures[f"largest_logit_difference_{name}"] = round(
            float(max(np.abs(a - r).max() for a, r in zip(logits, reference, strict=True))), 3
        )
    return figures

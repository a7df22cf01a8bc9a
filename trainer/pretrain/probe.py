"""How well emotions can be read from an encoder, on RAVDESS actors who are neither validation nor test."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from ser_desktop.core import audio
from ser_desktop.core.labels import RAVDESS_7
from trainer.metrics import score
from trainer.pretrain.architecture import all_layers
from trainer.pretrain.recordings import PROBE_ACTORS, Recording

if TYPE_CHECKING:
    from transformers import Wav2Vec2Model

N_FOLDS = 5


@dataclass(frozen=True)
class Probed:
    """Unweighted average recalls between 0 and 1.

    Attributes
    ----------
    held_out : float
        On `PROBE_ACTORS`; no loss uses their emotions.
    everyone : float or None
        Leave-actors-out over actors 01–20; None for an encoder that was taught emotions.
    """

    held_out: float
    everyone: float | None

    @property
    def deciding(self) -> float:
        """What chooses the checkpoint."""
        return self.held_out if self.everyone is None else self.everyone


class Probe:
    """A linear probe: logistic regression on mean and deviation of the frames.

    Parameters
    ----------
    recordings : sequence of Recording
        Those with an emotion are used.
    taught : bool
        Whether the encoder learns emotions of the others: then only `PROBE_ACTORS` measure it.
    """

    def __init__(self, recordings: Sequence[Recording], *, taught: bool) -> None:
        self._recordings = [r for r in recordings if r.emotion is not None]
        self._taught = taught
        self._speakers = np.array([r.speaker for r in self._recordings])
        self._labels = np.array([RAVDESS_7.index(r.emotion) for r in self._recordings if r.emotion], dtype=np.int64)

    @property
    def can_probe(self) -> bool:
        """Whether there is somebody to measure on, and others to learn from, all in several emotions."""
        measured = np.isin(self._speakers, sorted(PROBE_ACTORS))
        return all(len(set(self._labels[part])) > 1 for part in (measured, ~measured))

    def __call__(self, model: Wav2Vec2Model, check: Callable[[], None] = lambda: None) -> Probed:
        """Measure an encoder; ``check`` may raise between two recordings."""
        vectors = []
        was_training = model.training
        model.eval()
        with torch.inference_mode():
            for recording in self._recordings:
                check()
                vectors.append(_pooled(model, recording))
        model.train(was_training)
        features = np.stack(vectors)
        answers = {frozenset(PROBE_ACTORS): self._answers(features, PROBE_ACTORS)}
        held_out = self._score(answers)
        if self._taught:
            return Probed(held_out, None)
        others = sorted(set(self._speakers) - PROBE_ACTORS)
        for fold in np.array_split(np.array(others), N_FOLDS - 1):
            if len(fold):
                answers[frozenset(fold)] = self._answers(features, frozenset(fold))
        return Probed(held_out, self._score(answers))

    def _answers(self, features: npt.NDArray[np.float32], tested: frozenset[str]) -> npt.NDArray[np.int64]:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        is_test = np.isin(self._speakers, sorted(tested))
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            classifier.fit(features[~is_test], self._labels[~is_test])
        return np.asarray(classifier.predict(features[is_test]), dtype=np.int64)

    def _score(self, answers: dict[frozenset[str], npt.NDArray[np.int64]]) -> float:
        targets = [self._labels[np.isin(self._speakers, sorted(tested))] for tested in answers]
        return score(np.concatenate(targets), np.concatenate(list(answers.values())), len(RAVDESS_7)).uar


def _pooled(model: Wav2Vec2Model, recording: Recording) -> npt.NDArray[np.float32]:
    samples = torch.from_numpy(audio.load(recording.path))[None].to(model.device)
    with torch.autocast(model.device.type, torch.bfloat16):
        layers = torch.stack(all_layers(model, samples))[:, 0].float()
    frames = torch.nn.functional.layer_norm(layers, layers.shape[-1:]).mean(dim=0)
    return np.asarray(torch.cat([frames.mean(dim=0), frames.std(dim=0)]).cpu().numpy(), dtype=np.float32)

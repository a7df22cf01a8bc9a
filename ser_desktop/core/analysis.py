"""From samples to calibrated probabilities: the one path that live, files and training share."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ser_desktop.core import catalogue
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.backend_choice import open_fastest
from ser_desktop.core.bundle import Bundle, load_bundle
from ser_desktop.core.device import Device, choose_device
from ser_desktop.core.encoder import Encoder
from ser_desktop.core.errors import BundleError
from ser_desktop.core.features import Extractor, FeatureSpec, make_extractor
from ser_desktop.core.normalise import Normalisation, Statistics, as_all_speech
from ser_desktop.core.threads import threads_each
from ser_desktop.core.voices import Voice, VoiceUse

_MOST_AT_ONCE = 8


def prepare(
    branches: Sequence[FloatArray], statistics: Sequence[Statistics], max_frames: int
) -> tuple[FloatArray, ...]:
    """Normalise the branches of one utterance and cut them to a common length.

    Parameters
    ----------
    branches : sequence of (n_layers, n_frames, n_features)
        Frame counts may differ by a few: openSMILE and wav2vec 2.0 end at different samples.
    statistics : sequence of Statistics
        One per branch.
    max_frames : int
        The head sees at most the first ``max_frames`` (section 3.2).
    """
    n_frames = min(max_frames, *(branch.shape[1] for branch in branches))
    return tuple(reference.apply(branch[:, :n_frames]) for branch, reference in zip(branches, statistics, strict=True))


def collate(utterances: Sequence[Sequence[FloatArray]]) -> tuple[list[Tensor], Tensor]:
    """Join prepared utterances into a head's input.

    Returns
    -------
    features : list of (n_layers, n_frames, n_features)
        One per branch, the utterances' frames one behind the other.
    lengths : (n_utterances,) int64
    """
    lengths = torch.tensor([utterance[0].shape[1] for utterance in utterances])
    branches = zip(*utterances, strict=True)
    return [torch.from_numpy(np.concatenate(branch, axis=1)) for branch in branches], lengths


class Analyser:
    """A bundle with its extractors, ready to judge windows. Use it in one thread; it has more of its own.

    Parameters
    ----------
    bundle : Bundle
    extractors : sequence of Extractor
        In the order of the bundle's features.
    device : Device
        Where the encoder runs; shown to the user.
    encoder : Encoder or None
        The one that the extractors use; how it is computed is shown, too.
    """

    def __init__(
        self, bundle: Bundle, extractors: Sequence[Extractor], device: Device, encoder: Encoder | None = None
    ) -> None:
        for wanted, extractor in zip(bundle.config.features, extractors, strict=True):
            if wanted != extractor.spec:
                raise BundleError(
                    f"«{bundle.config.name}» was trained on {wanted.name} features made otherwise than this program "
                    f"makes them ({_difference(wanted, extractor.spec)}).",
                    "Update the program, or choose another model.",
                )
        self.bundle = bundle
        self._device = device
        self.encoder = encoder
        self._extractors = tuple(extractors)
        self.voice = ""
        self.voice_use = VoiceUse.NONE
        self._statistics = bundle.statistics

    def use_voice(self, voice: Voice | None) -> None:
        """Measure windows against a person's own statistics from now on, where the model was made for that.

        `voice_use` says what came of it: a model with global normalisation takes every voice alike, a
        voice that was recorded without the model's speech encoder says nothing to it, and a model that
        does not know what neutral speech lacks would be misled by it (in the study it lost 20 points of
        recall). None goes back to the average training speaker.
        """
        self._statistics = self.bundle.statistics
        self.voice = voice.name if voice else ""
        if voice is None:
            self.voice_use = VoiceUse.NONE
        elif self.bundle.config.normalisation is Normalisation.GLOBAL:
            self.voice_use = VoiceUse.NOT_NEEDED
        elif any(average.neutral is None for average in self.bundle.statistics):
            self.voice_use = VoiceUse.UNPREPARED
        else:
            found = voice.statistics_for(self.bundle.config.features)
            self.voice_use = VoiceUse.UNKNOWN if found is None else VoiceUse.USED
            if found is not None:
                pairs = zip(found, self.bundle.statistics, strict=True)
                self._statistics = tuple(as_all_speech(own, average) for own, average in pairs)

    @property
    def device(self) -> Device:
        """Where windows are computed now; an encoder moves when its device fails."""
        return self.encoder.device if self.encoder else self._device

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of the probabilities."""
        return self.bundle.config.labels

    @property
    def window_s(self) -> float:
        """Longest stretch the head was made for."""
        return self.bundle.config.window_s

    @property
    def min_window_s(self) -> float:
        """Shortest stretch worth judging."""
        return self.bundle.config.min_window_s

    @property
    def threshold(self) -> float:
        """Probability below which the answer is "not sure"."""
        return self.bundle.config.decision.threshold

    @property
    def n_at_once(self) -> int:
        """How many windows of a file are best judged together: a processor core for each."""
        return min(_MOST_AT_ONCE, torch.get_num_threads())

    def logits(self, samples: FloatArray) -> npt.NDArray[np.float32]:
        """Logits (n_classes,) of one window, (n_samples,) at 16 kHz, unpadded."""
        return self._classify(extract_all(self._extractors, samples))

    def _classify(self, branches: Sequence[FloatArray]) -> npt.NDArray[np.float32]:
        prepared = prepare(branches, self._statistics, self.bundle.config.max_frames())
        with torch.inference_mode():
            logits = self.bundle.head(*collate([prepared]))
        return np.asarray(logits[0].numpy(), dtype=np.float32)

    def probabilities(self, windows: Sequence[FloatArray]) -> list[npt.NDArray[np.float64]]:
        """Temperature-scaled probabilities (n_classes,) of each window; they sum to 1.

        Measured on two cores: two windows at once in 0.26 s, one after the other in 0.30 s.
        """
        if len(windows) == 1:
            logits = [self.logits(windows[0])]
        else:
            with threads_each(1), ThreadPoolExecutor(max(1, len(windows))) as pool:
                branches = pool.map(lambda samples: [e.extract(samples) for e in self._extractors], windows)
                logits = [self._classify(found) for found in branches]
        return [softmax(values / self.bundle.config.decision.temperature) for values in logits]

    def warm_up(self) -> None:
        """Analyse a second of quiet noise, so that the first real window is not the slow one."""
        noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE_HZ).astype(np.float32)
        self.logits(noise * np.float32(1e-3))


def extract_all(extractors: Sequence[Extractor], samples: FloatArray) -> list[FloatArray]:
    """Features of every extractor, computed at the same time.

    Measured on two cores with the compact encoder and eGeMAPS of 8 s: 0.15 s, one after the other 0.21 s.
    """
    first, *others = extractors
    if not others:
        return [first.extract(samples)]
    # openSMILE is left a core: PyTorch's threads wait for each other, and so for one that has to share.
    with threads_each(max(1, torch.get_num_threads() - 1)), ThreadPoolExecutor(len(others)) as pool:
        coming = [pool.submit(other.extract, samples) for other in others]
        return [first.extract(samples), *(features.result() for features in coming)]


def _difference(wanted: FeatureSpec, found: FeatureSpec) -> str:
    ours, theirs = asdict(found), asdict(wanted)
    return ", ".join(f"{name}: {theirs[name]} there, {ours[name]} here" for name in ours if ours[name] != theirs[name])


def softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Probabilities along the last axis."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float64)


def open_analyser(bundle_folder: Path, device_preference: str = "auto", backend_preference: str = "auto") -> Analyser:
    """Load a bundle, choose device and backend, load its encoder if it has one, and warm up.

    The first time on a machine backends are measured, which takes seconds.

    Raises
    ------
    BundleError, EncoderMissingError
    """
    bundle = load_bundle(bundle_folder)
    identity = bundle.config.encoder
    entry = catalogue.find_encoder(identity) if identity else None
    device = choose_device(device_preference)
    encoder = open_fastest(entry.folder, device, entry.identity, backend_preference) if entry else None
    analyser = Analyser(bundle, make_extractors(bundle, encoder), device, encoder)
    analyser.warm_up()
    return analyser


def make_extractors(bundle: Bundle, encoder: Encoder | None) -> list[Extractor]:
    """Build the extractors that a bundle's features name.

    Raises
    ------
    BundleError
        If the encoder has other dimensions than the bundle was trained on.
    """
    extractors = []
    for spec in bundle.config.features:
        extractor = make_extractor(spec.name, encoder=encoder, hop_s=spec.frame_s)
        found = extractor.spec
        if (spec.n_layers, spec.n_features) != (found.n_layers, found.n_features):
            raise BundleError(
                f"«{bundle.config.name}» says {spec.name} has {spec.n_layers} layers of {spec.n_features} features, "
                f"but it has {found.n_layers} of {found.n_features}.",
                "Copy the bundle again, or choose another model.",
            )
        extractors.append(extractor)
    return extractors

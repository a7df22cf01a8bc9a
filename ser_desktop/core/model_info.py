"""What a window needs to know about a loaded model: plain values, free of PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_desktop.core.reliability import ReliabilityBin
from ser_desktop.core.voices import VoiceUse

if TYPE_CHECKING:
    from ser_desktop.core.analysis import Analyser


@dataclass(frozen=True)
class ModelInfo:
    """A loaded model, described.

    Attributes
    ----------
    name : str
    labels : tuple of str
    head, normalisation : str
    features : tuple of str
    layer_weights : tuple of float or None
        αᵢ / Σα, None for a model without layers.
    window_s, min_window_s : float
    threshold : float
        Below this probability the answer is "not sure".
    corpus : str
    uar_mean, uar_sd : float
        On the test speakers over seeds, between 0 and 1.
    n_test : int
    device, device_reason : str
    backend, backend_reason : str
        How the speech encoder is computed, and why so; empty for a model without one.
    reliability : tuple of ReliabilityBin
        How often it was right on test recordings when it was so sure; empty where that was not counted.
    encoder : str
        Identity of the speech encoder; empty for a model without one.
    voice : str
        Name of the calibrated voice that was chosen, "" if none was.
    voice_use : VoiceUse
        What becomes of it with this model.
    """

    name: str
    labels: tuple[str, ...]
    head: str
    normalisation: str
    features: tuple[str, ...]
    layer_weights: tuple[float, ...] | None
    window_s: float
    min_window_s: float
    threshold: float
    corpus: str
    uar_mean: float
    uar_sd: float
    n_test: int
    device: str
    device_reason: str
    backend: str = ""
    backend_reason: str = ""
    reliability: tuple[ReliabilityBin, ...] = ()
    encoder: str = ""
    voice: str = ""
    voice_use: VoiceUse = VoiceUse.NONE


def describe(analyser: Analyser) -> ModelInfo:
    """Describe an opened analyser."""
    config = analyser.bundle.config
    uars = config.results.test_uar
    mean = sum(uars) / len(uars)
    sd = (sum((u - mean) ** 2 for u in uars) / len(uars)) ** 0.5
    encoder = analyser.encoder
    return ModelInfo(
        name=config.name,
        labels=config.labels,
        head=str(config.head_kind),
        normalisation=str(config.normalisation),
        features=tuple(str(spec.name) for spec in config.features),
        layer_weights=analyser.bundle.head.layer_weights(),
        window_s=config.window_s,
        min_window_s=config.min_window_s,
        threshold=config.decision.threshold,
        corpus=config.results.corpus,
        uar_mean=mean,
        uar_sd=sd,
        n_test=config.results.n_test,
        device=analyser.device.name,
        device_reason=analyser.device.reason,
        backend=encoder.backend.in_words if encoder else "",
        backend_reason=encoder.backend_reason if encoder else "",
        reliability=config.results.reliability,
        encoder=config.encoder or "",
        voice=analyser.voice,
        voice_use=analyser.voice_use,
    )

"""The three feature extractors behind one interface; live, files and training all use these.

Every extractor turns mono samples at 16 kHz into (n_layers, n_frames, n_features) float32.
Pepino et al. 2021, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray

if TYPE_CHECKING:
    import opensmile

    from ser_desktop.core.encoder import Encoder

FRAME_S = 0.02
"""Hop of wav2vec 2.0 and of eGeMAPS after averaging pairs."""

MIN_SAMPLES = SAMPLE_RATE_HZ // 10
"""Shortest input that every extractor gives at least one real frame for."""

N_EGEMAPS = 25
_LARGEST_SAMPLE = 32767 / 32768
_STFT_FRAME = 400
_STFT_BINS = 512


class FeatureName(StrEnum):
    """The feature sets of Table 1."""

    EGEMAPS = "egemaps"
    SPECTROGRAM = "spectrogram"
    LOCAL = "local"
    CONTEXTUAL = "contextual"
    ALL_LAYERS = "all-layers"

    @property
    def needs_encoder(self) -> bool:
        """Whether the features are activations of a speech encoder."""
        return self in {FeatureName.LOCAL, FeatureName.CONTEXTUAL, FeatureName.ALL_LAYERS}


@dataclass(frozen=True)
class FeatureSpec:
    """The contract of one feature branch, stored in the bundle.

    Attributes
    ----------
    name : FeatureName
    n_layers, n_features : int
    frame_s : float
        Time from one frame to the next.
    configuration : dict
        Whatever else decides the values; compared on load.
    """

    name: FeatureName
    n_layers: int
    n_features: int
    frame_s: float = FRAME_S
    configuration: dict[str, str | int | float] = field(default_factory=dict)


class Extractor(Protocol):
    """Turns samples into features."""

    @property
    def spec(self) -> FeatureSpec:
        """What comes out."""

    def extract(self, samples: FloatArray) -> FloatArray:
        """Features (n_layers, n_frames, n_features) of (n_samples,) at 16 kHz, `MIN_SAMPLES` or more."""


class Egemaps:
    """The eGeMAPSv02 low-level descriptors of openSMILE, 10 ms frames averaged in pairs.

    openSMILE is not thread-safe: threads that extract at the same time get an instance each.
    """

    def __init__(self) -> None:
        self._idle = [_make_smile()]
        self.spec = FeatureSpec(
            FeatureName.EGEMAPS,
            1,
            N_EGEMAPS,
            FRAME_S,
            {"feature_set": "eGeMAPSv02", "rate_hz": SAMPLE_RATE_HZ, "clipped_at": 1},
        )

    def extract(self, samples: FloatArray) -> FloatArray:
        """See `Extractor.extract`; an odd last frame is dropped."""
        # openSMILE computes on 16-bit integers and wraps what exceeds them: +1.0 would become -1.0.
        clipped = np.clip(samples, -1.0, _LARGEST_SAMPLE)
        try:
            smile = self._idle.pop()
        except IndexError:
            smile = _make_smile()
        frames = smile.process_signal(clipped, SAMPLE_RATE_HZ).to_numpy(np.float32)
        self._idle.append(smile)
        n_pairs = len(frames) // 2
        pairs = frames[: 2 * n_pairs].reshape(1, n_pairs, 2, N_EGEMAPS)
        return np.asarray(pairs.mean(axis=2), dtype=np.float32)


def _make_smile() -> opensmile.Smile:
    import opensmile

    return opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.LowLevelDescriptors,
    )


class Spectrogram:
    """Magnitude of the short-time Fourier transform, Hann window of 25 ms, 257 bins.

    Parameters
    ----------
    hop_s : float
        0.010 as the paper says, 0.020 as the released code does.
    """

    def __init__(self, hop_s: float = 0.010) -> None:
        self._hop = round(hop_s * SAMPLE_RATE_HZ)
        # The periodic Hann window, as in scipy.signal and librosa.
        self._window = np.hanning(_STFT_FRAME + 1)[:-1].astype(np.float32)
        self.spec = FeatureSpec(
            FeatureName.SPECTROGRAM, 1, _STFT_BINS // 2 + 1, hop_s, {"rate_hz": SAMPLE_RATE_HZ, "bins": _STFT_BINS}
        )

    def extract(self, samples: FloatArray) -> FloatArray:
        """See `Extractor.extract`; frames lie wholly inside the samples, nothing is padded."""
        frames = np.lib.stride_tricks.sliding_window_view(samples, _STFT_FRAME)[:: self._hop]
        spectrum = np.fft.rfft(frames * self._window, _STFT_BINS, axis=-1)
        return np.abs(spectrum).astype(np.float32)[None]


class EncoderLayers:
    """Activations of a frozen wav2vec 2.0 encoder: f₀, the last block, or all of them.

    Parameters
    ----------
    encoder : Encoder
    name : FeatureName
        ``local``, ``contextual`` or ``all-layers``.
    """

    def __init__(self, encoder: Encoder, name: FeatureName = FeatureName.ALL_LAYERS) -> None:
        self._encoder = encoder
        last = encoder.n_layers - 1
        self._chosen = {
            FeatureName.LOCAL: slice(0, 1),
            FeatureName.CONTEXTUAL: slice(last, last + 1),
            FeatureName.ALL_LAYERS: slice(None),
        }[name]
        n_layers = encoder.n_layers if name is FeatureName.ALL_LAYERS else 1
        self.spec = FeatureSpec(name, n_layers, encoder.n_features, FRAME_S, {"encoder": encoder.identity})

    def extract(self, samples: FloatArray) -> FloatArray:
        """See `Extractor.extract`; the waveform goes in raw, neither padded nor scaled."""
        return self._encoder.layers(samples)[self._chosen]


def make_extractor(name: FeatureName, *, encoder: Encoder | None = None, hop_s: float = 0.010) -> Extractor:
    """Build the extractor of a feature set.

    Raises
    ------
    ValueError
        If the features come from an encoder and none is given.
    """
    if name is FeatureName.EGEMAPS:
        return Egemaps()
    if name is FeatureName.SPECTROGRAM:
        return Spectrogram(hop_s)
    if encoder is None:
        raise ValueError(f"{name} features need an encoder")
    return EncoderLayers(encoder, name)

"""What a microphone and a room do to a voice: other levels, noise, other voices, a telephone's band."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ser_desktop.core.audio import SAMPLE_RATE_HZ

_TINY = 1e-8


@dataclass(frozen=True)
class Augmentation:
    """How often and how strongly sound is changed.

    Attributes
    ----------
    gain_db : tuple of float
        Range of the level's change; every stretch gets one.
    noise : float
        Share of stretches with noise: half of them white to brown, half babble of other stretches.
    snr_db : tuple of float
        Range of the signal-to-noise ratio.
    band : float
        Share of stretches without the highest frequencies.
    band_hz : tuple of float
        Range of the highest frequency that is left.
    """

    gain_db: tuple[float, float] = (-26.0, 6.0)
    noise: float = 0.5
    snr_db: tuple[float, float] = (5.0, 30.0)
    band: float = 0.15
    band_hz: tuple[float, float] = (3400.0, 6000.0)

    def apply(self, samples: Tensor, generator: torch.Generator) -> Tensor:
        """Return a changed copy.

        Parameters
        ----------
        samples : (n_stretches, n_samples)
            On any device.
        generator : torch.Generator
            On the CPU: the same choices on every device.
        """
        n, length = samples.shape
        noisy = torch.rand(n, generator=generator) < self.noise
        if noisy.any():
            noise = torch.where(
                (torch.rand(n, generator=generator) < 0.5)[:, None].to(samples.device),
                coloured_noise(n, length, generator).to(samples.device),
                babble(samples, generator),
            )
            snr_db = _uniform(n, self.snr_db, generator)
            samples = torch.where(noisy[:, None].to(samples.device), mix(samples, noise, snr_db), samples)
        narrow = torch.rand(n, generator=generator) < self.band
        if narrow.any():
            limits = torch.where(narrow, _uniform(n, self.band_hz, generator), SAMPLE_RATE_HZ)
            samples = low_pass(samples, limits)
        gain = 10 ** (_uniform(n, self.gain_db, generator) / 20)
        return (samples * gain[:, None].to(samples.device)).clamp(-1.0, 1.0)


def mix(samples: Tensor, noise: Tensor, snr_db: Tensor) -> Tensor:
    """Add noise at a signal-to-noise ratio (of mean powers): (n, n_samples), (n, n_samples), (n,)."""
    power = samples.square().mean(dim=1, keepdim=True)
    noise_power = noise.square().mean(dim=1, keepdim=True).clamp_min(_TINY**2)
    wanted = power / 10 ** (snr_db.to(samples.device)[:, None] / 10)
    return samples + noise * (wanted / noise_power).sqrt()


def coloured_noise(n: int, length: int, generator: torch.Generator) -> Tensor:
    """Noise whose power falls with f⁰ (white) to f⁻² (brown), a colour for each: (n, length)."""
    spectrum = torch.fft.rfft(torch.randn(n, length, generator=generator))
    hz = torch.arange(spectrum.shape[1]).clamp_min(1) / length * SAMPLE_RATE_HZ
    slope = torch.rand(n, 1, generator=generator)
    noise: Tensor = torch.fft.irfft(spectrum * hz.clamp_min(20.0).pow(-slope), n=length)
    return noise


def babble(samples: Tensor, generator: torch.Generator, n_voices: int = 4) -> Tensor:
    """Several of the other stretches at once, each beginning somewhere else: (n, length)."""
    n, length = samples.shape
    voices = torch.zeros_like(samples)
    for _ in range(n_voices):
        order = torch.randperm(n, generator=generator).to(samples.device)
        shift = int(torch.randint(length, (), generator=generator))
        voice = samples[order].roll(shift, dims=1)
        voices += voice / voice.square().mean(dim=1, keepdim=True).sqrt().clamp_min(_TINY)
    return voices


def low_pass(samples: Tensor, limits_hz: Tensor) -> Tensor:
    """Take away what lies above a frequency of each stretch: (n, n_samples), (n,)."""
    spectrum = torch.fft.rfft(samples)
    hz = torch.linspace(0, SAMPLE_RATE_HZ / 2, spectrum.shape[1], device=samples.device)
    narrow: Tensor = torch.fft.irfft(spectrum * (hz <= limits_hz.to(samples.device)[:, None]), n=samples.shape[1])
    return narrow


def _uniform(n: int, bounds: tuple[float, float], generator: torch.Generator) -> Tensor:
    return bounds[0] + (bounds[1] - bounds[0]) * torch.rand(n, generator=generator)

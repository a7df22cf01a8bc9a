from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.helpers.sounds import noise, speech_like
from trainer.pretrain.augment import Augmentation, babble, coloured_noise, low_pass, mix

UNCHANGED = Augmentation(gain_db=(0.0, 0.0), noise=0.0, band=0.0)
RATE_HZ = 16_000


def voices(n: int, seconds: float = 1.0, level: float = 0.05) -> Tensor:
    return torch.from_numpy(np.stack([speech_like(seconds, level=level, seed=i) for i in range(n)]))


def tone(hz: float, level: float = 0.1, seconds: float = 1.0) -> Tensor:
    time_s = torch.arange(round(seconds * RATE_HZ), dtype=torch.float64) / RATE_HZ
    sound: Tensor = (level * torch.sin(2 * torch.pi * hz * time_s)).float()
    return sound


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def power_db(samples: Tensor) -> Tensor:
    power: Tensor = samples.square().mean(dim=1)
    return power.log10().mul(10)


def power_between(samples: Tensor, low_hz: float, high_hz: float) -> Tensor:
    power = torch.fft.rfft(samples).abs().square()
    hz = torch.linspace(0, RATE_HZ / 2, power.shape[1])
    found: Tensor = power[:, (hz >= low_hz) & (hz < high_hz)].mean(dim=1)
    return found


def test_the_same_draws_change_sound_in_the_same_way() -> None:
    samples, change = voices(8), Augmentation()
    one, same, other = (change.apply(samples, drawn(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_changes_do_not_depend_on_what_was_drawn_elsewhere() -> None:
    samples = voices(4)
    torch.manual_seed(1)
    one = Augmentation().apply(samples, drawn())
    torch.manual_seed(2)
    assert torch.equal(one, Augmentation().apply(samples, drawn()))


def test_what_was_given_stays_as_it_was() -> None:
    samples = voices(4)
    before = samples.clone()
    changed = Augmentation(noise=1.0, band=1.0).apply(samples, drawn())
    assert torch.equal(samples, before)
    assert changed.shape == samples.shape
    assert changed.dtype == torch.float32


def test_without_any_change_sound_is_the_same() -> None:
    samples = voices(4)
    assert torch.equal(UNCHANGED.apply(samples, drawn()), samples)


def test_each_stretch_gets_a_level_of_its_own_within_the_range() -> None:
    samples = voices(64, seconds=0.2, level=0.02)
    changed = Augmentation(gain_db=(-26.0, 6.0), noise=0.0, band=0.0).apply(samples, drawn())
    gains = power_db(changed) - power_db(samples)
    assert -26.01 <= float(gains.min()) < -22
    assert 2 < float(gains.max()) <= 6.01
    assert len({round(float(gain), 3) for gain in gains}) == 64
    ratio = changed[0] / samples[0]
    assert float(ratio.std() / ratio.mean()) == pytest.approx(0.0, abs=1e-4), "all of a stretch at one level"


def test_sound_never_leaves_its_range() -> None:
    loud = voices(8, seconds=0.5, level=0.9)
    changed = Augmentation(gain_db=(20.0, 20.0), noise=1.0).apply(loud, drawn())
    assert float(changed.abs().max()) == 1.0


def test_silence_stays_silent_and_finite() -> None:
    silence = torch.zeros(4, 8000)
    changed = Augmentation(noise=1.0, band=1.0).apply(silence, drawn())
    assert torch.equal(changed, silence)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_so_many_stretches_get_noise(share: float) -> None:
    samples = voices(200, seconds=0.1)
    changed = Augmentation(gain_db=(0.0, 0.0), noise=share, band=0.0).apply(samples, drawn())
    n_changed = int((changed != samples).any(dim=1).sum())
    assert n_changed == pytest.approx(200 * share, abs=20 * (0 < share < 1))


def test_noise_comes_within_the_range_of_ratios() -> None:
    samples = voices(32, seconds=0.5)
    changed = Augmentation(gain_db=(0.0, 0.0), noise=1.0, snr_db=(5.0, 30.0), band=0.0).apply(samples, drawn())
    ratios = power_db(samples) - power_db(changed - samples)
    assert 4.9 < float(ratios.min()) < 9
    assert 26 < float(ratios.max()) < 30.1


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 20.0])
def test_noise_is_mixed_at_the_ratio_asked_for(snr_db: float) -> None:
    samples = voices(2)
    other = torch.from_numpy(np.stack([noise(1.0, 0.3, seed=1), noise(1.0, 0.001, seed=2)]))
    mixed = mix(samples, other, torch.full((2,), snr_db))
    ratios = power_db(samples) - power_db(mixed - samples)
    assert ratios.tolist() == pytest.approx([snr_db] * 2, abs=0.01)


def test_coloured_noise_lies_between_white_and_brown() -> None:
    found = coloured_noise(64, RATE_HZ, drawn())
    # From the octave around 200 Hz to that around 3200 Hz: four octaves, nothing for white, 24 dB for brown.
    fall_db = 10 * (power_between(found, 150, 250) / power_between(found, 2400, 4000)).log10()
    assert -2 < float(fall_db.min()) < 4
    assert 20 < float(fall_db.max()) < 26
    assert float(fall_db.std()) > 4, "a colour for each"


def test_babble_holds_the_other_stretches_equally_loud() -> None:
    pitches = (300.0, 700.0, 1500.0, 3100.0)
    samples = torch.stack([tone(hz, level) for hz, level in zip(pitches, (0.5, 0.05, 0.005, 0.2), strict=True)])
    heard = babble(samples, drawn(), n_voices=1)
    powers = torch.stack([power_between(heard, hz - 20, hz + 20) for hz in pitches], dim=1)
    whose = powers.argmax(dim=1)
    assert sorted(whose.tolist()) == [0, 1, 2, 3]
    assert whose.tolist() != [0, 1, 2, 3]
    loudness = power_db(heard)
    assert loudness.tolist() == pytest.approx([0.0] * 4, abs=0.05)


def test_babble_is_of_several_voices_at_once() -> None:
    samples = torch.stack([tone(hz) for hz in (300.0, 700.0, 1500.0, 3100.0, 5000.0, 6500.0)])
    heard = babble(samples, drawn())
    powers = torch.stack([power_between(heard, hz - 20, hz + 20) for hz in (300, 700, 1500, 3100, 5000, 6500)], dim=1)
    n_voices = (powers > 0.1 * powers.amax(dim=1, keepdim=True)).sum(dim=1)
    assert int(n_voices.min()) >= 2
    assert int(n_voices.max()) <= 4


def test_a_low_pass_takes_away_what_lies_above_each_limit() -> None:
    both = (tone(1000) + tone(5000)).expand(2, -1)
    narrow = low_pass(both, torch.tensor([3400.0, 8000.0]))
    assert power_between(narrow, 4900, 5100)[0] < 1e-6 * power_between(both, 4900, 5100)[0]
    torch.testing.assert_close(narrow[0], tone(1000), atol=1e-4, rtol=0)
    torch.testing.assert_close(narrow[1], both[1], atol=1e-4, rtol=0)


def test_so_many_stretches_lose_their_highest_frequencies() -> None:
    white = torch.from_numpy(np.stack([noise(0.25, 0.05, seed=i) for i in range(200)]))
    changed = Augmentation(gain_db=(0.0, 0.0), noise=0.0, band=0.15, band_hz=(3400.0, 6000.0)).apply(white, drawn())
    lost = power_between(changed, 6100, 7900) < 1e-3 * power_between(white, 6100, 7900)
    assert 15 <= int(lost.sum()) <= 45
    kept = power_between(changed, 100, 3300) / power_between(white, 100, 3300)
    assert kept.tolist() == pytest.approx([1.0] * 200, abs=0.01)

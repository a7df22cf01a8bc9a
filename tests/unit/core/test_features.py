from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ser_desktop.core.features import MIN_SAMPLES, Egemaps, EncoderLayers, FeatureName, Spectrogram, make_extractor
from tests.helpers.bundles import tiny_encoder
from tests.helpers.sounds import speech_like


def test_egemaps_are_opensmiles_10_ms_frames_averaged_in_pairs() -> None:
    import opensmile

    samples = speech_like(2.0)
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors)
    frames = smile.process_signal(samples, 16_000).to_numpy()
    features = Egemaps().extract(samples)
    assert features.shape == (1, len(frames) // 2, 25)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[0, 3], (frames[6] + frames[7]) / 2, rtol=1e-5)
    # 8 s give about 400 frames: 20 ms each.
    assert Egemaps().extract(speech_like(8.0)).shape[1] == pytest.approx(400, abs=2)


@pytest.mark.parametrize("peak", [1.0, 1.05])
def test_sound_beyond_full_scale_is_clipped_rather_than_wrapped_round(peak: float) -> None:
    sine = np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000).astype(np.float32)
    just_below, beyond = Egemaps().extract(0.999 * sine), Egemaps().extract(np.float32(peak) * sine)
    loudness = [features[0, :, 0].mean() for features in (just_below, beyond)]
    assert np.isfinite(beyond).all()
    assert loudness[1] < 2 * loudness[0], "wrapped samples sound like loud noise"


@pytest.mark.parametrize("hop_s", [0.010, 0.020])
def test_the_spectrogram_is_the_magnitude_of_hann_windows(hop_s: float) -> None:
    samples = speech_like(0.5)
    features = Spectrogram(hop_s).extract(samples)
    hop = round(16_000 * hop_s)
    assert features.shape == (1, (len(samples) - 400) // hop + 1, 257)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    frame = np.zeros(512)
    frame[:400] = samples[7 * hop : 7 * hop + 400] * window
    np.testing.assert_allclose(features[0, 7], np.abs(np.fft.rfft(frame)), rtol=1e-3, atol=1e-4)


def test_encoder_features_are_the_first_the_last_or_all_layers() -> None:
    encoder, samples = tiny_encoder(), speech_like(0.5)
    layers = encoder.layers(samples)
    for name, expected in (
        (FeatureName.LOCAL, layers[:1]),
        (FeatureName.CONTEXTUAL, layers[-1:]),
        (FeatureName.ALL_LAYERS, layers),
    ):
        extractor = EncoderLayers(encoder, name)
        np.testing.assert_array_equal(extractor.extract(samples), expected)
        assert (extractor.spec.n_layers, extractor.spec.n_features) == (len(expected), 32)


@pytest.mark.parametrize("name", list(FeatureName))
def test_every_extractor_keeps_its_contract_down_to_the_shortest_input(name: FeatureName) -> None:
    extractor = make_extractor(name, encoder=tiny_encoder())
    for samples in (speech_like(1.0), speech_like(1.0)[:MIN_SAMPLES]):
        n_layers, n_frames, n_features = extractor.extract(samples).shape
        assert (n_layers, n_features) == (extractor.spec.n_layers, extractor.spec.n_features)
        assert n_frames >= 1
        assert np.isfinite(extractor.extract(samples)).all()


def test_several_threads_extract_egemaps_at_the_same_time() -> None:
    extractor = Egemaps()
    sounds = [speech_like(0.5 + 0.1 * (i % 4), seed=i) for i in range(24)]
    wanted = [extractor.extract(sound) for sound in sounds]
    with ThreadPoolExecutor(4) as pool:
        for found, alone in zip(pool.map(extractor.extract, sounds), wanted, strict=True):
            np.testing.assert_array_equal(found, alone)


def test_encoder_features_without_an_encoder_are_a_defect() -> None:
    with pytest.raises(ValueError, match="need an encoder"):
        make_extractor(FeatureName.ALL_LAYERS)


def test_an_odd_last_frame_is_dropped() -> None:
    import opensmile

    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors)
    parities = set()
    for n_samples in (16_000, 16_160):
        samples = speech_like(2.0)[:n_samples]
        frames = smile.process_signal(samples, 16_000).to_numpy(np.float32)
        parities.add(len(frames) % 2)
        expected = [(frames[2 * i] + frames[2 * i + 1]) / 2 for i in range(len(frames) // 2)]
        np.testing.assert_allclose(Egemaps().extract(samples)[0], expected, rtol=1e-5, atol=1e-6)
    assert parities == {0, 1}

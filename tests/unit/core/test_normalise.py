from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ser_desktop.core.normalise import Accumulator, NeutralOffset, Statistics, as_all_speech, neutral_offset


def test_gathering_utterance_by_utterance_equals_all_at_once() -> None:
    random = np.random.default_rng(0)
    # A large offset would ruin a naive sum of squares in float32.
    utterances = [(1000 + random.normal(size=(3, n, 4))).astype(np.float32) for n in (5, 1, 40, 17)]
    gathered = Accumulator()
    for utterance in utterances:
        gathered.add(utterance)
    statistics = gathered.statistics()
    everything = np.concatenate(utterances, axis=1).astype(np.float64)
    np.testing.assert_allclose(statistics.mean, everything.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(statistics.std, everything.std(axis=1), rtol=1e-4)
    assert gathered.n_frames == 63


def test_normalised_features_have_mean_0_and_deviation_1_per_layer_and_dimension() -> None:
    features = np.random.default_rng(1).normal(5, 3, size=(2, 500, 4)).astype(np.float32)
    normal = Accumulator().add(features).statistics().apply(features)
    assert normal.dtype == np.float32
    np.testing.assert_allclose(normal.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(normal.std(axis=1), 1, atol=1e-4)


def test_a_constant_dimension_becomes_zero_rather_than_nan() -> None:
    features = np.full((1, 10, 2), 7.0, np.float32)
    np.testing.assert_array_equal(Accumulator().add(features).statistics().apply(features), 0)


def test_statistics_of_nothing_are_a_defect() -> None:
    with pytest.raises(ValueError, match="no features"):
        Accumulator().statistics()


def test_a_constant_dimension_does_not_blow_up_for_others_who_vary() -> None:
    features = np.random.default_rng(0).normal(size=(1, 50, 2)).astype(np.float32)
    features[..., 1] = 0.1
    gathered = Accumulator().add(features)
    assert gathered.n_constant() == 1
    other = np.full((1, 3, 2), 0.6, np.float32)
    np.testing.assert_allclose(gathered.statistics().apply(other)[..., 1], 0.5, atol=1e-6)


def test_normalising_in_place_gives_the_same_and_leaves_the_original_of_apply_alone() -> None:
    features = np.random.default_rng(2).normal(3, 2, size=(2, 9, 4)).astype(np.float32)
    before, statistics = features.copy(), Accumulator().add(features).statistics()
    normal = statistics.apply(features)
    np.testing.assert_array_equal(features, before)
    assert statistics.apply_in_place(features) is features
    np.testing.assert_array_equal(features, normal)


def test_all_speech_is_guessed_from_neutral_speech_as_training_speakers_differ() -> None:
    def speaker(mean: float, std: float) -> Statistics:
        return Statistics(np.full((2, 3), mean, np.float32), np.full((2, 3), std, np.float32))

    # Neutral, all: two speakers whose speech lies 2 and 4 above their neutral one, and varies 2 and 8 times as much.
    offset = neutral_offset([(speaker(0, 1), speaker(2, 2)), (speaker(10, 1), speaker(14, 8))])
    guessed = as_all_speech(speaker(100, 0.5), replace(speaker(0, 1), neutral=offset))
    np.testing.assert_allclose(guessed.mean, 103)
    np.testing.assert_allclose(guessed.std, 2.0, rtol=1e-6)
    assert guessed.layers(slice(1, 2)).mean.shape == (1, 3)


def test_some_layers_keep_their_part_of_the_offset() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    whole = Statistics(values, values + 1, NeutralOffset(values + 2, values + 3, values, values))
    last = whole.layers(slice(1, 2))
    assert last.neutral is not None
    np.testing.assert_array_equal(last.neutral.shift, values[1:] + 2)
    np.testing.assert_array_equal(last.neutral.ratio, values[1:] + 3)


def test_what_does_not_carry_over_from_neutral_speech_is_left_at_the_average() -> None:
    random = np.random.default_rng(0)
    # In the first dimension half of what sets speakers apart carries over, in the second nothing.
    neutral = random.normal(size=(40, 1, 2)).astype(np.float32)
    everything = np.stack([0.5 * neutral[..., 0] + 3.0, random.normal(3.0, 0.01, size=(40, 1))], axis=-1)
    ones = np.ones((1, 2), np.float32)
    pairs = [
        (Statistics(n, ones), Statistics(e.astype(np.float32), 2 * ones))
        for n, e in zip(neutral, everything, strict=True)
    ]
    offset = neutral_offset(pairs)
    np.testing.assert_allclose(offset.mean_slope[0], [0.5, 0.0], atol=0.02)
    mean = everything.mean(axis=0).astype(np.float32)
    guessed = as_all_speech(Statistics(np.full((1, 2), 8.0, np.float32), ones), Statistics(mean, 2 * ones, offset))
    np.testing.assert_allclose(guessed.mean[0], [7.0, 3.0], atol=0.15)
    np.testing.assert_allclose(guessed.std, 2.0, rtol=1e-4)

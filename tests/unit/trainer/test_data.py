from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core.normalise import Normalisation
from trainer import data as data_room
from trainer.cache import CachedFeatures
from trainer.corpora.utterance import Utterance
from trainer.data import Dataset, make_dataset
from trainer.protocols import Split

LABELS = ("calm", "angry")
# Every speaker has a level of its own, so that statistics of the wrong people show.
LEVELS = {"t1": 0.0, "t2": 10.0, "v1": 100.0, "x1": 1000.0, "x2": 5000.0}


@pytest.fixture
def features(tmp_path: Path) -> dict[str, CachedFeatures]:
    random = np.random.default_rng(0)
    found = {}
    for speaker, level in LEVELS.items():
        for emotion in LABELS:
            for i in range(3):
                identity = f"{speaker}-{emotion}-{i}"
                values = random.normal(level, 2.0, size=(1, 20 + 7 * i, 4)).astype(np.float32)
                np.save(tmp_path / f"{identity}.npy", values)
                utterance = Utterance(identity, Path(identity), speaker, emotion)
                found[identity] = CachedFeatures(utterance, (tmp_path / f"{identity}.npy",))
    return found


@pytest.fixture
def split(features: dict[str, CachedFeatures]) -> Split:
    def part(letter: str) -> tuple[Utterance, ...]:
        return tuple(f.utterance for f in features.values() if f.utterance.speaker.startswith(letter))

    return Split("made up", LABELS, part("t"), part("v"), part("x"))


def frames_of(features: dict[str, CachedFeatures], *speakers: str) -> np.ndarray:
    return np.concatenate([f.load()[0][0] for f in features.values() if f.utterance.speaker in speakers])


def first_row(data: Dataset) -> np.ndarray:
    return next(data.test.batches(1)).features[0][0, 0].numpy()


def test_global_statistics_are_those_of_the_training_speakers_for_everyone(
    split: Split, features: dict[str, CachedFeatures]
) -> None:
    data = make_dataset(split, features, Normalisation.GLOBAL, max_frames=100)
    training = frames_of(features, "t1", "t2")
    np.testing.assert_allclose(data.reference[0].mean[0], training.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(data.reference[0].std[0], training.std(axis=0), rtol=1e-4)
    raw = features[split.test[0].identity].load()[0][0]
    np.testing.assert_allclose(first_row(data), (raw - training.mean(axis=0)) / training.std(axis=0), rtol=1e-3)


def test_speaker_statistics_are_each_speakers_own(split: Split, features: dict[str, CachedFeatures]) -> None:
    data = make_dataset(split, features, Normalisation.SPEAKER, max_frames=100)
    own = frames_of(features, "x1")
    raw = features[split.test[0].identity].load()[0][0]
    np.testing.assert_allclose(first_row(data), (raw - own.mean(axis=0)) / own.std(axis=0), atol=2e-3)


def test_the_average_training_speaker_stands_in_until_a_voice_is_calibrated(
    split: Split, features: dict[str, CachedFeatures]
) -> None:
    data = make_dataset(split, features, Normalisation.SPEAKER, max_frames=100)
    speakers = [frames_of(features, speaker) for speaker in ("t1", "t2")]
    np.testing.assert_allclose(
        data.reference[0].mean[0], np.mean([s.mean(axis=0) for s in speakers], axis=0), rtol=1e-3
    )
    np.testing.assert_allclose(data.reference[0].std[0], np.mean([s.std(axis=0) for s in speakers], axis=0), rtol=1e-3)


def test_batches_are_padded_at_the_end_and_hold_everyone_once(
    split: Split, features: dict[str, CachedFeatures]
) -> None:
    part = make_dataset(split, features, Normalisation.GLOBAL, max_frames=100).train
    batches = list(part.batches(5))
    assert [len(b.classes) for b in batches] == [5, 5, 2]
    lengths = [n for b in batches for n in b.mask.sum(dim=1).tolist()]
    assert lengths == [20, 27, 34] * 4
    for batch in batches:
        assert batch.mask[:, 0].all()
        assert (batch.mask.int().diff(dim=1) <= 0).all(), "real frames come first"
        assert (batch.features[0][:, 0][~batch.mask] == 0).all()
    assert [c for b in batches for c in b.classes.tolist()] == [LABELS.index(u.emotion) for u in split.train]


def test_an_order_is_followed(split: Split, features: dict[str, CachedFeatures]) -> None:
    part = make_dataset(split, features, Normalisation.GLOBAL, max_frames=100).train
    order = [11, 0, 5]
    (batch,) = part.batches(3, order)
    for row, i in enumerate(order):
        alone = next(part.batches(1, [i]))
        n = alone.mask.shape[1]
        np.testing.assert_array_equal(batch.features[0][row, :, :n].numpy(), alone.features[0][0].numpy())
        assert batch.classes[row] == part.classes[i]


def test_the_head_sees_at_most_the_first_frames(split: Split, features: dict[str, CachedFeatures]) -> None:
    long = make_dataset(split, features, Normalisation.GLOBAL, max_frames=100)
    short = make_dataset(split, features, Normalisation.GLOBAL, max_frames=8)
    np.testing.assert_array_equal(first_row(short), first_row(long)[:8])
    np.testing.assert_array_equal(short.reference[0].mean, long.reference[0].mean)


def test_features_too_large_for_memory_are_read_again(
    split: Split, features: dict[str, CachedFeatures], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = make_dataset(split, features, Normalisation.GLOBAL, max_frames=100).train
    from_memory = [list(kept.batches(4)) for _ in range(2)][1]
    monkeypatch.setattr(data_room, "_MEMORY_BYTES", 500)
    read = make_dataset(split, features, Normalisation.GLOBAL, max_frames=100).train
    for one, other in zip(from_memory, read.batches(4), strict=True):
        np.testing.assert_array_equal(one.features[0].numpy(), other.features[0].numpy())
    assert len(kept._kept) == 12
    assert len(read._kept) == 1

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ser_desktop.core.analysis import collate, prepare
from ser_desktop.core.normalise import Statistics
from trainer.data import Batch, Dataset, Part, Sample, StoredBranch, TrainingData
from trainer.stored import map_features, save_features


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    random = np.random.default_rng(0)
    samples = []
    for i in range(12):
        for branch, (n_layers, n) in enumerate(((3, 4), (1, 5))):
            # Branches end at different frames, as openSMILE's and an encoder's do.
            values = random.normal(2, 3, size=(n_layers, 20 + 7 * (i % 3) + branch, n)).astype(np.float32)
            save_features(tmp_path / f"{i}-{branch}.npy", values)
        stored = (StoredBranch(tmp_path / f"{i}-0.npy", 1, 3), StoredBranch(tmp_path / f"{i}-1.npy", 0, 1))
        samples.append(Sample(str(i), "ab"[i % 2], i % 3, stored))
    statistics = {
        speaker: (
            Statistics(np.full((2, 4), level, np.float32), np.full((2, 4), 3.0, np.float32)),
            Statistics(np.full((1, 5), -level, np.float32), np.full((1, 5), 0.5, np.float32)),
        )
        for speaker, level in (("a", 2.0), ("b", 5.0))
    }
    parts = {"train": tuple(samples[:8]), "validation": tuple(samples[8:10]), "test": tuple(samples[10:])}
    return TrainingData(parts, statistics, max_frames=30)


def expected(data: TrainingData, part: str, chosen: list[int]) -> tuple[list[torch.Tensor], torch.Tensor]:
    prepared = []
    for i in chosen:
        sample = data.parts[part][i]
        read = [np.array(map_features(b.file)[b.first : b.last], dtype=np.float32) for b in sample.branches]
        prepared.append(prepare(read, data.statistics[sample.speaker], data.max_frames))
    return collate(prepared)


def assert_equal(batch: Batch, wanted: tuple[list[torch.Tensor], torch.Tensor]) -> None:
    torch.testing.assert_close(batch.lengths, wanted[1])
    for ours, theirs in zip(batch.features, wanted[0], strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


KEPT_OR_READ = pytest.mark.parametrize("memory_bytes", [10_000_000, 0], ids=["kept", "read again"])


@KEPT_OR_READ
def test_a_batch_is_what_the_live_path_would_prepare(data: TrainingData, memory_bytes: int) -> None:
    part = Part(data, "train", memory_bytes=memory_bytes)
    assert part.is_kept is (memory_bytes > 0)
    classes: list[int] = []
    for batch, chosen in zip(part.batches(3), ([0, 1, 2], [3, 4, 5], [6, 7]), strict=True):
        assert_equal(batch, expected(data, "train", chosen))
        classes += batch.classes.tolist()
    assert classes == [0, 1, 2, 0, 1, 2, 0, 1]


@KEPT_OR_READ
def test_an_order_is_followed(data: TrainingData, memory_bytes: int) -> None:
    (batch,) = Part(data, "train", memory_bytes=memory_bytes).batches(8, [7, 0, 5])
    assert_equal(batch, expected(data, "train", [7, 0, 5]))
    assert batch.classes.tolist() == [1, 0, 2]


def test_branches_end_at_their_shortest_and_at_what_the_head_may_see(data: TrainingData) -> None:
    (batch,) = Part(data, "train").batches(8)
    assert batch.lengths.tolist() == [20, 27, 30, 20, 27, 30, 20, 27]


def test_only_the_branchs_own_layers_are_read(data: TrainingData) -> None:
    (batch,) = Part(data, "test").batches(2)
    assert [branch.shape[0] for branch in batch.features] == [2, 1]


def test_parts_share_one_budget(data: TrainingData) -> None:
    train = Part(data, "train")
    n_bytes = train.n_bytes
    kept = sum(branch.numel() * 4 for branch in train._kept or [])
    assert n_bytes == kept
    split = Dataset(data, memory_bytes=n_bytes + 10)
    assert (split.train.is_kept, split.validation.is_kept, split.test.is_kept) == (True, False, False)


def test_features_read_again_stay_the_same(data: TrainingData) -> None:
    part = Part(data, "train", memory_bytes=0)

    for _ in range(2):
        for batch, chosen in zip(part.batches(4), ([0, 1, 2, 3], [4, 5, 6, 7]), strict=True):
            assert_equal(batch, expected(data, "train", chosen))


def test_memory_first_used_for_predicting_can_be_trained_on(data: TrainingData) -> None:
    split = Dataset(data, memory_bytes=0)
    with torch.inference_mode():
        next(iter(split.validation.batches(2)))
    (batch,) = split.train.batches(8)
    weight = torch.ones(2, requires_grad=True)
    torch.tensordot(weight, batch.features[0], dims=1).sum().backward()
    assert weight.grad is not None

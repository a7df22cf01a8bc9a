"""One head with one seed: learning, stopping, going on, and agreement with a plain PyTorch loop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ser_desktop.core.errors import Cancelled
from ser_desktop.core.heads import HeadKind, HeadOptions
from ser_desktop.core.normalise import Statistics
from tests.helpers.plain_training import ReplayedDropout, train_plainly
from trainer.data import Dataset, Sample, StoredBranch, TrainingData
from trainer.experiments import RECIPES, Preset, Recipe, apply_preset
from trainer.stored import save_features
from trainer.train import Epoch, StoppedEarly, predict, run_epochs, train_head, uar_of

N_CLASSES = 3
RECIPE = replace(RECIPES["egemaps-dense-global"], max_epochs=6)


def make_data(folder: Path, shapes: tuple[tuple[int, int], ...] = ((1, 6),), n: int = 60) -> TrainingData:
    """Classes differ in the level of their features, with noise."""
    random = np.random.default_rng(0)
    samples = []
    for i in range(n):
        label = i % N_CLASSES
        n_frames = int(random.integers(5, 25))
        stored = []
        for branch, (n_layers, n_features) in enumerate(shapes):
            values = random.normal(0.4 * label, 1.0, size=(n_layers, n_frames, n_features)).astype(np.float32)
            save_features(folder / f"{i}-{branch}.npy", values)
            stored.append(StoredBranch(folder / f"{i}-{branch}.npy", 0, n_layers))
        samples.append(Sample(str(i), "", label, tuple(stored)))
    ones = tuple(Statistics(np.full(s, 0.4, np.float32), np.ones(s, np.float32)) for s in shapes)
    parts = {"train": tuple(samples[: n - 24]), "validation": tuple(samples[-24:-12]), "test": tuple(samples[-12:])}
    return TrainingData(parts, {"": ones}, max_frames=20)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("features"))


def options(kind: HeadKind = HeadKind.DENSE, shapes: tuple[tuple[int, int], ...] = ((1, 6),)) -> HeadOptions:
    return HeadOptions(kind, shapes, N_CLASSES, n_hidden=16)


HEADS: dict[HeadKind, tuple[tuple[int, int], ...]] = {
    HeadKind.DENSE: ((4, 6),),
    HeadKind.LSTM: ((4, 6),),
    HeadKind.FUSION: ((4, 6), (1, 5)),
}


@pytest.mark.parametrize("kind", list(HeadKind))
@pytest.mark.parametrize("preset", list(Preset))
def test_it_gives_what_a_plain_padded_loop_gives(tmp_path: Path, kind: HeadKind, preset: Preset) -> None:
    """With the same weights at the start, the same batches and the same dropout masks."""
    recipe = apply_preset(replace(RECIPE, head=kind, max_epochs=4), preset)
    head = replace(options(kind, HEADS[kind]), dropout_first=recipe.dropout_first)
    stored = make_data(tmp_path, HEADS[kind])
    ours = train_head(Dataset(stored), recipe, head, 123)
    plain = train_plainly(stored, recipe, head, 123, keep=True, dropout=ReplayedDropout)
    np.testing.assert_allclose([e.validation_loss for e in ours.epochs], plain.validation_losses, rtol=1e-4)
    np.testing.assert_allclose(ours.test_logits, plain.test_logits, rtol=1e-3, atol=1e-4)


def test_the_same_seed_gives_the_same_head_and_another_one_does_not(data: TrainingData) -> None:
    one, same, other = (train_head(Dataset(data), RECIPE, options(), seed) for seed in (123, 123, 1234))
    np.testing.assert_array_equal(one.test_logits, same.test_logits)
    assert not np.allclose(one.test_logits, other.test_logits)


def test_features_kept_in_memory_or_read_again_give_the_same_head(data: TrainingData) -> None:
    kept, read = (train_head(Dataset(data, memory_bytes=n), RECIPE, options(), 1) for n in (10_000_000, 0))
    np.testing.assert_array_equal(kept.test_logits, read.test_logits)


def test_it_learns_stops_early_and_restores_the_best_epoch(data: TrainingData) -> None:
    recipe = replace(RECIPE, max_epochs=200, learning_rate=0.02, patience=3)
    run = train_head(Dataset(data), recipe, options(), 123)
    assert run.best.validation_uar > 0.6, "chance is 0.33"
    assert len(run.epochs) < 200
    assert len(run.epochs) - run.best.number == 3
    split = Dataset(data)
    np.testing.assert_array_equal(predict(run.head, split.validation), run.validation_logits)
    loss = torch.nn.functional.cross_entropy(
        torch.from_numpy(run.validation_logits), torch.from_numpy(split.validation.classes)
    )
    assert float(loss) == pytest.approx(run.best.validation_loss, rel=1e-4)
    assert [e.is_best for e in run.epochs] == [
        e.validation_loss < min((b.validation_loss for b in run.epochs[:i]), default=np.inf)
        for i, e in enumerate(run.epochs)
    ]


def test_the_test_part_is_not_read_before_the_end(data: TrainingData) -> None:
    split = Dataset(data)
    read: list[str] = []
    batches = split.test.batches

    def watched(size: int, order: None = None) -> object:
        read.append("test")
        return batches(size, order)

    split.test.batches = watched  # type: ignore[method-assign, assignment]
    train_head(split, RECIPE, options(), 1, progress=lambda epoch: read.append(f"epoch {epoch.number}"))
    assert read == [*(f"epoch {i}" for i in range(1, 7)), "test"]


@pytest.mark.parametrize("n_steps", [1, 3, 4, 7])
def test_an_interrupted_run_goes_on_with_the_same_result(data: TrainingData, tmp_path: Path, n_steps: int) -> None:
    recipe = replace(RECIPE, batch_size=12)
    whole = train_head(Dataset(data), recipe, options(), 5)
    checkpoint = tmp_path / "checkpoint"
    epochs: list[Epoch] = []
    for _ in range(50):
        left = [n_steps]

        def check(left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Cancelled

        # Whatever else the process draws must not matter.
        torch.rand(7)
        try:
            run = train_head(
                Dataset(data), recipe, options(), 5, check=check, checkpoint=checkpoint, progress=epochs.append
            )
            break
        except Cancelled:
            n_steps += 1
    np.testing.assert_array_equal(run.test_logits, whole.test_logits)
    assert run.epochs == whole.epochs
    assert [e.number for e in epochs] == [1, 2, 3, 4, 5, 6], "no epoch was trained twice"


def test_a_stopped_run_gives_its_best_so_far(data: TrainingData) -> None:
    left = [25]

    def check() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Cancelled

    recipe = replace(RECIPE, batch_size=12, max_epochs=100)
    with pytest.raises(StoppedEarly) as stopped:
        train_head(Dataset(data), recipe, options(), 5, check=check)
    run = stopped.value.run
    assert len(run.epochs) == 8, "three steps an epoch"
    assert run.validation_logits.shape == (12, N_CLASSES)
    with pytest.raises(Cancelled):
        train_head(Dataset(data), recipe, options(), 5, check=check)


def test_gradients_are_cut_where_the_released_code_cuts_them(
    data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trainer.train as room

    limits: list[float] = []
    monkeypatch.setattr(room, "clip_grad_value_", lambda _parameters, limit: limits.append(limit))
    for preset in Preset:
        recipe: Recipe = replace(apply_preset(RECIPE, preset), max_epochs=1)
        train_head(Dataset(data), recipe, options(), 1)
        assert limits == ([1.0, 1.0] if preset is Preset.RELEASED_CODE else [])


def test_a_head_can_be_trained_for_a_number_of_epochs_with_nobody_to_validate(data: TrainingData) -> None:
    split = Dataset(data)
    head = run_epochs(split.train, replace(RECIPE, learning_rate=0.02), options(), 1, 30, check=lambda: None)
    assert uar_of(predict(head, split.test), split.test.classes) > 0.6


def test_uar_is_the_mean_recall_of_the_classes_that_are_there() -> None:
    logits = np.array([[3, 0, 0], [3, 0, 0], [0, 3, 0], [3, 0, 0]], dtype=np.float32)
    assert uar_of(logits, np.array([0, 0, 1, 1])) == pytest.approx(0.75)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU here")
@pytest.mark.parametrize("kind", list(HeadKind))
def test_on_a_gpu_the_features_live_there_and_the_results_agree(tmp_path: Path, kind: HeadKind) -> None:
    stored = make_data(tmp_path, HEADS[kind])
    head = replace(options(kind, HEADS[kind]), dropout=0.0)
    there = Dataset(stored, "cuda")
    assert there.train.is_kept
    assert next(there.train.batches(4)).features[0].device.type == "cuda"
    gpu = train_head(there, RECIPE, head, 1, device="cuda")
    cpu = train_head(Dataset(stored), RECIPE, head, 1)
    # The first weights are drawn on the CPU in both cases.
    np.testing.assert_allclose(gpu.test_logits, cpu.test_logits, rtol=0.02, atol=0.02)

"""The small teachers, probes and stretches of these tests do what their names say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ser_desktop.core.errors import Cancelled
from tests.helpers.pretraining import (
    N_FEATURES,
    N_LAYERS,
    MirrorTeacher,
    ScriptedProbe,
    StopAfter,
    all_samples,
    make_batch_of,
    noise_stretches,
    random_targets,
    shrink_encoder,
    small_encoder,
    small_recipe,
    small_state,
    write_actors,
    write_teacher,
)
from trainer.pretrain import architecture
from trainer.pretrain.contrast import MaskedContrast
from trainer.pretrain.objectives import Distillation, DistillationWithEmotion
from trainer.pretrain.probe import Probed
from trainer.pretrain.stretches import LEAD, N_SAMPLES, Part
from trainer.pretrain.teacher import N_FRAMES


def test_the_small_encoder_keeps_stride_and_blocks_of_the_real_one() -> None:
    real = architecture.compact_config()
    with pytest.MonkeyPatch.context() as patch:
        shrink_encoder(patch)
        small = small_encoder()
        assert torch.equal(small.masked_spec_embed, small_encoder().masked_spec_embed)
        for name in ("conv_kernel", "conv_stride", "num_hidden_layers", "do_stable_layer_norm", "apply_spec_augment"):
            assert getattr(small.config, name) == getattr(real, name)
        assert sum(p.numel() for p in small.parameters()) < 250_000
    assert architecture.compact_config().hidden_size == 512


def test_the_small_teacher_is_the_same_every_time(tmp_path: Path) -> None:
    files = [write_teacher(tmp_path / name) / "model.safetensors" for name in ("a", "b")]
    assert files[0].read_bytes() == files[1].read_bytes()
    other = write_teacher(tmp_path / "c", seed=1) / "model.safetensors"
    assert other.read_bytes() != files[0].read_bytes()


def test_a_mirror_tells_stretches_apart_counts_and_stops() -> None:
    teacher, samples = MirrorTeacher(stop_after=3), all_samples(noise_stretches(3))
    layers = teacher.layers(samples)
    assert layers.shape == (3, N_LAYERS, N_FRAMES, 8)
    assert layers[0, 0, 0, 0] < layers[1, 0, 0, 0] < layers[2, 0, 0, 0]
    assert teacher.n_heard == 3
    with pytest.raises(Cancelled):
        teacher.layers(samples)


def test_stretches_of_noise_are_of_the_real_length_and_differ() -> None:
    parts = [Part(0, 100, 3), Part(100, N_SAMPLES + LEAD, -1)]
    stretches = noise_stretches(2, parts)
    assert stretches.samples.shape == (2, N_SAMPLES + LEAD)
    assert not np.array_equal(*all_samples(stretches))
    assert stretches.parts == (tuple(parts), tuple(parts))
    batch = make_batch_of(stretches, [1, 0], step=4)
    np.testing.assert_array_equal(batch.samples[0].numpy(), stretches.as_float(1)[:N_SAMPLES])
    assert (batch.chosen.tolist(), batch.step) == ([1, 0], 4)


def test_random_targets_are_the_same_every_time() -> None:
    one, other = random_targets(2), random_targets(2)
    assert one.layers.shape == (2, N_LAYERS, N_FRAMES, N_FEATURES)
    np.testing.assert_array_equal(one.layers, other.layers)
    assert not np.array_equal(one.layers, random_targets(2, seed=1).layers)


def test_a_small_state_has_the_objective_of_its_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink_encoder(monkeypatch)
    kinds = {name: type(small_state(small_recipe(name), 1).objective) for name in ("contrastive", "distil")}
    assert kinds == {"contrastive": MaskedContrast, "distil": Distillation}
    assert isinstance(small_state(small_recipe("distil-emotion"), 1).objective, DistillationWithEmotion)
    assert (small_recipe("distil", 3).n_steps, small_recipe("distil").batch_size) == (3, 2)


def test_a_scripted_probe_says_what_it_was_told_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink_encoder(monkeypatch)
    probe, model = ScriptedProbe(0.25, 0.5), small_encoder()
    assert [probe(model), probe(model)] == [Probed(0.25, None), Probed(0.5, None)]
    with pytest.raises(Cancelled):
        probe(model, StopAfter(0))


def test_a_stop_comes_after_so_many_steps() -> None:
    check = StopAfter(2)
    check()
    check()
    with pytest.raises(Cancelled):
        check()


def test_actors_speak_each_emotion_once_in_files_that_differ(tmp_path: Path) -> None:
    assert write_actors(tmp_path, [1, 21], seconds=0.2, emotions=[3, 5]) == 4
    files = sorted(tmp_path.rglob("*.wav"))
    assert [str(file.relative_to(tmp_path)) for file in files] == [
        "Actor_01/03-01-03-01-01-01-01.wav",
        "Actor_01/03-01-05-01-01-01-01.wav",
        "Actor_21/03-01-03-01-01-01-21.wav",
        "Actor_21/03-01-05-01-01-01-21.wav",
    ]
    assert len({file.read_bytes() for file in files}) == 4

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.errors import Cancelled, EncoderMissingError, SaveError
from tests.helpers.data import data_folder
from tests.helpers.pretraining import (
    N_FEATURES,
    N_LAYERS,
    MirrorTeacher,
    all_samples,
    noise_stretches,
    write_teacher,
)
from tests.helpers.sounds import noise
from trainer.pretrain import teacher as teacher_room
from trainer.pretrain.stretches import LEAD, N_SAMPLES, Stretches
from trainer.pretrain.teacher import N_BLOCKS, N_FRAMES, Targets, Teacher, load_whisper_encoder, prepare_targets

REAL = data_folder() / "whisper-base-encoder"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_teacher(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def teacher(folder: Path) -> Teacher:
    return Teacher(folder)


def sound(seed: int = 0) -> FloatArray:
    """One stretch: (1, N_SAMPLES + LEAD)."""
    return noise((N_SAMPLES + LEAD) / 16_000, 0.05, seed=seed)[None]


def test_a_teacher_gives_a_convolution_and_five_blocks_for_each_frame(teacher: Teacher) -> None:
    layers = teacher.layers(np.concatenate([sound(1), sound(2)]))
    assert layers.shape == (2, 1 + N_BLOCKS, N_FRAMES, N_FEATURES)
    assert (N_BLOCKS, N_FRAMES, teacher.n_features) == (5, 397, N_FEATURES)
    assert layers.dtype == torch.float32
    assert not torch.equal(layers[0], layers[1])
    torch.testing.assert_close(teacher.layers(sound(2))[0], layers[1], atol=0.05, rtol=0.05)


def test_the_layers_are_those_of_the_encoder_itself(teacher: Teacher) -> None:
    layers = teacher.layers(sound())
    mel = teacher._mel(sound()[:, LEAD:], sampling_rate=16_000, padding=False, return_tensors="pt").input_features
    with torch.no_grad():
        expected = teacher.encoder(mel[..., :800], output_hidden_states=True).hidden_states
    # The encoder adds its table of positions before the first block; in float32 here, in bfloat16 there.
    positions = teacher.encoder.embed_positions.weight
    beginning = expected[0] - positions
    torch.testing.assert_close(layers[:, 0], beginning[:, 1 : N_FRAMES + 1], atol=0.02, rtol=0.02)
    for i in range(1, N_BLOCKS + 1):
        torch.testing.assert_close(layers[:, i], expected[i][:, 1 : N_FRAMES + 1], atol=0.1, rtol=0.05)
    assert not torch.allclose(layers[:, 1], layers[:, 5], atol=0.1)


def test_frames_lie_where_the_compact_encoders_frames_do(teacher: Teacher) -> None:
    # Of 400 samples every 160, then three and three frames, the second with stride two: centred at 320 j + 520.
    j = 100
    with_click = sound()
    with_click[0, 320 * j + 520] += 0.9
    changed = (teacher.layers(with_click) - teacher.layers(sound()))[0, 0].abs().amax(dim=1)
    assert torch.nonzero(changed).flatten().tolist() == [j - 1, j, j + 1]


def test_no_hook_stays_behind(teacher: Teacher) -> None:
    def n_hooks() -> list[int]:
        return [len(block._forward_hooks) for block in teacher.encoder.layers]

    before = n_hooks()
    teacher.layers(sound())
    with pytest.raises(ValueError, match="mel"):
        teacher.layers(sound()[:, :-1000])
    assert n_hooks() == before


def test_a_teacher_is_frozen_and_hears_eight_seconds(folder: Path) -> None:
    encoder = load_whisper_encoder(folder)
    stored = load_file(folder / "model.safetensors")
    assert not encoder.training
    assert not any(p.requires_grad for p in encoder.parameters())
    assert stored["embed_positions.weight"].shape[0] == 1500
    assert torch.equal(encoder.embed_positions.weight, stored["embed_positions.weight"][:400].float())
    assert torch.equal(encoder.layers[5].fc2.bias, stored["layers.5.fc2.bias"].float())


@pytest.mark.parametrize("prefix", ["encoder.", "model.encoder."])
def test_the_names_of_whole_models_are_understood(folder: Path, tmp_path: Path, prefix: str) -> None:
    write_teacher(tmp_path, prefix=prefix)
    whole = load_file(tmp_path / "model.safetensors")
    whole[prefix.replace("encoder", "decoder") + "layers.0.fc1.bias"] = torch.zeros(3)
    save_file(whole, tmp_path / "model.safetensors")
    ours, theirs = load_whisper_encoder(tmp_path).state_dict(), load_whisper_encoder(folder).state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def without_a_layer(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    save_file({name: w for name, w in weights.items() if name != "layers.3.fc1.weight"}, folder / "model.safetensors")


def cut_short(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def of_another_kind(folder: Path) -> None:
    save_file({"weight": torch.zeros(3)}, folder / "model.safetensors")


def without_numbers(folder: Path) -> None:
    header = json.dumps({"__metadata__": {"format": "pt"}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)


def no_safetensors(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"PK\x03\x04 something else entirely")


@pytest.mark.parametrize("damage", [without_a_layer, cut_short, of_another_kind, without_numbers, no_safetensors])
def test_a_damaged_teacher_is_refused_in_a_sentence(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    damage(write_teacher(tmp_path / "whisper"))
    with pytest.raises(EncoderMissingError, match=r"The teacher in «.*whisper» cannot be loaded") as caught:
        Teacher(tmp_path / "whisper")
    assert "--teacher" in caught.value.fix


def test_an_absent_teacher_is_missed_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EncoderMissingError, match=r"There is no teacher in «.*nowhere»") as caught:
        Teacher(tmp_path / "nowhere")
    assert "--teacher" in caught.value.fix


def test_targets_are_the_teachers_layers_in_half_precision(tmp_path: Path) -> None:
    stretches, teacher = noise_stretches(3), MirrorTeacher()
    targets = prepare_targets(teacher, stretches, tmp_path)
    assert targets.layers.shape == (3, N_LAYERS, N_FRAMES, 8)
    assert targets.layers.dtype == np.float16
    expected = teacher.layers(all_samples(stretches))
    np.testing.assert_allclose(targets.layers, expected, rtol=1e-3)


def test_targets_are_read_by_their_stretches_and_up_to_a_layer(tmp_path: Path) -> None:
    targets = prepare_targets(MirrorTeacher(), noise_stretches(3), tmp_path)
    found = targets.read(np.array([2, 0]), 2)
    assert found.shape == (2, 2, N_FRAMES, 8)
    assert found.dtype == torch.float32
    np.testing.assert_array_equal(found[0], targets.layers[2, :2])
    np.testing.assert_array_equal(found[1], targets.layers[0, :2])


def test_enormous_activations_stay_finite(tmp_path: Path) -> None:
    class Shouting(MirrorTeacher):
        def layers(self, samples: FloatArray) -> torch.Tensor:
            return super().layers(samples) * 1e9

    targets = prepare_targets(Shouting(), noise_stretches(1), tmp_path)
    assert np.isfinite(targets.layers).all()
    assert float(targets.layers.max()) == pytest.approx(6e4, rel=1e-2)


def make_targets_in_two_goes(stretches: Stretches, folder: Path) -> tuple[Targets, MirrorTeacher]:
    with pytest.raises(Cancelled):
        prepare_targets(MirrorTeacher(stop_after=18), stretches, folder)
    second = MirrorTeacher()
    return prepare_targets(second, stretches, folder), second


def test_an_interrupted_computation_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher_room, "_BATCH", 1)
    stretches = noise_stretches(20)
    for name in ("resumed", "whole"):
        (tmp_path / name).mkdir()
    resumed, second = make_targets_in_two_goes(stretches, tmp_path / "resumed")
    whole = prepare_targets(MirrorTeacher(), stretches, tmp_path / "whole")
    assert second.n_heard == 4, "sixteen were written down, two more were not"
    np.testing.assert_array_equal(resumed.layers, whole.layers)
    assert torch.equal(resumed.mean, whole.mean)
    assert torch.equal(resumed.std, whole.std)


def test_what_is_complete_is_not_computed_again(tmp_path: Path) -> None:
    stretches = noise_stretches(3)
    first = prepare_targets(MirrorTeacher(), stretches, tmp_path)
    idle = MirrorTeacher(stop_after=0)
    again = prepare_targets(idle, stretches, tmp_path)
    assert idle.n_heard == 0
    np.testing.assert_array_equal(again.layers, first.layers)


def test_other_stretches_have_targets_of_their_own(tmp_path: Path) -> None:
    one = prepare_targets(MirrorTeacher(), noise_stretches(2, identity="one"), tmp_path)
    other = prepare_targets(MirrorTeacher(), noise_stretches(3, identity="other"), tmp_path)
    assert (len(one.layers), len(other.layers)) == (2, 3)


def test_another_teacher_has_targets_of_its_own(tmp_path: Path) -> None:
    prepare_targets(MirrorTeacher(identity="one"), noise_stretches(2), tmp_path)
    other = MirrorTeacher(identity="other")
    prepare_targets(other, noise_stretches(2), tmp_path)
    assert other.n_heard == 2


def test_a_teacher_is_known_by_its_weights(tmp_path: Path) -> None:
    one, again, other = (Teacher(write_teacher(tmp_path / str(i), seed=seed)) for i, seed in enumerate((0, 0, 1)))
    assert one.identity == again.identity != other.identity


def test_a_note_without_its_layers_is_not_believed(tmp_path: Path) -> None:
    stretches = noise_stretches(2)
    prepare_targets(MirrorTeacher(), stretches, tmp_path)
    (tmp_path / "teacher-noise-mirror.npy").unlink()
    again = MirrorTeacher()
    prepare_targets(again, stretches, tmp_path)
    assert again.n_heard == 2


def test_progress_is_told_in_stretches(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    prepare_targets(MirrorTeacher(), noise_stretches(10), tmp_path, lambda done, total: told.append((done, total)))
    assert told == [(8, 10), (10, 10)]


def test_means_are_of_each_place_and_deviations_of_each_dimension(tmp_path: Path) -> None:
    class Steady(MirrorTeacher):
        """Each dimension moves with the stretch by its own number, around a mean that moves with the place."""

        def layers(self, samples: FloatArray) -> torch.Tensor:
            sign = torch.tensor([-1.0, 1.0])[: len(samples)]
            move = torch.tensor([2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.001])
            place = torch.arange(N_FRAMES) / N_FRAMES
            return sign[:, None, None, None] * move.expand(N_LAYERS, N_FRAMES, 8) + place[:, None]

    targets = prepare_targets(Steady(), noise_stretches(2), tmp_path)
    assert targets.mean.shape == (N_LAYERS, N_FRAMES, 8)
    assert targets.std.shape == (N_LAYERS, 1, 8)
    torch.testing.assert_close(targets.mean[3, :, 0], torch.arange(N_FRAMES) / N_FRAMES, atol=1e-3, rtol=0)
    torch.testing.assert_close(targets.std[2, 0, :7], torch.full((7,), 2.0), atol=1e-3, rtol=0)
    # What hardly moves is not blown up: 0.3 of the mean deviation.
    assert float(targets.std[2, 0, 7]) == pytest.approx(0.3 * (7 * 2 + 0.001) / 8, abs=1e-3)


def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="absent") as caught:
        prepare_targets(MirrorTeacher(), noise_stretches(1), tmp_path / "absent")
    assert "space" in caught.value.fix


@pytest.mark.data
@pytest.mark.skipif(not REAL.is_dir(), reason="Whisper base's encoder is not here")
def test_the_real_teacher_gives_layers_of_512_features() -> None:
    teacher = Teacher(REAL)
    layers = teacher.layers(sound())
    assert layers.shape == (1, N_LAYERS, N_FRAMES, 512)
    assert bool(torch.isfinite(layers).all())
    assert teacher.encoder.layers[0].fc1.weight.shape == (2048, 512)
    # Blocks add to what they are given: each layer is nearer to the one before than to the first.
    near = torch.nn.functional.cosine_similarity(layers[0, 5], layers[0, 4], dim=-1).mean()
    far = torch.nn.functional.cosine_similarity(layers[0, 5], layers[0, 0], dim=-1).mean()
    assert near > far

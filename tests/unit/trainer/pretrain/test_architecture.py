from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.autograd import backward

from ser_desktop.core.encoder import Encoder
from ser_desktop.core.errors import EncoderMissingError
from tests.helpers.bundles import CPU
from tests.helpers.pretraining import (
    N_FEATURES,
    N_LAYERS,
    N_UNITS,
    all_samples,
    noise_stretches,
    shrink_encoder,
    small_encoder,
    write_teacher,
)
from tests.helpers.sounds import noise
from trainer.pretrain import architecture
from trainer.pretrain.architecture import (
    all_layers,
    begin_like,
    blocks,
    check_teacher,
    compact_config,
    filter_bank,
    make_encoder,
)
from trainer.pretrain.stretches import N_SAMPLES
from trainer.pretrain.teacher import N_BLOCKS, N_FRAMES, Targets, Teacher, prepare_targets


def sound(n: int = 1, length: int = N_SAMPLES) -> Tensor:
    return torch.from_numpy(np.stack([noise(length / 16_000, 0.05, seed=i) for i in range(n)]))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink_encoder(monkeypatch)


def test_the_compact_encoder_has_twelve_million_parameters() -> None:
    model = make_encoder()
    n_parameters = sum(p.numel() for p in model.parameters())
    assert n_parameters == pytest.approx(11.75e6, rel=0.005)
    assert (model.config.num_hidden_layers, model.config.hidden_size) == (N_BLOCKS, 512)


def test_frames_come_every_twenty_milliseconds_centred_at_320_j_plus_520() -> None:
    config = compact_config()
    first, step = 0.0, 1
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        first += step * (kernel / 2 if step == 1 else (kernel - 1) / 2)
        step *= stride
    assert (step, first) == (320, 520.0)


def test_the_encoder_in_use_masks_and_drops_nothing() -> None:
    config = compact_config()
    assert config.apply_spec_augment is False
    dropouts = ("hidden_dropout", "attention_dropout", "activation_dropout", "feat_proj_dropout", "layerdrop")
    assert {getattr(config, name) for name in dropouts} == {0.0}


def test_the_filters_are_mel_spaced_tones_in_four_phases() -> None:
    bank = filter_bank()
    assert bank.shape == (512, 1, 400)
    loudest_hz = torch.fft.rfft(bank[:, 0], n=16_000).abs().argmax(dim=1).float()
    by_band = loudest_hz.view(128, 4)
    assert float((by_band - by_band.mean(dim=1, keepdim=True)).abs().max()) <= 30, "one tone in a band"
    hz = by_band.mean(dim=1)
    assert float(hz[0]) == pytest.approx(50, abs=15)
    assert float(hz[-1]) == pytest.approx(7600, abs=15)
    mels = 2595 * (1 + hz[20:] / 700).log10()
    assert float(mels.diff().min()) > 0.7 * float(mels.diff().mean()), "the bands are equally far apart in mel"
    assert float(mels.diff().max()) < 1.3 * float(mels.diff().mean())
    torch.testing.assert_close(bank[0::4], -bank[2::4], atol=1e-5, rtol=0)


def test_a_filter_rectified_and_summed_over_its_phases_follows_its_bands_magnitude() -> None:
    band = filter_bank()[4 * 64 : 4 * 65, 0]
    hz = float(torch.fft.rfft(band[0], n=16_000).abs().argmax())
    t = torch.arange(400) / 16_000
    answers = []
    for phase in torch.linspace(0, 2 * torch.pi, 9)[:-1]:
        tone = torch.cos(2 * torch.pi * hz * t + phase)
        answers.append(float((band @ tone).relu().sum()))
    assert max(answers) < 1.5 * min(answers), "whatever the phase"
    other = torch.cos(2 * torch.pi * 2 * hz * t)
    assert float((band @ other).relu().sum()) < 0.02 * np.mean(answers)


def test_an_encoder_begins_with_the_filter_bank(small: None) -> None:
    one, other = small_encoder(seed=1), small_encoder(seed=2)
    assert torch.equal(one.feature_extractor.conv_layers[0].conv.weight, filter_bank())
    query = [m.encoder.layers[0].attention.q_proj.weight for m in (one, other, small_encoder(seed=1))]
    assert torch.equal(query[0], query[2])
    assert not torch.equal(query[0], query[1])


def test_layers_are_those_that_the_program_reads(small: None) -> None:
    model = small_encoder().eval()
    samples = sound(2, 20_000)
    with torch.no_grad():
        ours = torch.stack(all_layers(model, samples), dim=1).numpy()
    theirs = Encoder(model, CPU, "tests/small@1").batch_layers(samples.numpy())
    assert ours.shape == theirs.shape == (2, N_LAYERS, 60, N_FEATURES)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_stretch_has_as_many_frames_as_the_teacher_gives(small: None) -> None:
    with torch.no_grad():
        layers = all_layers(small_encoder(), sound())
    assert {layer.shape for layer in layers} == {(1, N_FRAMES, N_FEATURES)}
    assert N_SAMPLES // 320 - N_FRAMES == 3


def test_a_frame_hears_520_samples_around_its_centre(small: None) -> None:
    model = small_encoder().eval()
    # It norms each filter over time, which would tell all frames of a click.
    model.feature_extractor.conv_layers[0].layer_norm = nn.Identity()
    j = 30
    quiet = sound(1, 20_000)
    click = quiet.clone()
    click[0, 320 * j + 520] += 0.9
    with torch.no_grad():
        changed = (all_layers(model, click)[0] - all_layers(model, quiet)[0])[0].abs().amax(dim=1)
    assert torch.nonzero(changed > 1e-6).flatten().tolist() == [j - 1, j, j + 1]


def test_layers_have_gradients_down_to_the_filters(small: None) -> None:
    model = small_encoder().train()
    backward(all_layers(model, sound(1, 8000))[-1].square().mean())
    gradient = model.feature_extractor.conv_layers[0].conv.weight.grad
    assert gradient is not None
    assert float(gradient.abs().sum()) > 0


def test_blocks_go_on_from_what_was_projected(small: None) -> None:
    model = small_encoder().eval()
    with torch.no_grad():
        first, *rest = all_layers(model, sound(1, 8000))
        again = blocks(model, first)
    assert len(again) == N_BLOCKS
    assert all(torch.equal(a, b) for a, b in zip(rest, again, strict=True))


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Teacher:
    return Teacher(write_teacher(tmp_path_factory.mktemp("whisper")))


@pytest.fixture
def targets(teacher: Teacher, tmp_path: Path) -> Targets:
    return prepare_targets(teacher, noise_stretches(2), tmp_path)


def test_a_teacher_that_fits_is_taken(small: None, teacher: Teacher) -> None:
    check_teacher(small_encoder(), teacher)


def test_a_teacher_of_another_width_is_refused_in_a_sentence(teacher: Teacher) -> None:
    with pytest.raises(
        EncoderMissingError, match=r"6 blocks of 64 features, but .* begins with 5 blocks of 512"
    ) as caught:
        check_teacher(make_encoder(), teacher)
    assert "Whisper base" in caught.value.fix


def test_a_teacher_with_too_few_blocks_is_refused(small: None, tmp_path: Path) -> None:
    with pytest.raises(EncoderMissingError, match="has 4 blocks"):
        check_teacher(small_encoder(), Teacher(write_teacher(tmp_path, n_blocks=4)))


def test_the_blocks_begin_with_the_teachers_attention(small: None, teacher: Teacher, targets: Targets) -> None:
    model = small_encoder()
    begin_like(model, teacher, targets, all_samples(noise_stretches(2)))
    for ours, theirs in zip(model.encoder.layers, teacher.encoder.layers, strict=False):
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            mine, other = getattr(ours.attention, name), getattr(theirs.self_attn, name)
            assert torch.equal(mine.weight, other.weight)
            assert torch.equal(mine.bias, torch.zeros(N_FEATURES) if other.bias is None else other.bias)
        assert torch.equal(ours.layer_norm.weight, theirs.self_attn_layer_norm.weight)
        assert torch.equal(ours.final_layer_norm.bias, theirs.final_layer_norm.bias)
        assert torch.equal(ours.feed_forward.output_dense.bias, theirs.fc2.bias)


def test_the_busiest_feed_forward_units_are_taken_and_stay_together(
    small: None, teacher: Teacher, targets: Targets
) -> None:
    model = small_encoder()
    samples = all_samples(noise_stretches(2))
    block = teacher.encoder.layers[2]
    before = block.fc2.weight.clone()
    busy = torch.arange(1, N_UNITS, 2)
    try:
        # Units that add nothing are nobody's choice.
        block.fc2.weight[:, ::2] *= 1e-3
        begin_like(model, teacher, targets, samples)
        ours = model.encoder.layers[2].feed_forward
        assert torch.equal(ours.intermediate_dense.weight, block.fc1.weight[busy])
        assert torch.equal(ours.intermediate_dense.bias, block.fc1.bias[busy])
        assert torch.equal(ours.output_dense.weight, block.fc2.weight[:, busy])
    finally:
        block.fc2.weight.copy_(before)


def test_a_block_that_keeps_all_units_computes_what_the_teachers_block_does(
    small: None, teacher: Teacher, targets: Targets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(architecture, "N_FEED_FORWARD", N_UNITS)
    model = small_encoder().eval()
    # The small teacher has one head, as Whisper's have 64 features.
    for block in model.encoder.layers:
        block.attention.num_heads, block.attention.head_dim = 1, N_FEATURES
        block.attention.scaling = N_FEATURES**-0.5
    begin_like(model, teacher, targets, all_samples(noise_stretches(2)))
    hidden = torch.randn(1, N_FRAMES, N_FEATURES, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for ours, theirs in zip(model.encoder.layers, teacher.encoder.layers, strict=False):
            mine, other = ours(hidden), theirs(hidden, None)
            mine = mine[0] if isinstance(mine, tuple) else mine
            other = other[0] if isinstance(other, tuple) else other
            torch.testing.assert_close(mine, other, atol=1e-4, rtol=1e-4)


def test_f0_begins_with_the_mean_and_the_scale_of_the_teachers_convolutions(
    small: None, teacher: Teacher, targets: Targets
) -> None:
    model = small_encoder().eval()
    begin_like(model, teacher, targets, all_samples(noise_stretches(2)))
    assert torch.equal(model.feature_projection.projection.bias, targets.mean[0].mean(dim=0))
    # What is projected was normed: its elements have the deviation of the rows' norms.
    rows = model.feature_projection.projection.weight.detach().std(dim=1) * N_FEATURES**0.5
    assert float((rows / targets.std[0, 0]).mean()) == pytest.approx(1.0, abs=0.1)


def test_comparing_units_leaves_no_hook_on_the_teacher(small: None, teacher: Teacher, targets: Targets) -> None:
    begin_like(small_encoder(), teacher, targets, all_samples(noise_stretches(1)))
    assert not any(block.fc2._forward_pre_hooks for block in teacher.encoder.layers)

"""The compact encoder: a small `transformers.Wav2Vec2Model` that hears like its teacher and thinks like wav2vec 2.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.errors import EncoderMissingError
from trainer.pretrain.teacher import N_BLOCKS, Targets, Teacher

if TYPE_CHECKING:
    from transformers import Wav2Vec2Config, Wav2Vec2Model
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

N_HIDDEN = 512
N_FEED_FORWARD = 896
N_FILTERS = 512
_FILTER_SAMPLES = 400
_PHASES = 4
_LOWEST_HZ, _HIGHEST_HZ = 50.0, 7600.0


def compact_config() -> Wav2Vec2Config:
    """Return the shape of the compact encoder: 11.7 million parameters, 5 blocks of 512, stride 20 ms.

    Its convolutions are those of a Whisper encoder behind a learned filter bank: 25 ms filters every
    10 ms, a mixing of filters, and two convolutions of three frames, the second with stride two. At 100
    frames a second they cost a tenth of wav2vec2-base's seven, which begin at 3200.
    Blocks normalise first (``do_stable_layer_norm``), as the teacher's do.
    """
    from transformers import Wav2Vec2Config

    return Wav2Vec2Config(
        hidden_size=N_HIDDEN,
        num_hidden_layers=N_BLOCKS,
        num_attention_heads=8,
        intermediate_size=N_FEED_FORWARD,
        conv_dim=(N_FILTERS, 128, N_HIDDEN, N_HIDDEN),
        conv_kernel=(_FILTER_SAMPLES, 1, 3, 3),
        conv_stride=(160, 1, 1, 2),
        conv_bias=True,
        feat_extract_norm="group",
        num_conv_pos_embeddings=48,
        num_conv_pos_embedding_groups=32,
        do_stable_layer_norm=True,
        apply_spec_augment=False,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        feat_proj_dropout=0.0,
        layerdrop=0.0,
        vocab_size=1,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=0,
    )


def filter_bank() -> Tensor:
    """Return Hann-windowed tones, mel-spaced, in four phases: (N_FILTERS, 1, 400).

    Rectified and summed over its phases a filter follows the magnitude of its band.
    """
    n_bands = N_FILTERS // _PHASES

    def mel(hz: float) -> float:
        return 2595.0 * float(np.log10(1.0 + hz / 700.0))

    mels = np.linspace(mel(_LOWEST_HZ), mel(_HIGHEST_HZ), n_bands)
    hz = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    time_s = np.arange(_FILTER_SAMPLES) / SAMPLE_RATE_HZ
    window = np.hanning(_FILTER_SAMPLES + 1)[:-1]
    phases = np.arange(_PHASES) * (2.0 * np.pi / _PHASES)
    tones = np.cos(2.0 * np.pi * hz[:, None, None] * time_s + phases[None, :, None])
    return torch.from_numpy((tones * window).reshape(N_FILTERS, 1, _FILTER_SAMPLES).astype(np.float32))


def make_encoder() -> Wav2Vec2Model:
    """Return a compact encoder with random blocks and a filter bank of tones (PyTorch's generator decides)."""
    from transformers import Wav2Vec2Model

    model = Wav2Vec2Model(compact_config())
    with torch.no_grad():
        model.feature_extractor.conv_layers[0].conv.weight.copy_(filter_bank())
    return model


def check_teacher(model: Wav2Vec2Model, teacher: Teacher) -> None:
    """Refuse a teacher whose weights do not fit the encoder's blocks.

    Raises
    ------
    EncoderMissingError
    """
    n_blocks, n_features = len(teacher.encoder.layers), teacher.n_features
    if n_features != model.config.hidden_size or n_blocks < N_BLOCKS:
        raise EncoderMissingError(
            f"The teacher has {n_blocks} blocks of {n_features} features, but the compact encoder begins with "
            f"{N_BLOCKS} blocks of {model.config.hidden_size}.",
            "Name the folder of Whisper base's encoder with --teacher.",
        )


def begin_like(model: Wav2Vec2Model, teacher: Teacher, targets: Targets, samples: FloatArray) -> None:
    """Give the encoder's blocks the teacher's weights; of its feed-forward units, the busiest.

    f₀ begins with the mean and the scale of what the teacher's convolutions give.

    Parameters
    ----------
    model : Wav2Vec2Model
        Changed in place.
    teacher : Teacher
    targets : Targets
    samples : (n_stretches, N_SAMPLES + LEAD) float32
        Sound on which units are compared.
    """
    busiest = _busiest_units(teacher, samples)
    source: WhisperEncoder = teacher.encoder
    with torch.no_grad():
        projection = model.feature_projection.projection
        projection.bias.copy_(targets.mean[0].mean(dim=0))
        scale = targets.std[0, 0] / (projection.weight.std() * projection.weight.shape[1] ** 0.5)
        projection.weight.mul_(scale[:, None])
        for ours, theirs, units in zip(model.encoder.layers, source.layers, busiest, strict=False):
            for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
                mine, other = getattr(ours.attention, name), getattr(theirs.self_attn, name)
                mine.weight.copy_(other.weight)
                # Whisper's keys have no bias; a key's bias changes no attention weight anyway.
                mine.bias.zero_() if other.bias is None else mine.bias.copy_(other.bias)
            ours.layer_norm.load_state_dict(theirs.self_attn_layer_norm.state_dict())
            ours.final_layer_norm.load_state_dict(theirs.final_layer_norm.state_dict())
            ours.feed_forward.intermediate_dense.weight.copy_(theirs.fc1.weight[units])
            ours.feed_forward.intermediate_dense.bias.copy_(theirs.fc1.bias[units])
            ours.feed_forward.output_dense.weight.copy_(theirs.fc2.weight[:, units])
            ours.feed_forward.output_dense.bias.copy_(theirs.fc2.bias)


def _busiest_units(teacher: Teacher, samples: FloatArray) -> list[Tensor]:
    """Return which units add most to each block's output: mean square activation times outgoing weight."""
    energy: list[Tensor] = []

    def keep(block: torch.nn.Module, inputs: tuple[Tensor, ...]) -> None:
        energy.append(inputs[0].float().square().mean(dim=(0, 1)) * block.weight.square().sum(dim=0))  # type: ignore[operator]

    handles = [block.fc2.register_forward_pre_hook(keep) for block in teacher.encoder.layers[:N_BLOCKS]]
    try:
        teacher.layers(samples)
    finally:
        for handle in handles:
            handle.remove()
    return [e.topk(N_FEED_FORWARD).indices.sort().values for e in energy]


def all_layers(model: Wav2Vec2Model, samples: Tensor) -> list[Tensor]:
    """Return f₀ … fₙ as `ser_desktop.core.encoder.Encoder` reads them, with gradients.

    Parameters
    ----------
    model : Wav2Vec2Model
    samples : (n_stretches, n_samples)

    Returns
    -------
    layers : list of (n_stretches, n_frames, n_features)
    """
    convolved = model.feature_extractor(samples).transpose(1, 2)
    projected, _ = model.feature_projection(convolved)
    return [projected, *blocks(model, projected)]


def blocks(model: Wav2Vec2Model, projected: Tensor) -> list[Tensor]:
    """Return the outputs of all blocks of what was projected."""
    hidden = projected + model.encoder.pos_conv_embed(projected)
    found = []
    for block in model.encoder.layers:
        output = block(hidden)
        hidden = output[0] if isinstance(output, tuple) else output
        found.append(hidden)
    return found

"""Small pretraining: an encoder of 64 features, a teacher of the same size in Whisper's file format, few stretches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import Wav2Vec2Config, Wav2Vec2Model, WhisperConfig
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.errors import Cancelled
from tests.helpers.corpora import write_recording
from tests.helpers.sounds import noise
from trainer.pretrain import architecture, publish
from trainer.pretrain.contrast import MaskedContrast
from trainer.pretrain.loop import State, make_state
from trainer.pretrain.objectives import Batch, Distillation, DistillationWithEmotion, Objective
from trainer.pretrain.probe import Probe, Probed
from trainer.pretrain.recipes import PRETRAIN_RECIPES, Aim, PretrainRecipe
from trainer.pretrain.stretches import LEAD, N_SAMPLES, UNLABELLED, Part, Stretches
from trainer.pretrain.teacher import N_BLOCKS, N_FRAMES, Targets, Teacher

N_FEATURES = 64
N_LAYERS = 1 + N_BLOCKS
N_UNITS = 96
"""Feed-forward units of the small teacher, twice those of the small encoder."""


def shrink_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the compact encoder have 64 features; its stride, its blocks and all that reads it are the real ones."""
    real = architecture.compact_config

    def small() -> Wav2Vec2Config:
        config = real()
        # What the contrast compares, which is most of its cost.
        config.update({"num_negatives": 5, "num_codevectors_per_group": 16})
        config.update({"codevector_dim": 32, "proj_codevector_dim": 32})
        return config

    monkeypatch.setattr(architecture, "N_HIDDEN", N_FEATURES)
    monkeypatch.setattr(architecture, "N_FILTERS", 32)
    monkeypatch.setattr(architecture, "N_FEED_FORWARD", N_UNITS // 2)
    for module in (architecture, publish):
        monkeypatch.setattr(module, "compact_config", small)


def small_encoder(seed: int = 0) -> Wav2Vec2Model:
    """A compact encoder, small where `shrink_encoder` was called; the same for the same seed."""
    torch.manual_seed(seed)
    return architecture.make_encoder()


def write_teacher(folder: Path, n_blocks: int = 6, prefix: str = "", seed: int = 0) -> Path:
    """Write random weights in float16 under the names of a Whisper encoder; returns the folder."""
    torch.manual_seed(seed)
    config = WhisperConfig(
        d_model=N_FEATURES, encoder_layers=n_blocks, encoder_attention_heads=1, encoder_ffn_dim=N_UNITS
    )
    encoder = WhisperEncoder(config)
    for name, parameter in encoder.named_parameters():
        # As they are made all biases are zero, and nobody would miss them.
        if name.endswith("bias"):
            nn.init.normal_(parameter, std=0.1)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {prefix + name: value.half().contiguous() for name, value in encoder.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    return folder


class MirrorTeacher(Teacher):
    """Gives layers of eight features that tell which stretch it heard; counts and can be stopped."""

    def __init__(self, stop_after: int | None = None, identity: str = "mirror") -> None:
        self.n_features = 8
        self.identity = identity
        self.n_heard = 0
        self._stop_after = stop_after

    def layers(self, samples: FloatArray) -> Tensor:
        if self._stop_after is not None and self.n_heard >= self._stop_after:
            raise Cancelled
        self.n_heard += len(samples)
        loudness = torch.from_numpy(samples).abs().mean(dim=1)
        place = torch.linspace(0, 1, N_LAYERS * N_FRAMES * self.n_features)
        return loudness[:, None, None, None] + place.view(N_LAYERS, N_FRAMES, self.n_features)


def noise_stretches(n: int, parts: Sequence[Part] | None = None, identity: str = "noise") -> Stretches:
    """Stretches of noise, each louder than the one before, all with the same parts (default: one, unlabelled)."""
    length = N_SAMPLES + LEAD
    samples = np.stack([noise(length / 16_000, 0.02 * (1 + i / n), seed=i) for i in range(n)])
    own = tuple(parts) if parts is not None else (Part(0, length, UNLABELLED),)
    return Stretches(np.round(samples * 32767).astype(np.int16), (own,) * n, identity)


def all_samples(stretches: Stretches) -> FloatArray:
    """All of them, with their lead: (n, N_SAMPLES + LEAD)."""
    return np.stack([stretches.as_float(i) for i in range(len(stretches))])


def random_targets(n_stretches: int, seed: int = 0) -> Targets:
    """Targets of a teacher that the encoder cannot follow; the mean changes with the place."""
    shape = (n_stretches, N_LAYERS, N_FRAMES, N_FEATURES)
    layers = np.random.default_rng(seed).standard_normal(shape).astype(np.float16)
    mean = torch.linspace(-1, 1, N_FRAMES)[None, :, None].expand(shape[1:]).clone()
    return Targets(layers, mean, torch.full((N_LAYERS, 1, N_FEATURES), 0.5))


def make_batch_of(stretches: Stretches, chosen: Sequence[int], step: int = 0) -> Batch:
    """A batch of unchanged sound."""
    samples = torch.from_numpy(np.stack([stretches.as_float(i)[:N_SAMPLES] for i in chosen]))
    parts = [stretches.parts[i] for i in chosen]
    return Batch(samples, np.array(chosen, dtype=np.int64), parts, step, np.random.default_rng(step))


def small_recipe(name: str, n_steps: int = 4) -> PretrainRecipe:
    """One of the recipes, over in a few steps of two stretches."""
    return replace(PRETRAIN_RECIPES[name], n_steps=n_steps, batch_size=2)


def small_state(recipe: PretrainRecipe, n_stretches: int) -> State:
    """The state before a run's first step, with random targets where the recipe needs a teacher."""
    torch.manual_seed(recipe.seed)
    model = architecture.make_encoder()
    objective: Objective
    if recipe.aim is Aim.CONTRAST:
        objective = MaskedContrast(model, recipe.n_steps)
    else:
        distillation = Distillation(random_targets(n_stretches), recipe.n_hear)
        objective = distillation
        if recipe.aim is Aim.DISTIL_EMOTION:
            objective = DistillationWithEmotion(
                distillation, N_LAYERS, N_FEATURES, recipe.emotion_step, recipe.emotion_weight
            )
    return make_state(model, objective, recipe, "cpu")


class ScriptedProbe(Probe):
    """Finds what it was told to find, one figure for each call."""

    def __init__(self, *held_out: float) -> None:
        self._coming = list(held_out)

    def __call__(self, model: Wav2Vec2Model, check: Callable[[], None] = lambda: None) -> Probed:
        check()
        return Probed(self._coming.pop(0), None)


class StopAfter:
    """A check that lets so many steps pass and then raises `Cancelled`."""

    def __init__(self, n: int) -> None:
        self._left = n

    def __call__(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Cancelled


def write_actors(
    folder: Path, actors: Sequence[int], seconds: float = 1.0, emotions: Sequence[int] = range(1, 9)
) -> int:
    """Write clips named like RAVDESS speech, one of each emotion for each actor; returns their number."""
    for actor in actors:
        for emotion in emotions:
            path = folder / f"Actor_{actor:02d}" / f"03-01-{emotion:02d}-01-01-01-{actor:02d}.wav"
            write_recording(path, seed=100 * actor + emotion, level=0.02 * emotion, seconds=seconds)
    return len(actors) * len(emotions)

"""Small bundles and encoders with random weights; they never leave the tests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import Wav2Vec2Config, Wav2Vec2Model

from ser_desktop.core import catalogue, paths
from ser_desktop.core.bundle import CHECKED_FILES, CHECKSUMS_FILE, save_bundle
from ser_desktop.core.bundle_config import BundleConfig, Decision, Results
from ser_desktop.core.catalogue import EncoderEntry, PinnedFile
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.device import Device, DeviceKind
from ser_desktop.core.encoder import Encoder
from ser_desktop.core.features import FRAME_S, N_EGEMAPS, FeatureName, FeatureSpec
from ser_desktop.core.heads import HeadKind, make_head
from ser_desktop.core.normalise import NeutralOffset, Normalisation, Statistics

CPU = Device(DeviceKind.CPU, "CPU", "a test")
EGEMAPS = FeatureSpec(
    FeatureName.EGEMAPS, 1, N_EGEMAPS, FRAME_S, {"feature_set": "eGeMAPSv02", "rate_hz": 16_000, "clipped_at": 1}
)
LABELS = ("calm", "angry", "happy")


def base_size_model() -> Wav2Vec2Model:
    """The paper's architecture, randomly initialised."""
    torch.manual_seed(0)
    return Wav2Vec2Model(Wav2Vec2Config())


def tiny_model() -> Wav2Vec2Model:
    """Two blocks of 32 units behind the real stride of 20 ms."""
    torch.manual_seed(0)
    return Wav2Vec2Model(
        Wav2Vec2Config(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            conv_dim=(16,) * 7,
            num_conv_pos_embeddings=16,
            num_conv_pos_embedding_groups=4,
        )
    )


def tiny_encoder() -> Encoder:
    return Encoder(tiny_model(), CPU, "tests/tiny@1")


def encoder_spec(encoder: Encoder) -> FeatureSpec:
    return FeatureSpec(
        FeatureName.ALL_LAYERS, encoder.n_layers, encoder.n_features, FRAME_S, {"encoder": encoder.identity}
    )


def small_config(
    features: tuple[FeatureSpec, ...] = (EGEMAPS,),
    head: HeadKind = HeadKind.DENSE,
    encoder: str | None = None,
    labels: tuple[str, ...] = LABELS,
) -> BundleConfig:
    return BundleConfig(
        name="Small model",
        labels=labels,
        head_kind=head,
        n_hidden=16,
        dropout=0.2,
        dropout_first=False,
        features=features,
        encoder=encoder,
        normalisation=Normalisation.GLOBAL,
        window_s=8.0,
        min_window_s=1.0,
        decision=Decision(temperature=1.5, threshold=0.4),
        results=Results("made up", "none", (1,), 1, (0.5,), (0.5,), (0.5,), 10),
        licence="none",
    )


def write_bundle(folder: Path, config: BundleConfig | None = None) -> Path:
    """Write a valid bundle with random weights and statistics."""
    config = config or small_config()
    torch.manual_seed(1)
    random = np.random.default_rng(1)
    statistics = []
    for spec in config.features:
        shape = (spec.n_layers, spec.n_features)
        mean, std = random.normal(size=shape).astype(np.float32), random.uniform(0.5, 2.0, size=shape)
        # Its training speakers' neutral speech lacked nothing.
        offset = NeutralOffset(np.zeros(shape, np.float32), *(np.ones(shape, np.float32),) * 3)
        is_speakers = config.normalisation is Normalisation.SPEAKER
        statistics.append(Statistics(mean, std.astype(np.float32), offset if is_speakers else None))
    save_bundle(folder, config, make_head(config.head_options()), statistics, "# A small model\n")
    return folder


def change_config(folder: Path, **changes: object) -> None:
    """Change fields of config.json and mend the checksums, so that only the deeper check can object."""
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    mend_checksums(folder)


def ship_encoder(models: Path, monkeypatch: pytest.MonkeyPatch) -> EncoderEntry:
    """Let a small encoder be the one that comes with the program, in ``models``; returns its entry."""
    shipped, *others = catalogue.ENCODERS
    model, folder = tiny_model(), models / shipped.name
    folder.mkdir(parents=True)
    model.config.to_json_file(folder / "config.json")
    # Not `save_pretrained`, whose progress bar leaves a thread behind.
    save_file(model.state_dict(), folder / shipped.weights, metadata={"format": "pt"})
    files = tuple(PinnedFile(f.name, file_sha256(folder / f.name)) for f in shipped.files)
    entry = replace(shipped, revision=files[0].sha256[:12], files=files)
    monkeypatch.setattr(paths, "shipped_models", lambda: models)
    monkeypatch.setattr(catalogue, "ENCODERS", (entry, *others))
    return entry


def mend_checksums(folder: Path) -> None:
    sums = {name: file_sha256(folder / name) for name in CHECKED_FILES}
    (folder / CHECKSUMS_FILE).write_text(json.dumps(sums))

"""A model whose encoder has the paper's size, with random weights: as heavy as the real one, and as wise as a die."""

from __future__ import annotations

import os
from pathlib import Path

from safetensors.torch import save_file

from ser_desktop.core import paths
from ser_desktop.core.catalogue import CONFIG, WEIGHTS, known_encoder
from ser_desktop.core.features import FRAME_S, FeatureName, FeatureSpec
from ser_desktop.core.heads import HeadKind
from tests.helpers.bundles import EGEMAPS, base_size_model, small_config, write_bundle


def install_base_size(home: Path) -> Path:
    """Let this process and its children find wav2vec2-base installed below a folder; return a Fusion bundle for it."""
    os.environ["XDG_DATA_HOME"] = str(home / "data")
    entry, model = known_encoder("wav2vec2-base"), base_size_model()
    entry.folder.mkdir(parents=True)
    assert paths.data_folder().is_relative_to(home)
    model.config.to_json_file(entry.folder / CONFIG)
    save_file(model.state_dict(), entry.folder / WEIGHTS, metadata={"format": "pt"})
    layers = FeatureSpec(FeatureName.ALL_LAYERS, 13, 768, FRAME_S, {"encoder": entry.identity})
    return write_bundle(home / "bundle", small_config((layers, EGEMAPS), HeadKind.FUSION, entry.identity))

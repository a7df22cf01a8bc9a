from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ser_desktop.core.analysis import Analyser, make_extractors
from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.heads import HeadKind
from ser_desktop.core.model_info import describe
from tests.helpers.bundles import CPU, EGEMAPS, encoder_spec, small_config, tiny_encoder, write_bundle

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:opensmile")


def test_a_model_is_described_by_its_contract_its_results_and_where_it_runs(tmp_path: Path) -> None:
    encoder = tiny_encoder()
    config = small_config((encoder_spec(encoder), EGEMAPS), HeadKind.FUSION, encoder.identity)
    results = replace(config.results, seeds=(1, 2), test_uar=(0.4, 0.6), n_test=12)
    bundle = load_bundle(write_bundle(tmp_path / "bundle", replace(config, results=results)))
    info = describe(Analyser(bundle, make_extractors(bundle, encoder), CPU))
    assert (info.name, info.labels, info.head, info.normalisation) == (config.name, config.labels, "fusion", "global")
    assert info.features == ("all-layers", "egemaps")
    assert (info.uar_mean, info.uar_sd, info.n_test) == (pytest.approx(0.5), pytest.approx(0.1), 12)
    assert (info.window_s, info.min_window_s, info.threshold) == (8.0, 1.0, 0.4)
    assert (info.device, info.device_reason) == (CPU.name, CPU.reason)
    assert info.layer_weights == pytest.approx([1 / 3] * 3)


def test_a_model_without_layers_has_no_layer_weights(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path / "bundle"))
    assert describe(Analyser(bundle, make_extractors(bundle, None), CPU)).layer_weights is None

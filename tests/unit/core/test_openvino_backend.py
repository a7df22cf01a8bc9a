from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core import openvino_backend, paths
from ser_desktop.core.backend_choice import open_fastest
from ser_desktop.core.backend_trials import MAX_RELATIVE_ERROR, relative_error
from ser_desktop.core.backends import TorchBackend
from ser_desktop.core.device import BackendName
from ser_desktop.core.encoder import Encoder
from ser_desktop.core.openvino_backend import OpenVinoBackend
from tests.helpers.bundles import CPU, tiny_model
from tests.helpers.sounds import speech_like

pytestmark = [pytest.mark.filterwarnings("ignore")]
pytest.importorskip("openvino")

IDENTITY = "tests/tiny@1"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def kept() -> list[str]:
    return sorted(path.suffix for path in (paths.cache_folder() / "openvino").iterdir())


def test_sound_of_any_length_gives_the_references_layers() -> None:
    reference = TorchBackend(tiny_model(), CPU, BackendName.FLOAT32)
    backend = OpenVinoBackend(tiny_model(), IDENTITY)
    for seconds in (8.0, 0.1, 1.0, 3.7, 8.0):
        waveforms = speech_like(8.0)[None, : round(16_000 * seconds)]
        wanted, found = reference.layers(waveforms), backend.layers(waveforms)
        assert (found.shape, found.dtype) == (wanted.shape, np.float32)
        assert relative_error(found, wanted) < MAX_RELATIVE_ERROR


def test_one_answer_does_not_change_the_one_before() -> None:
    backend = OpenVinoBackend(tiny_model(), IDENTITY)
    first = backend.layers(speech_like(1.0)[None])
    copy = first.copy()
    backend.layers(speech_like(1.0, seed=1)[None])
    np.testing.assert_array_equal(first, copy)


def test_threads_that_share_it_do_not_mix_their_layers() -> None:
    backend = OpenVinoBackend(tiny_model(), IDENTITY)
    sounds = [speech_like(0.3 + 0.1 * (i % 4), seed=i)[None] for i in range(16)]
    wanted = [backend.layers(sound) for sound in sounds]
    with ThreadPoolExecutor(4) as pool:
        for found, alone in zip(pool.map(backend.layers, sounds), wanted, strict=True):
            np.testing.assert_allclose(found, alone, atol=1e-5)


def test_the_translation_is_made_once_and_mended_when_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = openvino_backend._translate
    monkeypatch.setattr(openvino_backend, "_translate", lambda model: made.append(1) or real(model))
    sound = speech_like(1.0)[None]
    first = OpenVinoBackend(tiny_model(), IDENTITY).layers(sound)
    assert kept() == [".bin", ".xml"]
    np.testing.assert_allclose(OpenVinoBackend(tiny_model(), IDENTITY).layers(sound), first, atol=1e-6)
    assert len(made) == 1
    (file,) = (paths.cache_folder() / "openvino").glob("*.xml")
    file.write_text("<net")
    np.testing.assert_allclose(OpenVinoBackend(tiny_model(), IDENTITY).layers(sound), first, atol=1e-6)
    assert (len(made), kept()) == (2, [".bin", ".xml"])


def test_nothing_reports_its_use() -> None:
    code = (
        "import sys, threading; from tests.helpers.bundles import tiny_model; "
        "from ser_desktop.core.openvino_backend import OpenVinoBackend; "
        "OpenVinoBackend(tiny_model(), 'tests/tiny@1'); "
        "print(sys.modules['openvino_telemetry'], [t.name for t in threading.enumerate()])"
    )
    root = str(Path(__file__).parents[3])
    said = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": root}, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "None ['MainThread']"


def test_another_encoder_has_a_translation_of_its_own() -> None:
    OpenVinoBackend(tiny_model(), IDENTITY)
    OpenVinoBackend(tiny_model(), "tests/other@1")
    assert kept() == [".bin", ".bin", ".xml", ".xml"]


def test_a_full_disk_costs_nothing_but_time(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    paths.cache_folder().mkdir(parents=True)
    (paths.cache_folder() / "openvino").write_text("a file where a folder should be")
    assert OpenVinoBackend(tiny_model(), IDENTITY).layers(speech_like(0.5)[None]).shape[1] == 3
    assert "could not be kept" in caplog.text


def test_the_model_it_was_made_of_still_computes() -> None:
    model = tiny_model()
    OpenVinoBackend(model, IDENTITY)
    wanted = Encoder(tiny_model(), CPU, IDENTITY).layers(speech_like(0.5))
    np.testing.assert_allclose(Encoder(model, CPU, IDENTITY).layers(speech_like(0.5)), wanted, atol=1e-6)


def test_it_can_be_asked_for_and_is_among_those_that_are_tried(tmp_path: Path) -> None:
    tiny_model().save_pretrained(tmp_path / "encoder")
    encoder = open_fastest(tmp_path / "encoder", CPU, IDENTITY, "openvino")
    assert (encoder.backend, encoder.backend_reason) == (BackendName.OPENVINO, "asked for in the settings")
    assert "OpenVINO" in open_fastest(tmp_path / "encoder", CPU, IDENTITY).backend_reason


def test_what_it_cannot_translate_is_computed_by_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_model: object) -> object:
        raise RuntimeError("Check 'false' failed\nwith details")

    monkeypatch.setattr(openvino_backend, "_translate", refuse)
    tiny_model().save_pretrained(tmp_path / "encoder")
    encoder = open_fastest(tmp_path / "encoder", CPU, IDENTITY, "openvino")
    assert encoder.backend is BackendName.FLOAT32
    assert encoder.backend_reason == "OpenVINO failed: Check 'false' failed"
    assert encoder.layers(speech_like(0.5)).shape[0] == 3

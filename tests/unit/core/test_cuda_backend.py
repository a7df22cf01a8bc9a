from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from ser_desktop.core.backend_trials import MAX_RELATIVE_ERROR, relative_error
from ser_desktop.core.backends import TorchBackend
from ser_desktop.core.cuda_backend import CudaGraphBackend
from ser_desktop.core.device import BackendName, Device, DeviceKind
from tests.helpers.bundles import CPU, tiny_model
from tests.helpers.sounds import speech_like

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU here")]

GPU = Device(DeviceKind.CUDA, "GPU", "a test", half=True)


def test_recorded_and_unrecorded_shapes_give_the_references_layers() -> None:
    reference = TorchBackend(tiny_model(), CPU, BackendName.FLOAT32)
    backend = CudaGraphBackend(tiny_model(), GPU)
    for turn in range(5):
        for seconds in (8.0, 0.5, 1.0, 2.0, 3.0, 4.0):
            sound = speech_like(seconds, seed=turn)[None] + np.float32(0.1)
            assert relative_error(backend.layers(sound), reference.layers(sound)) < MAX_RELATIVE_ERROR


def test_threads_that_share_it_do_not_mix_their_layers() -> None:
    backend = CudaGraphBackend(tiny_model(), GPU)
    sounds = [speech_like(1.0, seed=i)[None] for i in range(32)]
    for sound in sounds[:3]:
        # The first of a shape are computed by other kernels, which round otherwise.
        backend.layers(sound)
    wanted = [backend.layers(sound) for sound in sounds]
    with ThreadPoolExecutor(4) as pool:
        for found, alone in zip(pool.map(backend.layers, sounds), wanted, strict=True):
            np.testing.assert_array_equal(found, alone)


def test_a_card_whose_driver_gave_up_gives_way_to_the_processor(tmp_path: Path) -> None:
    tiny_model().save_pretrained(tmp_path)
    # An index out of range spoils the card for the whole process, as a lost one does.
    program = f"""
import torch
from pathlib import Path
from ser_desktop.core.backend_choice import open_fastest
from ser_desktop.core.device import choose_device
from tests.helpers.sounds import speech_like
encoder = open_fastest(Path({str(tmp_path)!r}), choose_device(), "tests/tiny@1", "cuda-graphs")
for turn in range(4):
    encoder.layers(speech_like(1.0))
assert encoder.backend == "cuda-graphs", encoder.backend_reason
try:
    torch.zeros(2, device="cuda")[torch.tensor([9], device="cuda")].cpu()
except RuntimeError:
    pass
encoder.layers(speech_like(1.0))
print(encoder.device.kind, encoder.backend, encoder.device.reason, encoder.backend_reason, sep="|")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    kind, backend, reason, why = done.stdout.strip().splitlines()[-1].split("|")
    assert (kind, backend) == ("cpu", "float32")
    assert reason.endswith(" failed")
    assert why.startswith("CUDA graphs float16 failed: ")

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from ser_desktop.core.backend_trials import MAX_RELATIVE_ERROR, relative_error
from ser_desktop.core.backends import TorchBackend
from ser_desktop.core.cuda_backend import CudaGraphBackend
from ser_desktop.core.device import BackendName, Device, DeviceKind
from tests.helpers.bundles import CPU, tiny_model
from tests.helpers.sounds import speech_like

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU here")

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
    wanted = [backend.layers(sound) for sound in sounds]
    with ThreadPoolExecutor(4) as pool:
        for found, alone in zip(pool.map(backend.layers, sounds), wanted, strict=True):
            np.testing.assert_array_equal(found, alone)

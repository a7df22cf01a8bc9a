from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.backends import TorchBackend
from ser_desktop.core.device import BackendName, Device, DeviceKind
from ser_desktop.core.encoder import Encoder, Spare
from tests.helpers.bundles import CPU, tiny_encoder, tiny_model
from tests.helpers.corpora import utterance
from tests.helpers.sounds import speech_like
from trainer.corpora import Utterance
from trainer.encode import BackendChangedError, Task, encode_all
from trainer.stored import map_features

A_GPU = Device(DeviceKind.CUDA, "", "")


class Counted(TorchBackend):
    """Remembers how many waveforms came at once."""

    def __init__(self) -> None:
        super().__init__(tiny_model(), CPU, BackendName.FLOAT32)
        self.sizes: list[int] = []

    def layers(self, waveforms: FloatArray) -> FloatArray:
        self.sizes.append(len(waveforms))
        return super().layers(waveforms)


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=[CPU, A_GPU], ids=["a processor", "a GPU"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    """Computes on the processor; what it says of its device decides how utterances are grouped."""
    return Encoder(tiny_model(), request.param, "tests/tiny@1", backend=Counted())


def recorded(folder: Path, n: int) -> list[Utterance]:
    """Recordings of two lengths in turn."""
    return [utterance(folder, str(i), seconds=0.5 + 0.2 * (i % 2), seed=i) for i in range(n)]


def tasks_of(utterances: list[Utterance], out: Path) -> list[Task]:
    return [(u, out / f"{u.identity}.npy") for u in utterances]


def test_every_utterance_gets_its_own_layers(tmp_path: Path, encoder: Encoder) -> None:
    tasks = tasks_of(recorded(tmp_path, 21), tmp_path / "out")
    assert sum(n for n, failures in encode_all(encoder, tasks, None) if not failures) == 21
    for u, file in tasks:
        expected = tiny_encoder().layers(speech_like(0.5 + 0.2 * (int(u.identity) % 2), seed=int(u.identity)))
        np.testing.assert_allclose(map_features(file), expected, atol=5e-3)


def test_on_a_gpu_those_of_one_length_share_a_batch(tmp_path: Path) -> None:
    backend = Counted()
    encoder = Encoder(tiny_model(), A_GPU, "tests/tiny@1", backend=backend)
    list(encode_all(encoder, tasks_of(recorded(tmp_path, 40), tmp_path / "out"), None))
    assert sorted(backend.sizes) == [4, 4, 16, 16]


def test_what_cannot_be_read_is_named_and_the_others_are_done(tmp_path: Path, encoder: Encoder) -> None:
    utterances = recorded(tmp_path, 8)
    utterances[3].path.write_bytes(b"no sound")
    utterances[5] = utterance(tmp_path, "5", seconds=0.05)
    failures: dict[str, str] = {}
    for _, found in encode_all(encoder, tasks_of(utterances, tmp_path / "out"), None):
        failures |= found
    assert set(failures) == {"3", "5"}
    assert "0.1 s" in failures["5"]
    assert len(list((tmp_path / "out").iterdir())) == 6


def test_whoever_stops_listening_stops_it(tmp_path: Path) -> None:
    coming = encode_all(tiny_encoder(), tasks_of(recorded(tmp_path, 30), tmp_path / "out"), None)
    assert next(coming) == (1, {})
    coming.close()
    assert 1 <= len(list((tmp_path / "out").glob("*.npy"))) <= 6
    assert torch.get_num_threads() == 2


class Fragile(Counted):
    """Computes three batches and then never again."""

    def __init__(self) -> None:
        super().__init__()
        self.name = BackendName.FLOAT16

    def layers(self, waveforms: FloatArray) -> FloatArray:
        if len(self.sizes) == 3:
            raise RuntimeError("the card fell off the bus")
        return super().layers(waveforms)


def fragile_encoder() -> Encoder:
    spare = Spare(CPU, lambda: TorchBackend(tiny_model(), CPU, BackendName.FLOAT32))
    return Encoder(tiny_model(), A_GPU, "tests/tiny@1", backend=Fragile(), spares=[spare])


def test_what_another_backend_computed_is_not_stored_under_the_name_of_the_first(tmp_path: Path) -> None:
    tasks = tasks_of(recorded(tmp_path, 60), tmp_path / "out")
    with pytest.raises(BackendChangedError, match="the card fell off the bus"):
        list(encode_all(fragile_encoder(), tasks, None))
    assert len(list((tmp_path / "out").glob("*.npy"))) <= 48

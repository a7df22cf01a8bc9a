from __future__ import annotations

import gc
import json
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Model

from ser_desktop.core import backend_choice, backend_trials, paths
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.backend_choice import open_fastest
from ser_desktop.core.backend_trials import MAX_RELATIVE_ERROR, measure, probe_window, relative_error
from ser_desktop.core.backends import Backend, TorchBackend
from ser_desktop.core.device import BackendName, Device, DeviceKind
from ser_desktop.core.encoder import Encoder, Spare, load_model
from tests.helpers.bundles import CPU, tiny_model
from tests.helpers.sounds import speech_like

pytestmark = pytest.mark.filterwarnings("ignore")

IDENTITY = "tests/tiny@1"


class Clock:
    """Time that passes only while a `Timed` backend computes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(backend_trials.time, "perf_counter", lambda: self.now)


class Timed:
    """Gives the same layers after so many seconds of a clock, off by so much."""

    def __init__(self, clock: Clock, name: BackendName, seconds: float, error: float = 0.0) -> None:
        self.name = name
        self._clock, self._seconds, self._error = clock, seconds, error

    def layers(self, waveforms: FloatArray) -> FloatArray:
        self._clock.now += self._seconds * waveforms.shape[1] / probe_window().shape[1]
        return np.full((1, 2, 3, 4), 1.0 + self._error, dtype=np.float32)


class Broken:
    """Computes so many times and then never again."""

    name = BackendName.BFLOAT16

    def __init__(self, n_good: int = 0) -> None:
        self._left = n_good

    def layers(self, waveforms: FloatArray) -> FloatArray:
        self._left -= 1
        if self._left < 0:
            raise RuntimeError("no kernel for this type\nwith details")
        return np.zeros((len(waveforms), 3, 5, 32), dtype=np.float32)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # OpenVINO has tests of its own.
    monkeypatch.setattr(backend_choice.importlib.util, "find_spec", lambda _name: None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_model().save_pretrained(tmp_path / "encoder")
    return tmp_path / "encoder"


def reference(clock: Clock) -> Backend:
    return Timed(clock, BackendName.FLOAT32, 0.9)


def test_every_backend_is_timed_on_a_window_and_compared_with_the_reference(clock: Clock) -> None:
    other = Timed(clock, BackendName.BFLOAT16, 0.4, error=0.01)
    first, second = measure(lambda: reference(clock), {BackendName.BFLOAT16: lambda: other})
    assert (first.name, first.seconds, first.relative_error) == (BackendName.FLOAT32, pytest.approx(0.9), 0.0)
    assert (second.name, second.seconds) == (BackendName.BFLOAT16, pytest.approx(0.4))
    assert second.relative_error == pytest.approx(0.01, rel=1e-3)
    assert second.in_words() == "PyTorch bfloat16 400 ms, differs by 1.0 %"


@pytest.mark.parametrize(
    ("other", "obstacle"),
    [
        (lambda clock: Timed(clock, BackendName.BFLOAT16, 0.1, error=0.3), "differs too much (30 %)"),
        (lambda clock: Timed(clock, BackendName.BFLOAT16, 0.1, error=float("nan")), "differs too much (inf %)"),
        (lambda clock: Timed(clock, BackendName.BFLOAT16, 9.0), "is far slower here"),
        (lambda clock: Broken(), "failed: no kernel for this type"),
    ],
)
def test_what_is_wrong_slow_or_broken_is_not_used_and_says_why(clock: Clock, other: object, obstacle: str) -> None:
    assert callable(other)
    _, trial = measure(lambda: reference(clock), {BackendName.BFLOAT16: lambda: other(clock)})
    assert trial.seconds == float("inf")
    assert trial.in_words() == f"PyTorch bfloat16 {obstacle}"


def test_a_backend_that_cannot_be_made_is_an_obstacle_too(clock: Clock) -> None:
    def make() -> Backend:
        raise ImportError("No module named 'fast'")

    _, trial = measure(lambda: reference(clock), {BackendName.BFLOAT16: make})
    assert trial.obstacle == "failed: No module named 'fast'"


@pytest.mark.parametrize(("seconds", "chosen"), [(0.4, BackendName.BFLOAT16), (1.4, BackendName.FLOAT32)])
def test_the_fastest_is_chosen_and_the_reason_names_all(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, seconds: float, chosen: BackendName
) -> None:
    times = {BackendName.FLOAT32: 0.9, BackendName.BFLOAT16: seconds}

    class Slowed(TorchBackend):
        def layers(self, waveforms: FloatArray) -> FloatArray:
            clock.now += times[self.name]
            return super().layers(waveforms)

    monkeypatch.setattr(backend_choice, "TorchBackend", Slowed)
    encoder = open_fastest(folder, CPU, IDENTITY)
    assert encoder.backend is chosen
    assert "PyTorch float32 900 ms" in encoder.backend_reason
    assert f"PyTorch bfloat16 {1000 * seconds:.0f} ms, differs by " in encoder.backend_reason
    # What was measured once is remembered.
    times[BackendName.FLOAT32] = times[BackendName.BFLOAT16] = 100.0
    assert open_fastest(folder, CPU, IDENTITY).backend_reason == encoder.backend_reason
    assert clock.now < 100


def test_another_encoder_or_machine_is_measured_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []
    real = backend_choice.measure
    monkeypatch.setattr(backend_choice, "measure", lambda *given: measured.append("once more") or real(*given))
    for identity in (IDENTITY, IDENTITY, "tests/other@1"):
        open_fastest(folder, CPU, identity)
    assert len(measured) == 2
    monkeypatch.setattr(backend_trials, "_processor", lambda: "Another Processor 9000")
    open_fastest(folder, CPU, IDENTITY)
    assert len(measured) == 3
    assert len(json.loads(paths.backends_file().read_text())) == 3


@pytest.mark.parametrize("content", ["{", "[]", '{"x": 1}', "\x00"])
def test_a_damaged_memory_is_measured_anew_and_mended(folder: Path, content: str) -> None:
    open_fastest(folder, CPU, IDENTITY)
    whole = json.loads(paths.backends_file().read_text())
    paths.backends_file().write_text(content)
    open_fastest(folder, CPU, IDENTITY)
    assert whole.keys() <= json.loads(paths.backends_file().read_text()).keys()


def test_a_memory_that_cannot_be_written_costs_nothing_but_time(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    paths.backends_file().parent.parent.mkdir(parents=True, exist_ok=True)
    paths.backends_file().parent.write_text("a file where a folder should be")
    assert open_fastest(folder, CPU, IDENTITY).layers(speech_like(0.5)).shape[0] == 3
    assert "could not be remembered" in caplog.text


@pytest.mark.parametrize("name", [BackendName.FLOAT32, BackendName.BFLOAT16])
def test_what_is_asked_for_is_used_without_measuring(folder: Path, name: BackendName) -> None:
    encoder = open_fastest(folder, CPU, IDENTITY, name)
    assert (encoder.backend, encoder.backend_reason) == (name, "asked for in the settings")
    assert not paths.backends_file().exists()


def test_what_does_not_run_here_gives_way_to_the_reference_with_the_reason(folder: Path) -> None:
    encoder = open_fastest(folder, CPU, IDENTITY, BackendName.FLOAT16)
    assert encoder.backend is BackendName.FLOAT32
    assert encoder.backend_reason == "PyTorch float16 was asked for and does not run on CPU"


def test_where_there_is_but_one_way_nothing_is_measured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mac = Device(DeviceKind.MPS, "Apple GPU", "a test")
    made: list[Device] = []

    def on_the_cpu(model: Wav2Vec2Model, device: Device, name: BackendName) -> Backend:
        made.append(device)
        return TorchBackend(model, CPU, name)

    monkeypatch.setattr(backend_choice, "TorchBackend", on_the_cpu)
    assert open_fastest(folder, mac, IDENTITY).backend is BackendName.FLOAT32
    assert (made, paths.backends_file().exists()) == ([mac], False)


def test_a_gpu_whose_graphs_fail_computes_without_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = Device(DeviceKind.CUDA, "NVIDIA Example", "a test", half=True)

    def on_the_cpu(model: Wav2Vec2Model, _device: Device, name: BackendName = BackendName.FLOAT16) -> Backend:
        backend = TorchBackend(model, CPU, BackendName.FLOAT32)
        backend.name = name
        return backend

    def no_graphs(_model: Wav2Vec2Model, _device: Device) -> Backend:
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(backend_choice, "TorchBackend", on_the_cpu)
    monkeypatch.setattr(backend_choice, "CudaGraphBackend", no_graphs)
    encoder = open_fastest(folder, gpu, IDENTITY)
    assert encoder.backend is BackendName.FLOAT16
    assert "CUDA graphs float16 failed: operation not permitted" in encoder.backend_reason
    assert encoder.layers(speech_like(0.5)).shape[0] == encoder.n_layers


def test_half_precision_is_near_the_reference_on_the_real_encoder() -> None:
    folder = paths.shipped_models() / "compact"
    exact, rounded = (open_fastest(folder, CPU, IDENTITY, name) for name in ("float32", "bfloat16"))
    samples = speech_like(2.0)
    error = relative_error(rounded.layers(samples), exact.layers(samples))
    assert 1e-4 < error < MAX_RELATIVE_ERROR


def test_a_backend_that_fails_while_in_use_gives_way_to_the_reference() -> None:
    model = tiny_model()
    samples = speech_like(0.5)
    wanted = Encoder(tiny_model(), CPU, IDENTITY).layers(samples)
    encoder = Encoder(
        model,
        CPU,
        IDENTITY,
        backend=Broken(n_good=1),
        backend_reason="the fastest",
        spares=[Spare(CPU, lambda: TorchBackend(model, CPU, BackendName.FLOAT32))],
    )
    encoder.layers(samples)
    assert (encoder.backend, encoder.backend_reason) == (BackendName.BFLOAT16, "the fastest")
    np.testing.assert_allclose(encoder.layers(samples), wanted, atol=1e-6)
    assert encoder.backend is BackendName.FLOAT32
    assert encoder.backend_reason == "PyTorch bfloat16 failed: no kernel for this type"


def test_several_threads_that_see_a_backend_fail_fall_back_once() -> None:
    model, made, meet = tiny_model(), [], threading.Barrier(4)

    class Together(Broken):
        def layers(self, waveforms: FloatArray) -> FloatArray:
            meet.wait(10)
            return super().layers(waveforms)

    def make() -> Backend:
        made.append(TorchBackend(model, CPU, BackendName.FLOAT32))
        return made[-1]

    encoder = Encoder(model, CPU, IDENTITY, backend=Together(), spares=[Spare(CPU, make)])
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(encoder.layers, [speech_like(0.5)] * 4))
    assert len(made) == 1
    assert all(np.array_equal(results[0], other) for other in results)


A_CARD = Device(DeviceKind.CUDA, "NVIDIA Example", "a test", half=True)


def lost(*_: object) -> Backend:
    raise RuntimeError("the card fell off the bus")


@pytest.mark.parametrize("preference", ["auto", "cuda-graphs", "float16"])
def test_a_card_that_is_lost_before_anything_is_computed_leaves_the_processor(
    folder: Path, monkeypatch: pytest.MonkeyPatch, preference: str
) -> None:
    monkeypatch.setattr(backend_choice, "CudaGraphBackend", lost)
    monkeypatch.setattr(backend_choice, "TorchBackend", lost)
    monkeypatch.setattr("ser_desktop.core.backends.halved", lost)
    encoder = open_fastest(folder, A_CARD, IDENTITY, preference)
    assert (encoder.device.kind, encoder.backend) == (DeviceKind.CPU, BackendName.FLOAT32)
    assert encoder.device.reason == "NVIDIA Example failed"
    assert "the card fell off the bus" in encoder.backend_reason
    assert encoder.layers(speech_like(0.5)).shape[0] == encoder.n_layers


class FullCard:
    """A backend on a card whose memory holds so many waveforms; remembers how many it was given."""

    name = BackendName.FLOAT16

    def __init__(self, most: int) -> None:
        self._exact = TorchBackend(tiny_model(), CPU, BackendName.FLOAT32)
        self._most = most
        self.sizes: list[int] = []

    def layers(self, waveforms: FloatArray) -> FloatArray:
        self.sizes.append(len(waveforms))
        if len(waveforms) > self._most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return self._exact.layers(waveforms)


def test_a_batch_that_the_card_cannot_hold_is_halved_and_stays_on_it() -> None:
    card = FullCard(most=2)
    encoder = Encoder(tiny_model(), A_CARD, IDENTITY, backend=card)
    waveforms = np.stack([speech_like(0.5, seed=i) for i in range(7)])
    found = encoder.batch_layers(waveforms)
    assert card.sizes == [7, 3, 1, 2, 4, 2, 2]
    assert encoder.device is A_CARD
    for layers, samples in zip(found, waveforms, strict=True):
        np.testing.assert_allclose(layers, encoder.layers(samples), atol=1e-5)


@pytest.mark.parametrize(("error", "is_kept"), [(RuntimeError, True), (torch.cuda.OutOfMemoryError, False)])
def test_what_lies_on_a_lost_card_is_never_freed_and_what_had_no_room_is(
    error: type[RuntimeError], is_kept: bool, caplog: pytest.LogCaptureFixture
) -> None:
    # What is logged would keep it, too.
    caplog.set_level("CRITICAL", "ser_desktop.core.encoder")

    class Failing(Broken):
        def layers(self, _waveforms: FloatArray) -> FloatArray:
            raise error("gone")

    failing = Failing()
    alive = weakref.ref(failing)
    spare = Spare(CPU, lambda: TorchBackend(tiny_model(), CPU, BackendName.FLOAT32))
    encoder = Encoder(tiny_model(), A_CARD, IDENTITY, backend=failing, spares=[spare])
    del failing
    encoder.layers(speech_like(0.5))
    gc.collect()
    assert (alive() is not None) is is_kept


def test_a_spare_whose_files_are_gone_gives_way_to_the_next(tmp_path: Path) -> None:
    def gone() -> Backend:
        return TorchBackend(load_model(tmp_path / "nowhere"), CPU, BackendName.FLOAT32)

    spares = [Spare(CPU, gone), Spare(CPU, lambda: TorchBackend(tiny_model(), CPU, BackendName.FLOAT32))]
    encoder = Encoder(tiny_model(), CPU, IDENTITY, backend=Broken(), spares=spares)
    assert encoder.layers(speech_like(0.5)).shape[0] == encoder.n_layers


def test_a_card_that_is_lost_while_in_use_gives_way_to_the_processor() -> None:
    samples = speech_like(0.5)
    encoder = Encoder(
        tiny_model(),
        A_CARD,
        IDENTITY,
        backend=Broken(n_good=1),
        spares=[
            Spare(A_CARD, lost),
            Spare(CPU, lambda: TorchBackend(tiny_model(), CPU, BackendName.FLOAT32)),
        ],
    )
    encoder.layers(samples)
    assert encoder.device.name == "NVIDIA Example"
    wanted = Encoder(tiny_model(), CPU, IDENTITY).layers(samples)
    np.testing.assert_allclose(encoder.layers(samples), wanted, atol=1e-6)
    assert (encoder.device, encoder.backend) == (CPU, BackendName.FLOAT32)
    assert encoder.backend_reason == "PyTorch bfloat16 failed: no kernel for this type"


def test_what_takes_over_and_fails_gives_way_as_well() -> None:
    spares = [
        Spare(CPU, Broken),
        Spare(CPU, lambda: TorchBackend(tiny_model(), CPU, BackendName.FLOAT32)),
    ]
    encoder = Encoder(tiny_model(), CPU, IDENTITY, backend=Broken(), spares=spares)
    assert encoder.layers(speech_like(0.5)).shape[0] == encoder.n_layers
    assert encoder.backend is BackendName.FLOAT32


def test_a_reference_that_fails_is_not_hidden() -> None:
    with pytest.raises(RuntimeError, match="no kernel"):
        Encoder(tiny_model(), CPU, IDENTITY, backend=Broken()).layers(speech_like(0.5))


def test_threads_that_share_a_backend_do_not_mix_their_layers() -> None:
    encoder = Encoder(tiny_model(), CPU, IDENTITY)
    sounds = [speech_like(0.3 + 0.1 * (i % 5), seed=i) for i in range(20)]
    wanted = [encoder.layers(sound) for sound in sounds]
    with ThreadPoolExecutor(4) as pool:
        for found, alone in zip(pool.map(encoder.layers, sounds), wanted, strict=True):
            np.testing.assert_allclose(found, alone, atol=1e-6)


def test_the_window_that_is_measured_sounds_like_a_voice_of_eight_seconds() -> None:
    window = probe_window()
    assert (window.shape, window.dtype) == ((1, 128_000), np.float32)
    assert 0.01 < float(np.sqrt(np.mean(window**2))) < 0.2
    assert np.abs(window).max() < 1
    np.testing.assert_array_equal(window, probe_window())

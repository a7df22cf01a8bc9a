from __future__ import annotations

import pytest
import torch

from ser_desktop.core import device
from ser_desktop.core.device import Device, DeviceKind, choose_device


def test_the_cpu_can_be_asked_for() -> None:
    chosen = choose_device("cpu")
    assert chosen.kind is DeviceKind.CPU
    assert "asked for" in chosen.reason
    assert not chosen.half


def test_without_a_gpu_the_reason_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "no NVIDIA support" in choose_device().reason
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert "no NVIDIA GPU with a working driver" in choose_device().reason


def pretend_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _i: "NVIDIA Example")


def test_a_gpu_whose_first_kernel_fails_is_not_used_and_the_reason_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_gpu(monkeypatch)

    def fail(_device: Device) -> None:
        raise RuntimeError("no kernel image is available\nmore details")

    monkeypatch.setattr(device, "_run_kernel", fail)
    chosen = choose_device()
    assert chosen.kind is DeviceKind.CPU
    assert "NVIDIA Example failed its first computation: no kernel image is available" in chosen.reason


def test_a_gpu_that_works_is_used_in_half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_gpu(monkeypatch)
    tried: list[Device] = []
    monkeypatch.setattr(device, "_run_kernel", tried.append)
    chosen = choose_device()
    assert tried == [chosen]
    assert (chosen.kind, chosen.name, chosen.half) == (DeviceKind.CUDA, "NVIDIA Example", True)


def test_a_gpu_that_does_not_start_is_not_used_and_the_reason_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_i: int) -> str:
        raise RuntimeError("CUDA driver initialization failed, you might not have a CUDA gpu.\nmore details")

    pretend_gpu(monkeypatch)
    monkeypatch.setattr(torch.cuda, "get_device_name", fail)
    for preference in ("auto", "cuda"):
        chosen = choose_device(preference)
        assert chosen.kind is DeviceKind.CPU
        assert "the NVIDIA GPU did not start: CUDA driver initialization failed" in chosen.reason
        assert "more details" not in chosen.reason


def test_a_gpu_that_computes_nonsense_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_gpu(monkeypatch)
    real = torch.randn

    def empty(*shape: int, **options: object) -> torch.Tensor:
        return real(*shape) * 0

    monkeypatch.setattr(torch, "randn", empty)
    chosen = choose_device()
    assert chosen.kind is DeviceKind.CPU
    assert "a test computation gave 0.0" in chosen.reason


def test_a_failure_without_words_is_named_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_device: Device) -> None:
        raise OSError

    pretend_gpu(monkeypatch)
    monkeypatch.setattr(device, "_run_kernel", fail)
    assert "failed its first computation: OSError" in choose_device().reason


def test_the_first_kernel_is_a_real_one() -> None:
    device._run_kernel(Device(DeviceKind.CPU, "CPU", "a test"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU here")
def test_on_a_real_gpu_a_kernel_runs() -> None:
    assert choose_device().kind is DeviceKind.CUDA

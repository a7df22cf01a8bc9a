"""Where and how the numbers are crunched, and why: a device is chosen after one real kernel has run there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ser_desktop.core.errors import first_line

_log = logging.getLogger(__name__)


class DeviceKind(StrEnum):
    """What PyTorch calls the device."""

    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"


AUTO = "auto"
"""Stands for the fastest backend wherever one can be named."""


class BackendName(StrEnum):
    """How an encoder is computed; the value is what settings and command lines say."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    OPENVINO = "openvino"
    CUDA_GRAPHS = "cuda-graphs"

    @property
    def in_words(self) -> str:
        """For people."""
        others = {BackendName.OPENVINO: "OpenVINO", BackendName.CUDA_GRAPHS: "CUDA graphs float16"}
        return others.get(self, f"PyTorch {self.value}")


@dataclass(frozen=True)
class Device:
    """The device in use.

    Attributes
    ----------
    kind : DeviceKind
    name : str
        What a person calls it, for example "NVIDIA H200".
    reason : str
        Why it was chosen and, for the CPU, why nothing faster was.
    half : bool
        Whether encoders run in float16 (CUDA only).
    """

    kind: DeviceKind
    name: str
    reason: str
    half: bool = False


def choose_device(preference: str = "auto") -> Device:
    """Return the fastest device on which a kernel of the encoder's kind really ran.

    Parameters
    ----------
    preference : {"auto", "cuda", "mps", "cpu"}
        A device to use if it works; the reason says when it did not.
    """
    if preference == DeviceKind.CPU:
        return _cpu("the CPU was asked for in the settings")
    obstacles: list[str] = []
    for candidate in _candidates(obstacles):
        try:
            _run_kernel(candidate)
        except (RuntimeError, OSError) as error:
            _log.warning("%s failed its first kernel", candidate.name, exc_info=True)
            obstacles.append(f"{candidate.name} failed its first computation: {first_line(error)}")
        else:
            return candidate
    return _cpu("; ".join(obstacles))


def _candidates(obstacles: list[str]) -> Iterator[Device]:
    import torch

    if torch.cuda.is_available():
        try:
            name = torch.cuda.get_device_name(0)
        except (RuntimeError, OSError) as error:
            obstacles.append(f"the NVIDIA GPU did not start: {first_line(error)}")
        else:
            yield Device(DeviceKind.CUDA, name, "the fastest device that passed its first computation", half=True)
    elif torch.version.cuda is None:
        obstacles.append("this PyTorch build has no NVIDIA support")
    else:
        obstacles.append("no NVIDIA GPU with a working driver was found")
    if torch.backends.mps.is_available():
        yield Device(DeviceKind.MPS, "Apple GPU", "the Mac's own graphics processor")


def _run_kernel(device: Device) -> None:
    """Run a convolution and a matrix product, the two kernels an encoder spends its time in."""
    import torch

    dtype = torch.float16 if device.half else torch.float32
    with torch.inference_mode():
        waveform = torch.randn(1, 1, 3200, device=device.kind.value, dtype=dtype)
        kernel = torch.randn(64, 1, 10, device=device.kind.value, dtype=dtype)
        frames = torch.nn.functional.conv1d(waveform, kernel, stride=5)
        total = float((frames.transpose(1, 2) @ frames).float().abs().mean().cpu())
    if not 0 < total < float("inf"):
        raise RuntimeError(f"a test computation gave {total}")


def _cpu(reason: str) -> Device:
    import torch

    n_threads = torch.get_num_threads()
    return Device(DeviceKind.CPU, f"CPU ({n_threads} thread{'s' if n_threads > 1 else ''})", reason)

"""Eight seconds through an encoder, by every way there is, side by side in one run, and the machine's limit."""

from __future__ import annotations

import copy
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import Wav2Vec2Config, Wav2Vec2Model

from ser_desktop.core import paths
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.backend_trials import probe_window, relative_error
from ser_desktop.core.backends import LayerReader, TorchBackend
from ser_desktop.core.cuda_backend import CudaGraphBackend
from ser_desktop.core.device import BackendName, Device, DeviceKind, choose_device
from ser_desktop.core.encoder import load_model

Run = Callable[[FloatArray], FloatArray]


def encoder(size: str = "base", n_rounds: int = 7) -> dict[str, Any]:
    """Medians over rounds in which every way takes its turn, once to find its memory and threads, once measured.

    With an NVIDIA GPU, all that can runs there.

    Parameters
    ----------
    size : {"base", "compact"}
        wav2vec2-base's shape with random weights, or the encoder that comes along.
    n_rounds : int
    """
    if size == "compact":
        model = load_model(paths.shipped_models() / "compact")
    else:
        torch.manual_seed(0)
        model = Wav2Vec2Model(Wav2Vec2Config())
    model.eval().requires_grad_(False)
    window = probe_window()
    device = choose_device()
    on_gpu = device.kind is DeviceKind.CUDA
    ways, obstacles = _ways_on_gpu(model, device) if on_gpu else _ways(model)
    wanted = ways["transformers float32"](window)
    errors = {name: relative_error(run(window), wanted) for name, run in ways.items()}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(n_rounds):
        for name, run in ways.items():
            run(window)
            began = time.perf_counter()
            run(window)
            taken[name].append(time.perf_counter() - began)
    seconds = {name: statistics.median(values) for name, values in taken.items()}
    ours = [name for name in seconds if name.startswith("ours")]
    best = min(ours, key=seconds.__getitem__)
    precision = torch.float32 if best.endswith("float32") else torch.bfloat16
    if "OpenVINO" in best and not _has_bfloat16():
        precision = torch.float32
    rate = _gemm_rate(precision, 8192 if on_gpu else 2048, where=device.kind)
    gflop = count_flops(model.config, window.shape[1]) / 1e9
    plain = seconds["transformers float32"]
    return {
        "size": size,
        "device": device.name,
        "threads": torch.get_num_threads(),
        "window_gflop": round(gflop, 1),
        "gemm_gflops": round(rate),
        "backend": best,
        "seconds": round(seconds[best], 4),
        "ratio_to_transformers_fp32": round(plain / seconds[best], 2),
        "share_of_gemm_limit": round(gflop / seconds[best] / rate, 2),
        "relative_error": round(errors[best], 5),
        "backends": [
            {
                "name": name,
                "seconds": round(s, 4),
                "ratio": round(plain / s, 2),
                "relative_error": float(f"{errors[name]:.2g}"),
            }
            for name, s in sorted(seconds.items(), key=lambda item: item[1])
        ]
        + [{"name": name, "obstacle": why} for name, why in obstacles.items()],
    }


def _ways_on_gpu(model: Wav2Vec2Model, device: Device) -> tuple[dict[str, Run], dict[str, str]]:
    plain = copy.deepcopy(model).to(device.kind.value)

    def transformers(window: FloatArray) -> FloatArray:
        with torch.inference_mode(), LayerReader(plain) as reader:
            return torch.stack(reader(torch.from_numpy(window).to(device.kind.value)), dim=1).cpu().numpy()

    half, graphs = copy.deepcopy(model), copy.deepcopy(model)
    return {
        "transformers float32": transformers,
        "ours, PyTorch float16": TorchBackend(half, device, BackendName.FLOAT16).layers,
        "ours, CUDA graphs float16": CudaGraphBackend(graphs, device).layers,
    }, {}


def _ways(model: Wav2Vec2Model) -> tuple[dict[str, Run], dict[str, str]]:
    plain = copy.deepcopy(model)

    def transformers(window: FloatArray) -> FloatArray:
        # What anybody would write, but for f₀, which is none of the hidden states and is read by a hook.
        with torch.inference_mode(), LayerReader(plain) as reader:
            return torch.stack(reader(torch.from_numpy(window)), dim=1).numpy()

    ways: dict[str, Run] = {"transformers float32": transformers}
    obstacles: dict[str, str] = {}
    device = choose_device("cpu")

    def openvino() -> Run:
        from ser_desktop.core.openvino_backend import OpenVinoBackend

        return OpenVinoBackend(copy.deepcopy(model), f"bench/{model.config.num_hidden_layers}@1").layers

    makers: dict[str, Callable[[], Run]] = {
        "ours, PyTorch float32": lambda: TorchBackend(copy.deepcopy(model), device, BackendName.FLOAT32).layers,
        "ours, PyTorch bfloat16": lambda: TorchBackend(copy.deepcopy(model), device, BackendName.BFLOAT16).layers,
        "ours, OpenVINO": openvino,
    }
    for name, make in makers.items():
        try:
            ways[name] = make()
        except (ImportError, RuntimeError) as error:
            obstacles[name] = str(error).splitlines()[0]
    try:
        ways |= _onnx(model)
    except (ImportError, RuntimeError) as error:
        obstacles["ONNX Runtime"] = str(error).splitlines()[0]
    return ways, obstacles


def _onnx(model: Wav2Vec2Model) -> dict[str, Run]:
    """ONNX Runtime in float32, and with weights in eight bits (dynamic quantisation of the matrix products)."""
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    class Stacked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.reader = LayerReader(copy.deepcopy(model))

        def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
            return torch.stack(self.reader(waveforms), dim=1)

    sessions = {}
    with tempfile.TemporaryDirectory() as name:
        whole, eight = Path(name) / "float32.onnx", Path(name) / "int8.onnx"
        torch.onnx.export(
            Stacked().eval(),
            (torch.from_numpy(probe_window()),),
            str(whole),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        quantize_dynamic(str(whole), str(eight), op_types_to_quantize=["MatMul", "Gemm"], weight_type=QuantType.QInt8)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # Its threads would go on waiting at full speed in the others' turn.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        for title, file in (("float32", whole), ("int8", eight)):
            sessions[f"ONNX Runtime {title}"] = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )

    def runner(session: Any) -> Run:
        given = session.get_inputs()[0].name
        return lambda window: np.asarray(session.run(None, {given: window})[0])

    return {name: runner(session) for name, session in sessions.items()}


def count_flops(config: Wav2Vec2Config, n_samples: int) -> float:
    """Floating point operations of the products in an encoder (two for each multiplication), from its configuration."""
    flops, n, n_in = 0.0, n_samples, 1
    for n_out, kernel, stride in zip(config.conv_dim, config.conv_kernel, config.conv_stride, strict=True):
        n = (n - kernel) // stride + 1
        flops += 2.0 * n * n_in * n_out * kernel
        n_in = n_out
    width, inner = config.hidden_size, config.intermediate_size
    flops += 2.0 * n * n_in * width
    flops += 2.0 * n * width * width / config.num_conv_pos_embedding_groups * config.num_conv_pos_embeddings
    block = 2.0 * n * (4 * width * width + 2 * width * inner) + 4.0 * n * n * width
    return flops + config.num_hidden_layers * block


def _gemm_rate(dtype: torch.dtype, size: int = 2048, n_runs: int = 9, where: str = "cpu") -> float:
    """Thousand million operations a second of a large product of matrices."""
    a, b = (torch.randn(size, size, dtype=dtype, device=where) for _ in range(2))
    taken = []
    with torch.inference_mode():
        for _ in range(3):
            a @ b
        for _ in range(n_runs):
            began = time.perf_counter()
            # One number has to come back, which waits for a GPU.
            (a @ b)[0, 0].item()
            taken.append(time.perf_counter() - began)
    return 2 * size**3 / statistics.median(taken) / 1e9


def _has_bfloat16() -> bool:
    return _gemm_rate(torch.bfloat16, 1024, 3) > 1.2 * _gemm_rate(torch.float32, 1024, 3)


def table(figures: dict[str, Any]) -> str:
    """The list of ways as Markdown."""
    rows = ["| way | 8 s window | ratio | relative error |", "|---|---|---|---|"]
    for way in figures["backends"]:
        if "obstacle" in way:
            rows.append(f"| {way['name']} | – | – | {way['obstacle']} |")
        else:
            rows.append(
                f"| {way['name']} | {way['seconds']:.3f} s | {way['ratio']:.2f} × | {way['relative_error']:g} |"
            )
    return "\n".join(rows)

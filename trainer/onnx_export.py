"""A bundle as ONNX: from samples (and eGeMAPS frames, where the bundle uses them) to probabilities."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from transformers import Wav2Vec2Model

from ser_desktop.core.analysis import collate, prepare, softmax
from ser_desktop.core.audio import SAMPLE_RATE_HZ
from ser_desktop.core.bundle import Bundle
from ser_desktop.core.device import choose_device
from ser_desktop.core.encoder import Encoder
from ser_desktop.core.errors import SaveError, TrainingError
from ser_desktop.core.features import FeatureName, FeatureSpec
from ser_desktop.core.heads import LSTM, Head

_TOLERANCE = 1e-3
_PARITY_S = (1.0, 3.7)


@dataclass(frozen=True)
class Parity:
    """How far ONNX Runtime is from PyTorch: the largest difference of a probability, over some inputs."""

    largest: float
    n_inputs: int


class OneUtterance(nn.Module):
    """A bundle's whole computation on one utterance, written without anything data-dependent.

    Parameters
    ----------
    bundle : Bundle
    model : Wav2Vec2Model or None
        The encoder, for a bundle that needs one.
    """

    def __init__(self, bundle: Bundle, model: Wav2Vec2Model | None) -> None:
        super().__init__()
        self._specs = bundle.config.features
        self._temperature = bundle.config.decision.temperature
        self._max_frames = bundle.config.max_frames()
        self.model = model
        self.head = bundle.head
        for i, branch in enumerate(bundle.statistics):
            self.register_buffer(f"mean_{i}", torch.from_numpy(branch.mean.copy())[:, None])
            self.register_buffer(f"std_{i}", torch.from_numpy(branch.std.copy())[:, None])

    def forward(self, *inputs: Tensor) -> Tensor:
        """Probabilities (n_classes,).

        Parameters
        ----------
        inputs
            ``samples`` (n_samples,) if there is an encoder, then each other branch's
            (n_layers, n_frames, n_features), raw.
        """
        given = list(inputs)
        layers = self._layers(given.pop(0)) if self.model is not None else torch.empty(0)
        raw = [_choose(layers, spec) if spec.name.needs_encoder else given.pop(0) for spec in self._specs]
        if len(raw) > 1:
            n_frames = min(branch.shape[1] for branch in raw)
            raw = [branch[:, :n_frames] for branch in raw]
        branches = [
            reduce((branch[:, : self._max_frames] - getattr(self, f"mean_{i}")) / getattr(self, f"std_{i}"))
            for i, (branch, reduce) in enumerate(zip(raw, self.head.reduce, strict=True))
        ]
        logits = self.head.classify(_hidden(self.head, branches).mean(dim=0))
        return torch.softmax(logits / self._temperature, dim=-1)

    def _layers(self, samples: Tensor) -> Tensor:
        model: Any = self.model
        local = model.feature_extractor(samples[None]).transpose(1, 2)
        projected, _ = model.feature_projection(local)
        encoder = model.encoder
        hidden = encoder.layer_norm(projected + encoder.pos_conv_embed(projected))
        layers = [projected]
        for block in encoder.layers:
            output = block(hidden)
            hidden = output[0] if isinstance(output, tuple) else output
            layers.append(hidden)
        return torch.cat(layers)


def _choose(layers: Tensor, spec: FeatureSpec) -> Tensor:
    if spec.name is FeatureName.LOCAL:
        return layers[:1]
    return layers[-1:] if spec.name is FeatureName.CONTEXTUAL else layers


def _hidden(head: Head, branches: Sequence[Tensor]) -> Tensor:
    if isinstance(head, LSTM):
        return head.second(head.first(branches[0])[None])[0][0]  # type: ignore[no-any-return]
    return head.frames(branches, torch.tensor([0]))


def export_onnx(bundle: Bundle, model: Wav2Vec2Model | None, out: Path) -> Parity:
    """Write ``model.onnx`` and ``model.onnx.json`` (labels, inputs, contract) and compare with PyTorch.

    Raises
    ------
    TrainingError
        If the ONNX libraries are missing, or ONNX Runtime gives other probabilities.
    SaveError
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise TrainingError(
            f"ONNX export needs a library that is not installed ({error.name}).", "Run: pip install 'ser-desktop[onnx]'"
        ) from error
    encoder = None
    if model is not None:
        encoder = Encoder(copy.deepcopy(model), choose_device("cpu"), str(bundle.config.encoder))
    utterance = OneUtterance(bundle, model).eval()
    names = ["samples"] if model is not None else []
    names += [str(spec.name) for spec in bundle.config.features if not spec.name.needs_encoder]
    examples = _inputs(bundle, encoder, _PARITY_S[1])
    axis = {name: {0: "n_samples"} if name == "samples" else {1: f"{name}_frames"} for name in names}
    shapes = [dict.fromkeys(axis[name], torch.export.Dim.AUTO) for name in names]
    file = out / "model.onnx"
    try:
        out.mkdir(parents=True, exist_ok=True)
        torch.onnx.export(
            utterance,
            tuple(examples),
            str(file),
            input_names=names,
            output_names=["probabilities"],
            dynamic_shapes=(tuple(shapes),),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        contract = {**bundle.config.as_json(), "inputs": names, "outputs": ["probabilities"]}
        (out / "model.onnx.json").write_text(json.dumps(contract, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise SaveError(f"«{file}» could not be written ({error}).", "Free some space.") from error
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    largest = 0.0
    for seconds in _PARITY_S:
        inputs = _inputs(bundle, encoder, seconds)
        ours = _as_in_the_app(bundle, encoder, inputs)
        feeds = {name: value.numpy() for name, value in zip(names, inputs, strict=True)}
        largest = max(largest, float(np.abs(ours - session.run(None, feeds)[0]).max()))
    if largest > _TOLERANCE:
        file.unlink()
        raise TrainingError(
            f"ONNX Runtime differs from PyTorch by {largest:.4f} in a probability; «{file}» was removed.",
            "Update the libraries onnx, onnxruntime and torch.",
        )
    return Parity(largest, len(_PARITY_S))


def _as_in_the_app(bundle: Bundle, encoder: Encoder | None, inputs: Sequence[Tensor]) -> npt.NDArray[np.float64]:
    """Probabilities by the path that live windows take, not by the exported one."""
    given = [value.numpy() for value in inputs]
    layers = torch.empty(0) if encoder is None else torch.from_numpy(encoder.layers(given.pop(0)))
    config = bundle.config
    raw = [_choose(layers, s).numpy() if s.name.needs_encoder else given.pop(0) for s in config.features]
    with torch.inference_mode():
        logits = bundle.head(*collate([prepare(raw, bundle.statistics, config.max_frames())]))[0].numpy()
    return softmax(logits / config.decision.temperature)


def _inputs(bundle: Bundle, encoder: Encoder | None, seconds: float) -> list[Tensor]:
    random = np.random.default_rng(round(1000 * seconds))
    inputs = []
    if encoder is not None:
        inputs.append(torch.from_numpy(0.1 * random.standard_normal(round(seconds * SAMPLE_RATE_HZ), dtype=np.float32)))
    for i, spec in enumerate(bundle.config.features):
        if not spec.name.needs_encoder:
            shape = (spec.n_layers, round(seconds / spec.frame_s), spec.n_features)
            values = random.standard_normal(shape, dtype=np.float32)
            reference = bundle.statistics[i]
            inputs.append(torch.from_numpy(values * reference.std[:, None] + reference.mean[:, None]))
    return inputs

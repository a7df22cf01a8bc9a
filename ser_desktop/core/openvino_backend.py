"""An encoder computed by OpenVINO (an optional extra): the fastest on many processors for base-size encoders."""

from __future__ import annotations

import hashlib
import logging
import sys
import uuid
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_desktop.core import paths
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.backends import LayerReader
from ser_desktop.core.device import BackendName

if TYPE_CHECKING:
    from transformers import Wav2Vec2Model

_log = logging.getLogger(__name__)


class OpenVinoBackend:
    """OpenVINO on the processor, in bfloat16 where it has the instructions; several threads may use it at once.

    The network is translated once and kept beside other things that can be made again.

    Parameters
    ----------
    model : Wav2Vec2Model
        Left as it is.
    identity : str
        Name and revision of the encoder.
    n_at_once : int
        How many calls share the cores; one alone has them all.

    Raises
    ------
    ImportError
        If OpenVINO is not installed.
    RuntimeError
        If it cannot translate or compile the network.
    """

    name = BackendName.OPENVINO

    def __init__(self, model: Wav2Vec2Model, identity: str, n_at_once: int = 1) -> None:
        openvino = _silent_openvino()
        core = openvino.Core()
        file = _translation(identity)
        network = _read(core, file)
        if network is None:
            network = _translate(model)
            _keep(openvino, network, file)
        self._compiled = core.compile_model(network, "CPU", {"NUM_STREAMS": str(n_at_once)})
        self._tensor = openvino.Tensor
        self._convolutions = tuple(zip(model.config.conv_kernel, model.config.conv_stride, strict=True))
        self._n_features = int(model.config.hidden_size)
        # The norm over time that follows takes any offset away again, but bfloat16 would have spent its digits on it.
        self._centred = model.config.feat_extract_norm == "group"
        self._idle: list[Any] = []

    def layers(self, waveforms: FloatArray) -> FloatArray:
        """See `Backend.layers`."""
        if self._centred:
            waveforms = waveforms - waveforms.mean(axis=1, keepdims=True)
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        # Each layer is written where it belongs: to stack them afterwards would cost a thirtieth of the time.
        shape = (len(self._compiled.outputs), len(waveforms), self._n_frames(waveforms.shape[1]), self._n_features)
        layers = np.empty(shape, dtype=np.float32)
        for i, layer in enumerate(layers):
            request.set_output_tensor(i, self._tensor(layer, shared_memory=True))
        request.infer([waveforms], share_inputs=True, share_outputs=True)
        self._idle.append(request)
        return layers.swapaxes(0, 1)

    def _n_frames(self, n: int) -> int:
        for kernel, stride in self._convolutions:
            n = (n - kernel) // stride + 1
        return n


def _silent_openvino() -> Any:
    """Import OpenVINO without the part that reports its use to its makers; it goes without where that is absent."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def _translation(identity: str) -> Path:
    """File of an encoder's translation by the libraries that are installed."""
    made_by = "|".join((identity, *(f"{name} {version(name)}" for name in ("openvino", "torch", "transformers"))))
    name = f"{identity.partition('@')[0].replace('/', '-')}-{hashlib.sha256(made_by.encode()).hexdigest()[:12]}.xml"
    return paths.cache_folder() / "openvino" / name


def _read(core: Any, file: Path) -> Any:
    if not file.is_file() or not file.with_suffix(".bin").is_file():
        return None
    try:
        return core.read_model(file)
    except RuntimeError:
        _log.warning("«%s» is damaged and made anew", file, exc_info=True)
        return None


def _translate(model: Wav2Vec2Model) -> Any:
    """Translate by the front end alone, which is what the converter around it uses."""
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    example = torch.zeros(1, SAMPLE_RATE_HZ)
    with torch.no_grad(), LayerReader(model.eval()) as reader, warnings.catch_warnings():
        # Tracing finds Python values that are the same for every input.
        warnings.simplefilter("ignore")
        front_end = FrontEndManager().load_by_framework("pytorch")
        decoder = TorchScriptPythonDecoder(reader, example_input=(example,))
        return front_end.convert(front_end.load(decoder))


def _keep(openvino: Any, network: Any, file: Path) -> None:
    """Write the translation under another name first: the second of its two files makes it whole."""
    scratch = file.with_name(f".{uuid.uuid4().hex}.xml")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        openvino.save_model(network, scratch, compress_to_fp16=False)
        scratch.with_suffix(".bin").replace(file.with_suffix(".bin"))
        scratch.replace(file)
    except (OSError, RuntimeError):
        _log.warning("the translation could not be kept", exc_info=True)
        for rest in (scratch, scratch.with_suffix(".bin")):
            if rest.is_file():
                rest.unlink()

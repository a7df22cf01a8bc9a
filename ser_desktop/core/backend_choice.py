"""Which way to compute an encoder is used: the fastest here that is exact enough, or the one that was asked for."""

from __future__ import annotations

import copy
import importlib.util
import logging
from collections import deque
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ser_desktop.core.backend_trials import Trial, machine, measure, remember, remembered
from ser_desktop.core.backends import Backend, TorchBackend, reference_backend
from ser_desktop.core.cuda_backend import CudaGraphBackend
from ser_desktop.core.device import AUTO, BackendName, Device, DeviceKind, choose_device
from ser_desktop.core.encoder import Encoder, Spare, load_model
from ser_desktop.core.errors import first_line
from ser_desktop.core.openvino_backend import OpenVinoBackend

if TYPE_CHECKING:
    from transformers import Wav2Vec2Model

_log = logging.getLogger(__name__)


def open_fastest(folder: Path, device: Device, identity: str, preference: str = AUTO, n_at_once: int = 1) -> Encoder:
    """Load an encoder and compute it in the way that is fastest here and exact enough.

    Parameters
    ----------
    folder : Path
    device : Device
    identity : str
        Name and revision of the encoder.
    preference : str
        `AUTO` or a backend's name. What was asked for but cannot be used gives way to the reference, with the reason.
    n_at_once : int
        How many threads will compute at the same time.

    Raises
    ------
    EncoderMissingError
    """
    source = _Source(load_model(folder), folder, device, identity, n_at_once)
    if preference == AUTO:
        try:
            trials = source.trials()
        except (RuntimeError, OSError) as error:
            _log.warning("nothing could be measured", exc_info=True)
            return source.encoder(source.names[0], f"nothing could be measured: {first_line(error)}")
        best = min(trials, key=lambda trial: trial.seconds)
        tried = "; ".join(trial.in_words() for trial in sorted(trials, key=lambda trial: trial.seconds))
        return source.encoder(best.name, f"the fastest here: {tried}" if len(trials) > 1 else "the only way here")
    name = BackendName(preference)
    if name not in source.names:
        return source.encoder(source.names[0], f"{name.in_words} was asked for and does not run on {device.name}")
    return source.encoder(name, "asked for in the settings")


@dataclass(frozen=True)
class _Source:
    """What backends are made of."""

    model: Wav2Vec2Model
    folder: Path
    device: Device
    identity: str
    n_at_once: int

    @property
    def names(self) -> tuple[BackendName, ...]:
        """Backends that the device may have; the reference is the first."""
        if self.device.kind is DeviceKind.CUDA and self.device.half:
            return (BackendName.FLOAT16, BackendName.CUDA_GRAPHS)
        if self.device.kind is not DeviceKind.CPU:
            return (BackendName.FLOAT32,)
        names = (BackendName.FLOAT32, BackendName.BFLOAT16)
        return (*names, BackendName.OPENVINO) if importlib.util.find_spec("openvino") else names

    def trials(self) -> list[Trial]:
        """Return what was measured, now or before."""
        first, *others = self.names
        if not others:
            return [Trial(first, 0.0)]
        key = machine(self.identity, self.device)
        trials = remembered(key)
        if trials is None:
            trials = measure(partial(self._copied, first), {name: partial(self._copied, name) for name in others})
            remember(key, trials)
        return trials

    def encoder(self, name: BackendName, reason: str) -> Encoder:
        """Return an encoder that is computed so, or in the next way that works where that fails, now or later."""
        ways = self._ways(name)
        while True:
            way = ways.popleft()
            try:
                backend = way.make()
            except (RuntimeError, OSError, ImportError) as error:
                if not ways:
                    raise
                _log.warning("%s on %s cannot be used", name.in_words, way.device.name, exc_info=True)
                reason = f"{name.in_words} failed: {first_line(error)}"
            else:
                return Encoder(
                    self.model, way.device, self.identity, backend=backend, backend_reason=reason, spares=ways
                )

    def _ways(self, name: BackendName) -> deque[Spare]:
        """Return a backend, the reference, and that on the processor: a graphics card can be lost, its memory taken."""
        ways = deque([Spare(self.device, partial(self.made, name))])
        if name is not self.names[0]:
            ways.append(Spare(self.device, partial(_reference, self.folder, self.device)))
        if self.device.kind is not DeviceKind.CPU:
            here = replace(choose_device(DeviceKind.CPU), reason=f"{self.device.name} failed")
            ways.append(Spare(here, partial(_reference, self.folder, here)))
        return ways

    def _copied(self, name: BackendName) -> Backend:
        # A window is measured as live: alone.
        return replace(self, model=copy.deepcopy(self.model), n_at_once=1).made(name)

    def made(self, name: BackendName) -> Backend:
        """Return a backend that may change the model."""
        if name is BackendName.CUDA_GRAPHS:
            return CudaGraphBackend(self.model, self.device)
        if name is BackendName.OPENVINO:
            return OpenVinoBackend(self.model, self.identity, self.n_at_once)
        return TorchBackend(self.model, self.device, name)


def _reference(folder: Path, device: Device) -> Backend:
    return reference_backend(load_model(folder), device)

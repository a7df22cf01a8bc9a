"""A frozen wav2vec 2.0 encoder whose every layer can be read."""

from __future__ import annotations

import ctypes
import logging
import pickle
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.backends import Backend, reference_backend
from ser_desktop.core.device import BackendName, Device, DeviceKind
from ser_desktop.core.errors import EncoderMissingError, first_line

if TYPE_CHECKING:
    from transformers import Wav2Vec2Model

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Spare:
    """A way to compute an encoder that takes over when the one in use fails.

    Attributes
    ----------
    device : Device
        Where it runs.
    make : callable
        Makes the backend; may raise RuntimeError, OSError or EncoderMissingError: then the next spare has its turn.
    """

    device: Device
    make: Callable[[], Backend]


class Encoder:
    """Gives f₀ … fₙ of a waveform (Pepino et al. 2021, section 2.1).

    f₀ is the output of ``feature_projection``: the convolutional encoder's output after its layer
    norm and projection, before positional convolution and the encoder's own layer norm (so it is
    *not* ``hidden_states[0]`` of transformers). fᵢ is the output of transformer block i.

    Parameters
    ----------
    model : Wav2Vec2Model
        The reference backend computes with it where no other is given, and changes it.
    device : Device
    identity : str
        Name and revision, stored with everything computed from it.
    backend : Backend or None
        Another way to compute the layers.
    spares : sequence of Spare
        Take over one after the other, each when the one before it fails.

    Attributes
    ----------
    n_layers, n_features : int
    device : Device
        Where it runs now.
    backend : BackendName
    backend_reason : str
        Why this one; changes when it fails.
    """

    def __init__(
        self,
        model: Wav2Vec2Model,
        device: Device,
        identity: str,
        *,
        backend: Backend | None = None,
        backend_reason: str = "the reference",
        spares: Sequence[Spare] = (),
    ) -> None:
        self.n_layers = int(model.config.num_hidden_layers) + 1
        self.n_features = int(model.config.hidden_size)
        self.device = device
        self.identity = identity
        self._backend = backend or reference_backend(model, device)
        self._spares = deque(spares)
        self._falling = threading.Lock()
        self.backend_reason = backend_reason

    @property
    def backend(self) -> BackendName:
        """How the layers are computed."""
        return self._backend.name

    def layers(self, samples: FloatArray) -> FloatArray:
        """Activations of one waveform.

        Parameters
        ----------
        samples : (n_samples,) float32
            Raw at 16 kHz. It is neither padded nor scaled: wav2vec2-base normalises over time,
            so padding would change every frame.

        Returns
        -------
        layers : (n_layers, n_frames, n_features) float32
        """
        return np.asarray(self.batch_layers(samples[None])[0])

    def batch_layers(self, samples: FloatArray) -> FloatArray:
        """Activations of several waveforms of one length: (n_waveforms, n_samples) to one more axis in front.

        Waveforms of different lengths cannot share a batch: that would need padding. A batch that the memory of a
        graphics card cannot hold is halved.
        """
        backend = self._backend
        while True:
            try:
                return backend.layers(samples)
            except RuntimeError as error:
                if isinstance(error, torch.cuda.OutOfMemoryError) and len(samples) > 1:
                    break
                backend = self._fall_back(backend, error)
        _log.info("halving a batch of %d waveforms: the graphics card's memory is full", len(samples))
        torch.cuda.empty_cache()
        middle = len(samples) // 2
        return np.concatenate((self.batch_layers(samples[:middle]), self.batch_layers(samples[middle:])))

    def _fall_back(self, failed: Backend, error: RuntimeError) -> Backend:
        """Let the next spare take over, once for all threads."""
        with self._falling:
            while self._backend is failed:
                if not self._spares:
                    raise error
                if self.device.kind is DeviceKind.CUDA and not isinstance(error, torch.cuda.OutOfMemoryError):
                    _never_free(failed)
                spare = self._spares.popleft()
                self.backend_reason = f"{failed.name.in_words} failed: {first_line(error)}"
                _log.warning("%s; another way on %s takes over", self.backend_reason, spare.device.name, exc_info=error)
                try:
                    self._backend, self.device = spare.make(), spare.device
                except (RuntimeError, OSError, EncoderMissingError):
                    _log.warning("%s cannot be used either", spare.device.name, exc_info=True)
            return self._backend


def _never_free(backend: Backend) -> None:
    """Keep a backend whose graphics card failed: freeing pinned memory of a lost card makes PyTorch end the process."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(backend))


def load_encoder(folder: Path, device: Device, identity: str) -> Encoder:
    """Load an encoder that lies on this disk and compute it with the reference backend.

    Raises
    ------
    EncoderMissingError
        If the folder does not hold a complete wav2vec 2.0 encoder.
    """
    return Encoder(load_model(folder), device, identity)


def load_model(folder: Path) -> Wav2Vec2Model:
    """Load an encoder's network in float32; the hub is never asked.

    Raises
    ------
    EncoderMissingError
        If the folder does not hold a complete wav2vec 2.0 encoder.
    """
    from safetensors import SafetensorError
    from transformers import Wav2Vec2Model
    from transformers.utils.logging import disable_progress_bar, set_verbosity_error

    # They would write between the lines of whoever uses the command line; what is missing is looked for below.
    disable_progress_bar()
    set_verbosity_error()
    fix = "Delete that folder and install the encoder again."
    try:
        model, report = Wav2Vec2Model.from_pretrained(folder, local_files_only=True, output_loading_info=True)
    except (pickle.UnpicklingError, EOFError) as error:
        # PyTorch's own sentence here advises to load it regardless, which would run whatever it holds.
        raise EncoderMissingError(
            f"The speech encoder in «{folder}» cannot be loaded: its weights are damaged or hold more than numbers.",
            fix,
        ) from error
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise EncoderMissingError(f"The speech encoder in «{folder}» cannot be loaded ({error}).", fix) from error
    # transformers fills absent weights with random numbers; only the mask token, unused here, may be absent.
    absent = {name for name in report["missing_keys"] if not name.endswith("masked_spec_embed")}
    if absent or report["mismatched_keys"]:
        n_wrong = len(absent) + len(report["mismatched_keys"])
        raise EncoderMissingError(f"The speech encoder in «{folder}» lacks {n_wrong} of its weights.", fix)
    return model.float()

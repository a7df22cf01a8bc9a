"""The teacher of distillation: a frozen Whisper encoder, whose layers on all stretches are computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.errors import EncoderMissingError, SaveError
from trainer.files import whole_file
from trainer.pretrain.stretches import LEAD, N_SAMPLES, Stretches

if TYPE_CHECKING:
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

N_BLOCKS = 5
"""Blocks that are imitated. The sixth feeds the decoder; probes find less emotion in it."""

N_FRAMES = N_SAMPLES // 320 - 3
"""Frames that the compact encoder gives of a stretch (see `trainer.pretrain.architecture`)."""

_BATCH = 8
_LEAST_STD = 0.3
_HOP = 160


class Teacher:
    """Layers of Whisper's encoder, aligned with the compact encoder's frames.

    Parameters
    ----------
    folder : Path
        Holds ``model.safetensors`` with the key names of `transformers.WhisperEncoder`.
    device : str

    Raises
    ------
    EncoderMissingError
        If the folder does not hold such an encoder.
    """

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        from transformers import WhisperFeatureExtractor

        self.encoder = load_whisper_encoder(folder).to(device)
        self.n_features = int(self.encoder.config.d_model)
        self.identity = file_sha256(folder / "model.safetensors")[:12]
        self._device = device
        self._mel = WhisperFeatureExtractor(feature_size=self.encoder.config.num_mel_bins)

    def layers(self, samples: FloatArray) -> Tensor:
        """Return convolution output and `N_BLOCKS` block outputs.

        Parameters
        ----------
        samples : (n_stretches, N_SAMPLES + LEAD) float32

        Returns
        -------
        layers : (n_stretches, 1 + N_BLOCKS, N_FRAMES, n_features)
            The positional table is not part of the first.
        """
        # Whisper's frame t is centred at sample 320 t, the compact encoder's frame j at 320 j + 520:
        # heard LEAD = 200 samples later, teacher frame j + 1 is the student's frame j.
        mel = self._mel(
            list(samples[:, LEAD:]), sampling_rate=SAMPLE_RATE_HZ, padding=False, return_tensors="pt"
        ).input_features[..., : N_SAMPLES // _HOP]
        found: list[Tensor] = []
        handles = [block.register_forward_hook(_keep(found)) for block in self.encoder.layers[:N_BLOCKS]]
        try:
            with torch.inference_mode(), torch.autocast(self._device, torch.bfloat16):
                mel = mel.to(self._device)
                convolved = torch.nn.functional.gelu(self.encoder.conv1(mel))
                convolved = torch.nn.functional.gelu(self.encoder.conv2(convolved)).transpose(1, 2)
                self.encoder(mel)
        finally:
            for handle in handles:
                handle.remove()
        return torch.stack([convolved.float(), *(layer.float() for layer in found)], dim=1)[:, :, 1 : N_FRAMES + 1]


def _keep(found: list[Tensor]) -> Callable[..., None]:
    def hook(_block: object, _inputs: object, output: object) -> None:
        found.append(output[0] if isinstance(output, tuple) else output)  # type: ignore[arg-type]

    return hook


def load_whisper_encoder(folder: Path) -> WhisperEncoder:
    """Load Whisper base's encoder for stretches of eight seconds: the positional table is cut to their length.

    Raises
    ------
    EncoderMissingError
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    file = folder / "model.safetensors"
    fix = "Name the folder that holds Whisper base's encoder as model.safetensors after --teacher."
    if not file.is_file():
        raise EncoderMissingError(f"There is no teacher in «{folder}».", fix)
    try:
        weights = {
            name.removeprefix("model.").removeprefix("encoder."): w.float() for name, w in load_file(file).items()
        }
        weights = {name: w for name, w in weights.items() if not name.startswith("decoder.")}
        n_positions = N_SAMPLES // (2 * _HOP)
        weights["embed_positions.weight"] = weights["embed_positions.weight"][:n_positions].clone()
        d_model, n_mel, _ = weights["conv1.weight"].shape
        n_blocks = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
        config = WhisperConfig(
            d_model=d_model,
            num_mel_bins=n_mel,
            encoder_layers=n_blocks,
            encoder_attention_heads=d_model // 64,
            encoder_ffn_dim=weights["layers.0.fc1.weight"].shape[0],
            max_source_positions=n_positions,
        )
        encoder = WhisperEncoder(config)
        encoder.load_state_dict(weights)
    except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
        raise EncoderMissingError(f"The teacher in «{folder}» cannot be loaded ({error}).", fix) from error
    return encoder.eval().requires_grad_(False)


@dataclass(frozen=True)
class Targets:
    """What the student is to give, standardised as it is read.

    Attributes
    ----------
    layers : (n_stretches, 1 + N_BLOCKS, N_FRAMES, n_features) float16
        Mapped from the disk.
    mean : (1 + N_BLOCKS, N_FRAMES, n_features)
        For each position: the teacher adds a table of positions, which the student has not.
    std : (1 + N_BLOCKS, 1, n_features)
    """

    layers: npt.NDArray[np.float16]
    mean: Tensor
    std: Tensor

    def read(self, chosen: npt.NDArray[np.int64], n_layers: int) -> Tensor:
        """Return the first layers of some stretches, not standardised: (n_chosen, n_layers, N_FRAMES, n_features)."""
        return torch.from_numpy(np.stack([self.layers[i, :n_layers] for i in chosen])).float()


def prepare_targets(
    teacher: Teacher,
    stretches: Stretches,
    folder: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Targets:
    """Compute the teacher's layers of all stretches once; an interrupted computation goes on where it was.

    Raises
    ------
    SaveError
    """
    shape = (len(stretches), 1 + N_BLOCKS, N_FRAMES, teacher.n_features)
    file = folder / f"teacher-{stretches.identity}-{teacher.identity}.npy"
    n_done_file = file.with_suffix(".done")
    n_done = int(n_done_file.read_text()) if n_done_file.is_file() and file.is_file() else 0
    try:
        layers = np.lib.format.open_memmap(
            file, mode="r+" if n_done else "w+", dtype=np.float16, shape=None if n_done else shape
        )
        for start in range(n_done, len(stretches), _BATCH):
            indices = range(start, min(start + _BATCH, len(stretches)))
            found = teacher.layers(np.stack([stretches.as_float(i) for i in indices]))
            layers[indices.start : indices.stop] = found.clamp(-6e4, 6e4).cpu().numpy()
            if start // _BATCH % 16 == 15 or indices.stop == len(stretches):
                layers.flush()
                with whole_file(n_done_file) as scratch:
                    scratch.write_text(str(indices.stop))
            progress(indices.stop, len(stretches))
        mean, std = _statistics(layers)
    except OSError as error:
        raise SaveError(
            f"The teacher's layers could not be written to «{folder}» ({error}).", "Free some space."
        ) from error
    return Targets(np.load(file, mmap_mode="r"), mean, std)


def _statistics(layers: npt.NDArray[np.float16]) -> tuple[Tensor, Tensor]:
    """Mean of each position and standard deviation of each dimension, from a sample of the stretches."""
    chosen = np.random.default_rng(0).permutation(len(layers))[:256]
    sample = torch.from_numpy(np.stack([layers[i] for i in sorted(chosen)])).float()
    mean = sample.mean(dim=0)
    std = (sample - mean).square().mean(dim=(0, 2), keepdim=True).sqrt()[0]
    # Dimensions that hardly move must not count as much as the others.
    return mean, std.maximum(_LEAST_STD * std.mean(dim=2, keepdim=True))

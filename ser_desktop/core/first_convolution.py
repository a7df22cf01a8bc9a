"""The first convolution of a wav2vec 2.0 encoder and its norm over time as one product of matrices.

Every channel of that convolution is a linear map of frames of a few samples. So its mean and its
variance over time follow from the mean and the covariance of the frames, a matrix of ten by ten, and
the norm needs no pass of its own over the largest activations of the encoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from transformers import Wav2Vec2Model
    from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2GroupNormConvLayer


class FirstConvolution(nn.Module):
    """Takes the place of a convolution of one channel, its group norm with a group per channel, and its activation.

    Means and variances are computed in float64: those of a channel that answers to small differences
    between samples are far smaller than those of the frames.

    Parameters
    ----------
    layer : Wav2Vec2GroupNormConvLayer
        In float32. The norm takes the convolution's bias away again, so it is not read.
    dtype : torch.dtype
        Of what comes out.
    """

    def __init__(self, layer: Wav2Vec2GroupNormConvLayer, dtype: torch.dtype) -> None:
        super().__init__()
        self._kernel, self._stride = layer.conv.kernel_size[0], layer.conv.stride[0]
        # No parameters: they stay as they are whatever becomes of the rest of the encoder.
        self._weight = layer.conv.weight.detach()[:, 0].double()
        self._gain = layer.layer_norm.weight.detach().double()
        self._offset = layer.layer_norm.bias.detach().to(dtype, copy=True)
        self._epsilon = layer.layer_norm.eps
        self._activation = layer.activation
        self._dtype = dtype

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        """Return (n_waveforms, n_channels, n_frames) of (n_waveforms, 1, n_samples) float32."""
        frames = waveforms[:, 0].double().unfold(1, self._kernel, self._stride)
        frames = (frames - frames.mean(dim=1, keepdim=True)).transpose(1, 2)
        covariance = frames @ frames.transpose(1, 2) / frames.shape[2]
        variance = (self._weight @ covariance * self._weight).sum(dim=2)
        gain = self._gain / torch.sqrt(variance + self._epsilon)
        weight = (gain[:, :, None] * self._weight).to(self._dtype)
        normed = torch.baddbmm(self._offset[None, :, None], weight, frames.to(self._dtype))
        return torch.as_tensor(self._activation(normed))


def fold_first_norm(model: Wav2Vec2Model, dtype: torch.dtype) -> bool:
    """Replace the first convolution of an encoder in float32 where it has such a norm; say whether it has."""
    from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2GroupNormConvLayer

    layers = model.feature_extractor.conv_layers
    if not isinstance(layers[0], Wav2Vec2GroupNormConvLayer):
        return False
    layers[0] = FirstConvolution(layers[0], dtype)
    return True

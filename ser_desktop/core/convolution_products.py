"""Convolutions in time as products of matrices, for graphics cards in half precision.

cuDNN has no good kernel there for one-dimensional convolutions: on an NVIDIA H200 a window took twice as long in
float16 as in float32 (measured: bench encoder). Matrix products reach the card's full rate.
"""

from __future__ import annotations

import torch
from torch import nn


class ConvolutionAsProduct(nn.Module):
    """Takes the place of a one-dimensional convolution, with the same weights.

    What it gives lies in memory with the channels side by side, as it likes to read: one behind the other
    need no copy in between.

    Parameters
    ----------
    convolution : nn.Conv1d
        With zeros around and no dilation. Its weights are read once: what computes them is not kept.
    """

    def __init__(self, convolution: nn.Conv1d) -> None:
        super().__init__()
        if convolution.padding_mode != "zeros" or convolution.dilation != (1,) or isinstance(convolution.padding, str):
            raise ValueError("only convolutions with zeros around and without dilation can be a product")
        (self._kernel,), (self._stride,), (self._padding,) = (
            convolution.kernel_size,
            convolution.stride,
            convolution.padding,
        )
        self._groups = convolution.groups
        # (groups, kernel · channels in, channels out), both of one group.
        weight = convolution.weight.detach()
        by_group = weight.reshape(self._groups, -1, *weight.shape[1:])
        self._weight = by_group.permute(0, 3, 2, 1).flatten(1, 2).contiguous()
        self._bias = None if convolution.bias is None else convolution.bias.detach().clone()

    def forward(self, signals: torch.Tensor) -> torch.Tensor:
        """Return (n_signals, n_channels_out, n_frames_out) of (n_signals, n_channels_in, n_frames_in)."""
        rows = nn.functional.pad(signals.transpose(1, 2), (0, 0, self._padding, self._padding))
        # (n_signals, n_frames_out, groups, channels of a group, kernel)
        patches = rows.view(*rows.shape[:2], self._groups, -1).unfold(1, self._kernel, self._stride)
        n_signals, n_frames = patches.shape[:2]
        patches = patches.permute(2, 0, 1, 4, 3).reshape(self._groups, n_signals * n_frames, -1)
        if self._groups == 1:
            product = nn.functional.linear(patches[0], self._weight[0].T, self._bias)
        else:
            product = torch.bmm(patches, self._weight).transpose(0, 1).reshape(n_signals * n_frames, -1)
            product = product if self._bias is None else product + self._bias
        return product.view(n_signals, n_frames, -1).transpose(1, 2)


def replace_convolutions(model: nn.Module) -> None:
    """Replace every one-dimensional convolution in a network, in the precision and on the device it has by now."""
    for module in list(model.modules()):
        for name, part in list(module.named_children()):
            if isinstance(part, nn.Conv1d):
                setattr(module, name, ConvolutionAsProduct(part))

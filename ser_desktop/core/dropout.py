"""Dropout that draws its masks quickly on the CPU.

PyTorch draws one Bernoulli number per unit, which takes more than half of a small head's training
step on a CPU. Sixteen random bits per unit are as good and cost a tenth.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_LEVELS = 1 << 16


def draw_keep_mask(n_rows: int, n_columns: int, p: float) -> Tensor:
    """Draw a mask (n_rows, n_columns), 1.0 with probability 1 − p and else 0.0, from PyTorch's own CPU generator.

    ``p`` is rounded to the nearest of 65 536 steps.
    """
    n = n_rows * n_columns
    bits = torch.empty((n + 3) // 4, dtype=torch.int64).random_(-(1 << 63), None).view(torch.int16)[:n]
    mask = torch.empty(n)
    # Written as numbers at once: making truth values first takes ten times as long.
    torch.ge(bits, round(p * _LEVELS) - _LEVELS // 2, out=mask)
    return mask.view(n_rows, n_columns)


def scale_of(p: float) -> float:
    """Return the factor that keeps the mean when a share ``p`` is dropped."""
    return 1 / (1 - round(p * _LEVELS) / _LEVELS)


class Dropout(nn.Module):
    """Zero a share of (n_frames, n_features) while training and scale the rest; else do nothing.

    Parameters
    ----------
    p : float
        Share that is dropped, at least 0 and less than 1.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, frames: Tensor) -> Tensor:
        """Drop units of (n_frames, n_features)."""
        if not self.training or self.p == 0:
            return frames
        if frames.device.type != "cpu":
            return nn.functional.dropout(frames, self.p)
        return frames * draw_keep_mask(frames.shape[0], frames.shape[1], self.p).mul_(scale_of(self.p))


def relu_dropout(hidden: Tensor, p: float) -> Tensor:
    """ReLU and dropout of (n_frames, n_features) on the CPU in one go, to the bit what they give one by one."""
    return _ReluDropout.apply(hidden, p)  # type: ignore[no-any-return, no-untyped-call]


class _ReluDropout(torch.autograd.Function):
    """Keeps its output alone: what is above zero there was neither cut nor dropped."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, p: float) -> Tensor:
        out = torch.relu(hidden)
        out *= draw_keep_mask(hidden.shape[0], hidden.shape[1], p).mul_(scale_of(p))
        ctx.save_for_backward(out)
        ctx.scale = scale_of(p)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (out,) = ctx.saved_tensors
        return torch.ops.aten.threshold_backward(gradients[0], out, 0.0).mul_(ctx.scale), None

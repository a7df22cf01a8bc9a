"""The trainable part: shallow networks over frames, averaged over time.

Pepino et al. 2021, section 2.3. A head takes one tensor per feature branch, each
(n_layers, n_frames, n_features), in which the frames of several utterances follow one another, and
the utterances' lengths. The published heads pad and mask; without padding the sums are the same, and
there is nothing that could leak into them or cost time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn

from ser_desktop.core.dropout import Dropout, relu_dropout


class HeadKind(StrEnum):
    """The three heads of the paper."""

    DENSE = "dense"
    LSTM = "lstm"
    FUSION = "fusion"


@dataclass(frozen=True)
class HeadOptions:
    """Everything that decides a head's shape.

    Attributes
    ----------
    kind : HeadKind
    branches : tuple of (n_layers, n_features)
        One per feature branch: one for Dense and LSTM, two for Fusion.
    n_classes : int
    n_hidden : int
        Units of every hidden layer (128 in the paper).
    dropout : float
    dropout_first : bool
        Dropout before each layer, also on its input, as in the released code; after its ReLU otherwise.
    """

    kind: HeadKind
    branches: tuple[tuple[int, int], ...]
    n_classes: int
    n_hidden: int = 128
    dropout: float = 0.2
    dropout_first: bool = False


class WeightedAverage(nn.Module):
    """Learnable average over the encoder's layers, eq. (1): Σ αᵢ fᵢ / Σ αᵢ, αᵢ initialised to 1."""

    def __init__(self, n_layers: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(n_layers))

    def forward(self, layers: Tensor) -> Tensor:
        """Average (n_layers, n_frames, n_features) to (n_frames, n_features)."""
        return torch.tensordot(self.alpha / self.alpha.sum(), layers, dims=1)  # type: ignore[no-any-return]

    def weights(self) -> Tensor:
        """Return αᵢ / Σ α, (n_layers,)."""
        return (self.alpha / self.alpha.sum()).detach()


class SingleLayer(nn.Module):
    """Stands where `WeightedAverage` would, for features that have one layer and nothing to weigh."""

    def forward(self, layers: Tensor) -> Tensor:
        """Take (1, n_frames, n_features) to (n_frames, n_features)."""
        return layers[0]


class FrameLayer(nn.Sequential):
    """Linear layer applied to every frame (a 1×1 convolution), ReLU and dropout."""

    def __init__(self, n_in: int, n_out: int, options: HeadOptions) -> None:
        dropout, linear = Dropout(options.dropout), nn.Linear(n_in, n_out)
        steps = (dropout, linear, nn.ReLU()) if options.dropout_first else (linear, nn.ReLU(), dropout)
        super().__init__(*steps)
        self._joins = not options.dropout_first and options.dropout > 0

    def forward(self, frames: Tensor) -> Tensor:
        """Take (n_frames, n_in) to (n_frames, n_out)."""
        if self._joins and self.training and frames.device.type == "cpu" and isinstance(self[2], Dropout):
            return relu_dropout(self[0](frames), self[2].p)
        return super().forward(frames)  # type: ignore[no-any-return, no-untyped-call]


class Head(nn.Module, ABC):
    """What all heads share: reduce each branch to frames, pool over each utterance, classify."""

    def __init__(self, options: HeadOptions) -> None:
        super().__init__()
        self.options = options
        self.reduce = nn.ModuleList(
            WeightedAverage(n_layers) if n_layers > 1 else SingleLayer() for n_layers, _ in options.branches
        )
        self.classify = nn.Linear(options.n_hidden, options.n_classes)

    @abstractmethod
    def frames(self, branches: Sequence[Tensor], lengths: Tensor) -> Tensor:
        """Hidden frames (n_frames, n_hidden) of the branches' (n_frames, n_features)."""

    def forward(self, features: Sequence[Tensor], lengths: Tensor) -> Tensor:
        """Logits of several utterances.

        Parameters
        ----------
        features : sequence of (n_layers, n_frames, n_features)
            One per branch, the utterances' frames one behind the other.
        lengths : (n_utterances,) int64
            Frames of each utterance; they add up to n_frames.

        Returns
        -------
        logits : (n_utterances, n_classes)
        """
        reduced = [reduce(branch) for reduce, branch in zip(self.reduce, features, strict=True)]
        hidden = self.frames(reduced, lengths)
        owner = torch.repeat_interleave(torch.arange(len(lengths), device=lengths.device), lengths)
        total = hidden.new_zeros(len(lengths), hidden.shape[1]).index_add(0, owner, hidden)
        return self.classify(total / lengths[:, None])  # type: ignore[no-any-return]

    def layer_weights(self) -> tuple[float, ...] | None:
        """αᵢ / Σ α of the branch that has layers, or None when no branch has any."""
        for reduce in self.reduce:
            if isinstance(reduce, WeightedAverage):
                return tuple(reduce.weights().tolist())
        return None


class Dense(Head):
    """Two frame layers."""

    def __init__(self, options: HeadOptions) -> None:
        super().__init__(options)
        ((_, n_features),) = options.branches
        self.first = FrameLayer(n_features, options.n_hidden, options)
        self.second = FrameLayer(options.n_hidden, options.n_hidden, options)

    def frames(self, branches: Sequence[Tensor], _lengths: Tensor) -> Tensor:
        """See `Head.frames`."""
        return self.second(self.first(branches[0]))  # type: ignore[no-any-return]


class LSTM(Head):
    """A frame layer, then an LSTM in place of the second one."""

    def __init__(self, options: HeadOptions) -> None:
        super().__init__(options)
        ((_, n_features),) = options.branches
        self.first = FrameLayer(n_features, options.n_hidden, options)
        self.second = nn.LSTM(options.n_hidden, options.n_hidden, batch_first=True)

    def frames(self, branches: Sequence[Tensor], lengths: Tensor) -> Tensor:
        """See `Head.frames`; the LSTM starts anew with each utterance."""
        utterances = list(torch.split(self.first(branches[0]), lengths.tolist()))
        padded, _ = self.second(nn.utils.rnn.pad_sequence(utterances, batch_first=True))
        # It runs forward only, so the padding behind an utterance cannot reach its frames.
        is_real = torch.arange(padded.shape[1], device=lengths.device) < lengths[:, None]
        return padded[is_real]  # type: ignore[no-any-return]


class Fusion(Head):
    """A frame layer per branch, joined frame by frame, then another."""

    def __init__(self, options: HeadOptions) -> None:
        super().__init__(options)
        self.first = nn.ModuleList(FrameLayer(n, options.n_hidden, options) for _, n in options.branches)
        self.second = FrameLayer(options.n_hidden * len(options.branches), options.n_hidden, options)

    def frames(self, branches: Sequence[Tensor], _lengths: Tensor) -> Tensor:
        """See `Head.frames`."""
        joined = torch.cat([layer(b) for layer, b in zip(self.first, branches, strict=True)], dim=-1)
        return self.second(joined)  # type: ignore[no-any-return]


_HEADS: dict[HeadKind, type[Head]] = {HeadKind.DENSE: Dense, HeadKind.LSTM: LSTM, HeadKind.FUSION: Fusion}


def make_head(options: HeadOptions) -> Head:
    """Build the head that ``options`` describe, freshly initialised.

    Raises
    ------
    ValueError
        If the head does not take that number of branches.
    """
    n_branches = len(options.branches)
    if (options.kind is HeadKind.FUSION) != (n_branches > 1):
        raise ValueError(f"a {options.kind} head does not take {n_branches} feature branches")
    return _HEADS[options.kind](options)

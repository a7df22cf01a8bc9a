"""What an encoder learns from sound alone: which quantised sound was masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gumbel_softmax, normalize

from trainer.pretrain.objectives import Batch, Losses

if TYPE_CHECKING:
    from transformers import Wav2Vec2Model


class MaskedContrast:
    """The wav2vec 2.0 objective (Baevski et al. 2020): tell which quantised sound was masked.

    The networks are those of `transformers.Wav2Vec2ForPreTraining`; its sums go over all frames and copy every
    rival, which took three quarters of a step. Here masked frames alone are compared, by one product of matrices,
    and in float32.

    Parameters
    ----------
    model : Wav2Vec2Model
        Whose configuration the quantiser takes.
    n_steps : int
        The quantiser's temperature falls from 2 to 0.5 over them.
    """

    DIVERSITY = 0.5
    """Weight of the unused codes. Measured: with the usual 0.1 and batches this small, one code in fifty is left."""
    _MASK, _MASK_LENGTH = 0.65, 10
    _HOTTEST, _COLDEST = 2.0, 0.5

    def __init__(self, model: Wav2Vec2Model, n_steps: int) -> None:
        from transformers import Wav2Vec2ForPreTraining

        # An encoder in use masks nothing, and its configuration says so: here it would keep the mask away, too.
        model.config.apply_spec_augment = True
        full = Wav2Vec2ForPreTraining(model.config)
        self._quantiser, self._project_context, self._project_sound = full.quantizer, full.project_hid, full.project_q
        self._n_steps = n_steps
        self._extra = nn.ModuleList([self._quantiser, self._project_context, self._project_sound])

    def extra(self) -> nn.Module:
        """See `Objective.extra`."""
        return self._extra

    def losses(self, model: Wav2Vec2Model, batch: Batch) -> Losses:
        """See `Objective.losses`."""
        device = batch.samples.device
        n_frames = int(model._get_feat_extract_output_lengths(batch.samples.shape[1]))
        spans = self._spans(len(batch.samples), n_frames, batch.rng)
        rivals = torch.from_numpy(self._rivals(spans, model.config.num_negatives, batch.rng)).to(device)
        mask = torch.from_numpy(spans).to(device)
        output = model(batch.samples, mask_time_indices=mask)
        with torch.autocast(device.type, enabled=False):
            probabilities, codes, sound = self._quantise(output.extract_features[mask].float(), batch.step)
            context = self._project_context(output.last_hidden_state[mask].float())
            contrast = self._contrast(model, context, sound, codes, rivals)
            diversity = self._diversity(probabilities)
        return {
            "contrast": contrast,
            "diversity": diversity,
            "loss": contrast + self.DIVERSITY * diversity,
        }

    def _quantise(self, heard: Tensor, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return probabilities and numbers of the codes (n, groups, …) and the quantised sound (n, features)."""
        temperature = self._HOTTEST * (self._COLDEST / self._HOTTEST) ** min(1.0, step / max(1, self._n_steps))
        groups = self._quantiser.num_groups
        logits = self._quantiser.weight_proj(heard).view(len(heard), groups, -1)
        chosen = gumbel_softmax(logits, tau=temperature, hard=True)
        vectors = self._quantiser.codevectors.view(groups, logits.shape[-1], -1)
        sound = torch.einsum("ngv,gvd->ngd", chosen, vectors).flatten(1)
        return logits.softmax(-1), chosen.argmax(-1), self._project_sound(sound)

    @staticmethod
    def _contrast(model: Wav2Vec2Model, context: Tensor, sound: Tensor, codes: Tensor, rivals: Tensor) -> Tensor:
        alike = normalize(context, dim=-1) @ normalize(sound, dim=-1).T
        # A rival of the same codes is the same sound: it cannot be told apart and does not count.
        same = (codes[rivals] == codes[:, None]).all(-1)
        others = alike.gather(1, rivals).masked_fill(same, -torch.inf)
        logits = torch.cat([alike.diagonal()[:, None], others], dim=1) / model.config.contrastive_logits_temperature
        return cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))

    @staticmethod
    def _diversity(probabilities: Tensor) -> Tensor:
        """Return the share of the codes that is not used: 1 - perplexity / number of codes."""
        mean = probabilities.mean(dim=0)
        perplexity = torch.exp(-(mean * (mean + 1e-7).log()).sum(dim=-1)).sum()
        return 1.0 - perplexity / mean.numel()

    def _spans(self, n: int, n_frames: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
        """Masked spans that may overlap; the same number begins in each stretch."""
        mask = np.zeros((n, n_frames), dtype=np.bool_)
        n_spans = max(2, round(self._MASK * n_frames / self._MASK_LENGTH))
        for row in mask:
            for start in rng.choice(n_frames - self._MASK_LENGTH, size=n_spans, replace=False):
                row[start : start + self._MASK_LENGTH] = True
        return mask

    def _rivals(self, mask: npt.NDArray[np.bool_], n_rivals: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Other masked frames of the same stretch, as places among all masked frames: (n_masked, n_rivals)."""
        rivals, first = [], 0
        for n in mask.sum(axis=1):
            drawn = rng.integers(0, n - 1, size=(n, n_rivals))
            # Never the frame itself: what lies at or behind it moves up by one.
            drawn += drawn >= np.arange(n)[:, None]
            rivals.append(drawn + first)
            first += n
        return np.concatenate(rivals)

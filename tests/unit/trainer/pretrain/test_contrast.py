from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn
from torch.autograd import backward
from torch.nn.functional import gumbel_softmax
from transformers import Wav2Vec2ForPreTraining, Wav2Vec2Model

from tests.helpers.pretraining import make_batch_of, noise_stretches, shrink_encoder, small_encoder
from trainer.pretrain import contrast
from trainer.pretrain.contrast import MaskedContrast
from trainer.pretrain.objectives import Batch
from trainer.pretrain.teacher import N_FRAMES


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink_encoder(monkeypatch)


def batch(step: int = 10) -> Batch:
    return make_batch_of(noise_stretches(2), range(2), step)


def touched(module: nn.Module) -> set[str]:
    """Parameters that a backward pass has reached."""
    return {name for name, p in module.named_parameters() if p.grad is not None and bool(p.grad.abs().sum() > 0)}


@pytest.fixture
def model() -> Wav2Vec2Model:
    return small_encoder().train()


def masked(model: Wav2Vec2Model, n: int = 3, seed: int = 0) -> npt.NDArray[np.bool_]:
    return MaskedContrast(model, 10)._spans(n, N_FRAMES, np.random.default_rng(seed))


def test_spans_of_ten_frames_mask_half_of_each_stretch(model: Wav2Vec2Model) -> None:
    mask = masked(model, n=50)
    assert mask.shape == (50, N_FRAMES)
    assert mask.dtype == np.bool_
    # 26 spans that may overlap: a frame is in none of them with probability (1 − 10/387)^26 = 0.51.
    assert mask.mean() == pytest.approx(0.49, abs=0.03)
    for row in mask:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        lengths = edges[1::2] - edges[::2]
        assert lengths.min() >= 10
        assert row.sum() <= 26 * 10


def test_masks_depend_on_what_was_drawn_alone(model: Wav2Vec2Model) -> None:
    np.testing.assert_array_equal(masked(model, seed=1), masked(model, seed=1))
    assert not np.array_equal(masked(model, seed=1), masked(model, seed=2))
    assert not np.array_equal(*masked(model, n=2))


def test_rivals_are_other_masked_frames_of_the_same_stretch(model: Wav2Vec2Model) -> None:
    mask = masked(model)
    rivals = MaskedContrast(model, 10)._rivals(mask, 100, np.random.default_rng(0))
    stretch = np.argwhere(mask)[:, 0]
    assert rivals.shape == (mask.sum(), 100)
    assert (stretch[rivals] == stretch[:, None]).all()
    assert not (rivals == np.arange(len(rivals))[:, None]).any(), "never the frame itself"


def test_every_other_masked_frame_can_be_a_rival(model: Wav2Vec2Model) -> None:
    mask = np.zeros((2, 30), dtype=np.bool_)
    mask[0, [3, 7, 8, 29]] = mask[1, [0, 1]] = True
    rivals = MaskedContrast(model, 10)._rivals(mask, 200, np.random.default_rng(0))
    assert [set(row) for row in rivals] == [{1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2}, {5}, {4}]


def test_masked_frames_do_not_reach_the_blocks(model: Wav2Vec2Model) -> None:
    seen: list[Tensor] = []
    handle = model.encoder.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0].detach()))
    objective = MaskedContrast(model, 10)
    objective.losses(model, batch())
    handle.remove()
    mask = objective._spans(2, N_FRAMES, np.random.default_rng(10))
    (projected,) = seen
    replaced = (projected == model.masked_spec_embed.detach().to(projected.dtype)).all(dim=-1)
    np.testing.assert_array_equal(replaced.numpy(), mask)


def test_what_replaces_masked_frames_is_learned(model: Wav2Vec2Model) -> None:
    objective = MaskedContrast(model, 10)
    backward(objective.losses(model, batch())["loss"])
    reached = touched(model)
    assert "masked_spec_embed" in reached
    assert "feature_extractor.conv_layers.0.conv.weight" in reached
    assert "encoder.layers.4.feed_forward.output_dense.weight" in reached
    assert touched(objective.extra()) == {name for name, _ in objective.extra().named_parameters()}


def test_losses_are_means_over_masked_frames_with_some_diversity(model: Wav2Vec2Model) -> None:
    torch.manual_seed(0)
    with torch.no_grad():
        found = MaskedContrast(model, 10).losses(model, batch())
    assert set(found) == {"contrast", "diversity", "loss"}
    loss = float(found["contrast"]) + 0.5 * float(found["diversity"])
    assert float(found["loss"]) == pytest.approx(loss, rel=1e-5)
    # Six sounds to choose from, of which nothing is known.
    assert float(found["contrast"]) == pytest.approx(np.log(6), abs=0.6)
    assert 0 <= float(found["diversity"]) <= 1


def test_the_quantiser_cools_down_over_the_steps(model: Wav2Vec2Model, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[float] = []

    def told(logits: Tensor, tau: float, hard: bool) -> Tensor:
        found.append(tau)
        return gumbel_softmax(logits, tau=tau, hard=hard)

    monkeypatch.setattr(contrast, "gumbel_softmax", told)
    objective = MaskedContrast(model, n_steps=100)
    for step in (0, 50, 100, 200):
        objective.losses(model, batch(step=step))
    assert found == pytest.approx([2.0, 1.0, 0.5, 0.5])


def test_the_losses_are_those_of_transformers(model: Wav2Vec2Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def surest(logits: Tensor, tau: float = 1.0, hard: bool = True) -> Tensor:
        return nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)

    monkeypatch.setattr(contrast, "gumbel_softmax", surest)
    monkeypatch.setattr(nn.functional, "gumbel_softmax", surest)
    objective = MaskedContrast(model, 10)
    model.config.diversity_loss_weight = objective.DIVERSITY
    theirs = Wav2Vec2ForPreTraining(model.config).train()
    theirs.wav2vec2 = model
    theirs.quantizer, theirs.project_hid, theirs.project_q = objective.extra()
    rng = np.random.default_rng(10)
    mask = objective._spans(2, N_FRAMES, rng)
    rivals = np.zeros((2, N_FRAMES, model.config.num_negatives), dtype=np.int64)
    rivals[mask] = np.flatnonzero(mask)[objective._rivals(mask, model.config.num_negatives, rng)]
    with torch.no_grad():
        found = objective.losses(model, batch())
        wanted = theirs(
            batch().samples,
            mask_time_indices=torch.from_numpy(mask),
            sampled_negative_indices=torch.from_numpy(rivals),
        )
    n = int(mask.sum())
    assert float(found["contrast"]) == pytest.approx(float(wanted.contrastive_loss) / n, rel=1e-4)
    assert float(found["diversity"]) == pytest.approx(float(wanted.diversity_loss) / n, rel=1e-4)
    assert float(found["loss"]) == pytest.approx(float(wanted.loss) / n, rel=1e-4)


def test_what_is_thrown_away_holds_nothing_of_the_encoder(model: Wav2Vec2Model) -> None:
    extra = {id(p) for p in MaskedContrast(model, 10).extra().parameters()}
    assert extra
    assert not extra & {id(p) for p in model.parameters()}

from __future__ import annotations

import pytest
import torch

from ser_desktop.core.dropout import Dropout, draw_keep_mask, relu_dropout


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_the_asked_share_is_dropped(p: float) -> None:
    torch.manual_seed(0)
    keep = draw_keep_mask(1000, 501, p)
    assert keep.shape == (1000, 501)
    # Five standard deviations of the share of half a million draws.
    assert float(keep.mean()) == pytest.approx(1 - p, abs=5 * (0.25 / 501_000) ** 0.5)


def test_units_are_dropped_independently() -> None:
    torch.manual_seed(0)
    keep = draw_keep_mask(4000, 64, 0.2) - 0.8
    correlation = (keep.T @ keep) / 4000 / 0.16
    correlation.fill_diagonal_(0)
    assert float(correlation.abs().max()) < 0.1
    neighbours = (keep[1:] * keep[:-1]).mean() / 0.16
    assert abs(float(neighbours)) < 0.02


def test_what_is_kept_is_scaled_so_that_the_mean_stays() -> None:
    torch.manual_seed(0)
    dropped = Dropout(0.2).train()(torch.ones(2000, 128))
    assert dropped.unique().tolist() == pytest.approx([0.0, 1.25], rel=1e-4)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.01)


def test_gradients_pass_where_units_were_kept() -> None:
    torch.manual_seed(0)
    frames = torch.ones(50, 8, requires_grad=True)
    out = Dropout(0.5).train()(frames)
    out.sum().backward()
    torch.testing.assert_close(frames.grad, out.detach())


def test_nothing_is_dropped_outside_training_or_with_a_share_of_zero() -> None:
    frames = torch.randn(5, 3)
    assert Dropout(0.2).eval()(frames) is frames
    assert Dropout(0.0).train()(frames) is frames


def test_the_seed_decides_the_masks() -> None:
    masks = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        masks.append(draw_keep_mask(30, 7, 0.3))
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])


def test_relu_and_dropout_in_one_go_are_what_they_are_one_by_one() -> None:
    hidden = torch.randn(300, 16, generator=torch.Generator().manual_seed(1))
    weights = torch.randn(300, 16, generator=torch.Generator().manual_seed(2))
    results = []
    for together in (True, False):
        torch.manual_seed(3)
        given = hidden.clone().requires_grad_()
        out = relu_dropout(given, 0.2) if together else Dropout(0.2).train()(torch.relu(given))
        (out * weights).sum().backward()
        results.append((out.detach(), given.grad))
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)

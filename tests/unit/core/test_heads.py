from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ser_desktop.core.dropout import Dropout
from ser_desktop.core.heads import FrameLayer, Head, HeadKind, HeadOptions, WeightedAverage, make_head
from tests.helpers.plain_training import PaddedHead, pad

BRANCHES: dict[HeadKind, tuple[tuple[int, int], ...]] = {
    HeadKind.DENSE: ((13, 24),),
    HeadKind.LSTM: ((13, 24),),
    HeadKind.FUSION: ((13, 24), (1, 25)),
}
ALL_HEADS = pytest.mark.parametrize("kind", list(HeadKind))


def make(kind: HeadKind) -> Head:
    torch.manual_seed(3)
    return make_head(HeadOptions(kind, BRANCHES[kind], n_classes=7)).eval()


def utterance(kind: HeadKind, n_frames: int, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(layers, n_frames, n, generator=generator) for layers, n in BRANCHES[kind]]


def lengths(*n_frames: int) -> Tensor:
    return torch.tensor(n_frames)


def test_the_weighted_average_is_equation_1() -> None:
    average = WeightedAverage(13)
    assert torch.equal(average.alpha, torch.ones(13))
    with torch.no_grad():
        average.alpha.copy_(torch.arange(1.0, 14.0))
    layers = torch.randn(13, 5, 4)
    expected = sum((i + 1) * layers[i] for i in range(13)) / sum(range(1, 14))
    torch.testing.assert_close(average(layers), expected)
    assert sum(average.weights().tolist()) == pytest.approx(1.0)


@ALL_HEADS
@given(frames=st.lists(st.integers(1, 60), min_size=1, max_size=5))
@settings(max_examples=15, deadline=None)
def test_joined_utterances_give_what_the_papers_padding_and_masking_gives(kind: HeadKind, frames: list[int]) -> None:
    head, features = make(kind), utterance(kind, sum(frames))
    padded, mask = pad(features, lengths(*frames))
    with torch.inference_mode():
        expected = PaddedHead(head).eval()(padded, mask)
        torch.testing.assert_close(head(features, lengths(*frames)), expected, rtol=1e-5, atol=1e-5)


@ALL_HEADS
def test_the_output_does_not_depend_on_batch_neighbours(kind: HeadKind) -> None:
    head = make(kind)
    short, long = utterance(kind, 20, seed=1), utterance(kind, 50, seed=2)
    batch = [torch.cat(pair, dim=1) for pair in zip(short, long, strict=True)]
    with torch.inference_mode():
        together = head(batch, lengths(20, 50))
        torch.testing.assert_close(together[0:1], head(short, lengths(20)), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(together[1:2], head(long, lengths(50)), rtol=1e-5, atol=1e-5)


@ALL_HEADS
def test_its_gradients_are_those_of_the_padded_head(kind: HeadKind) -> None:
    head, features, n_frames = make(kind), utterance(kind, 70), lengths(20, 50)
    plain = PaddedHead(head).eval()
    plain(*pad(features, n_frames)).square().sum().backward()
    head(features, n_frames).square().sum().backward()
    theirs = dict(plain.head.named_parameters())
    for name, weight in head.named_parameters():
        torch.testing.assert_close(weight.grad, theirs[name].grad, rtol=1e-4, atol=1e-5)


@ALL_HEADS
def test_alpha_is_trained_with_the_head(kind: HeadKind) -> None:
    head = make(kind)
    head(utterance(kind, 30), lengths(30)).sum().backward()
    average = head.reduce[0]
    assert isinstance(average, WeightedAverage)
    assert average.alpha.grad is not None
    assert average.alpha.grad.abs().sum() > 0
    assert head.layer_weights() == pytest.approx([1 / 13] * 13)


def test_features_with_one_layer_have_no_layer_weights() -> None:
    assert make_head(HeadOptions(HeadKind.DENSE, ((1, 25),), 7)).layer_weights() is None


@pytest.mark.parametrize(("first", "expected"), [(False, [1, 2, 0]), (True, [0, 1, 2])])
def test_dropout_stands_behind_the_layer_as_in_the_text_or_before_it_as_released(
    first: bool, expected: list[int]
) -> None:
    options = HeadOptions(HeadKind.DENSE, ((1, 25),), 7, dropout_first=first)
    kinds = [type(step) for step in FrameLayer(4, 4, options)]
    order = [Dropout, torch.nn.Linear, torch.nn.ReLU]
    assert kinds == [order[i] for i in expected]


@pytest.mark.parametrize(
    ("kind", "branches"),
    [
        (HeadKind.FUSION, ((13, 24),)),
        (HeadKind.DENSE, ((13, 24), (1, 25))),
        (HeadKind.LSTM, ((1, 2), (1, 2))),
    ],
)
def test_a_wrong_number_of_branches_is_refused(kind: HeadKind, branches: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="branches"):
        make_head(HeadOptions(kind, branches, 7))


def numpy_of(head: Head) -> dict[str, np.ndarray]:
    return {name: value.numpy().astype(np.float64) for name, value in head.state_dict().items()}


def layer(weights: dict[str, np.ndarray], name: str, values: np.ndarray) -> np.ndarray:
    return values @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def relu(values: np.ndarray) -> np.ndarray:
    return np.maximum(values, 0)


@pytest.mark.parametrize("dropout_first", [False, True])
def test_the_dense_head_is_the_papers_formula(dropout_first: bool) -> None:
    torch.manual_seed(4)
    head = make_head(HeadOptions(HeadKind.DENSE, ((13, 24),), 7, dropout_first=dropout_first)).eval()
    head.load_state_dict({**head.state_dict(), "reduce.0.alpha": torch.rand(13) + 0.5})
    weights, (features,) = numpy_of(head), utterance(HeadKind.DENSE, 20)
    alpha, layers, linear = weights["reduce.0.alpha"], features.numpy(), "1" if dropout_first else "0"
    frames = sum(a * f for a, f in zip(alpha, layers, strict=True)) / sum(alpha)
    hidden = relu(layer(weights, f"second.{linear}", relu(layer(weights, f"first.{linear}", frames))))
    # Two utterances of 15 and 5 frames: each mean is over its own.
    expected = [layer(weights, "classify", part.mean(axis=0)) for part in (hidden[:15], hidden[15:])]
    with torch.inference_mode():
        logits = head([features], lengths(15, 5))
    np.testing.assert_allclose(logits.numpy(), expected, atol=1e-5)


def test_the_fusion_head_joins_its_branches_frame_by_frame() -> None:
    head = make(HeadKind.FUSION)
    weights, features = numpy_of(head), utterance(HeadKind.FUSION, 20)
    speech, egemaps = features[0].numpy().mean(axis=0), features[1][0].numpy()
    joined = np.concatenate(
        [relu(layer(weights, "first.0.0", speech)), relu(layer(weights, "first.1.0", egemaps))], axis=1
    )
    expected = layer(weights, "classify", relu(layer(weights, "second.0", joined)).mean(axis=0))
    with torch.inference_mode():
        np.testing.assert_allclose(head(features, lengths(20))[0].numpy(), expected, atol=1e-5)


def test_the_lstm_stands_where_the_second_layer_would() -> None:
    head = make(HeadKind.LSTM)
    (features,) = utterance(HeadKind.LSTM, 20)
    lstm = head.second
    assert isinstance(lstm, torch.nn.LSTM)
    assert (lstm.hidden_size, lstm.bidirectional, lstm.num_layers) == (128, False, 1)
    weights = numpy_of(head)
    first = relu(layer(weights, "first.0", features.numpy().mean(axis=0))).astype(np.float32)
    with torch.inference_mode():
        hidden = lstm(torch.from_numpy(first)[None])[0][0].numpy()
        logits = head([features], lengths(20))[0].numpy()
    np.testing.assert_allclose(logits, layer(weights, "classify", hidden.mean(axis=0)), atol=1e-5)


@pytest.mark.parametrize("first", [False, True])
def test_dropout_acts_on_the_input_only_when_it_stands_first(first: bool) -> None:
    torch.manual_seed(0)
    step = FrameLayer(6, 5, HeadOptions(HeadKind.DENSE, ((1, 6),), 7, dropout=0.999_99, dropout_first=first)).train()
    frames = torch.randn(50, 6)
    bias = step[1 if first else 0].bias
    expected = torch.relu(bias) if first else torch.zeros(5)
    torch.testing.assert_close(step(frames), expected.expand(50, 5))


@ALL_HEADS
def test_hidden_layers_have_128_units_and_dropout_is_one_in_five(kind: HeadKind) -> None:
    options = HeadOptions(kind, BRANCHES[kind], 7)
    assert (options.n_hidden, options.dropout) == (128, 0.2)
    assert make_head(options).classify.in_features == 128

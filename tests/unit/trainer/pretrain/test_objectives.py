from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.autograd import backward
from transformers import Wav2Vec2Model

from ser_desktop.core.labels import RAVDESS_7, Emotion
from tests.helpers.pretraining import (
    N_FEATURES,
    N_LAYERS,
    make_batch_of,
    noise_stretches,
    random_targets,
    shrink_encoder,
    small_encoder,
)
from trainer.pretrain.architecture import all_layers
from trainer.pretrain.objectives import Batch, Distillation, DistillationWithEmotion, heard
from trainer.pretrain.stretches import UNLABELLED, Part
from trainer.pretrain.teacher import N_FRAMES, Targets

HAPPY = RAVDESS_7.index(Emotion.HAPPY)
SAD = RAVDESS_7.index(Emotion.SAD)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink_encoder(monkeypatch)


def batch(n: int = 2, step: int = 10, parts: Sequence[Part] | None = None) -> Batch:
    return make_batch_of(noise_stretches(n, parts), range(n), step)


def touched(module: nn.Module) -> set[str]:
    """Parameters that a backward pass has reached."""
    return {name for name, p in module.named_parameters() if p.grad is not None and bool(p.grad.abs().sum() > 0)}


def teachers_own(targets: Targets, chosen: Sequence[int]) -> list[Tensor]:
    """What a student would give that has learned everything but the table of positions."""
    layers = targets.read(np.array(chosen), N_LAYERS)
    place = targets.mean - targets.mean.mean(dim=1, keepdim=True)
    return list((layers - place).unbind(dim=1))


class TestDistillation:
    def test_the_teachers_own_layers_cost_nothing(self) -> None:
        targets = random_targets(3)
        found = Distillation(targets, 0).compare(teachers_own(targets, [2, 0]), _about([2, 0]))
        assert set(found) == {*(f"layer {i}" for i in range(N_LAYERS)), "loss"}
        assert all(float(value) == pytest.approx(0.0, abs=1e-6) for value in found.values())

    def test_the_layers_of_another_stretch_do_cost(self) -> None:
        targets = random_targets(3)
        found = Distillation(targets, 0).compare(teachers_own(targets, [0, 2]), _about([2, 0]))
        assert float(found["loss"]) > 1

    def test_the_places_of_frames_are_not_to_be_learned(self) -> None:
        targets = random_targets(1)
        with_places = list(targets.read(np.array([0]), N_LAYERS).unbind(dim=1))
        assert float(Distillation(targets, 0).compare(with_places, _about([0]))["loss"]) > 0.5

    def test_a_distance_of_one_deviation_costs_one_and_a_half(self) -> None:
        targets = random_targets(2)
        layers = teachers_own(targets, [0, 1])
        layers[3] = layers[3] + targets.std[3]
        found = Distillation(targets, 0).compare(layers, _about([0, 1]))
        assert float(found["layer 3"]) == pytest.approx(1.5, abs=1e-4)
        assert float(found["layer 2"]) == pytest.approx(0.0, abs=1e-6)
        assert float(found["loss"]) == pytest.approx(1.5 / N_LAYERS, abs=1e-4)

    def test_in_the_first_steps_f0_learns_alone(self) -> None:
        model = small_encoder().train()
        objective = Distillation(random_targets(2), n_hear=5)
        early = objective.losses(model, batch(step=4))
        assert set(early) == {"layer 0", "loss"}
        backward(early["loss"])
        assert touched(model)
        assert all(name.startswith("feature_") for name in touched(model))

    def test_from_then_on_all_layers_learn(self) -> None:
        model = small_encoder().train()
        later = Distillation(random_targets(2), n_hear=5).losses(model, batch(step=5))
        assert set(later) == {*(f"layer {i}" for i in range(N_LAYERS)), "loss"}
        backward(later["loss"])
        assert "encoder.layers.4.feed_forward.output_dense.weight" in touched(model)
        assert "feature_extractor.conv_layers.0.conv.weight" in touched(model)

    def test_f0_is_heard_alike_alone_and_with_the_others(self) -> None:
        model = small_encoder().eval()
        samples = batch().samples[:, :16_000]
        with torch.no_grad():
            (alone,) = heard(model, samples)
            assert torch.equal(alone, all_layers(model, samples)[0])

    def test_nothing_else_is_trained(self) -> None:
        assert not list(Distillation(random_targets(1), 0).extra().parameters())


def _about(chosen: Sequence[int]) -> Batch:
    """A batch of these stretches whose sound nobody hears."""
    parts: list[list[Part]] = [[] for _ in chosen]
    return Batch(torch.zeros(len(chosen), 1), np.array(chosen), parts, 0, np.random.default_rng(0))


class TestDistillationWithEmotion:
    FIRST = 20
    LABELLED = (Part(0, 40_000, HAPPY), Part(40_000, 80_000, UNLABELLED), Part(80_000, 128_200, SAD))

    def objective(self, n_stretches: int = 2, weight: float = 0.1) -> DistillationWithEmotion:
        torch.manual_seed(1)
        distillation = Distillation(random_targets(n_stretches), n_hear=5)
        return DistillationWithEmotion(distillation, N_LAYERS, N_FEATURES, self.FIRST, weight)

    def emotion(self, parts: Sequence[Part], model: Wav2Vec2Model) -> float | None:
        """The emotions' loss of a batch, without dropout; None where there is none."""
        objective = self.objective()
        objective.extra().eval()
        with torch.no_grad():
            found = objective.losses(model, batch(step=self.FIRST, parts=parts))
        return float(found["emotion"]) if "emotion" in found else None

    @pytest.mark.parametrize(("step", "names"), [(4, 1), (5, N_LAYERS), (19, N_LAYERS)])
    def test_before_emotions_join_it_is_distillation(self, step: int, names: int) -> None:
        model = small_encoder().eval()
        labelled = batch(step=step, parts=self.LABELLED)
        with torch.no_grad():
            found = self.objective().losses(model, labelled)
            plain = Distillation(random_targets(2), n_hear=5).losses(model, labelled)
        assert set(found) == {*(f"layer {i}" for i in range(names)), "loss"}
        assert float(found["loss"]) == float(plain["loss"])

    def test_emotions_add_their_share_to_the_loss(self) -> None:
        model, labelled = small_encoder().eval(), batch(step=self.FIRST, parts=self.LABELLED)
        with torch.no_grad():
            found = self.objective(weight=0.25).losses(model, labelled)
            plain = Distillation(random_targets(2), n_hear=5).losses(model, labelled)
        assert float(found["loss"]) == pytest.approx(float(plain["loss"]) + 0.25 * float(found["emotion"]), rel=1e-5)
        assert float(found["emotion"]) == pytest.approx(np.log(7), abs=0.7), "nothing is known yet"

    @pytest.mark.parametrize(("after", "reaches"), [(0, False), (149, False), (150, True)])
    def test_the_head_learns_alone_at_first(self, after: int, reaches: bool) -> None:
        model, objective = small_encoder().train(), self.objective()
        assert objective.HEAD_STEPS == 150
        found = objective.losses(model, batch(step=self.FIRST + after, parts=self.LABELLED))
        backward(found["emotion"])
        assert bool(touched(model)) is reaches
        assert touched(objective.extra()) == {name for name, _ in objective.extra().named_parameters()}

    def test_the_encoder_goes_on_learning_from_the_teacher_meanwhile(self) -> None:
        model = small_encoder().train()
        backward(self.objective().losses(model, batch(step=self.FIRST, parts=self.LABELLED))["loss"])
        assert "encoder.layers.4.feed_forward.output_dense.weight" in touched(model)

    def test_without_labels_there_is_no_loss_of_emotions(self) -> None:
        assert self.emotion([Part(0, 128_200, UNLABELLED)], small_encoder().eval()) is None
        assert self.emotion([], small_encoder().eval()) is None

    def test_only_labelled_parts_count(self) -> None:
        model = small_encoder().eval()
        labelled = [part for part in self.LABELLED if part.label != UNLABELLED]
        assert self.emotion(self.LABELLED, model) == self.emotion(labelled, model) is not None
        other = [Part(part.start, part.stop, (part.label + 1) % 7) for part in labelled]
        assert self.emotion(other, model) != self.emotion(labelled, model)

    def test_parts_of_less_than_a_second_do_not_count(self) -> None:
        model = small_encoder().eval()
        assert self.emotion([Part(0, 15_900, HAPPY)], model) is None
        assert self.emotion([Part(0, 16_000, HAPPY)], model) is not None
        assert self.emotion([Part(0, 50_000, HAPPY), Part(120_000, 128_200, SAD)], model) == self.emotion(
            [Part(0, 50_000, HAPPY)], model
        ), "what the end of a stretch cuts off"

    def test_a_recordings_emotion_is_read_from_its_own_frames(self) -> None:
        head = self.objective().extra().eval()
        layers = torch.randn(N_LAYERS, 2, N_FRAMES, N_FEATURES, generator=torch.Generator().manual_seed(0))
        span = [(1, 100, 200)]
        with torch.no_grad():
            before = head(layers, span)
            layers[:, 1, 200:] += torch.randn(N_FEATURES)
            layers[:, 1, :100] += torch.randn(N_FEATURES)
            layers[:, 0] += torch.randn(N_FEATURES)
            assert torch.equal(head(layers, span), before)
            layers[:, 1, 199] += 10 * torch.randn(N_FEATURES)
            assert not torch.equal(head(layers, span), before)
        assert before.shape == (1, len(RAVDESS_7))

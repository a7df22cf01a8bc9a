from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ser_desktop.core.errors import Cancelled, SaveError, TrainingError
from ser_desktop.core.labels import RAVDESS_7, Emotion
from tests.helpers.pretraining import (
    ScriptedProbe,
    StopAfter,
    noise_stretches,
    random_targets,
    shrink_encoder,
    small_encoder,
    small_recipe,
    small_state,
)
from trainer.pretrain import loop
from trainer.pretrain.augment import Augmentation
from trainer.pretrain.loop import (
    Measured,
    State,
    as_json,
    from_json,
    make_batch,
    make_state,
    pretrain,
    restore,
    save,
    set_rates,
)
from trainer.pretrain.objectives import Distillation, DistillationWithEmotion
from trainer.pretrain.probe import Probe, Probed
from trainer.pretrain.recipes import PRETRAIN_RECIPES, PretrainRecipe
from trainer.pretrain.stretches import N_SAMPLES, Part, Stretches

N_STRETCHES = 3
HAPPY = RAVDESS_7.index(Emotion.HAPPY)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink_encoder(monkeypatch)
    # Emotions join half-way; for one step their head learns alone.
    monkeypatch.setattr(DistillationWithEmotion, "HEAD_STEPS", 1)


@pytest.fixture(scope="module")
def stretches() -> Stretches:
    return noise_stretches(N_STRETCHES, [Part(0, 128_200, HAPPY)])


class Run:
    """One run in a folder: a new state each time, filled from the checkpoint where there is one."""

    def __init__(self, folder: Path, recipe: PretrainRecipe, stretches: Stretches, every: int = 2) -> None:
        self.checkpoint = folder / "checkpoint.pt"
        self.points: list[Measured] = []
        self.steps: list[int] = []
        self._recipe, self._stretches, self._every = recipe, stretches, every

    def go(self, stop_after: int = 1000, probe: Probe | None = None) -> State:
        state = small_state(self._recipe, N_STRETCHES)
        self.was_restored = restore(self.checkpoint, state)
        return pretrain(
            state,
            self._stretches,
            self._recipe,
            probe,
            self.checkpoint,
            every=self._every,
            told=lambda now, _n: self.steps.append(now.step),
            measured=self.points.append,
            check=StopAfter(stop_after),
        )


def all_numbers(state: State) -> dict[str, Tensor]:
    """Every weight and every moment of the optimiser."""
    found = {f"model {name}": value for name, value in state.model.state_dict().items()}
    found |= {f"extra {name}": value for name, value in state.objective.extra().state_dict().items()}
    for i, own in state.optimiser.state_dict()["state"].items():
        found |= {f"optimiser {i} {name}": torch.as_tensor(value) for name, value in own.items()}
    return found


def assert_same(one: State, other: State) -> None:
    ours, theirs = all_numbers(one), all_numbers(other)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


def test_batches_depend_on_nothing_but_seed_and_step(stretches: Stretches) -> None:
    recipe = small_recipe("distil")
    first = make_batch(stretches, recipe, 4)
    torch.manual_seed(99)
    np.random.default_rng(99)
    make_batch(stretches, recipe, 7)
    again = make_batch(stretches, replace(recipe, n_steps=5000, learning_rate=1.0), 4)
    assert torch.equal(first.samples, again.samples)
    np.testing.assert_array_equal(first.chosen, again.chosen)
    assert first.step == again.step == 4
    assert first.rng.integers(0, 1 << 40) == again.rng.integers(0, 1 << 40)


def test_other_steps_and_other_seeds_have_batches_of_their_own(stretches: Stretches) -> None:
    recipe = small_recipe("distil")
    batches = [make_batch(stretches, recipe, 0), make_batch(stretches, recipe, 3)]
    batches.append(make_batch(stretches, replace(recipe, seed=5), 0))
    assert len({float(batch.samples.double().sum()) for batch in batches}) == 3
    assert len({int(batch.rng.integers(0, 1 << 40)) for batch in batches}) == 3


def test_every_stretch_is_heard_once_before_any_is_heard_again(stretches: Stretches) -> None:
    recipe = small_recipe("distil")
    heard = np.concatenate([make_batch(stretches, recipe, step).chosen for step in range(30)]).reshape(-1, N_STRETCHES)
    assert all(sorted(once) == [0, 1, 2] for once in heard.tolist())
    assert len({tuple(once) for once in heard.tolist()}) > 3, "in another order each time"


def test_a_batch_holds_eight_seconds_of_each_stretch_and_its_parts(stretches: Stretches) -> None:
    unchanged = Augmentation(gain_db=(0.0, 0.0), noise=0.0, band=0.0)
    batch = make_batch(stretches, replace(small_recipe("distil"), augmentation=unchanged), 1)
    expected = np.stack([stretches.as_float(int(i))[:N_SAMPLES] for i in batch.chosen])
    np.testing.assert_array_equal(batch.samples.numpy(), expected)
    assert list(batch.parts) == [stretches.parts[int(i)] for i in batch.chosen]


def rates(recipe: PretrainRecipe) -> np.ndarray:
    """The rates of f₀ and of the rest in every step: (n_steps, 2)."""
    state = small_state(replace(recipe, n_steps=3), N_STRETCHES)
    found = []
    for step in range(recipe.n_steps):
        state.step = step
        set_rates(state, recipe)
        found.append([group["lr"] for group in state.optimiser.param_groups[:2]])
    return np.array(found)


def test_rates_warm_up_and_fall_to_three_percent() -> None:
    recipe = replace(PRETRAIN_RECIPES["contrastive"], n_steps=400, warm_up=30, learning_rate=1e-3)
    ears, rest = rates(recipe).T
    np.testing.assert_array_equal(ears, rest)
    assert ears[0] == pytest.approx(1e-3 / 30, rel=0.01)
    assert np.argmax(ears) == 29
    assert ears[29] == pytest.approx(1e-3, rel=0.02)
    assert (np.diff(ears[29:]) < 0).all()
    half = 0.03 + 0.97 * 0.5
    assert ears[200] == pytest.approx(1e-3 * half, rel=1e-6)
    assert ears[-1] == pytest.approx(0.03e-3, rel=0.01)


def test_f0_learns_faster_while_it_learns_alone_and_its_rate_falls_to_that_of_the_rest() -> None:
    recipe = replace(PRETRAIN_RECIPES["distil"], n_steps=500, hear=0.2, warm_up=10, hear_rate=4e-3, learning_rate=1e-3)
    ears, rest = rates(recipe).T
    n = recipe.n_hear
    assert n == 100
    assert ears[:n].max() == pytest.approx(4e-3, rel=0.03)
    assert ears[n - 1] == pytest.approx(1e-3, rel=0.01)
    assert rest[:n].max() <= 1e-3
    # Then all warm up once more.
    np.testing.assert_array_equal(ears[n:], rest[n:])
    assert ears[n] == pytest.approx(1e-4, rel=1e-6)
    assert ears[n + 9] == pytest.approx(1e-3, rel=0.01)
    assert ears[-1] == pytest.approx(0.03e-3, rel=0.01)


def test_ears_and_rest_are_all_of_what_is_trained() -> None:
    state = small_state(small_recipe("contrastive"), N_STRETCHES)
    ears, *others = (group["params"] for group in state.optimiser.param_groups)
    rest = [p for own in others for p in own]
    own = dict(state.model.named_parameters())
    assert {id(p) for p in ears} == {id(p) for name, p in own.items() if name.startswith("feature_")}
    extra = {id(p) for p in state.objective.extra().parameters()}
    assert {id(p) for p in rest} == {id(p) for p in own.values()} - {id(p) for p in ears} | extra
    assert ears
    assert extra
    assert state.model.training


def train(
    state: State,
    stretches: Stretches,
    recipe: PretrainRecipe,
    checkpoint: Path,
    *,
    every: int,
    probe: Probe | None = None,
    told: Callable[[State, int], None] = lambda _state, _n: None,
    check: Callable[[], None] = lambda: None,
) -> State:
    """`pretrain`, where nobody hears of the points."""
    return pretrain(
        state, stretches, recipe, probe, checkpoint, every=every, told=told, measured=lambda _point: None, check=check
    )


@pytest.mark.parametrize("name", ["contrastive", "distil", "distil-emotion"])
def test_a_resumed_run_gives_the_same_weights_to_the_bit(name: str, stretches: Stretches, tmp_path: Path) -> None:
    recipe = small_recipe(name)
    whole = Run(tmp_path / "whole", recipe, stretches).go()
    run = Run(tmp_path / "resumed", recipe, stretches)
    # The third step is lost with the process.
    with pytest.raises(Cancelled):
        run.go(stop_after=3)
    resumed = run.go()
    assert run.was_restored
    assert run.steps == [1, 2, 3, 3, 4]
    assert_same(whole, resumed)
    assert [replace(m, seconds=0.0) for m in resumed.curve] == [replace(m, seconds=0.0) for m in whole.curve]
    assert all(torch.equal(resumed.best[key], value) for key, value in whole.best.items())
    before, weight = small_state(recipe, N_STRETCHES).model.state_dict(), "feature_projection.projection.weight"
    assert not torch.equal(before[weight], whole.best[weight]), "something was learned"


def test_another_seed_gives_other_weights(stretches: Stretches, tmp_path: Path) -> None:
    recipe = small_recipe("distil", n_steps=1)
    one = Run(tmp_path / "one", recipe, stretches).go()
    same = Run(tmp_path / "same", recipe, stretches).go()
    other = Run(tmp_path / "other", replace(recipe, seed=124), stretches).go()
    assert_same(one, same)
    weights = [state.model.feature_projection.projection.weight for state in (one, other)]
    assert not torch.equal(*weights)


def test_training_makes_the_loss_smaller(stretches: Stretches, tmp_path: Path) -> None:
    recipe = replace(small_recipe("distil", n_steps=16), warm_up=1, hear=1.0, learning_rate=3e-3)
    run = Run(tmp_path, recipe, stretches, every=4)
    run.go()
    assert run.points[-1].losses["loss"] < 0.95 * run.points[0].losses["loss"]


def test_points_come_every_so_many_steps_and_at_the_end(stretches: Stretches, tmp_path: Path) -> None:
    run = Run(tmp_path, small_recipe("distil", n_steps=5), stretches, every=2)
    state = run.go()
    assert run.points == state.curve
    assert [point.step for point in run.points] == [2, 4, 5]
    assert run.steps == [1, 2, 3, 4, 5]
    # In the first step, one of five, f₀ learned alone.
    assert set(run.points[0].losses) == {"loss", *(f"layer {i}" for i in range(6))}
    assert all(math.isfinite(value) for point in run.points for value in point.losses.values())
    assert 0 <= run.points[0].seconds <= run.points[1].seconds <= run.points[2].seconds


def test_without_a_probe_the_last_step_is_the_best(stretches: Stretches, tmp_path: Path) -> None:
    state = Run(tmp_path, small_recipe("distil", n_steps=3), stretches, every=1).go()
    assert [point.is_best for point in state.curve] == [False, False, True]
    assert all(torch.equal(state.best[name], value) for name, value in state.model.state_dict().items())


def test_the_step_that_probes_best_is_kept(stretches: Stretches, tmp_path: Path) -> None:
    recipe = small_recipe("distil", n_steps=4)
    run = Run(tmp_path, recipe, stretches, every=1)
    state = run.go(probe=ScriptedProbe(0.2, 0.5, 0.5, 0.3))
    assert [point.is_best for point in state.curve] == [True, True, False, False]
    assert state.best_probe == 0.5
    second = small_state(recipe, N_STRETCHES)
    steps: list[dict[str, Tensor]] = []

    def keep(now: State, _n: int) -> None:
        steps.append({name: value.detach().clone() for name, value in now.model.state_dict().items()})

    train(second, stretches, recipe, tmp_path / "other.pt", every=4, told=keep)
    assert all(torch.equal(state.best[name], value) for name, value in steps[1].items())
    assert not all(torch.equal(state.best[name], value) for name, value in steps[2].items())


def test_a_stop_keeps_the_last_checkpoint(stretches: Stretches, tmp_path: Path) -> None:
    run = Run(tmp_path, small_recipe("distil"), stretches)
    with pytest.raises(Cancelled):
        run.go(stop_after=3)
    state = small_state(small_recipe("distil"), N_STRETCHES)
    assert restore(run.checkpoint, state)
    assert state.step == 2
    assert [point.step for point in state.curve] == [2]
    assert not list(tmp_path.glob(".unfinished-*"))


def test_a_run_that_was_stopped_while_it_probed_measures_that_step_later(stretches: Stretches, tmp_path: Path) -> None:
    recipe = small_recipe("distil", n_steps=2)
    run = Run(tmp_path, recipe, stretches, every=2)
    state = small_state(recipe, N_STRETCHES)
    with pytest.raises(Cancelled):
        train(state, stretches, recipe, run.checkpoint, every=2, probe=ScriptedProbe(0.4), check=StopAfter(2))
    assert (state.step, state.curve) == (2, [])
    save(run.checkpoint, state)
    finished = run.go(probe=ScriptedProbe(0.4))
    assert run.steps == [], "both steps were done"
    assert [(point.step, point.probe, point.is_best) for point in finished.curve] == [(2, Probed(0.4, None), True)]
    assert finished.curve[0].losses["loss"] == pytest.approx(np.mean(state.losses["loss"]))
    assert finished.best


def test_the_time_of_a_stopped_run_is_not_forgotten(stretches: Stretches, tmp_path: Path) -> None:
    recipe = small_recipe("distil", n_steps=2)
    state = small_state(recipe, N_STRETCHES)
    with pytest.raises(Cancelled):
        train(state, stretches, recipe, tmp_path / "checkpoint.pt", every=100, check=StopAfter(1))
    assert state.seconds > 0
    state.seconds = 1000.0
    save(tmp_path / "checkpoint.pt", state)
    assert Run(tmp_path, recipe, stretches).go().curve[-1].seconds > 1000


def test_a_checkpoint_holds_all_of_a_state(stretches: Stretches, tmp_path: Path) -> None:
    recipe = small_recipe("distil-emotion")
    state = Run(tmp_path, recipe, stretches).go(probe=ScriptedProbe(0.1, 0.3))
    fresh = small_state(replace(recipe, seed=99), N_STRETCHES)
    assert restore(tmp_path / "checkpoint.pt", fresh)
    assert_same(state, fresh)
    assert (fresh.step, fresh.curve, fresh.best_probe) == (4, state.curve, 0.3)
    assert fresh.seconds == state.seconds > 0
    assert all(torch.equal(fresh.best[name], value) for name, value in state.best.items())


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def overwritten(path: Path) -> None:
    path.write_bytes(b"not a checkpoint at all" * 100)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def with_more_than_numbers(path: Path) -> None:
    torch.save({"curve": Path("/anything")}, path)


def without_a_curve(path: Path) -> None:
    torch.save({"step": 3}, path)


@pytest.mark.parametrize("damage", [cut_short, overwritten, emptied, with_more_than_numbers, without_a_curve])
def test_a_damaged_checkpoint_is_no_checkpoint(damage: object, tmp_path: Path) -> None:
    assert callable(damage)
    recipe, checkpoint = small_recipe("distil"), tmp_path / "checkpoint.pt"
    state = small_state(recipe, N_STRETCHES)
    state.step = 4
    save(checkpoint, state)
    assert restore(checkpoint, small_state(recipe, N_STRETCHES))
    damage(checkpoint)
    fresh, expected = small_state(recipe, N_STRETCHES), small_state(recipe, N_STRETCHES)
    assert restore(checkpoint, fresh) is False
    assert_same(fresh, expected)
    assert (fresh.step, fresh.curve, fresh.best) == (0, [], {})


def test_where_there_is_no_checkpoint_nothing_is_restored(tmp_path: Path) -> None:
    assert restore(tmp_path / "checkpoint.pt", small_state(small_recipe("distil"), N_STRETCHES)) is False


def test_a_loss_that_is_no_number_ends_the_run_in_a_sentence(stretches: Stretches, tmp_path: Path) -> None:
    recipe = small_recipe("distil")
    targets = random_targets(N_STRETCHES)
    targets.layers[:] = np.nan
    state = make_state(small_encoder(), Distillation(targets, 0), recipe, "cpu")
    with pytest.raises(TrainingError, match="loss of step 0 is not a number"):
        train(state, stretches, recipe, tmp_path / "checkpoint.pt", every=1)
    assert not (tmp_path / "checkpoint.pt").exists()


def test_a_checkpoint_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "place").write_text("a file stands in the way")
    with pytest.raises(SaveError, match="place") as caught:
        save(tmp_path / "place" / "checkpoint.pt", small_state(small_recipe("distil"), N_STRETCHES))
    assert "goes on where it was" in caught.value.fix


@pytest.mark.parametrize("probe", [None, Probed(0.25, None), Probed(0.25, 0.5)])
def test_points_survive_as_json(probe: Probed | None) -> None:
    point = Measured(300, {"loss": 0.5, "layer 0": 0.25}, 12.5, probe, is_best=True)
    assert from_json(json.loads(json.dumps(as_json(point)))) == point


def test_the_next_batch_is_made_while_a_step_is_computed(stretches: Stretches, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = make_batch

    def counted(stretches: Stretches, recipe: PretrainRecipe, step: int) -> object:
        made.append(step)
        return real(stretches, recipe, step)

    monkeypatch.setattr(loop, "make_batch", counted)
    coming = loop._ahead(stretches, small_recipe("distil", n_steps=6), 2, "cpu")
    assert [batch.step for batch in coming] == [2, 3, 4, 5]
    assert made == [2, 3, 4, 5], "each once"

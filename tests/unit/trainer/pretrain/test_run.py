from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from ser_desktop.core.errors import Cancelled, CorpusError, EncoderMissingError, TrainingError
from tests.helpers.corpora import write_recording
from tests.helpers.pretraining import shrink_encoder, small_recipe, write_actors, write_teacher
from tests.helpers.training import Heard
from trainer.events import Event, Notice, PretrainPoint, Progress, Stage
from trainer.pretrain import publish
from trainer.pretrain.objectives import DistillationWithEmotion
from trainer.pretrain.run import PretrainPlan, run

ACTORS = (1, 2, 17, 21)
N_EMOTIONS = 8
NAMES = ("contrastive", "distil", "distil-emotion")


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        shrink_encoder(patch)
        patch.setattr(DistillationWithEmotion, "HEAD_STEPS", 1)
        # Drawing the curves would take a third of the time; they are looked at in the tests of `publish`.
        patch.setattr(publish, "_write_curve", lambda _curve, _folder: None)
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("RAVDESS")
    assert write_actors(folder, ACTORS, seconds=1.2) == 4 * N_EMOTIONS
    return folder


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_teacher(tmp_path_factory.mktemp("whisper"))


def make_plan(folder: Path, name: str, corpus: Path, teacher: Path) -> PretrainPlan:
    """Four steps with a probe after every second."""
    recipe = small_recipe(name, n_steps=4)
    needed = teacher if recipe.needs_teacher else None
    return PretrainPlan(recipe, (corpus,), needed, folder / name, folder / "scratch", every=2)


def pretrain(plan: PretrainPlan, check: Callable[[], None] = lambda: None) -> Heard:
    heard = Heard()
    run(plan, heard, check)
    return heard


@dataclass(frozen=True)
class Finished:
    plan: PretrainPlan
    heard: Heard

    @property
    def card(self) -> str:
        return (self.plan.out / "README.md").read_text(encoding="utf-8")

    @property
    def summary(self) -> dict[str, object]:
        return dict(json.loads((self.plan.out / "run" / "summary.json").read_text()))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, corpus: Path, teacher: Path) -> dict[str, Finished]:
    """Each recipe once, one after the other, in one scratch folder."""
    folder = tmp_path_factory.mktemp("runs")
    plans = {name: make_plan(folder, name, corpus, teacher) for name in NAMES}
    return {name: Finished(plan, pretrain(plan)) for name, plan in plans.items()}


class StopAtFirstPoint(Heard):
    """Stops a run as soon as it has told of a point."""

    def check(self) -> None:
        if points_of(self):
            raise Cancelled


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory, corpus: Path, teacher: Path) -> PretrainPlan:
    plan = make_plan(tmp_path_factory.mktemp("stopped"), "distil", corpus, teacher)
    listener = StopAtFirstPoint()
    with pytest.raises(Cancelled):
        run(plan, listener, listener.check)
    assert [point.step for point in points_of(listener)] == [2]
    return plan


@pytest.fixture
def fresh(tmp_path: Path, corpus: Path, teacher: Path) -> PretrainPlan:
    return make_plan(tmp_path, "distil", corpus, teacher)


@pytest.fixture
def resumable(stopped: PretrainPlan, fresh: PretrainPlan) -> PretrainPlan:
    """A plan that was stopped after two steps of four."""
    shutil.copytree(stopped.scratch, fresh.scratch)
    return fresh


def points_of(heard: Heard) -> list[PretrainPoint]:
    return [event for event in heard.events if isinstance(event, PretrainPoint)]


def notices_of(heard: Heard) -> list[str]:
    return [event.text for event in heard.events if isinstance(event, Notice)]


def stages_of(events: list[Event]) -> list[str]:
    return [event.stage for event in events if isinstance(event, Stage)]


def told_progress_of(heard: Heard) -> set[str]:
    return {event.stage for event in heard.events if isinstance(event, Progress)}


def assert_same_weights(one: Path, other: Path) -> None:
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (one, other))
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


@pytest.mark.parametrize("name", NAMES)
def test_folders_of_audio_become_an_encoder(finished: dict[str, Finished], name: str) -> None:
    done = finished[name]
    teach = [] if name == "contrastive" else ["teach"]
    assert stages_of(done.heard.events) == ["read", "join", *teach, "pretrain", "report"]
    points = points_of(done.heard)
    assert [(point.recipe, point.step, point.steps) for point in points] == [(name, 2, 4), (name, 4, 4)]
    assert [("emotion" in point.losses) for point in points] == [False, name == "distil-emotion"]
    assert done.summary["best_step"] in {2, 4}
    assert (done.summary["n_recordings"], done.summary["device"]) == (3 * N_EMOTIONS, "cpu")
    assert (done.plan.out / "model.safetensors").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_recalls_are_told_in_percent_and_of_everyone_only_without_taught_emotions(
    finished: dict[str, Finished], name: str
) -> None:
    points = points_of(finished[name].heard)
    best = max(points, key=lambda point: point.step if point.is_best else 0)
    held_out, everyone = finished[name].summary["probe_held_out"], finished[name].summary["probe_everyone"]
    assert isinstance(held_out, float)
    assert best.held_out_uar == pytest.approx(100 * held_out)
    if name == "distil-emotion":
        assert {point.uar for point in points} == {everyone} == {None}
    else:
        assert isinstance(everyone, float)
        assert best.uar == pytest.approx(100 * everyone)
        assert all(point.uar is not None and 0 <= point.uar <= 100 for point in points)


def test_the_actors_of_the_test_are_left_out_and_that_is_told(finished: dict[str, Finished]) -> None:
    for done in finished.values():
        assert notices_of(done.heard) == ["8 recordings of RAVDESS actors 21–24 are left out: nothing trains on them."]


def test_recipes_that_share_a_scratch_prepare_their_audio_once(finished: dict[str, Finished]) -> None:
    prepared = {name: told_progress_of(done.heard) - {"pretrain"} for name, done in finished.items()}
    assert prepared == {"contrastive": {"join"}, "distil": {"teach"}, "distil-emotion": set()}
    scratch = finished["distil"].plan.scratch
    assert sorted(path.name.split("-")[0] for path in scratch.glob("*.npy")) == ["stretches", "teacher"]


def test_recipes_that_share_a_scratch_are_compared_on_the_card(finished: dict[str, Finished]) -> None:
    rows = {name: [other for other in NAMES if f"| {other} | 4 × 2 |" in done.card] for name, done in finished.items()}
    assert rows == {
        "contrastive": ["contrastive"],
        "distil": ["contrastive", "distil"],
        "distil-emotion": ["contrastive", "distil", "distil-emotion"],
    }


def test_a_finished_run_is_published_again_without_a_step(finished: dict[str, Finished], tmp_path: Path) -> None:
    before = finished["distil"].plan
    again = replace(before, out=tmp_path / "again", licence="CC0-1.0", rebuild="typed otherwise")
    assert points_of(pretrain(again)) == []
    assert_same_weights(before.out, again.out)
    card = (again.out / "README.md").read_text()
    assert "CC0-1.0" in card
    assert "typed otherwise" in card


def test_a_stop_keeps_the_checkpoint(stopped: PretrainPlan) -> None:
    assert torch.load(stopped.scratch / "distil-4x2" / "checkpoint.pt", weights_only=True)["step"] == 2
    assert not stopped.out.exists()
    assert not list(stopped.scratch.rglob(".unfinished-*"))


def test_a_stop_between_two_points_keeps_the_steps_that_were_taken(
    stopped: PretrainPlan, tmp_path: Path, corpus: Path, teacher: Path
) -> None:
    plan = replace(make_plan(tmp_path, "contrastive", corpus, teacher), every=100)
    shutil.copytree(stopped.scratch, plan.scratch)
    heard = Heard()

    def stop_after_a_step() -> None:
        if "pretrain" in told_progress_of(heard):
            raise Cancelled

    with pytest.raises(Cancelled):
        run(plan, heard, stop_after_a_step)
    assert points_of(heard) == []
    assert torch.load(plan.scratch / "contrastive-4x2" / "checkpoint.pt", weights_only=True)["step"] == 1


def test_a_stopped_run_goes_on_to_the_weights_of_an_uninterrupted_one(
    resumable: PretrainPlan, finished: dict[str, Finished]
) -> None:
    heard = pretrain(resumable)
    (begun,) = [event.text for event in heard.events if isinstance(event, Stage) and event.stage == "pretrain"]
    assert begun.endswith("step 2 of 4")
    assert [point.step for point in points_of(heard)] == [4]
    assert points_of(heard) == points_of(finished["distil"].heard)[1:]
    assert_same_weights(resumable.out, finished["distil"].plan.out)


def test_a_damaged_checkpoint_begins_anew(resumable: PretrainPlan, finished: dict[str, Finished]) -> None:
    (resumable.scratch / "distil-4x2" / "checkpoint.pt").write_bytes(b"half")
    assert [point.step for point in points_of(pretrain(resumable))] == [2, 4]
    assert_same_weights(resumable.out, finished["distil"].plan.out)


@pytest.mark.parametrize("changed", ["recipe", "every", "audio"])
def test_other_settings_in_the_same_scratch_are_refused(resumable: PretrainPlan, tmp_path: Path, changed: str) -> None:
    write_recording(tmp_path / "more" / "voice.wav", seconds=1.0)
    other = {
        "recipe": replace(resumable, recipe=replace(resumable.recipe, learning_rate=1e-4)),
        "every": replace(resumable, every=3),
        "audio": replace(resumable, audio=(*resumable.audio, tmp_path / "more")),
    }[changed]
    place = resumable.scratch / "distil-4x2"
    before = {path.name: path.read_bytes() for path in place.iterdir()}
    with pytest.raises(TrainingError, match=r"distil-4x2» holds a run with other settings or other audio") as caught:
        pretrain(other)
    assert "--scratch" in caught.value.fix
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before


def test_another_number_of_steps_is_another_run(resumable: PretrainPlan) -> None:
    shorter = replace(resumable, recipe=replace(resumable.recipe, n_steps=1))
    assert [point.step for point in points_of(pretrain(shorter))] == [1]
    assert {path.name for path in resumable.scratch.glob("distil-*")} == {"distil-4x2", "distil-1x2"}


def test_a_missing_teacher_is_told_before_anything_is_read(fresh: PretrainPlan) -> None:
    heard = Heard()
    with pytest.raises(EncoderMissingError, match="The recipe distil needs a teacher") as caught:
        run(replace(fresh, teacher=None), heard, lambda: None)
    assert "--teacher" in caught.value.fix
    assert heard.events == []
    assert not fresh.scratch.exists()


def test_without_actors_to_probe_the_last_step_is_the_best(fresh: PretrainPlan, tmp_path: Path) -> None:
    write_actors(tmp_path / "some", [1, 2], seconds=1.2)
    heard = pretrain(replace(fresh, audio=(tmp_path / "some",)))
    assert any("to probe with" in text for text in notices_of(heard))
    points = points_of(heard)
    assert [(p.step, p.is_best) for p in points] == [(2, False), (4, True)]
    assert {(p.held_out_uar, p.uar) for p in points} == {(None, None)}
    written = json.loads((fresh.out / "run" / "summary.json").read_text())
    assert (written["best_step"], written["probe_held_out"], written["probe_everyone"]) == (4, None, None)


def test_a_stop_while_audio_is_joined_leaves_no_half_file(fresh: PretrainPlan) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        run(fresh, Heard(), stop)
    assert list(fresh.scratch.iterdir()) == []


def test_folders_without_audio_are_named(fresh: PretrainPlan, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="empty"):
        pretrain(replace(fresh, audio=(tmp_path / "empty",)))

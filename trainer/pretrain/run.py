"""A pretraining run from folders of audio to a published encoder; each step goes on where it was."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from ser_desktop.core.errors import Cancelled, EncoderMissingError, TrainingError
from trainer.events import Countdown, Listener, Notice, PretrainPoint, Stage
from trainer.files import whole_file
from trainer.pretrain.architecture import begin_like, check_teacher, make_encoder
from trainer.pretrain.contrast import MaskedContrast
from trainer.pretrain.loop import Measured, State, make_state, pretrain, restore, save
from trainer.pretrain.objectives import Distillation, DistillationWithEmotion, Objective
from trainer.pretrain.probe import Probe
from trainer.pretrain.publish import Story, publish
from trainer.pretrain.recipes import Aim, PretrainRecipe
from trainer.pretrain.recordings import Found, find_recordings
from trainer.pretrain.stretches import STRETCH_S, Stretches, prepare_stretches
from trainer.pretrain.teacher import Teacher, prepare_targets

_N_COMPARED = 16
SUMMARY = "summary.json"


@dataclass(frozen=True)
class PretrainPlan:
    """What to pretrain.

    Attributes
    ----------
    recipe : PretrainRecipe
    audio : tuple of Path
    teacher : Path or None
    out : Path
        The encoder's folder.
    scratch : Path
        Prepared audio, the teacher's layers and checkpoints; runs of several recipes may share it.
    every : int
        Steps between probes.
    device : str
    credits : tuple of str
        What the card says about the audio: corpora and licences.
    licence : str
    rebuild : str
        The command, for the card.
    """

    recipe: PretrainRecipe
    audio: tuple[Path, ...]
    teacher: Path | None
    out: Path
    scratch: Path
    every: int = 300
    device: str = "cpu"
    credits: tuple[str, ...] = ()
    licence: str = "that of the audio"
    rebuild: str = ""


def run(plan: PretrainPlan, listener: Listener, check: Callable[[], None]) -> None:
    """Prepare, train and publish.

    Parameters
    ----------
    plan : PretrainPlan
    listener : Listener
    check : callable
        Raises `Cancelled` when the run is to stop; the same plan goes on from there later.

    Raises
    ------
    CorpusError, EncoderMissingError, SaveError, TrainingError
    Cancelled
    """
    recipe = plan.recipe
    if recipe.needs_teacher and plan.teacher is None:
        raise EncoderMissingError(
            f"The recipe {recipe.name} needs a teacher.", "Name the folder of Whisper base's encoder with --teacher."
        )
    listener(Stage("read", f"Looking for audio in {', '.join(f'«{f}»' for f in plan.audio)}"))
    found = find_recordings(plan.audio)
    if found.n_held_out:
        listener(Notice(f"{found.n_held_out} recordings of RAVDESS actors 21–24 are left out: nothing trains on them."))
    plan.scratch.mkdir(parents=True, exist_ok=True)
    listener(Stage("join", f"Joining {len(found.recordings)} recordings"))
    stretches = prepare_stretches(
        found.recordings,
        plan.scratch,
        n_passes=recipe.n_passes,
        seed=recipe.stretch_seed,
        progress=_counting("join", listener, check),
    )
    place = plan.scratch / f"{recipe.name}-{recipe.n_steps}x{recipe.batch_size}"
    _refuse_other(place, plan, stretches)
    state = _state(plan, stretches, listener, check)
    checkpoint = place / "checkpoint.pt"
    restore(checkpoint, state)
    listener(Stage("pretrain", f"Training: {recipe.title}; step {state.step} of {recipe.n_steps}"))
    probe = _probe(found, recipe, listener)
    _train(plan, state, stretches, probe, checkpoint=checkpoint, listener=listener, check=check)
    story = _story(plan, found, stretches, state)
    with whole_file(place / SUMMARY) as scratch:
        scratch.write_text(json.dumps(story.summary, indent=1), encoding="utf-8")
    listener(Stage("report", f"Writing «{plan.out}»"))
    publish(story, state.best, plan.out, sorted(plan.scratch.glob(f"*/{SUMMARY}")))


def _train(
    plan: PretrainPlan,
    state: State,
    stretches: Stretches,
    probe: Probe | None,
    *,
    checkpoint: Path,
    listener: Listener,
    check: Callable[[], None],
) -> None:
    recipe, tick = plan.recipe, Countdown("pretrain", listener)

    def measured(point: Measured) -> None:
        probed = point.probe
        held_out = None if probed is None else 100 * probed.held_out
        everyone = None if probed is None or probed.everyone is None else 100 * probed.everyone
        listener(
            PretrainPoint(recipe.name, point.step, recipe.n_steps, point.losses, held_out, everyone, point.is_best)
        )

    try:
        pretrain(
            state,
            stretches,
            recipe,
            probe,
            checkpoint,
            every=plan.every,
            told=lambda now, n: tick(now.step, n),
            measured=measured,
            check=check,
        )
    except Cancelled:
        save(checkpoint, state)
        raise


def _state(plan: PretrainPlan, stretches: Stretches, listener: Listener, check: Callable[[], None]) -> State:
    recipe = plan.recipe
    torch.manual_seed(recipe.seed)
    model = make_encoder()
    objective: Objective
    if plan.teacher is None or not recipe.needs_teacher:
        objective = MaskedContrast(model, recipe.n_steps)
    else:
        listener(Stage("teach", f"The teacher listens to {stretches.hours:.1f} hours"))
        teacher = Teacher(plan.teacher, plan.device)
        check_teacher(model, teacher)
        targets = prepare_targets(teacher, stretches, plan.scratch, _counting("teach", listener, check))
        n_compared = min(_N_COMPARED, len(stretches))
        begin_like(model, teacher, targets, np.stack([stretches.as_float(i) for i in range(n_compared)]))
        distillation = Distillation(targets, recipe.n_hear)
        objective = distillation
        if recipe.aim is Aim.DISTIL_EMOTION:
            n_layers, n_features = targets.layers.shape[1], targets.layers.shape[3]
            objective = DistillationWithEmotion(
                distillation, n_layers, n_features, recipe.emotion_step, recipe.emotion_weight
            )
    return make_state(model, objective, recipe, plan.device)


def _probe(found: Found, recipe: PretrainRecipe, listener: Listener) -> Probe | None:
    probe = Probe(found.recordings, taught=recipe.uses_labels)
    if probe.can_probe:
        return probe
    listener(Notice("No RAVDESS speech of actors 01–20 is there to probe with: the last step is taken as the best."))
    return None


def _refuse_other(place: Path, plan: PretrainPlan, stretches: Stretches) -> None:
    """Refuse to go on from a checkpoint that was made otherwise."""
    wanted = json.loads(json.dumps({**asdict(plan.recipe), "audio": stretches.identity, "every": plan.every}))
    file = place / "recipe.json"
    if not file.is_file():
        with whole_file(file) as scratch:
            scratch.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    elif json.loads(file.read_text(encoding="utf-8")) != wanted:
        raise TrainingError(
            f"«{place}» holds a run with other settings or other audio.", "Name another folder with --scratch."
        )


def _story(plan: PretrainPlan, found: Found, stretches: Stretches, state: State) -> Story:
    recipe = plan.recipe
    best = max((m for m in state.curve if m.is_best), key=lambda m: m.step)
    heard_s = recipe.n_steps * recipe.batch_size * STRETCH_S
    summary = {
        "recipe": asdict(recipe),
        "n_recordings": len(found.recordings),
        "hours_of_audio": round(stretches.hours / recipe.n_passes, 2),
        "hours_heard": round(heard_s / 3600, 2),
        "training_s": round(state.seconds),
        "device": plan.device,
        "n_threads": torch.get_num_threads(),
        "best_step": best.step,
        "last_losses": state.curve[-1].losses,
        "probe_held_out": best.probe.held_out if best.probe else None,
        "probe_everyone": best.probe.everyone if best.probe else None,
        "made": time.strftime("%Y-%m-%d"),
    }
    return Story(summary, tuple(state.curve), plan.credits, plan.licence, plan.rebuild)


def _counting(stage: str, listener: Listener, check: Callable[[], None]) -> Callable[[int, int], None]:
    tick = Countdown(stage, listener)

    def count(done: int, total: int) -> None:
        check()
        tick(done, total)

    return count

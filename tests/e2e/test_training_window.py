"""From the first page to a live answer: the real window, the real trainer, real speech."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_desktop.core import paths
from ser_desktop.gui.training import check_messages, messages, result_messages
from ser_desktop.gui.training import voice_messages as words
from tests.e2e.conftest import OpenWindow
from tests.helpers.corpora import write_recording, write_small_ravdess
from tests.helpers.data import ravdess_folder
from tests.helpers.pulse import PrivatePulse
from tests.helpers.training_driver import TrainingDriver, kill_tree, trainer_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

ANSWERS = {"emotion", "not sure", "no speech"}
INCOMPLETE = check_messages.REMEDIES["accept-counts"]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """One sentence in every emotion by each of the actors, synthetic where the real ones are not here."""
    folder = tmp_path / "RAVDESS, ein Stück"
    real = ravdess_folder()
    if real is None:
        write_small_ravdess(folder)
        return folder
    for file in sorted(real.glob("Actor_*/03-01-0?-01-01-01-*.flac")):
        place = folder / "Audio Speech" / file.parent.name
        place.mkdir(parents=True, exist_ok=True)
        (place / file.name).symlink_to(file)
    return folder


@pytest.fixture(autouse=True)
def _no_trainer_is_left() -> Iterator[None]:
    yield
    try:
        kill_tree(trainer_of(paths.trainings_folder()))
    except LookupError:
        return


def begin(training: TrainingDriver, corpus: Path) -> None:
    """Go through the first three pages with their defaults."""
    training.open()
    training.drop(corpus)
    training.press(messages.NEXT)
    training.press(INCOMPLETE)
    training.press(messages.NEXT)
    training.press(messages.TRAIN)


def test_a_model_is_trained_with_the_mouse_alone_and_answers_in_the_live_window(
    pulse: PrivatePulse, clip: Path, open_window: OpenWindow, corpus: Path, output: Path
) -> None:
    pulse.plug_in()
    window = open_window()
    window.await_state("idle")
    training = TrainingDriver(window)
    begin(training, corpus)
    training.shows(result_messages.RECALL_TITLE, timeout_s=240)
    assert window.ask(f"picture {output / 'result.png'}", "picture")["saved"]
    training.press(result_messages.USE)
    assert training.n_clicks < 10
    model = window.await_named("model")
    assert "surprised" in model["labels"]
    window.await_state("idle")
    player = pulse.play(clip)
    window.order("click")
    answer = window.await_named("prediction")
    assert answer["state"] in ANSWERS
    window.order("click")
    window.await_state("idle")
    assert window.quit() == 0
    player.kill()
    player.wait()


def test_a_trainer_that_is_killed_is_told_of_and_goes_on(open_window: OpenWindow, corpus: Path) -> None:
    window = open_window()
    window.await_state("idle")
    training = TrainingDriver(window)
    begin(training, corpus)
    training.wait(lambda facts: facts["page"] == "RunPage" and facts["share"] > 0.05)
    kill_tree(trainer_of(paths.trainings_folder()))
    training.shows(messages.INTERRUPTED_TEXT, timeout_s=30)
    training.press(messages.RESUME)
    training.shows(result_messages.RECALL_TITLE, timeout_s=240)
    assert window.quit() == 0


def test_a_window_that_is_killed_leaves_the_training_alone_and_the_next_one_finds_it(
    open_window: OpenWindow, corpus: Path
) -> None:
    first = open_window()
    first.await_state("idle")
    training = TrainingDriver(first)
    begin(training, corpus)
    training.wait(lambda facts: facts["page"] == "RunPage" and facts["share"] > 0.05)
    first.kill()
    trainer = trainer_of(paths.trainings_folder())
    assert trainer.is_running()
    second = open_window()
    second.await_state("idle")
    again = TrainingDriver(second)
    again.open()
    again.wait(lambda facts: facts["page"] in {"RunPage", "ResultPage"} or messages.HISTORY in facts["buttons"])
    if again.facts()["page"] == "NewModel":
        # It had ended meanwhile.
        again.press(messages.HISTORY)
        again.press(messages.OPEN)
    again.shows(result_messages.RECALL_TITLE, timeout_s=240)
    assert second.quit() == 0


def test_people_record_their_own_voice_and_train_on_it(
    pulse: PrivatePulse, clip: Path, open_window: OpenWindow, output: Path
) -> None:
    pulse.plug_in()
    window = open_window()
    window.await_microphone()
    window.await_state("idle")
    training = TrainingDriver(window)
    training.open()
    training.press(messages.KINDS["own"])
    training.press(words.CREATE)
    player = pulse.play(clip)
    for label in ("neutral", "happy"):
        training.press(words.class_button(label, 0))
        for _ in range(3):
            training.press(words.RECORD)
            time.sleep(1.2)
            training.press(words.STOP)
            training.press(words.KEEP)
    player.kill()
    player.wait()
    assert window.ask(f"picture {output / 'own-voice.png'}", "picture")["saved"]
    training.press(messages.NEXT)
    training.shows("by me alone")
    training.press(messages.NEXT)
    training.press(messages.TRAIN)
    training.shows(result_messages.RECALL_TITLE, timeout_s=240)
    training.shows("The same voices were trained and tested")
    assert window.quit() == 0


def test_planted_faults_are_told_and_mended_by_hand(open_window: OpenWindow, tmp_path: Path) -> None:
    root = tmp_path / "Fehler, ä" / "meine Stimmen"
    for i, name in enumerate(f"{e}/{s}/{k}" for e in ("happy", "sad") for s in ("anna", "ben", "cem") for k in "12"):
        write_recording(root / f"{name}.wav", seed=i, seconds=0.6)
    window = open_window()
    window.await_state("idle")
    training = TrainingDriver(window)
    training.open()

    def look_at(place: Path) -> None:
        if messages.BACK in training.facts()["buttons"]:
            training.press(messages.BACK)
        training.drop(place)
        training.press(messages.NEXT)

    # One level too high, then right.
    look_at(root.parent)
    assert messages.NEXT not in training.shows("Or name the folder in it")["buttons"]
    look_at(root)
    training.wait(lambda facts: messages.NEXT in facts["buttons"])
    # A leak: the same recording under two names.
    shutil.copy(root / "happy" / "anna" / "1.wav", root / "happy" / "ben" / "1.wav")
    training.press(check_messages.LOOK_AGAIN)
    assert messages.NEXT not in training.shows("are the same recording")["buttons"]
    # A file that is no sound, in a folder that cannot be written.
    (root / "happy" / "ben" / "1.wav").write_bytes(b"no sound")
    root.chmod(0o500)
    training.press(check_messages.LOOK_AGAIN)
    assert messages.NEXT not in training.shows("cannot be used")["buttons"]
    training.press(check_messages.REMEDIES["skip-unreadable"])
    training.press(messages.NEXT)
    training.shows(messages.RECIPE_QUESTION)
    root.chmod(0o700)
    assert window.quit() == 0


def test_the_next_start_tells_of_a_training_that_was_interrupted(open_window: OpenWindow, corpus: Path) -> None:
    first = open_window()
    first.await_state("idle")
    training = TrainingDriver(first)
    begin(training, corpus)
    training.wait(lambda facts: facts["page"] == "RunPage" and facts["share"] > 0.05)
    kill_tree(trainer_of(paths.trainings_folder()))
    assert first.quit() == 0
    second = open_window()
    second.await_state("idle")
    said = second.ask("banner", "banner")["text"]
    assert said == messages.WAS_INTERRUPTED.format("RAVDESS speech")
    assert second.quit() == 0

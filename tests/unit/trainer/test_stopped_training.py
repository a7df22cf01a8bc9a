"""A real training in its own process: stopped or killed on its way, then kept or gone on with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.training_folder import EventReader, Order, TrainingFolder, TrainingKind, TrainingState
from tests.helpers.corpora import write_class_folders
from tests.helpers.trainer_process import TrainerProcess
from trainer.__main__ import main

ROOT = Path(__file__).resolve().parents[3]
N_RUNS = 10


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A training that takes ten runs of up to a hundred epochs: nobody is too late to stop it."""
    corpus = tmp_path / "meine Aufnahmen"
    write_class_folders(corpus, tuple("abcde"), ("angry", "überrascht"), n_each=3)
    data = ["--corpus", "folder", "--data", str(corpus), "--recipe", "spectrogram-dense-global", "--patience", "100"]
    seeds = [word for seed in ("1", "2") for word in ("--seed", seed)]
    return ["train", *data, *seeds, "--workers", "1", "--out", str(tmp_path / "model")]


def stop_after(words: list[str], event: str) -> TrainerProcess:
    process = TrainerProcess(*words)
    process.await_event(event)
    process.terminate()
    assert process.finish() == 3, process.errors
    return process


def keep_best(words: list[str]) -> list[str]:
    """What is told while the best is kept, as a window would hear it."""
    process = TrainerProcess(*words, "--keep-best")
    assert process.finish() == 0, process.errors
    return [event["event"] for event in process.events]


def test_stopped_after_an_epoch_its_best_becomes_a_bundle(words: list[str], tmp_path: Path) -> None:
    process = stop_after(words, "epoch")
    assert process.events[-1]["event"] == "error"
    assert process.events[-1]["code"] == 3
    assert not (tmp_path / "model" / "config.json").exists()
    assert keep_best(words) == ["stage", "result", "notice", "done"], "nothing is read and nothing is trained"
    config = load_bundle(tmp_path / "model").config
    assert set(config.labels) == {"angry", "überrascht"}
    assert "stopped: 1 of 5 folds" in config.results.protocol
    (row,) = json.loads((tmp_path / "model" / ".run" / "report.json").read_text(encoding="utf-8"))["rows"]
    assert "stopped: 1 of 5 folds" in row["protocol"]
    assert (row["seeds"], row["n_test"], row["n_speakers"]) == ([1], 6, 1)
    assert "Training was stopped by hand" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")


def test_stopped_before_an_epoch_there_is_nothing_to_keep_and_that_is_said(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop_after(words, "stage")
    assert main([*words, "--keep-best"]) == 1
    said = capsys.readouterr().err
    assert "There is no run in" in said or "nothing to keep" in said
    assert "Traceback" not in said
    assert not (tmp_path / "model" / "config.json").exists()


def test_without_any_training_there_is_nothing_to_keep(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--keep-best"]) == 1
    assert "There is no run in" in capsys.readouterr().err


def test_what_was_kept_does_not_keep_the_training_from_going_on(words: list[str], tmp_path: Path) -> None:
    words[words.index("100")] = "12"
    whole = [*words[:-1], str(tmp_path / "never stopped")]
    stop_after(words, "epoch")
    assert keep_best(words)[-1] == "done"
    assert "stopped" in load_bundle(tmp_path / "model").config.results.protocol
    assert main(words) == 0
    assert main(whole) == 0
    one, other = (load_bundle(Path(place[-1])).config.results for place in (words, whole))
    assert one == other
    assert "stopped" not in one.protocol


class Followed:
    """``python -m trainer … --follow``, seen through its folder alone."""

    def __init__(self, folder: TrainingFolder, words: list[str]) -> None:
        self.folder = folder
        self._log = folder.log_file.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trainer", *words, "--follow", str(folder.path)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def until(self, kind: str) -> None:
        reader, end = EventReader(self.folder), time.monotonic() + 60
        while not any(event["event"] == kind for event in reader.read()):
            assert self.process.poll() is None, self.folder.log_file.read_text(encoding="utf-8")
            assert time.monotonic() < end, f"no {kind} came"
            time.sleep(0.02)

    def ended(self) -> int:
        status = self.process.wait(timeout=60)
        self._log.close()
        return status


@pytest.fixture
def folder(tmp_path: Path, words: list[str]) -> TrainingFolder:
    made = TrainingFolder(tmp_path / "trainings" / "meine Stimme")
    words[-1] = str(made.bundle)
    made.write(Order("Meine Stimme", TrainingKind.MODEL, "2026-01-02T03:04:05+01:00", tuple(words)))
    return made


@pytest.fixture
def begin(folder: TrainingFolder) -> Iterator[Callable[..., Followed]]:
    begun: list[Followed] = []

    def start(*more: str) -> Followed:
        folder.begin()
        begun.append(Followed(folder, [*folder.read().arguments, *more]))
        return begun[-1]

    yield start
    for one in begun:
        one.process.kill()
        one.ended()


def test_a_followed_training_is_stopped_and_its_best_is_kept(
    folder: TrainingFolder, begin: Callable[..., Followed]
) -> None:
    first = begin()
    first.until("epoch")
    assert folder.state() is TrainingState.RUNNING
    folder.ask_to_stop()
    assert first.ended() == 3
    assert folder.state() is TrainingState.STOPPED
    assert not folder.stop_file.exists()
    assert begin("--keep-best").ended() == 0
    assert folder.state() is TrainingState.DONE
    assert "stopped: 1 of 5 folds" in load_bundle(folder.bundle).config.results.protocol
    assert (folder.run(TrainingKind.MODEL) / "report.json").is_file()


def test_a_killed_training_is_known_to_be_gone_at_once_and_goes_on_where_it_was(
    folder: TrainingFolder, begin: Callable[..., Followed], words: list[str]
) -> None:
    words[words.index("100")] = "12"
    folder.write(Order("Meine Stimme", TrainingKind.MODEL, "2026-01-02T03:04:05+01:00", tuple(words)))
    first = begin()
    first.until("epoch")
    assert folder.is_alive()
    first.process.kill()
    first.ended()
    assert not folder.is_alive()
    assert folder.state() is TrainingState.INTERRUPTED
    reader = EventReader(folder)
    before = [(e["fold"], e["seed"], e["epoch"]) for e in reader.read() if e["event"] == "epoch"]
    assert begin().ended() == 0
    after = [(e["fold"], e["seed"], e["epoch"]) for e in reader.read() if e["event"] == "epoch"]
    assert folder.state() is TrainingState.DONE
    # The event of an epoch whose state was kept may be lost, never one of another.
    assert set(before).isdisjoint(after)
    assert len({(fold, seed) for fold, seed, _ in before + after}) == N_RUNS


def test_a_training_that_fails_tells_why_in_its_folder(
    folder: TrainingFolder, begin: Callable[..., Followed], tmp_path: Path
) -> None:
    for path in (tmp_path / "meine Aufnahmen").rglob("*.wav"):
        path.write_bytes(b"no sound")
    assert begin().ended() == 1
    assert folder.state() is TrainingState.FAILED
    last = EventReader(folder).read()[-1]
    assert (last["event"], last["code"]) == ("error", 1)
    assert "30 of 30 recordings cannot be used" in last["text"]

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import AutoModel

from ser_desktop.core.errors import Cancelled
from tests.helpers.pretraining import shrink_encoder, write_actors, write_teacher
from trainer.__main__ import STOPPED, main
from trainer.events import Listener
from trainer.pretrain import command
from trainer.pretrain.command import add_parser, rebuild_command
from trainer.pretrain.recipes import PRETRAIN_RECIPES


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink_encoder(monkeypatch)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("some") / "Voices of friends"
    write_actors(folder, [1, 2, 17, 22], seconds=1.0)
    return folder


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_teacher(tmp_path_factory.mktemp("some") / "whisper")


@pytest.fixture
def words(corpus: Path, teacher: Path, tmp_path: Path) -> list[str]:
    where = ["--audio", str(corpus), "--teacher", str(teacher), "--out", str(tmp_path / "encoder")]
    how = ["--steps", "2", "--batch-size", "2", "--check-every", "1", "--device", "cpu"]
    return ["pretrain", "--recipe", "distil", *where, *how]


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(dest="command", required=True), int)
    return parser.parse_args(["pretrain", *words])


def test_the_command_makes_an_encoder_from_a_folder(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    extra = ["--credit", "friends, CC0", "--licence", "CC0-1.0", "--seed", "7"]
    assert main([*words, *extra]) == 0
    out = tmp_path / "encoder"
    printed = capsys.readouterr().out
    assert "! 8 recordings of RAVDESS actors 21–24 are left out" in printed
    assert "step 2 of 2" in printed
    assert "(actors 17–20)" in printed
    assert f"Written: {out}" in printed
    assert AutoModel.from_pretrained(out, local_files_only=True).config.num_hidden_layers == 5
    card = (out / "README.md").read_text()
    assert "  - friends, CC0" in card
    assert "--audio 'DATA/Voices of friends' --teacher DATA/whisper --steps 2 --batch-size 2" in card
    assert "| distil | 2 × 2 |" in card
    written = json.loads((out / "run" / "summary.json").read_text())
    assert (written["recipe"]["seed"], written["recipe"]["n_steps"], written["n_recordings"]) == (7, 2, 24)
    assert (out / ".run" / "distil-2x2" / "checkpoint.pt").is_file()


def test_progress_is_told_to_programs_as_lines_of_json(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--events", "json", "--scratch", str(tmp_path / "scratch")]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event["event"] for event in events} == {"stage", "notice", "progress", "point", "done"}
    points = [event for event in events if event["event"] == "point"]
    assert [(p["recipe"], p["step"], p["steps"]) for p in points] == [("distil", 1, 2), ("distil", 2, 2)]
    assert set(points[1]) == {"v", "event", "recipe", "step", "steps", "losses", "held_out_uar", "uar", "best"}
    assert events[-1] == {"v": 1, "event": "done", "out": str(tmp_path / "encoder")}
    assert (tmp_path / "scratch" / "distil-2x2" / "summary.json").is_file()
    assert not (tmp_path / "encoder" / ".run").exists()


def test_a_missing_teacher_is_told_in_a_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    i = words.index("--teacher")
    assert main(words[:i] + words[i + 2 :]) == 1
    told = capsys.readouterr().err
    assert "The recipe distil needs a teacher." in told
    assert "--teacher" in told


def test_a_folder_without_a_teacher_is_told_in_a_sentence(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words[words.index("--teacher") + 1] = str(tmp_path / "nowhere")
    assert main(words) == 1
    assert "There is no teacher in «" in capsys.readouterr().err


def test_other_settings_in_the_same_scratch_are_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "scratch" / "distil-2x2"
    place.mkdir(parents=True)
    (place / "recipe.json").write_text("{}")
    assert main([*words, "--scratch", str(tmp_path / "scratch")]) == 1
    assert "holds a run with other settings" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, STOPPED), (signal.SIGINT, 130)])
def test_a_stop_from_outside_is_told_and_leaves_the_handlers_as_they_were(
    words: list[str], number: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_options: argparse.Namespace, _listener: Listener, check: Callable[[], None]) -> None:
        check()
        os.kill(os.getpid(), number)
        with pytest.raises(Cancelled):
            check()
        raise Cancelled

    monkeypatch.setattr(command, "run_command", stopped)
    before = [signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)]
    assert main(words) == code
    assert [signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)] == before
    told = capsys.readouterr().err
    assert "Stopped." in told
    assert "Run the same command again" in told


@pytest.mark.parametrize(
    "wrong",
    [
        ["--recipe", "magic"],
        ["--steps", "0"],
        ["--batch-size", "-1"],
        ["--device", "toaster"],
        ["--check-every", "often"],
    ],
)
def test_options_that_make_no_sense_are_refused(words: list[str], wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*words, *wrong])
    assert caught.value.code == 2


def test_the_help_names_every_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["pretrain", "--help"])
    assert caught.value.code == 0
    printed = capsys.readouterr().out
    for name, recipe in PRETRAIN_RECIPES.items():
        assert f"{name:16s} {recipe.title}" in printed


def test_the_command_to_build_it_again_is_the_one_that_was_typed() -> None:
    typed = ["--recipe", "distil", "--audio", "/here/our voices", "there/nemo", "--teacher", "/some/whisper base"]
    typed += ["--steps", "12", "--batch-size", "3", "--check-every", "4", "--seed", "0", "--credit", "us; it's free"]
    typed += ["--credit", "them", "--licence", "CC BY 4.0", "--out", "/anywhere"]
    again = shlex.split(rebuild_command(parsed(*typed)))
    assert again[:4] == ["python", "-m", "trainer", "pretrain"]
    options = vars(parsed(*again[4:]))
    assert options == vars(parsed(*typed)) | {
        "audio": [Path("DATA/our voices"), Path("DATA/nemo")],
        "teacher": Path("DATA/whisper base"),
        "out": Path("FOLDER"),
    }


def test_what_was_not_typed_is_not_repeated() -> None:
    told = rebuild_command(parsed("--recipe", "contrastive", "--audio", "voices", "--out", "x"))
    assert told == (
        "python -m trainer pretrain --recipe contrastive --audio DATA/voices --licence 'that of the audio' --out FOLDER"
    )

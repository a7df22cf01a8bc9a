"""``python -m trainer check`` as a window starts it: its events in order, its end on request, its status."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ser_desktop.core.errors import Cancelled
from ser_desktop.core.training_folder import EventReader, TrainingFolder
from tests.helpers.corpora import write_class_folders
from tests.helpers.trainer_process import TrainerProcess
from trainer.__main__ import main
from trainer.checks import command
from trainer.events import Checked, Estimated, Event
from trainer.experiments import RECIPES
from trainer.options import make_parser


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "meine Aufnahmen, ä"
    write_class_folders(folder, ("anna", "Jürgen K.", "cem"), ("angry", "überrascht"), n_each=2)
    return folder


def words(corpus: Path, *more: str) -> list[str]:
    return ["check", "--corpus", "folder", "--data", str(corpus), *more]


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_broken_recording_changes_the_status_until_it_is_left_out(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (corpus / "überrascht" / "Jürgen K." / "1.wav").write_bytes(b"no sound")
    assert main(words(corpus, "--events", "json")) == 1
    assert told(capsys)[-1]["event"] == "check"
    assert main(words(corpus, "--events", "json", "--skip-unreadable")) == 0
    report = told(capsys)[-1]["report"]
    assert isinstance(report, dict)
    assert report["can_train"] is True
    assert report["findings"][0]["files"] == ["überrascht/Jürgen K./1.wav"]


def test_a_place_that_is_not_there_is_a_finding_not_a_crash(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(corpus / "none", "--events", "json")) == 1
    *_, last = told(capsys)
    assert last["event"] == "check"
    report = last["report"]
    assert isinstance(report, dict)
    (finding,) = report["findings"]
    assert (finding["level"], finding["remedy"]) == ("error", "")
    assert "There is no folder or zip file" in finding["text"]


def test_a_recipe_without_its_encoder_is_told_and_the_others_are_measured(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(corpus, "--recipe", "pt-fusion-global", "spectrogram-dense-global", "--events", "json")) == 0
    missing, measured = (event for event in told(capsys) if event["event"] == "estimate")
    assert (missing["recipe"], missing["seconds"], missing["encoder"]) == ("pt-fusion-global", None, "wav2vec2-base")
    assert "ser-desktop models get wav2vec2-base" in str(missing["missing"])
    assert measured["recipe"] == "spectrogram-dense-global"
    assert measured["missing"] == ""
    assert isinstance(measured["seconds"], float)


def test_people_read_what_is_there_how_it_is_divided_and_what_it_takes(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(corpus, "--recipe", "spectrogram-dense-global")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "«meine Aufnahmen, ä»: 12 recordings, 2 s, 3 people" in lines
    assert "  angry 6, überrascht 6" in lines
    assert "  3 folds of speakers, the next one validates; 2 classes" in lines
    assert any(line.startswith("! 12 recordings are shorter than 0.3 s. Delete them") for line in lines)
    assert lines[-1].startswith("spectrogram-dense-global: about ")
    assert lines[-1].endswith(" MB")


def test_that_the_same_voices_test_is_read_beside_the_division(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(corpus, "--protocol", "recordings")) == 0
    assert "5 folds of recordings, the next one validates; 2 classes; speaker-dependent" in capsys.readouterr().out


def test_nothing_is_left_behind(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    before = {path: path.stat().st_mtime_ns for path in corpus.rglob("*")}
    assert main(words(corpus, "--recipe", "spectrogram-dense-global")) == 0
    assert {path: path.stat().st_mtime_ns for path in corpus.rglob("*")} == before
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_of_a_zip_file_nothing_is_left_either(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "elsewhere"
    place.mkdir()
    packed = Path(shutil.make_archive(str(place / "packed"), "zip", corpus))
    monkeypatch.chdir(place)
    assert main(words(packed, "--recipe", "spectrogram-dense-global", "--events", "json")) == 0
    assert [event["event"] for event in told(capsys)][-2:] == ["check", "estimate"]
    assert list(place.iterdir()) == [packed]


@pytest.mark.parametrize(
    ("n_checks", "expected"), [(0, []), (5, []), (12, [Checked]), (13, [Checked, Estimated])], ids=str
)
def test_a_stop_ends_it_between_two_recordings_or_two_recipes(
    corpus: Path, n_checks: int, expected: list[type]
) -> None:
    options = make_parser().parse_args(words(corpus, "--recipe", "spectrogram-dense-global", "egemaps"))
    heard: list[Event] = []
    left = [n_checks]

    def check() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        command.run_command(options, heard.append, check)
    assert [type(event) for event in heard if isinstance(event, Checked | Estimated)] == expected


@pytest.fixture
def every_recipe() -> list[str]:
    """Enough to be measured that a stop comes in time."""
    return [name for name, recipe in RECIPES.items() if recipe.encoder is None]


def test_a_signal_ends_it_with_a_status_of_its_own(corpus: Path, every_recipe: list[str]) -> None:
    process = TrainerProcess(*words(corpus, "--recipe", *every_recipe))
    process.await_event("check")
    process.terminate()
    assert process.finish() == 3, process.errors
    assert (process.events[-1]["event"], process.events[-1]["code"]) == ("error", 3)
    assert "Traceback" not in process.errors


@pytest.mark.parametrize(("name", "status"), [(".", 0), ("not there", 1)])
def test_followed_it_tells_its_folder_and_nothing_else(corpus: Path, tmp_path: Path, name: str, status: int) -> None:
    folder = TrainingFolder(tmp_path / "look")
    folder.path.mkdir()
    process = TrainerProcess(*words(corpus / name), "--follow", folder.path)
    assert process.finish() == status, process.errors
    assert process.events == [], "they are in the folder"
    kinds = [event["event"] for event in EventReader(folder).read()]
    assert (kinds[0], kinds[-1]) == ("stage", "check")
    assert not folder.is_alive()

"""``ser-desktop predict`` with tables, folders, and Ctrl-C."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_desktop.__main__ import main
from tests.helpers.bad_files import plant, write_long, write_voice
from tests.helpers.bundles import write_bundle
from tests.helpers.sounds import speech_like

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:opensmile")
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    return str(write_bundle(tmp_path / "bundle"))


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    folder = tmp_path / "my voices é"
    (folder / "deeper").mkdir(parents=True)
    write_voice(folder / "one two.wav")
    write_voice(folder / "deeper" / "ä.flac", 12.0)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_becomes_a_table(bundle: str, voices: Path, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "table.csv"
    assert main(["predict", "--bundle", bundle, str(voices), "--out", str(out)]) == 0
    assert [Path(row["file"]).name for row in rows(out)] == ["one two.wav", "ä.flac"]
    assert [row["n_windows"] for row in rows(out)] == ["1", "2"]
    said = capsys.readouterr()
    assert said.out == ""
    assert f"2 files analysed. Saved to «{out}»." in said.err


def test_every_window_is_a_row_where_asked(bundle: str, voices: Path, tmp_path: Path) -> None:
    out = tmp_path / "table"
    options = ["--format", "csv", "--windows", "--hop", "2", "--out", str(out)]
    assert main(["predict", "--bundle", bundle, *options, str(voices)]) == 0
    assert [row["end_s"] for row in rows(out)] == ["3.000", "8.000", "10.000", "12.000"]


def test_json_about_all_files_goes_to_the_screen_without_a_place(bundle: str, voices: Path, capsys: Captured) -> None:
    assert main(["predict", "--bundle", bundle, "--format", "json", str(voices)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["complete"] is True
    assert [f["bundle"] for f in found["files"]] == ["Small model"] * 2


def test_a_table_on_a_screen_that_writes_other_ends_of_lines_has_no_empty_rows(
    bundle: str, voices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "utf-8", newline="\r\n"))
    assert main(["predict", "--bundle", bundle, "--format", "csv", str(voices)]) == 0
    assert written.getvalue().count(b"\n") == 3
    assert b"\r\r" not in written.getvalue()


def test_bad_files_are_rows_and_the_status_says_so(bundle: str, voices: Path, tmp_path: Path, capsys: Captured) -> None:
    planted = plant(voices)
    out = tmp_path / "table.json"
    assert main(["predict", "--bundle", bundle, "--out", str(out), str(voices), str(tmp_path / "gone.wav")]) == 1
    found = json.loads(out.read_text(encoding="utf-8"))["files"]
    errors = {Path(f["file"]): f["error"] for f in found if "error" in f}
    for path, said in {**planted, tmp_path / "gone.wav": "does not exist"}.items():
        assert said in errors[path]
    assert len(found) == len(errors) + 2
    assert f"2 files analysed, {len(errors)} with a problem" in capsys.readouterr().err


def test_an_empty_folder_is_a_failure(bundle: str, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["predict", "--bundle", bundle, "--json", str(tmp_path / "empty")]) == 1
    assert "holds no sound files" in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--json", "--out", "x.csv"], "--json writes to the screen"),
        (["--out", "x.txt"], "ends neither in .csv nor in .json"),
        (["--windows"], "--windows belongs to tables"),
    ],
)
def test_options_that_do_not_fit_are_told(options: list[str], said: str, capsys: Captured) -> None:
    assert main(["predict", "a.wav", *options]) == 2
    assert said in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_told_before_anything_is_analysed(
    bundle: str, voices: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "table.csv"
    assert main(["predict", "--bundle", bundle, str(voices), "--out", str(out)]) == 1
    assert "could not be saved" in capsys.readouterr().err


def start(*arguments: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ser_desktop", "predict", *arguments]
    return subprocess.Popen(command, text=True, **options)  # type: ignore[call-overload, no-any-return]


def test_ctrl_c_in_a_long_file_stops_at_once_and_says_what_is_kept(bundle: str, tmp_path: Path) -> None:
    first, long, out = write_voice(tmp_path / "first.wav"), tmp_path / "long.flac", tmp_path / "table.csv"
    write_long(long, 30)
    out.write_text("the old one")
    # Every answer a quarter of a second apart: minutes of work, were it not stopped. What is wrong with the second
    # file is said in its turn.
    options = ["--bundle", bundle, "--hop", "0.25", "--out", str(out)]
    process = start(*options, str(first), str(tmp_path / "gone.wav"), str(long), stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        assert "gone.wav" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said = process.stderr.readline()
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    part = tmp_path / "table.partial.csv"
    assert (
        f"Stopped. 1 file analysed, 1 with a problem. What was finished is kept in «{part}». «{out}» was not touched."
        in said
    )
    assert [Path(row["file"]).name for row in rows(part)] == ["first.wav", "gone.wav"]
    assert out.read_text() == "the old one"
    assert not list(tmp_path.glob(".table*"))


def test_on_a_terminal_progress_moves_and_answers_still_reach_the_pipe(bundle: str, tmp_path: Path) -> None:
    voice = tmp_path / "voice.wav"
    sf.write(voice, np.tile(speech_like(10.0), 6), 16_000)
    terminal, side = pty.openpty()
    process = start("--bundle", bundle, "--json", str(voice), stdout=subprocess.PIPE, stderr=side)
    os.close(side)
    shown = b""
    while True:
        try:
            read = os.read(terminal, 4096)
        except OSError:
            break
        if not read:
            break
        shown += read
    os.close(terminal)
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["duration_s"] == 60.0
    assert b"1 of 1" in shown
    assert b"voice.wav" in shown

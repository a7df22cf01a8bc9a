from __future__ import annotations

import csv
import errno
import io
import json
import os
from pathlib import Path

import pytest

from ser_desktop.core.errors import SaveError
from ser_desktop.core.file_report import CsvReport, JsonReport, ReportFile, ReportFormat, ReportRow, save_report
from ser_desktop.core.files import FileAnalysis
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.window_log import WindowLog

LABELS = ("calm", "angry", "happy")
SPOKEN = Prediction(0.0, 8.0, AnswerState.EMOTION, LABELS, (0.25, 0.625, 0.125))
SILENT = Prediction(4.0, 12.0, AnswerState.NO_SPEECH, LABELS)
PLACE = Path("/music/día, “one”.wav")


def heard(path: Path = PLACE) -> ReportRow:
    log = WindowLog(LABELS, [SPOKEN, SILENT])
    answer = log.overall(0.5)
    assert answer is not None
    return ReportRow(path, FileAnalysis(path, 12.0, answer, log), "A model")


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


BROKEN = ReportRow(Path("b.wav"), error="«b.wav» is empty (0 bytes).")


def table(*rows: ReportRow, labels: tuple[str, ...] = LABELS, has_windows: bool = False) -> list[dict[str, str]]:
    out = io.StringIO(newline="")
    report = CsvReport(out, labels, has_windows=has_windows)
    for row in rows:
        report.add(row)
    report.end(is_complete=True)
    return list(csv.DictReader(io.StringIO(out.getvalue(), newline=""), strict=True))


def test_a_table_has_a_row_for_every_file() -> None:
    good, bad = table(heard(), BROKEN)
    assert good == {
        "file": str(PLACE),
        "duration_s": "12.000",
        "state": "emotion",
        "label": "angry",
        "certainty": "0.625000",
        "speech_share": "0.5000",
        "n_windows": "2",
        "calm": "0.250000",
        "angry": "0.625000",
        "happy": "0.125000",
        "bundle": "A model",
        "error": "",
    }
    assert bad == dict.fromkeys(good, "") | {"file": "b.wav", "error": BROKEN.error}


def test_a_table_of_windows_has_a_row_for_every_window() -> None:
    first, second, bad = table(heard(), BROKEN, has_windows=True)
    assert (first["start_s"], first["end_s"], first["label"], first["angry"]) == ("0.000", "8.000", "angry", "0.625000")
    assert (second["state"], second["label"], second["certainty"], second["calm"]) == ("no speech", "", "", "")
    assert bad == dict.fromkeys(first, "") | {"file": "b.wav", "error": BROKEN.error}


def test_answers_of_models_with_other_classes_stand_in_their_own_columns() -> None:
    (row,) = table(heard(), labels=("happy", "bored", "calm", "angry"))
    assert [row[name] for name in ("happy", "bored", "calm", "angry")] == ["0.125000", "", "0.250000", "0.625000"]


@pytest.mark.parametrize("has_windows", [False, True])
def test_json_is_one_object_about_all_files(has_windows: bool) -> None:
    out = io.StringIO()
    report = JsonReport(out, 2.0, has_windows=has_windows)
    report.add(heard())
    report.add(BROKEN)
    report.end(is_complete=False)
    found = json.loads(out.getvalue())
    assert (found["format"], found["version"], found["hop_s"], found["complete"]) == (
        "ser-desktop files",
        1,
        2.0,
        False,
    )
    good, bad = found["files"]
    assert bad == {"file": "b.wav", "error": BROKEN.error}
    assert (good["file"], good["label"], good["speech_share"], good["n_windows"]) == (str(PLACE), "angry", 0.5, 2)
    assert good["probabilities"] == {"calm": 0.25, "angry": 0.625, "happy": 0.125}
    assert good.get("windows") == ([SPOKEN.as_json(), SILENT.as_json()] if has_windows else None)


def test_json_about_no_file_is_valid() -> None:
    out = io.StringIO()
    JsonReport(out).end(is_complete=True)
    assert json.loads(out.getvalue())["files"] == []


def test_a_report_takes_its_place_only_when_it_is_finished(tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "report.csv"
    report = ReportFile(target, ReportFormat.CSV, LABELS)
    report.add(heard())
    assert not target.exists()
    report.finish()
    assert "angry" in target.read_text(encoding="utf-8")
    assert names(target.parent) == ["report.csv"]


def test_what_was_stopped_is_kept_beside_and_the_old_report_is_not_touched(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_text("the old one")
    report = ReportFile(target, ReportFormat.JSON, LABELS)
    report.add(heard())
    part = report.keep_part()
    assert part == tmp_path / "report.partial.json"
    found = json.loads(part.read_text(encoding="utf-8"))
    assert (len(found["files"]), found["complete"]) == (1, False)
    assert target.read_text() == "the old one"


def test_a_report_without_rows_leaves_nothing_when_it_is_stopped(tmp_path: Path) -> None:
    assert ReportFile(tmp_path / "report.csv", ReportFormat.CSV, LABELS).keep_part() is None
    assert names(tmp_path) == []


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for target in (tmp_path, tmp_path / "file" / "report.csv"):
        with pytest.raises(SaveError, match="could not be saved") as caught:
            ReportFile(target, ReportFormat.CSV, LABELS)
        assert str(target) in caught.value.what
    assert names(tmp_path) == ["file"]


def test_a_full_disk_keeps_the_old_report_and_leaves_no_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.csv"
    target.write_text("the old one")

    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SaveError, match="No space left"):
        save_report(target, [heard()], LABELS)
    assert target.read_text() == "the old one"
    assert names(tmp_path) == ["report.csv"]


def test_the_ending_decides_the_format(tmp_path: Path) -> None:
    save_report(tmp_path / "a.JSON", [heard()], LABELS)
    assert json.loads((tmp_path / "a.JSON").read_text(encoding="utf-8"))["complete"] is True
    save_report(tmp_path / "a.csv", [heard()], LABELS, has_windows=True)
    assert (tmp_path / "a.csv").read_bytes().count(b"\r\n") == 3


def test_names_that_are_no_unicode_are_written_as_escapes(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(b"caf\xe9.wav"))
    save_report(tmp_path / "a.json", [heard(odd)], LABELS)
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["files"][0]["file"] == str(odd)
    save_report(tmp_path / "a.csv", [heard(odd)], LABELS)
    assert "caf\\udce9.wav" in (tmp_path / "a.csv").read_text(encoding="utf-8")

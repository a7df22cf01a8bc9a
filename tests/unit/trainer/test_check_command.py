from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.corpora import write_class_folders
from trainer.__main__ import main


def test_events_come_in_order_and_the_status_says_whether_training_is_possible(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_class_folders(tmp_path, ("anna", "ben", "cem"), ("angry", "happy"), n_each=2)
    words = ["check", "--corpus", "folder", "--data", str(tmp_path), "--recipe", "spectrogram-dense-global"]
    assert main([*words, "--events", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[0] == "stage"
    assert kinds[-2:] == ["check", "estimate"]
    assert set(kinds[1:-2]) == {"progress"}
    report = events[-2]["report"]
    assert (report["can_train"], report["n_utterances"]) == (True, 12)
    assert events[-1]["recipe"] == "spectrogram-dense-global"


def test_a_corpus_that_cannot_be_trained_on_is_told_with_the_option_that_helps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_class_folders(tmp_path, ("anna", "ben", "cem"), ("angry", "happy"), n_each=2)
    (tmp_path / "happy" / "ben" / "1.wav").write_bytes(b"no sound")
    assert main(["check", "--corpus", "folder", "--data", str(tmp_path), "--recipe", "egemaps"]) == 1
    said = capsys.readouterr().out
    assert "12 recordings" in said
    assert "3 people" in said
    assert "✗ «happy/ben/1.wav» cannot be used" in said
    assert "(--skip-unreadable)" in said
    assert "egemaps:" not in said, "nothing is measured for what cannot be trained"


def test_without_recordings_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--corpus", "folder"]) == 2
    assert "--data PATH" in capsys.readouterr().err


def test_the_rows_of_the_paper_are_told_to_programs_as_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "--list", "--events", "json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    rows = {row["row"]: row for row in json.loads(line)["rows"]}
    assert rows["pt-fusion-global"]["features"] == ["all-layers", "egemaps"]
    assert (rows["pt-fusion-global"]["head"], rows["pt-fusion-global"]["is_installed"]) == ("fusion", False)

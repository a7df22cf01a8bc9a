from __future__ import annotations

from pathlib import Path

import pytest

from ser_desktop.core.errors import TrainingError
from trainer.score import as_text, score_file


def write(folder: Path, text: str) -> Path:
    (folder / "p.csv").write_text(text)
    return folder / "p.csv"


def test_a_file_of_predictions_is_scored(tmp_path: Path) -> None:
    file = write(tmp_path, "file,target,prediction\n1,sad,sad\n2,sad,angry\n3,angry,angry\n4,sad,sad\n5,sad,sad\n")
    scores = score_file(file)
    assert scores["n"] == 5
    assert scores["uar"] == pytest.approx((75 + 100) / 2)
    assert scores["wa"] == pytest.approx(80)
    assert scores["recalls"] == {"angry": pytest.approx(100), "sad": pytest.approx(75)}
    assert scores["confusion"] == [[1, 0], [1, 3]]
    assert "UAR 87.5 %, WA 80.0 %" in as_text(scores)


def test_a_class_that_is_only_answered_has_no_recall(tmp_path: Path) -> None:
    scores = score_file(write(tmp_path, "file,target,prediction\n1,sad,calm\n2,sad,sad\n"))
    assert scores["uar"] == pytest.approx(50)
    assert scores["labels"] == ["sad", "calm"]
    assert "–" in as_text(scores)


def test_of_the_trainers_own_predictions_the_test_part_counts(tmp_path: Path) -> None:
    rows = "part,file,target,prediction\nvalidation,1,sad,angry\ntest,2,sad,sad\n"
    assert score_file(write(tmp_path, rows))["n"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,target\n1,sad\n", "no column prediction"),
        ("file,target,prediction\n", "holds no predictions"),
        ("file,target,prediction\n1,,sad\n", r"row 2 \(1\): target or prediction is empty"),
        ("", "no column"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        score_file(write(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"none\.csv"):
        score_file(tmp_path / "none.csv")

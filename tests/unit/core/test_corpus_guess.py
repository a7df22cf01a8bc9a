from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ser_desktop.core.corpus_guess import guess_columns, guess_corpus, table_head
from ser_desktop.core.errors import CorpusError
from tests.helpers.corpora import write_class_folders, write_iemocap, write_small_ravdess, write_small_ravdess_song


def test_a_corpus_is_known_by_what_lies_in_it(tmp_path: Path) -> None:
    write_small_ravdess(tmp_path / "speech")
    write_small_ravdess_song(tmp_path / "song")
    write_small_ravdess(tmp_path / "both")
    write_small_ravdess_song(tmp_path / "both")
    write_class_folders(tmp_path / "mine")
    release = write_iemocap(tmp_path / "iemocap")
    found = {name: guess_corpus(tmp_path / name) for name in ("speech", "song", "both", "mine")}
    assert found == {"speech": "ravdess", "song": "ravdess-song", "both": "ravdess-both", "mine": "folder"}
    assert guess_corpus(release) == "iemocap"
    (tmp_path / "mine" / "db.yaml").write_text("name: mine")
    assert guess_corpus(tmp_path / "mine") == "audformat"


def test_a_zip_file_is_looked_into(tmp_path: Path) -> None:
    archive = tmp_path / "Audio_Speech.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("Actor_01/03-01-05-01-01-01-01.wav", b"")
    assert guess_corpus(archive) == "ravdess"


def test_other_files_are_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert guess_corpus(tmp_path / "notes.txt") == ""
    assert guess_corpus(tmp_path / "absent") == ""
    assert guess_corpus(tmp_path / "table.CSV") == "csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_head_of_a_table_is_read_whatever_separates_its_cells(tmp_path: Path, delimiter: str) -> None:
    table = tmp_path / "table.csv"
    rows = [("Path", "Label", "Spk"), ("ä 1.wav", "happy", "anna"), ("2.wav", "sad", "ben")]
    table.write_text("\n".join(delimiter.join(row) for row in rows), encoding="utf-8-sig")
    head = table_head(table, n_rows=1)
    assert (head.columns, head.rows) == (rows[0], (rows[1],))
    assert guess_columns(head.columns) == {"file": "Path", "emotion": "Label", "speaker": "Spk"}


@pytest.mark.parametrize("content", [b"", b"one column\n1\n", b"\xff\xfe\x00bad"])
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=r"table\.csv"):
        table_head(tmp_path / "table.csv")

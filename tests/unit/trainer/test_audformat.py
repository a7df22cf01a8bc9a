from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ser_desktop.core.errors import CorpusError
from tests.helpers.corpora import Labelled, write_audformat
from trainer.corpora import Corpus, ReadOptions, audformat_database

# audformat 1.4 reads its Parquet files in a way that pandas 3 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")

WHOLE = [
    Labelled("audio/ä 1.wav", "angry", "anna"),
    Labelled("audio/2.wav", "calm", "ben"),
    Labelled("audio/3.wav", "calm", "anna"),
]
STRETCHES = [
    Labelled("1.wav", "angry", "anna", 0.0, 1.0),
    Labelled("1.wav", "calm", "anna", 1.0, 2.5),
    Labelled("2.wav", "calm", "ben", 0.5, None),
    Labelled("3.wav", "angry", "ben", 0.0, None),
]


def read(folder: Path, table: str = "", *, skip_missing: bool = False, **columns: str) -> Corpus:
    return audformat_database.read(ReadOptions((folder,), table=table, skip_missing=skip_missing, columns=columns))


def test_a_filewise_table_is_read(tmp_path: Path) -> None:
    folder = write_audformat(tmp_path / "my db", {"emotion": WHOLE})
    corpus = read(folder)
    assert (corpus.key, corpus.name, corpus.licence) == ("audformat", "tiny", "CC0-1.0")
    assert [(u.identity, u.emotion, u.speaker) for u in corpus.utterances] == [
        ("audio/2.wav", "calm", "ben"),
        ("audio/3.wav", "calm", "anna"),
        ("audio/ä 1.wav", "angry", "anna"),
    ]
    assert corpus.utterances[2].path == folder / "audio" / "ä 1.wav"
    assert {(u.start_s, u.end_s) for u in corpus.utterances} == {(0.0, None)}
    assert corpus.is_complete
    assert corpus.notes == ()


def test_a_segmented_table_is_read(tmp_path: Path) -> None:
    corpus = read(write_audformat(tmp_path, {"segments": STRETCHES}))
    assert [(u.identity, u.path.name, u.emotion, u.start_s, u.end_s) for u in corpus.utterances] == [
        ("1.wav@0-1", "1.wav", "angry", 0.0, 1.0),
        ("1.wav@1-2.5", "1.wav", "calm", 1.0, 2.5),
        ("2.wav@0.5-", "2.wav", "calm", 0.5, None),
        ("3.wav", "3.wav", "angry", 0.0, None),
    ]


def test_names_are_plain_words(tmp_path: Path) -> None:
    (first, *_) = read(write_audformat(tmp_path, {"emotion": WHOLE})).utterances
    assert (type(first.emotion), type(first.speaker), type(first.identity)) == (str, str, str)


def test_a_database_without_a_licence_says_whose_it_is(tmp_path: Path) -> None:
    corpus = read(write_audformat(tmp_path, {"emotion": WHOLE}, licence=None))
    assert corpus.licence == "that of your recordings"


def test_rows_without_emotion_or_speaker_are_left_out(tmp_path: Path) -> None:
    rows = [*WHOLE, Labelled("4.wav", None, "anna"), Labelled("5.wav", "calm", None)]
    assert {u.path.name for u in read(write_audformat(tmp_path, {"emotion": rows})).utterances} == {
        "ä 1.wav",
        "2.wav",
        "3.wav",
    }


def test_a_table_without_one_usable_row_is_refused(tmp_path: Path) -> None:
    rows = [Labelled("1.wav", None, "anna"), Labelled("2.wav", "calm", None)]
    with pytest.raises(CorpusError, match=r"table emotion .* holds no row with emotion and speaker"):
        read(write_audformat(tmp_path, {"emotion": rows}))


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    folder = write_audformat(tmp_path, {"labels": WHOLE}, emotion="mood", speaker="who")
    with pytest.raises(
        CorpusError, match=r"no table with the columns emotion and speaker.*labels \(mood, who\)"
    ) as caught:
        read(folder)
    assert "--column emotion=NAME" in caught.value.fix
    assert len(read(folder, emotion="mood", speaker="who").utterances) == 3


def test_of_several_tables_one_must_be_chosen(tmp_path: Path) -> None:
    folder = write_audformat(tmp_path, {"files": WHOLE, "segments": STRETCHES})
    with pytest.raises(CorpusError, match=r"2 tables \(files, segments\)") as caught:
        read(folder)
    assert "--table NAME" in caught.value.fix
    assert len(read(folder, "files").utterances) == 3
    assert len(read(folder, "segments").utterances) == 4


def test_an_unknown_table_is_refused_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no table .*Its tables: emotion \(emotion, speaker\)"):
        read(write_audformat(tmp_path, {"emotion": WHOLE}), "absent")


def test_missing_recordings_are_counted_or_left_out_and_listed(tmp_path: Path) -> None:
    folder = write_audformat(tmp_path, {"emotion": WHOLE})
    (folder / "audio" / "2.wav").unlink()
    with pytest.raises(CorpusError, match=r"1 files of the table emotion .*audio/2\.wav") as caught:
        read(folder)
    assert "--skip-unreadable" in caught.value.fix
    corpus = read(folder, skip_missing=True)
    assert len(corpus.utterances) == 2
    assert corpus.notes == ("Left out, not there: audio/2.wav.",)


def test_a_folder_without_a_database_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(CorpusError, match=r"holds no db\.yaml"):
            read(folder)


def test_a_level_less_or_more_is_refused(tmp_path: Path) -> None:
    folder = write_audformat(tmp_path / "above" / "db", {"emotion": WHOLE})
    for other in (folder.parent, folder / "audio"):
        with pytest.raises(CorpusError, match=r"holds no db\.yaml"):
            read(other)


def test_two_databases_at_a_time_are_refused(tmp_path: Path) -> None:
    folder = write_audformat(tmp_path, {"emotion": WHOLE})
    with pytest.raises(CorpusError, match="one database at a time"):
        audformat_database.read(ReadOptions((folder, folder)))


def _no_yaml(folder: Path) -> None:
    (folder / "db.yaml").write_text("name: [tiny\n  : {")


def _no_mapping(folder: Path) -> None:
    (folder / "db.yaml").write_text("just words\n")


def _not_text(folder: Path) -> None:
    (folder / "db.yaml").write_bytes(bytes(range(256)))


def _no_table_file(folder: Path) -> None:
    (folder / "db.emotion.parquet").unlink()


def _damaged_table(folder: Path) -> None:
    (folder / "db.emotion.parquet").write_bytes(b"PAR1 and then nothing")


def _unknown_scheme(folder: Path) -> None:
    text = (folder / "db.yaml").read_text()
    (folder / "db.yaml").write_text(text.replace("scheme_id: emotion", "scheme_id: absent"))


@pytest.mark.parametrize("damage", [_no_yaml, _no_mapping, _not_text, _no_table_file, _damaged_table, _unknown_scheme])
def test_a_damaged_database_is_refused(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = write_audformat(tmp_path, {"emotion": WHOLE})
    damage(folder)
    with pytest.raises(CorpusError, match="cannot be read"):
        read(folder)

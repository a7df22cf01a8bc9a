from __future__ import annotations

from pathlib import Path

import pytest

from ser_desktop.core.errors import CorpusError
from tests.helpers.corpora import write_recording, write_table
from trainer.corpora import Corpus, ReadOptions, table

ROWS = [
    {"file": "a.wav", "emotion": "angry", "speaker": "anna"},
    {"file": "sub dir/b é.wav", "emotion": "froh", "speaker": "Jürgen"},
]


def read(*tables: Path, skip_missing: bool = False, **columns: str) -> Corpus:
    return table.read(ReadOptions(tables, skip_missing=skip_missing, columns=columns))


def write_text(folder: Path, text: str) -> Path:
    """Write a table as it is, and the recordings a.wav and b.wav."""
    for seed, name in enumerate(("a.wav", "b.wav")):
        write_recording(folder / name, seed=seed)
    (folder / "table.csv").write_text(text, encoding="utf-8", newline="")
    return folder / "table.csv"


def stretches(folder: Path, *times: tuple[str, str]) -> Path:
    return write_table(folder, [{**ROWS[0], "start": start, "end": end} for start, end in times])


def test_a_row_becomes_an_utterance(tmp_path: Path) -> None:
    corpus = read(write_table(tmp_path / "Ünser Korpus", ROWS))
    assert (corpus.key, corpus.name, corpus.notes) == ("csv", "«table»", ())
    one, other = corpus.utterances
    assert (one.identity, one.emotion, one.speaker) == ("a.wav", "angry", "anna")
    assert (other.identity, other.emotion, other.speaker) == ("sub dir/b é.wav", "froh", "Jürgen")
    assert other.path == tmp_path / "Ünser Korpus" / "sub dir" / "b é.wav"
    assert (one.session, one.sentence, one.start_s, one.end_s) == ("", "", 0.0, None)


def test_utterances_are_sorted_however_the_rows_are(tmp_path: Path) -> None:
    assert read(write_table(tmp_path, ROWS[::-1])).utterances == read(write_table(tmp_path, ROWS)).utterances


def test_session_and_sentence_are_read(tmp_path: Path) -> None:
    (found,) = read(write_table(tmp_path, [{**ROWS[0], "session": "day 1", "sentence": "Hm, so?"}])).utterances
    assert (found.session, found.sentence) == ("day 1", "Hm, so?")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_usual_delimiter_is_understood(tmp_path: Path, delimiter: str) -> None:
    rows = [{**row, "start": "0.5", "end": "1"} for row in ROWS]
    corpus = read(write_table(tmp_path, rows, delimiter=delimiter))
    assert [(u.speaker, u.start_s, u.end_s) for u in corpus.utterances] == [("anna", 0.5, 1.0), ("Jürgen", 0.5, 1.0)]


def test_a_byte_order_mark_is_not_part_of_a_name(tmp_path: Path) -> None:
    place = write_table(tmp_path, ROWS, encoding="utf-8-sig")
    assert place.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(read(place).utterances) == 2


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_ends_and_empty_lines_do_not_matter(tmp_path: Path, line_end: str) -> None:
    lines = ["file, emotion, speaker", "", "a.wav, angry, anna", ",,", "b.wav ,calm , ben", ""]
    corpus = read(write_text(tmp_path, line_end.join(lines)))
    assert [(u.identity, u.emotion, u.speaker) for u in corpus.utterances] == [
        ("a.wav", "angry", "anna"),
        ("b.wav", "calm", "ben"),
    ]


def test_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    corpus = read(write_text(tmp_path, "age,speaker,file,emotion\n31,anna,a.wav,angry\n"))
    assert [(u.identity, u.emotion, u.speaker) for u in corpus.utterances] == [("a.wav", "angry", "anna")]


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    place = write_text(tmp_path, "path,label,who,emotion,from\na.wav,angry,anna,unused,0.5\n")
    (found,) = read(place, file="path", emotion="label", speaker="who", start="from").utterances
    assert (found.identity, found.emotion, found.speaker, found.start_s) == ("a.wav@0.5-", "angry", "anna", 0.5)


def test_an_absent_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"has no column emotion, speaker \(it has file, label\)") as caught:
        read(write_text(tmp_path, "file,label\na.wav,angry\n"))
    assert "--column file=NAME" in caught.value.fix


def test_an_absent_renamed_column_is_named_as_the_user_did(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="has no column mood"):
        read(write_table(tmp_path, ROWS), emotion="mood")


@pytest.mark.parametrize("column", ["file", "emotion", "speaker"])
def test_an_empty_cell_is_refused_with_its_line(tmp_path: Path, column: str) -> None:
    with pytest.raises(CorpusError, match=rf"line 3: {column} is empty"):
        read(write_table(tmp_path, [ROWS[0], {**ROWS[1], column: " "}]))


def test_a_row_that_breaks_off_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="line 3: speaker is empty"):
        read(write_text(tmp_path, "file,emotion,speaker\na.wav,angry,anna\nb.wav,calm\n"))


def test_a_row_with_more_cells_than_columns_is_refused(tmp_path: Path) -> None:
    # A decimal comma without quotes: start would be 0 and end 5, silently.
    text = "file,emotion,speaker,start,end\na.wav,angry,anna,0,5,1,5\n"
    with pytest.raises(CorpusError, match="line 2"):
        read(write_text(tmp_path, text))


def test_stretches_are_read_and_told_apart(tmp_path: Path) -> None:
    corpus = read(stretches(tmp_path, ("0", "1.5"), ("1.5", "2.25"), ("2.25", "")))
    assert [(u.identity, u.start_s, u.end_s) for u in corpus.utterances] == [
        ("a.wav@0-1.5", 0.0, 1.5),
        ("a.wav@1.5-2.25", 1.5, 2.25),
        ("a.wav@2.25-", 2.25, None),
    ]
    assert len({u.path for u in corpus.utterances}) == 1


def test_short_stretches_late_in_a_long_recording_are_told_apart(tmp_path: Path) -> None:
    corpus = read(stretches(tmp_path, ("12000.10", "12000.12"), ("12000.13", "12000.14")))
    assert len(corpus.utterances) == 2


def test_a_decimal_comma_is_understood(tmp_path: Path) -> None:
    (found,) = read(stretches(tmp_path, ("0,5", "1,25"))).utterances
    assert (found.start_s, found.end_s) == (0.5, 1.25)


@pytest.mark.parametrize("text", ["soon", "1:30", "1.234,5", "nan", "inf", "-inf"])
@pytest.mark.parametrize("column", ["start", "end"])
def test_what_is_no_number_of_seconds_is_refused_with_its_line(tmp_path: Path, column: str, text: str) -> None:
    rows = [{**ROWS[0], "start": "0", "end": "1"}, {**ROWS[1], "start": "0", "end": "1", column: text}]
    with pytest.raises(CorpusError, match="line 3"):
        read(write_table(tmp_path, rows))


@pytest.mark.parametrize(("start", "end"), [("2", "1"), ("1", "1"), ("0", "0"), ("", "-1")])
def test_a_stretch_that_ends_before_it_starts_is_refused(tmp_path: Path, start: str, end: str) -> None:
    with pytest.raises(CorpusError, match=r"line 2: it ends .* before it starts"):
        read(stretches(tmp_path, (start, end)))


def test_a_stretch_before_the_beginning_is_refused_in_words_that_fit(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="line 2") as caught:
        read(stretches(tmp_path, ("-1", "")))
    assert "None" not in caught.value.what


def test_the_same_row_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"line 3: a\.wav is there twice"):
        read(write_table(tmp_path, [ROWS[0], {**ROWS[0], "emotion": "calm"}]))


def test_the_same_stretch_written_differently_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is there twice"):
        read(stretches(tmp_path, ("0.5", "1"), ("0.50", "1.0")))


def test_missing_recordings_are_named_with_their_lines(tmp_path: Path) -> None:
    place = write_table(tmp_path, ROWS)
    (tmp_path / "a.wav").unlink()
    with pytest.raises(CorpusError, match=r"1 of the files .* do not exist \(line 2: «a\.wav»\)") as caught:
        read(place)
    assert "relative to the table" in caught.value.fix


def test_many_missing_recordings_do_not_flood_the_screen(tmp_path: Path) -> None:
    place = write_table(tmp_path, [{**ROWS[0], "file": f"{i}.wav"} for i in range(30)])
    for file in tmp_path.glob("*.wav"):
        file.unlink()
    with pytest.raises(CorpusError, match="30 of the files") as caught:
        read(place)
    assert caught.value.what.count("line") == 5


def test_missing_recordings_may_be_left_out_and_are_listed(tmp_path: Path) -> None:
    place = write_table(tmp_path, ROWS)
    (tmp_path / "a.wav").unlink()
    corpus = read(place, skip_missing=True)
    assert [u.identity for u in corpus.utterances] == ["sub dir/b é.wav"]
    assert corpus.notes == ("Left out, not there: line 2: «a.wav».",)


def test_a_table_of_nothing_but_missing_recordings_is_refused(tmp_path: Path) -> None:
    place = write_table(tmp_path, ROWS[:1])
    (tmp_path / "a.wav").unlink()
    with pytest.raises(CorpusError):
        read(place, skip_missing=True)


def test_absolute_paths_are_taken_as_they_are(tmp_path: Path) -> None:
    elsewhere = write_recording(tmp_path / "elsewhere" / "x.wav")
    place = write_text(tmp_path / "tables", f"file,emotion,speaker\n{elsewhere},angry,anna\n")
    assert [u.path for u in read(place).utterances] == [elsewhere]


def test_several_tables_become_one_corpus(tmp_path: Path) -> None:
    one, two = (write_table(tmp_path, [row], name=f"{i}.csv") for i, row in enumerate(ROWS))
    assert len(read(one, two).utterances) == 2
    with pytest.raises(CorpusError, match=r"a\.wav is there twice"):
        read(one, two, one)


@pytest.mark.parametrize("text", ["file,emotion,speaker\n", "file,emotion,speaker\n,,\n\n"])
def test_a_table_without_rows_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match="holds no rows"):
        read(write_text(tmp_path, text))


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="has no column file, emotion, speaker"):
        read(write_text(tmp_path, ""))


def test_a_table_that_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    for place in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CorpusError, match="cannot be read"):
            read(place)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(CorpusError, match="cannot be read") as caught:
        read(write_table(tmp_path, ROWS, encoding=encoding))
    assert "UTF-8" in caught.value.fix


@pytest.mark.parametrize("sentence", ["one\nof two lines", "left\x0bover", "well\x85 then", "a\u2028b"])
def test_a_cell_may_hold_whatever_breaks_lines_elsewhere(tmp_path: Path, sentence: str) -> None:
    rows = [{**row, "sentence": sentence} for row in ROWS]
    corpus = read(write_table(tmp_path, rows))
    assert [u.sentence for u in corpus.utterances] == [sentence, sentence]


def test_a_quote_that_never_closes_is_refused(tmp_path: Path) -> None:
    rest = "b.wav,calm,ben\n" * 10_000
    with pytest.raises(CorpusError):
        read(write_text(tmp_path, f'file,emotion,speaker\na.wav,"angry,anna\n{rest}'))

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ser_desktop.core.journal import Journal, find_interrupted, read_journal
from ser_desktop.core.markers import Marker
from ser_desktop.core.session import Gap
from tests.helpers.sessions import recording

WRITER = """
import sys, time
from pathlib import Path
from ser_desktop.core.journal import Journal
from tests.helpers.sessions import recording
session = recording()
answers, session.history = session.history, []
journal = Journal(Path(sys.argv[1]), session)
for answer in answers:
    journal.add_answer(answer)
journal.flush()
print("written", flush=True)
time.sleep(60)
"""


def written(folder: Path, seconds: int = 20) -> Journal:
    session = recording(seconds)
    answers, session.history, session.gaps, session.markers = session.history, [], [], []
    journal = Journal(folder, session)
    for answer in answers:
        journal.add_answer(answer)
    journal.add_gap(Gap(5.0, 6.0))
    journal.set_markers([Marker(3.0, "first try")])
    journal.set_markers([Marker(3.0, "second try"), Marker(4.0)])
    journal.flush()
    return journal


def let_go(journal: Journal) -> None:
    """As the system does when the program dies."""
    assert journal._file is not None
    journal._file.close()
    journal._lock.release()


def test_nothing_is_written_before_the_first_answer(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state", recording())
    journal.flush()
    assert not (tmp_path / "state").exists()


def test_what_was_flushed_can_be_read(tmp_path: Path) -> None:
    journal = written(tmp_path)
    session = read_journal(journal.path)
    assert len(session.history) == 20
    assert session.gaps == [Gap(5.0, 6.0)]
    assert session.markers == [Marker(3.0, "second try"), Marker(4.0)]
    assert (session.source, session.model_info, session.started_at) == (
        recording().source,
        recording().model_info,
        recording().started_at,
    )
    journal.remove()


def test_a_clean_end_leaves_nothing(tmp_path: Path) -> None:
    written(tmp_path).remove()
    assert list(tmp_path.iterdir()) == []


def test_a_recording_under_way_is_not_offered_to_others(tmp_path: Path) -> None:
    journal = written(tmp_path)
    assert find_interrupted(tmp_path) == []
    let_go(journal)
    (found,) = find_interrupted(tmp_path)
    assert found.path == journal.path


def test_a_last_line_that_was_cut_costs_only_itself(tmp_path: Path) -> None:
    journal = written(tmp_path)
    let_go(journal)
    data = journal.path.read_bytes()
    journal.path.write_bytes(data[: data.rindex(b'{"gap"') - 40])
    (found,) = find_interrupted(tmp_path)
    assert len(found.session.history) == 19


def test_the_newest_comes_first_and_one_without_answers_is_removed(tmp_path: Path) -> None:
    journal = written(tmp_path)
    let_go(journal)
    older, empty = tmp_path / "20200101-000000-1.journal", tmp_path / "20200102-000000-1.journal"
    older.write_bytes(journal.path.read_bytes())
    empty.write_text(journal.path.read_text().splitlines()[0] + "\n")
    assert [found.path for found in find_interrupted(tmp_path)] == [journal.path, older]
    assert not empty.exists()


def test_what_cannot_be_read_is_left_where_it_is(tmp_path: Path) -> None:
    other_version = json.dumps({"format": "ser-desktop journal", "version": 9})
    for name, text in (("a.journal", "no json"), ("b.journal", other_version)):
        (tmp_path / name).write_text(text)
    assert find_interrupted(tmp_path) == []
    assert (tmp_path / "a.journal").exists()
    assert (tmp_path / "b.journal").exists()


def test_what_a_full_disk_refused_is_written_later_and_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recording(30)
    answers, session.history = session.history, []
    journal = Journal(tmp_path, session)
    for answer in answers[:10]:
        journal.add_answer(answer)

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            journal.flush()
    for answer in answers[10:]:
        journal.add_answer(answer)
    journal.flush()
    assert len(read_journal(journal.path).history) == 30
    torn = journal.path.read_bytes().replace(b'"window"', b'"win\n', 1)
    journal.path.write_bytes(torn)
    assert len(read_journal(journal.path).history) == 30, "it was written twice"
    journal.remove()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_journal_that_cannot_be_finished_is_removed_all_the_same(tmp_path: Path) -> None:
    journal = written(tmp_path)
    assert journal._file is not None
    journal._file.close()
    journal._file = Path("/dev/full").open("wb")  # noqa: SIM115 - the journal closes it
    journal._file.write(b"an answer")
    journal.remove()
    assert list(tmp_path.iterdir()) == []


def test_what_was_left_is_offered_to_others_only_once_its_window_lets_it_go(tmp_path: Path) -> None:
    session = recording()
    left = written(tmp_path).leave(session)
    assert left.session is session
    assert find_interrupted(tmp_path) == []
    left.release()
    (found,) = find_interrupted(tmp_path)
    assert find_interrupted(tmp_path) == [], "a second window while the first one offers it"
    found.release()


def test_words_are_appended_to_what_was_left_also_after_a_line_that_was_cut(tmp_path: Path) -> None:
    journal = written(tmp_path)
    let_go(journal)
    journal.path.write_bytes(journal.path.read_bytes()[:-7])
    (found,) = find_interrupted(tmp_path)
    found.write([Marker(7.0, "third try")], "A note")
    session = read_journal(found.path)
    assert session.words == ((Marker(7.0, "third try"),), "A note")
    assert session.stored == ((), ""), "no session file holds them"
    assert len(session.history) == 20


def test_words_do_not_begin_a_journal_that_never_reached_the_disk(tmp_path: Path) -> None:
    left = Journal(tmp_path, recording()).leave(recording())
    with pytest.raises(OSError, match="No such file"):
        left.write([Marker(7.0)], "")
    assert list(tmp_path.iterdir()) == []


def test_discarded_is_gone(tmp_path: Path) -> None:
    journal = written(tmp_path)
    let_go(journal)
    (found,) = find_interrupted(tmp_path)
    found.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_the_answers_of_a_killed_process_survive_it(tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        assert find_interrupted(tmp_path) == [], "its program lives"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
    (found,) = find_interrupted(tmp_path)
    assert len(found.session.history) == 120

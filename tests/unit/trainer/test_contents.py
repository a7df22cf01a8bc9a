from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from tests.helpers.corpora import write_recording
from trainer.contents import read_contents
from trainer.corpora.utterance import Utterance


def utterance(path: Path, identity: str = "", start_s: float = 0.0, end_s: float | None = None) -> Utterance:
    return Utterance(identity or path.name, path, "anna", "calm", start_s=start_s, end_s=end_s)


def test_the_same_sound_under_two_names_is_the_same(tmp_path: Path) -> None:
    one = write_recording(tmp_path / "one.wav", seed=1)
    twin = Path(shutil.copy(one, tmp_path / "zwei für dich.wav"))
    other = write_recording(tmp_path / "other.wav", seed=2)
    contents, unreadable = read_contents([utterance(path) for path in (one, twin, other)])
    assert unreadable == {}
    assert contents["one.wav"] == contents["zwei für dich.wav"] != contents["other.wav"]


def test_names_and_places_do_not_matter(tmp_path: Path) -> None:
    found = utterance(write_recording(tmp_path / "one.wav"))
    moved = Path(shutil.copy(found.path, tmp_path / "moved.wav"))
    changed = replace(found, path=moved, speaker="ben", emotion="angry", sentence="other")
    assert read_contents([found])[0] == read_contents([changed])[0]


def test_a_changed_file_of_the_same_name_and_length_is_another(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "one.wav")
    before, _ = read_contents([utterance(path)])
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert read_contents([utterance(path)])[0] != before


def test_stretches_of_a_file_are_told_apart(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "long.wav", seconds=2.0)
    stretches = [
        utterance(path, "whole"),
        utterance(path, "first", 0.0, 1.0),
        utterance(path, "second", 1.0, 2.0),
        utterance(path, "rest", 1.0),
        utterance(path, "later", 1.000001),
        utterance(path, "second again", 1.0, 2.0),
    ]
    contents, unreadable = read_contents(stretches)
    assert unreadable == {}
    assert len(set(contents.values())) == 5
    assert contents["second"] == contents["second again"]
    assert len({content.split("@")[0] for content in contents.values()}) == 1


def test_what_cannot_be_read_is_told_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "folder.wav").mkdir()
    write_recording(tmp_path / "no samples.wav", seconds=0.0)
    good = write_recording(tmp_path / "good.wav")
    names = ("empty.wav", "text.wav", "folder.wav", "no samples.wav", "absent.wav")
    contents, unreadable = read_contents([utterance(tmp_path / name) for name in names] + [utterance(good)])
    assert list(contents) == ["good.wav"]
    assert sorted(unreadable) == sorted(names)
    reasons = {
        "empty.wav": "is empty (0 bytes)",
        "text.wav": "cannot be read as sound",
        "folder.wav": "is a folder",
        "no samples.wav": "holds no usable sound",
        "absent.wav": "does not exist",
    }
    for name, reason in reasons.items():
        assert name in unreadable[name]
        assert reason in unreadable[name]


def test_every_stretch_of_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    contents, unreadable = read_contents([utterance(tmp_path / "bad.wav", name, i) for i, name in enumerate("ab")])
    assert contents == {}
    assert sorted(unreadable) == ["a", "b"]

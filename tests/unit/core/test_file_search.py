from __future__ import annotations

import os
from pathlib import Path

import pytest

from ser_desktop.core.errors import Cancelled
from ser_desktop.core.file_search import FoundFile, find_sound_files, look_at
from tests.helpers.bad_files import plant, write_voice


def names(found: list[FoundFile], folder: Path) -> list[str]:
    return [str(file.path.relative_to(folder)) for file in found]


def test_folders_give_their_sound_files_at_any_level_by_name(tmp_path: Path) -> None:
    for name in ("b/z.WAV", "b/a.flac", "a.mp3", "b/deeper/ö ü.ogg", "b/old.m4a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("notes.txt", ".hidden.wav", ".git/x.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = list(find_sound_files([tmp_path]))
    assert names(found, tmp_path) == ["a.mp3", "b/a.flac", "b/old.m4a", "b/z.WAV", "b/deeper/ö ü.ogg"]


def test_what_is_named_is_taken_as_it_is(tmp_path: Path) -> None:
    odd = tmp_path / "no ending"
    odd.touch()
    gone = tmp_path / "gone.wav"
    assert [f.path for f in find_sound_files([odd, gone])] == [odd, gone]


def test_a_folder_without_sound_says_so_and_the_search_goes_on(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    voice = write_voice(tmp_path / "voice.wav")
    empty, file = find_sound_files([tmp_path / "empty", voice])
    assert "holds no sound files" in empty.problem
    assert file == FoundFile(voice)


def test_a_folder_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").mkdir()
    write_voice(tmp_path / "voice.wav")
    real = os.scandir

    def refusing(place: object) -> object:
        if Path(str(place)).name == "locked":
            raise PermissionError(13, "Permission denied", str(place))
        return real(place)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refusing)
    found = list(find_sound_files([tmp_path]))
    assert [f.path.name for f in found if not f.problem] == ["voice.wav"]
    (locked,) = (f for f in found if f.problem)
    assert "Permission denied" in locked.problem
    assert locked.path == tmp_path / "locked"


def test_links_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    write_voice(tmp_path / "voice.wav")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(list(find_sound_files([tmp_path]))) == 1


def test_a_search_can_be_stopped(tmp_path: Path) -> None:
    n_asked = 0

    def check() -> None:
        nonlocal n_asked
        n_asked += 1
        if n_asked > 2:
            raise Cancelled

    for i in range(5):
        (tmp_path / str(i)).mkdir()
    with pytest.raises(Cancelled):
        list(find_sound_files([tmp_path], check))


def test_a_look_tells_the_length_or_what_is_wrong(tmp_path: Path) -> None:
    voice = write_voice(tmp_path / "voice.wav", 2.5)
    assert look_at(FoundFile(voice)) == FoundFile(voice, 2.5)
    for path, said in plant(tmp_path).items():
        found = look_at(FoundFile(path))
        # What is inside is read when its turn comes.
        assert said in found.problem or path.name == "not numbers.wav", path.name
    known = FoundFile(tmp_path, problem="It is a folder.")
    assert look_at(known) is known

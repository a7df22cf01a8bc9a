from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from ser_desktop.core.errors import CorpusError, SaveError
from trainer.corpora import archive
from trainer.corpora.archive import as_folder

HINT = "Get it from the publisher."


def write_zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def spoil(path: Path, after: bytes, n: int = 40) -> None:
    """Overwrite what follows a mark in a file."""
    content = bytearray(path.read_bytes())
    place = content.index(after) + len(after)
    content[place : place + n] = b"\xff" * n
    path.write_bytes(content)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_folder_stays_as_it_is(tmp_path: Path) -> None:
    assert as_folder(tmp_path, tmp_path / "scratch", HINT) == tmp_path
    assert not (tmp_path / "scratch").exists()


def test_a_zip_file_is_unpacked_at_any_nesting(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "Über uns.zip", {"a.wav": b"a", "b/c d/é.wav": b"c", "b/c d/e/f/g.wav": b"g"})
    folder = as_folder(packed, tmp_path / "scratch dir", HINT)
    assert folder.is_relative_to(tmp_path / "scratch dir")
    assert files(folder) == ["a.wav", "b/c d/e/f/g.wav", "b/c d/é.wav"]
    assert (folder / "b" / "c d" / "é.wav").read_bytes() == b"c"


def test_a_zip_file_is_known_by_its_content_not_its_ending(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "download.tmp", {"a.wav": b"a"})
    assert files(as_folder(packed, tmp_path / "scratch", HINT)) == ["a.wav"]


def test_it_is_unpacked_once(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "one.zip", {"a.wav": b"a"})
    folder = as_folder(packed, tmp_path / "scratch", HINT)
    (folder / "mark").write_text("still here")
    assert as_folder(packed, tmp_path / "scratch", HINT) == folder
    moved = packed.rename(tmp_path / "renamed.zip")
    assert as_folder(moved, tmp_path / "scratch", HINT) == folder
    assert (folder / "mark").exists()
    assert [path.name for path in folder.parent.iterdir()] == [folder.name], "nothing unfinished is left"


def test_another_content_is_unpacked_elsewhere(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "one.zip", {"a.wav": b"a"})
    before = as_folder(packed, tmp_path / "scratch", HINT)
    after = as_folder(write_zip(packed, {"b.wav": b"b"}), tmp_path / "scratch", HINT)
    assert (files(before), files(after)) == (["a.wav"], ["b.wav"])


def test_names_that_point_outside_stay_inside(tmp_path: Path) -> None:
    names = ("../../evil-1.wav", "/tmp/evil-2.wav", "good/../../../evil-3.wav", "..\\evil-4.wav")
    packed = write_zip(tmp_path / "in" / "evil.zip", dict.fromkeys(names, b"x"))
    folder = as_folder(packed, tmp_path / "out" / "scratch", HINT)
    evil = list(tmp_path.rglob("*evil-*"))
    assert len(evil) == len(names)
    assert all(path.resolve().is_relative_to(folder) for path in evil)
    assert not Path("/tmp/evil-2.wav").exists()


def test_nothing_there_is_said_with_the_hint(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="There is no folder or zip file") as caught:
        as_folder(tmp_path / "none.zip", tmp_path / "scratch", HINT)
    assert caught.value.fix == HINT


@pytest.mark.parametrize("content", [b"", b"just text", b"Rar!\x1a\x07\x01\x00"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "corpus.zip").write_bytes(content)
    with pytest.raises(CorpusError, match="neither a folder nor a zip file") as caught:
        as_folder(tmp_path / "corpus.zip", tmp_path / "scratch", HINT)
    assert caught.value.fix == HINT


def test_a_download_that_broke_off_is_refused(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "corpus.zip", {f"{i}.wav": bytes(1000) for i in range(20)})
    packed.write_bytes(packed.read_bytes()[:1000])
    with pytest.raises(CorpusError):
        as_folder(packed, tmp_path / "scratch", HINT)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_is_refused_and_leaves_nothing_behind(tmp_path: Path, method: int) -> None:
    content = bytes(i * i % 251 for i in range(20_000))
    packed = write_zip(tmp_path / "corpus.zip", {"good.wav": b"good", "bad.wav": content}, method)
    spoil(packed, after=b"bad.wav")
    with pytest.raises(CorpusError, match="is damaged") as caught:
        as_folder(packed, tmp_path / "scratch", HINT)
    assert caught.value.fix == f"Download it again. {HINT}"
    assert files(tmp_path / "scratch") == []
    assert list((tmp_path / "scratch" / "archives").iterdir()) == []


def test_after_a_good_download_the_corpus_is_read(tmp_path: Path) -> None:
    good = write_zip(tmp_path / "good.zip", {"a.wav": bytes(5000)}, zipfile.ZIP_STORED)
    bad = tmp_path / "corpus.zip"
    bad.write_bytes(good.read_bytes())
    spoil(bad, after=b"a.wav")
    with pytest.raises(CorpusError):
        as_folder(bad, tmp_path / "scratch", HINT)
    good.replace(bad)
    assert files(as_folder(bad, tmp_path / "scratch", HINT)) == ["a.wav"]


def _patch_headers(path: Path, local_offset: int, central_offset: int, value: int) -> None:
    """Set a 16-bit field of the (one) member in both of its headers."""
    content = bytearray(path.read_bytes())
    struct.pack_into("<H", content, content.index(b"PK\x03\x04") + local_offset, value)
    struct.pack_into("<H", content, content.index(b"PK\x01\x02") + central_offset, value)
    path.write_bytes(content)


def test_a_zip_file_with_a_password_is_refused(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "corpus.zip", {"a.wav": bytes(100)})
    _patch_headers(packed, 6, 8, 1)
    with pytest.raises(CorpusError, match="password"):
        as_folder(packed, tmp_path / "scratch", HINT)


def test_a_zip_file_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    # Windows Explorer packs large files with Deflate64, which Python cannot unpack.
    packed = write_zip(tmp_path / "corpus.zip", {"a.wav": bytes(100)})
    _patch_headers(packed, 8, 10, 9)
    with pytest.raises(CorpusError):
        as_folder(packed, tmp_path / "scratch", HINT)


def test_an_empty_zip_file_is_no_disk_problem(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "corpus.zip", {})
    with pytest.raises(CorpusError):
        as_folder(packed, tmp_path / "scratch", HINT)


def test_what_does_not_fit_on_the_disk_is_refused_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        total: int = 10**9
        used: int = 10**9
        free: int = 10

    packed = write_zip(tmp_path / "corpus.zip", {"a.wav": bytes(1000)})
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda _folder: Usage())
    with pytest.raises(SaveError, match=r"Unpacking «corpus\.zip» needs") as caught:
        as_folder(packed, tmp_path / "scratch", HINT)
    assert "--cache" in caught.value.fix
    assert files(tmp_path / "scratch") == []


def test_a_scratch_that_is_a_file_is_a_disk_problem(tmp_path: Path) -> None:
    (tmp_path / "scratch").write_text("a file")
    packed = write_zip(tmp_path / "corpus.zip", {"a.wav": b"a"})
    with pytest.raises(SaveError, match="could not be unpacked"):
        as_folder(packed, tmp_path / "scratch", HINT)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core.errors import SaveError
from trainer import stored
from trainer.stored import is_intact, map_features, save_features


def features(scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(0).standard_normal((3, 20, 5))).astype(np.float32)


def test_features_are_kept_in_half_precision_and_can_be_mapped(tmp_path: Path) -> None:
    save_features(tmp_path / "a.npy", features())
    mapped = map_features(tmp_path / "a.npy")
    assert isinstance(mapped, np.memmap)
    assert mapped.dtype == np.float16
    np.testing.assert_allclose(mapped, features(), rtol=2**-10, atol=1e-7)


def test_what_half_precision_cannot_hold_is_kept_in_single(tmp_path: Path) -> None:
    save_features(tmp_path / "a.npy", features(1e6))
    assert map_features(tmp_path / "a.npy").dtype == np.float32
    np.testing.assert_array_equal(map_features(tmp_path / "a.npy"), features(1e6))


def test_any_program_can_read_the_file(tmp_path: Path) -> None:
    save_features(tmp_path / "a.npy", features())
    assert np.load(tmp_path / "a.npy", allow_pickle=False).shape == (3, 20, 5)


def test_an_untouched_file_is_intact(tmp_path: Path) -> None:
    save_features(tmp_path / "a.npy", features())
    assert is_intact(tmp_path / "a.npy")


@pytest.mark.parametrize("where", [0, 90, 200, -13, -1])
def test_one_altered_byte_is_noticed(tmp_path: Path, where: int) -> None:
    file = tmp_path / "a.npy"
    save_features(file, features())
    content = bytearray(file.read_bytes())
    content[where] ^= 1
    file.write_bytes(content)
    assert not is_intact(file)


@pytest.mark.parametrize("n_bytes", [0, 5, 300])
def test_a_file_that_was_cut_short_is_noticed(tmp_path: Path, n_bytes: int) -> None:
    file = tmp_path / "a.npy"
    save_features(file, features())
    file.write_bytes(file.read_bytes()[:n_bytes])
    assert not is_intact(file)


def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: object, _array: object, allow_pickle: bool = True) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stored.np, "save", full)
    with pytest.raises(SaveError, match=r"No space left on device.*so far is kept"):
        save_features(tmp_path / "a.npy", features())
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(SaveError, match=r"could not be written to «.*cache».*--cache"):
        save_features(tmp_path / "cache" / "a.npy", features())

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ser_desktop.core import paths
from ser_desktop.core.catalogue import ENCODERS, EncoderEntry, find_encoder
from ser_desktop.core.errors import EncoderMissingError

EVERY_ENTRY = pytest.mark.parametrize("entry", ENCODERS, ids=lambda entry: entry.name)


def install(entry: EncoderEntry, *names: str) -> None:
    entry.folder.mkdir(parents=True)
    for name in names:
        (entry.folder / name).touch()


def test_both_encoders_of_the_paper_are_known() -> None:
    assert [e.repository for e in ENCODERS] == ["facebook/wav2vec2-base", "facebook/wav2vec2-base-960h"]


@EVERY_ENTRY
def test_an_encoder_is_pinned_and_its_command_puts_it_where_it_is_looked_for(entry: EncoderEntry) -> None:
    assert re.fullmatch("[0-9a-f]{40}", entry.revision)
    command = entry.install_command()
    for words in (entry.repository, entry.revision, entry.weights, "config.json", f'"{entry.folder}"'):
        assert words in command
    assert entry.folder.is_relative_to(paths.data_folder())


@EVERY_ENTRY
def test_an_encoder_that_is_not_installed_is_refused_with_size_licence_and_command(entry: EncoderEntry) -> None:
    with pytest.raises(EncoderMissingError, match=f"{entry.name} is not installed .* MB, Apache-2.0") as caught:
        find_encoder(entry.identity)
    assert entry.install_command() in caught.value.fix


@EVERY_ENTRY
@pytest.mark.parametrize("converted", [False, True])
def test_an_installed_encoder_is_found_by_identity_and_by_name(entry: EncoderEntry, converted: bool) -> None:
    install(entry, "config.json", "model.safetensors" if converted else entry.weights)
    assert find_encoder(entry.identity) is entry
    assert find_encoder(entry.name) is entry


@pytest.mark.parametrize("name", ["config.json", "pytorch_model.bin"])
def test_half_an_encoder_is_none(name: str) -> None:
    install(ENCODERS[0], name)
    with pytest.raises(EncoderMissingError, match="is not installed"):
        find_encoder(ENCODERS[0].identity)


def test_another_revision_is_another_encoder() -> None:
    install(ENCODERS[0], "config.json", "pytorch_model.bin")
    with pytest.raises(EncoderMissingError, match=r"is not one this version knows \(it knows wav2vec2-base,"):
        find_encoder(f"{ENCODERS[0].repository}@main")


def test_the_command_does_not_spell_the_users_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".local" / "share"))
    command = ENCODERS[0].install_command()
    assert "--local-dir ~/.local/share/ser-desktop/encoders/wav2vec2-base" in command
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "my data"))
    assert f'--local-dir "{ENCODERS[0].folder}"' in ENCODERS[0].install_command()

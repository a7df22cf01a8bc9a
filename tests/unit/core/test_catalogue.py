from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core import paths
from ser_desktop.core.catalogue import ENCODERS, EncoderEntry, find_encoder
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.encoder import load_encoder
from ser_desktop.core.errors import EncoderMissingError
from tests.helpers.bundles import CPU, ship_encoder, tiny_encoder
from tests.helpers.sounds import speech_like

SHIPPED, PAPERS = ENCODERS[0], ENCODERS[1:]
EVERY_ENTRY = pytest.mark.parametrize("entry", PAPERS, ids=lambda entry: entry.name)


def install(entry: EncoderEntry, *names: str) -> None:
    entry.folder.mkdir(parents=True)
    for name in names:
        (entry.folder / name).touch()


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EncoderEntry:
    return ship_encoder(tmp_path / "program" / "models", monkeypatch)


def test_the_encoder_that_comes_along_and_both_of_the_paper_are_known() -> None:
    assert [e.repository for e in ENCODERS] == [
        "ser-desktop/compact",
        "facebook/wav2vec2-base",
        "facebook/wav2vec2-base-960h",
    ]
    assert [e.is_shipped for e in ENCODERS] == [True, False, False]


@EVERY_ENTRY
def test_an_encoder_and_its_files_are_pinned_and_one_command_fetches_it(entry: EncoderEntry) -> None:
    assert re.fullmatch("[0-9a-f]{40}", entry.revision)
    assert {"config.json", "preprocessor_config.json", entry.weights} == {file.name for file in entry.files}
    assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in entry.files)
    assert 370e6 < entry.n_bytes < 390e6
    assert entry.install_command() == f"ser-desktop models get {entry.name}"
    assert entry.folder.is_relative_to(paths.data_folder())


def test_the_pinned_checksums_of_what_comes_along_are_those_of_its_files() -> None:
    assert {f.name: file_sha256(SHIPPED.folder / f.name) for f in SHIPPED.files} == {
        f.name: f.sha256 for f in SHIPPED.files
    }
    assert SHIPPED.files[0].sha256.startswith(SHIPPED.revision)


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
    install(PAPERS[0], name)
    with pytest.raises(EncoderMissingError, match="is not installed"):
        find_encoder(PAPERS[0].identity)


@pytest.mark.parametrize("entry", ENCODERS, ids=lambda entry: entry.name)
def test_another_revision_is_another_encoder(entry: EncoderEntry, shipped: EncoderEntry) -> None:
    if not entry.is_shipped:
        install(entry, "config.json", entry.weights)
    known = "compact, wav2vec2-base, wav2vec2-base-960h"
    with pytest.raises(EncoderMissingError, match=rf"is not one this version knows \(it knows {known}\)") as caught:
        find_encoder(f"{entry.repository}@main")
    assert "update the program" in caught.value.fix


def test_the_encoder_that_comes_along_lies_with_the_shipped_models() -> None:
    assert SHIPPED.folder == paths.shipped_models() / "compact"
    assert SHIPPED.folder.is_relative_to(paths.assets_folder())
    assert re.fullmatch("[0-9a-f]{12}", SHIPPED.revision), "the beginning of its weights' SHA-256"


def test_the_encoder_that_comes_along_is_found_by_identity_and_by_name(shipped: EncoderEntry) -> None:
    assert find_encoder(shipped.identity) is shipped
    assert find_encoder("compact") is shipped
    assert shipped.is_installed()


def test_the_encoder_that_comes_along_hears_as_it_was_saved(shipped: EncoderEntry) -> None:
    entry = find_encoder("compact")
    encoder = load_encoder(entry.folder, CPU, entry.identity)
    assert encoder.identity == shipped.identity
    voice = speech_like(1.0)
    np.testing.assert_allclose(encoder.layers(voice), tiny_encoder().layers(voice), atol=1e-5)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", ""])
def test_when_it_is_missing_the_program_is_to_be_installed_again(shipped: EncoderEntry, name: str) -> None:
    for path in list(shipped.folder.iterdir()):
        if name in {path.name, ""}:
            path.unlink()
    with pytest.raises(EncoderMissingError) as caught:
        find_encoder("compact")
    assert caught.value.what == (f"The speech encoder that comes with the program is missing from «{shipped.folder}».")
    assert caught.value.fix == "Install the program again, or choose a model that needs no speech encoder."


@pytest.mark.parametrize("damage", ["cut short", "altered", "empty"])
def test_when_its_weights_are_not_those_that_were_shipped_it_is_refused(shipped: EncoderEntry, damage: str) -> None:
    file = shipped.folder / shipped.weights
    good = file.read_bytes()
    file.write_bytes({"cut short": good[:-1], "altered": good[:-1] + bytes([good[-1] ^ 1]), "empty": b""}[damage])
    with pytest.raises(EncoderMissingError) as caught:
        find_encoder(shipped.identity)
    assert caught.value.what == (
        f"The speech encoder in «{shipped.folder}» was cut short or altered: its checksum differs."
    )
    assert "Install the program again" in caught.value.fix
    assert "models get" not in caught.value.fix, "nobody publishes it elsewhere"


def test_no_encoder_of_the_users_takes_the_place_of_the_one_that_comes_along(shipped: EncoderEntry) -> None:
    (paths.encoders_folder() / "compact").mkdir(parents=True)
    (paths.encoders_folder() / "compact" / "model.safetensors").write_bytes(b"something else")
    assert find_encoder("compact").folder == shipped.folder

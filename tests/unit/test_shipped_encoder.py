"""The encoder that comes with the program keeps what its card and the catalogue promise."""

from __future__ import annotations

import json
import re
import shlex

import pytest
import torch
from safetensors import safe_open
from transformers import AutoFeatureExtractor, AutoModel, Wav2Vec2Model

from ser_desktop.core.catalogue import ENCODERS
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.encoder import load_encoder
from tests.helpers.bundles import CPU
from tests.helpers.sounds import speech_like
from trainer.options import make_parser

ENTRY = ENCODERS[0]
CARD = (ENTRY.folder / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def model() -> Wav2Vec2Model:
    # As anybody would open it, who has transformers and not this program.
    return AutoModel.from_pretrained(ENTRY.folder, local_files_only=True).eval()


def test_plain_transformers_opens_it(model: Wav2Vec2Model) -> None:
    assert isinstance(model, Wav2Vec2Model)
    assert sum(p.numel() for p in model.parameters()) <= 12_000_000


def test_its_weights_are_float16_and_small() -> None:
    file = ENTRY.folder / ENTRY.weights
    assert file.stat().st_size == ENTRY.n_bytes <= 24_000_000
    with safe_open(file, "pt") as tensors:
        assert {tensors.get_slice(name).get_dtype() for name in tensors.keys()} == {"F16"}  # noqa: SIM118


def test_what_lies_there_is_what_was_published() -> None:
    sums = json.loads((ENTRY.folder / "checksums.json").read_text())
    assert {name: file_sha256(ENTRY.folder / name) for name in sums} == sums
    assert sums[ENTRY.weights].startswith(ENTRY.revision)


def test_transformers_and_the_program_hear_the_same(model: Wav2Vec2Model) -> None:
    sound = speech_like(1.5)
    inputs = AutoFeatureExtractor.from_pretrained(ENTRY.folder)(sound, sampling_rate=16_000, return_tensors="pt")
    with torch.inference_mode():
        states = model.float()(**inputs, output_hidden_states=True).hidden_states
    ours = load_encoder(ENTRY.folder, CPU, ENTRY.identity).layers(sound)
    # Of the blocks, all but the last: there transformers adds a layer norm.
    for own, theirs in zip(ours[1:-1], states[1:-1], strict=True):
        torch.testing.assert_close(torch.from_numpy(own), theirs[0], atol=1e-3, rtol=1e-3)


def test_its_card_names_data_licences_and_limits() -> None:
    for words in ("CC BY-NC-SA 4.0", "RAVDESS actors 21–24", "nEMO", "Picovoice", "Whisper base (MIT", "## Limits"):
        assert words in CARD


def test_its_card_holds_the_command_that_rebuilds_it() -> None:
    (command,) = re.findall(r"^python -m trainer pretrain .*$", CARD, flags=re.MULTILINE)
    options = make_parser().parse_args(shlex.split(command)[3:])
    assert options.recipe in CARD.split("**Recipe:** ")[1]

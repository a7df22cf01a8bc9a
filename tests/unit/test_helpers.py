"""The helpers that other tests lean on do what their names say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.levels import level_db
from tests.helpers import noises
from tests.helpers.bundles import tiny_encoder, write_bundle
from tests.helpers.corpora import write_small_ravdess
from tests.helpers.data import data_folder, ravdess_folder
from tests.helpers.judges import SteadyJudge
from tests.helpers.plain_training import pad
from tests.helpers.sound_cards import FakeSoundCard
from tests.helpers.sounds import noise, speech_like, speech_onset_s
from tests.helpers.training import Heard
from trainer.events import Done, Notice


def test_sounds_have_their_length_and_are_the_same_every_time() -> None:
    for make in (speech_like, lambda seconds: noise(seconds, 0.1)):
        assert len(make(1.5)) == 24_000
        assert make(1.5).dtype == np.float32
        np.testing.assert_array_equal(make(1.5), make(1.5))
    assert not np.array_equal(speech_like(1.0, seed=1), speech_like(1.0, seed=2))
    assert level_db(noise(1.0, 0.1)) == pytest.approx(-20.0, abs=0.2)


@pytest.mark.parametrize("name", [*noises.STEADY, *noises.ROOM, *noises.MUSIC])
def test_noises_have_unit_power_their_length_and_their_seed(name: str) -> None:
    maker = {**noises.STEADY, **noises.ROOM, **noises.MUSIC}[name]
    for n in (16_000, 40_001):
        samples = maker(np.random.default_rng(1), n)
        assert samples.shape == (n,)
        assert samples.dtype == np.float32
        assert np.std(samples) == pytest.approx(1.0, abs=0.01)
        np.testing.assert_array_equal(samples, maker(np.random.default_rng(1), n))
    assert not np.array_equal(maker(np.random.default_rng(1), 16_000), maker(np.random.default_rng(2), 16_000))
    assert level_db(noises.at_level(samples, -40.0)) == pytest.approx(-40.0, abs=0.2)


def test_noises_have_the_colour_of_their_name() -> None:
    def slope(maker: noises.Maker) -> float:
        """Decibels per octave between 200 and 3200 Hz."""
        power = np.abs(np.fft.rfft(maker(np.random.default_rng(0), 160_000))) ** 2
        octave = [float(power[int(10 * hz) : int(20 * hz)].mean()) for hz in (200, 3200)]
        return 10 * np.log10(octave[1] / octave[0]) / 4

    assert slope(noises.white) == pytest.approx(0, abs=0.3)
    assert slope(noises.pink) == pytest.approx(-3, abs=0.3)
    assert slope(noises.brown) == pytest.approx(-6, abs=0.3)


def test_the_onset_of_a_voice_is_found(tmp_path: Path) -> None:
    sf.write(tmp_path / "voice.wav", np.concatenate([noise(1.0, 1e-4), speech_like(1.0)]), 16_000)
    assert speech_onset_s(tmp_path / "voice.wav") == pytest.approx(1.0, abs=0.04)


def test_a_steady_judge_remembers_copies() -> None:
    judge, window = SteadyJudge(), speech_like(1.0)
    (probabilities,) = judge.probabilities([window])
    assert probabilities.sum() == pytest.approx(1.0)
    window[:] = 0
    np.testing.assert_array_equal(judge.windows[0], speech_like(1.0))


def test_random_bundles_and_encoders_are_the_same_every_time(tmp_path: Path) -> None:
    one, other = (load_bundle(write_bundle(tmp_path / name)) for name in ("a", "b"))
    np.testing.assert_array_equal(one.statistics[0].mean, other.statistics[0].mean)
    weights = [bundle.head.state_dict()["classify.weight"].numpy() for bundle in (one, other)]
    np.testing.assert_array_equal(*weights)
    sound = speech_like(0.5)
    np.testing.assert_array_equal(tiny_encoder().layers(sound), tiny_encoder().layers(sound))


def test_the_small_corpus_has_the_layout_of_the_real_one(tmp_path: Path) -> None:
    assert write_small_ravdess(tmp_path) == 24 * 8
    files = sorted(tmp_path.rglob("*.flac"))
    assert len(files) == 24 * 8
    assert files[-1].relative_to(tmp_path) == Path("Audio_Speech/Actor_24/03-01-08-01-01-01-24.flac")
    assert len({file.read_bytes() for file in files}) == len(files), "no two are the same recording"


def test_the_data_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_TEST_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    assert ravdess_folder() is None
    (tmp_path / "ravdess").mkdir()
    assert ravdess_folder() == tmp_path / "ravdess"


def test_padding_puts_frames_first_and_masks_the_rest() -> None:
    frames = torch.arange(10.0).view(1, 5, 2)
    (padded,), mask = pad([frames], torch.tensor([2, 3]), filling=-1.0)
    assert mask.tolist() == [[True, True, False], [True, True, True]]
    assert padded[0, 0].tolist() == [[0, 1], [2, 3], [-1, -1]]
    assert padded[1, 0].tolist() == [[4, 5], [6, 7], [8, 9]]


def test_a_listener_keeps_what_it_hears() -> None:
    heard = Heard()
    heard(Notice("one"))
    heard(Done("there"))
    assert heard.of(Notice) == [Notice("one")]


def test_a_fake_card_delivers_what_it_is_given() -> None:
    heard: list[np.ndarray] = []
    stream = FakeSoundCard().InputStream(callback=lambda block, *_rest: heard.append(block))
    assert not stream.active
    stream.start()
    assert stream.active
    stream.deliver(np.arange(3, dtype=np.float32))
    assert heard[0].shape == (3, 1)
    stream.close()
    assert stream.closed

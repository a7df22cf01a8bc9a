from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf
import torch
from torch import Tensor
from transformers import Wav2Vec2Model

from ser_desktop.core import audio
from ser_desktop.core.errors import Cancelled
from ser_desktop.core.labels import RAVDESS_7, Emotion
from tests.helpers.pretraining import StopAfter, shrink_encoder, small_encoder
from tests.helpers.sounds import noise
from trainer.pretrain import probe as probe_room
from trainer.pretrain.architecture import all_layers
from trainer.pretrain.probe import Probe, Probed
from trainer.pretrain.recordings import Recording

FEW = (Emotion.HAPPY, Emotion.SAD)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink_encoder(monkeypatch)


def speak(folder: Path, actors: Sequence[int], emotions: Sequence[Emotion] = tuple(RAVDESS_7)) -> list[Recording]:
    """One recording of each emotion for each actor; only `Pretended` can tell which is which."""
    recordings = []
    for actor in actors:
        for emotion in emotions:
            path = folder / f"{actor:02d}-{emotion}.wav"
            sf.write(path, noise(0.3, 0.05, seed=actor), 16_000)
            recordings.append(Recording(path, f"actor{actor:02d}", emotion))
    return recordings


class Pretended:
    """Says for each recording how clearly its emotion is heard: 1.0 perfectly, 0.0 not at all, -1.0 as the next one."""

    def __init__(self, clarity: dict[str, float]) -> None:
        self._clarity = clarity
        self.heard: list[str] = []

    def __call__(self, _model: Wav2Vec2Model, recording: Recording) -> npt.NDArray[np.float32]:
        assert recording.emotion is not None
        self.heard.append(recording.path.name)
        clarity = self._clarity[recording.speaker]
        place = RAVDESS_7.index(recording.emotion) + (1 if clarity < 0 else 0)
        vector = 0.01 * np.random.default_rng(len(self.heard)).standard_normal(8)
        vector[place % len(RAVDESS_7)] += 10 * abs(clarity)
        return vector.astype(np.float32)


def private_code(_model: Wav2Vec2Model, recording: Recording) -> npt.NDArray[np.float32]:
    """As if every actor spoke a language of their own: whoever knows an actor knows all, nobody else anything."""
    assert recording.emotion is not None
    vector = np.zeros(21 * len(RAVDESS_7), dtype=np.float32)
    vector[int(recording.speaker[-2:]) * len(RAVDESS_7) + RAVDESS_7.index(recording.emotion)] = 10.0
    return vector


def pretend(monkeypatch: pytest.MonkeyPatch, **clarity: float) -> Pretended:
    """Let the encoder hear actors so clearly; the others perfectly."""
    pretended = Pretended({f"actor{i:02d}": 1.0 for i in range(1, 21)} | clarity)
    monkeypatch.setattr(probe_room, "_pooled", pretended)
    return pretended


def test_an_untaught_encoder_is_chosen_by_everyone_and_a_taught_one_by_the_actors_held_out() -> None:
    assert Probed(held_out=0.4, everyone=0.6).deciding == 0.6
    assert Probed(held_out=0.4, everyone=0.0).deciding == 0.0
    assert Probed(held_out=0.4, everyone=None).deciding == 0.4


def test_an_encoder_that_was_taught_emotions_is_measured_on_the_actors_held_out_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, actor03=-1.0)
    recordings = speak(tmp_path, [1, 2, 3, 4, 5, 17, 18])
    taught = Probe(recordings, taught=True)(small_encoder())
    assert taught == Probed(1.0, None)
    untaught = Probe(recordings, taught=False)(small_encoder())
    assert untaught.held_out == 1.0
    # One of seven actors is always taken for the next emotion: all but a seventh are right.
    assert untaught.everyone == pytest.approx(6 / 7, abs=0.01)


def test_nobody_is_measured_by_what_they_have_said_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_room, "_pooled", private_code)
    recordings = speak(tmp_path, [1, 2, 3, 4, 5, 6, 17, 18])
    found = Probe(recordings, taught=False)(small_encoder())
    assert [found.held_out, found.everyone] == pytest.approx([1 / 7, 1 / 7]), "one answer to everything"


def test_actors_held_out_are_measured_by_what_the_others_have_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, actor17=-1.0, actor18=-1.0)
    found = Probe(speak(tmp_path, [1, 2, 3, 4, 17, 18]), taught=False)(small_encoder())
    assert found.held_out == 0.0
    assert found.everyone == pytest.approx(4 / 6, abs=0.01)


def test_an_encoder_that_hears_nothing_is_right_by_chance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, **{f"actor{i:02d}": 0.0 for i in range(1, 21)})
    found = Probe(speak(tmp_path, [1, 2, 3, 4, 5, 6, 17, 18, 19, 20]), taught=False)(small_encoder())
    assert found.held_out < 0.5
    assert found.everyone is not None
    assert found.everyone < 0.4


def test_emotions_that_nobody_spoke_count_as_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    found = Probe(speak(tmp_path, [1, 2, 17], FEW), taught=True)(small_encoder())
    assert found.held_out == pytest.approx(2 / 7)


def test_recordings_without_an_emotion_are_not_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretended = pretend(monkeypatch)
    spoken = speak(tmp_path, [1, 17], FEW)
    sung = Recording(tmp_path / "song.wav", "actor01")
    Probe([sung, *spoken, Recording(tmp_path / "unknown.wav")], taught=True)(small_encoder())
    assert pretended.heard == [r.path.name for r in spoken]


@pytest.mark.parametrize(
    ("actors", "can"), [([1, 17], True), ([1, 16, 20], True), ([1, 2, 16], False), ([17, 18], False), ([], False)]
)
def test_somebody_must_be_there_to_learn_from_and_somebody_to_be_measured_on(
    tmp_path: Path, actors: Sequence[int], can: bool
) -> None:
    assert Probe(speak(tmp_path, actors, FEW), taught=False).can_probe is can
    assert not Probe([Recording(tmp_path / "x.wav"), Recording(tmp_path / "y.wav", "actor17")], taught=True).can_probe


@pytest.mark.parametrize("few", ["actor01", "actor17"])
def test_there_is_nothing_to_tell_apart_where_one_emotion_is_heard(tmp_path: Path, few: str) -> None:
    spoken = [r for r in speak(tmp_path, [1, 17], FEW) if r.speaker != few or r.emotion is FEW[0]]
    assert len(spoken) == len(FEW) + 1
    assert not Probe(spoken, taught=False).can_probe


def test_even_two_actors_can_be_probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    found = Probe(speak(tmp_path, [1, 17]), taught=False)(small_encoder())
    assert found == Probed(1.0, 1.0)


def test_a_real_encoder_is_heard_and_stays_in_training(tmp_path: Path) -> None:
    model = small_encoder().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    probe = Probe(speak(tmp_path, [1, 2, 17], FEW), taught=False)
    one = probe(model)
    assert one == probe(model), "the same encoder, the same figure"
    assert 0 <= one.held_out <= 2 / 7
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_a_recording_becomes_mean_and_deviation_of_its_normed_layers(tmp_path: Path) -> None:
    model = small_encoder().eval()
    (recording,) = speak(tmp_path, [1], FEW[:1])
    with torch.inference_mode():
        layers = torch.stack(all_layers(model, torch.from_numpy(audio.load(recording.path))[None]))[:, 0]
        pooled = torch.from_numpy(probe_room._pooled(model, recording))
    frames = _normed(layers).mean(dim=0)
    assert pooled.shape == (2 * 64,)
    torch.testing.assert_close(pooled[:64], frames.mean(dim=0), atol=0.02, rtol=0.05)
    torch.testing.assert_close(pooled[64:], frames.std(dim=0), atol=0.02, rtol=0.05)


def _normed(layers: Tensor) -> Tensor:
    return (layers - layers.mean(dim=-1, keepdim=True)) / layers.std(dim=-1, keepdim=True, correction=0)


def test_a_stop_is_heard_between_two_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretended = pretend(monkeypatch)
    probe = Probe(speak(tmp_path, [1, 17]), taught=True)
    with pytest.raises(Cancelled):
        probe(small_encoder(), StopAfter(3))
    assert len(pretended.heard) == 3

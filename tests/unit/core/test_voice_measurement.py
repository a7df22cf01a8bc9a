"""From a recording to a voice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core.errors import Cancelled, CorpusError, VoiceError
from ser_desktop.core.features import Egemaps, EncoderLayers, Spectrogram
from ser_desktop.core.voice_measurement import installed_extractors, measure_voice
from ser_desktop.core.voices import key_of
from tests.helpers.bundles import EGEMAPS, encoder_spec, ship_encoder, tiny_encoder
from tests.helpers.noises import at_level, keyboard
from tests.helpers.sounds import noise, speech_like

pytestmark = pytest.mark.filterwarnings("ignore")

READING = np.concatenate((noise(4.0, 1e-5), speech_like(27.0), noise(4.0, 1e-5)))
MONDAY = datetime(2026, 1, 5, 12, 30, 1, 999, tzinfo=UTC)


def test_a_reading_becomes_statistics_of_every_feature() -> None:
    encoder = tiny_encoder()
    told: list[tuple[int, int]] = []
    voice = measure_voice(
        " Anna  Maria ",
        READING,
        [Egemaps, Spectrogram, lambda: EncoderLayers(encoder)],
        lambda done, total: told.append((done, total)),
        now=MONDAY,
    )
    assert voice.name == "Anna Maria"
    assert voice.info.recorded_at == MONDAY.replace(microsecond=0)
    assert voice.info.speech_s > 10
    assert voice.info.encoders == (encoder.identity,)
    found = voice.statistics_for((encoder_spec(encoder), EGEMAPS))
    assert found is not None
    assert all(np.isfinite(s.mean).all() and (s.std > 0).all() for s in found)
    assert [done for done, _ in told] == list(range(1, told[-1][1] + 1))


def test_silence_around_the_reading_changes_nothing_much() -> None:
    voices = [measure_voice("Anna", samples, [Egemaps]) for samples in (READING, READING[3 * 16_000 : -3 * 16_000])]
    first, second = (voice.statistics[key_of(EGEMAPS)] for voice in voices)
    np.testing.assert_allclose(first.mean, second.mean, rtol=0.02, atol=0.02)


def test_too_little_speech_is_refused_with_the_seconds_heard() -> None:
    with pytest.raises(VoiceError, match=r"Only \d s of speech"):
        measure_voice("Anna", speech_like(4.0), [Egemaps])


def test_typing_is_refused_as_no_speech() -> None:
    keys = at_level(keyboard(np.random.default_rng(1), 60 * 16_000), -30.0)
    with pytest.raises(VoiceError, match="Only 0 s of speech"):
        measure_voice("Anna", keys, [Egemaps])


@pytest.mark.parametrize("name", ["", "a/b", "x" * 60])
def test_a_name_that_cannot_be_used_is_refused_before_anything_is_measured(name: str) -> None:
    with pytest.raises(CorpusError):
        measure_voice(name, READING, [])


def test_a_measurement_can_be_cancelled() -> None:
    def stop(_done: int, _total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        measure_voice("Anna", READING, [Egemaps], stop)


def test_every_installed_encoder_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = ship_encoder(tmp_path / "models", monkeypatch)
    specs = [opener().spec for opener in installed_extractors(backend_preference="float32")]
    assert [str(spec.name) for spec in specs] == ["egemaps", "spectrogram", "all-layers"]
    assert specs[-1].configuration == {"encoder": entry.identity}

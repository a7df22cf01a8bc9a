"""One window gives the same logits live, from a file and inside a training batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from ser_desktop.core import paths
from ser_desktop.core.analysis import (
    Analyser,
    collate,
    extract_all,
    make_extractors,
    open_analyser,
    prepare,
    softmax,
)
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, load
from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.calibrate import measure
from ser_desktop.core.errors import BundleError, EncoderMissingError
from ser_desktop.core.features import Egemaps, EncoderLayers, Extractor, Spectrogram
from ser_desktop.core.files import analyse_file
from ser_desktop.core.heads import HeadKind
from ser_desktop.core.model_info import describe
from ser_desktop.core.normalise import NeutralOffset, Normalisation, Statistics
from ser_desktop.core.ring import RingBuffer
from ser_desktop.core.stream import LiveStream
from ser_desktop.core.voices import Voice, VoiceInfo, VoiceUse, key_of
from tests.helpers.bundles import CPU, EGEMAPS, encoder_spec, small_config, tiny_encoder, write_bundle
from tests.helpers.data import ravdess_folder
from tests.helpers.sounds import speech_like
from tests.helpers.training import extract_here
from trainer.corpora.utterance import Utterance
from trainer.data import Part, Sample, StoredBranch, TrainingData
from trainer.features import Source

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:opensmile")


class RememberingAnalyser(Analyser):
    """Keeps the logits of every window."""

    def logits(self, samples: FloatArray) -> np.ndarray:
        values = super().logits(samples)
        self.__dict__.setdefault("seen", []).append(values)
        return values


@pytest.fixture(params=["spare bundle", "fusion"])
def analyser(request: pytest.FixtureRequest, tmp_path: Path) -> RememberingAnalyser:
    if request.param == "spare bundle":
        bundle, encoder = load_bundle(paths.spare_bundle()), None
    else:
        encoder = tiny_encoder()
        config = small_config((encoder_spec(encoder), EGEMAPS), HeadKind.FUSION, encoder.identity)
        bundle = load_bundle(write_bundle(tmp_path / "fusion", config))
    return RememberingAnalyser(bundle, make_extractors(bundle, encoder), CPU)


def test_live_file_and_training_batch_agree(analyser: RememberingAnalyser, tmp_path: Path) -> None:
    short, window = speech_like(2.0, seed=1), speech_like(5.0, seed=2)
    utterances = []
    for i, samples in enumerate((short, window)):
        file = tmp_path / f"{i}.wav"
        sf.write(file, samples, SAMPLE_RATE_HZ, subtype="FLOAT")
        utterances.append(Utterance(str(i), file, f"speaker{i}", "x"))
    ring = RingBuffer(10 * SAMPLE_RATE_HZ)
    stream = LiveStream(analyser, ring, SAMPLE_RATE_HZ)
    for start in range(0, len(window), 777):
        ring.write(window[start : start + 777])
    assert stream.poll() is not None
    analyse_file(analyser, utterances[1].path)
    live, file_logits = analyser.__dict__["seen"]

    config = analyser.bundle.config
    encoder = tiny_encoder() if config.encoder else None
    extracted = {}
    for spec in config.features:
        source = Source(spec.name, spec.frame_s, "tiny" if spec.name.needs_encoder else None)
        extracted[spec.name] = extract_here(source, utterances, tmp_path / "cache", encoder if source.encoder else None)
    branches = [[(extracted[s.name].files[u.identity], 0, s.n_layers) for s in config.features] for u in utterances]
    samples = tuple(Sample(str(i), "", 0, tuple(StoredBranch(*b) for b in stored)) for i, stored in enumerate(branches))
    data = TrainingData({"test": samples}, {"": analyser.bundle.statistics}, config.max_frames())
    (batch,) = Part(data, "test").batches(2)
    with torch.inference_mode():
        trained = analyser.bundle.head(batch.features, batch.lengths)[1].numpy()
    np.testing.assert_allclose(live, file_logits, atol=1e-4)
    # Stored features are rounded to half precision.
    np.testing.assert_allclose(live, trained, atol=0.01)


def test_an_unrounded_training_batch_of_a_fusion_model_agrees_exactly(tmp_path: Path) -> None:
    from ser_desktop.core.analysis import collate, prepare

    encoder = tiny_encoder()
    config = small_config((encoder_spec(encoder), EGEMAPS), HeadKind.FUSION, encoder.identity)
    bundle = load_bundle(write_bundle(tmp_path / "fusion", config))
    analyser = Analyser(bundle, make_extractors(bundle, encoder), CPU)
    sounds = [speech_like(2.0, seed=1), speech_like(5.0, seed=2)]
    prepared = [
        prepare([e.extract(s) for e in analyser._extractors], bundle.statistics, config.max_frames()) for s in sounds
    ]
    with torch.inference_mode():
        batch = bundle.head(*collate(prepared)).numpy()
    for row, samples in zip(batch, sounds, strict=True):
        np.testing.assert_allclose(row, analyser.logits(samples), atol=1e-4)


def test_features_computed_at_the_same_time_are_those_computed_one_after_the_other() -> None:
    sound = speech_like(3.0)
    extractors = [EncoderLayers(tiny_encoder()), Egemaps(), Spectrogram(0.02)]
    for own, alone in zip(extract_all(extractors, sound), [e.extract(sound) for e in extractors], strict=True):
        np.testing.assert_allclose(own, alone, atol=1e-5)


class Refusing(Spectrogram):
    """Cannot extract anything, and knows how many threads PyTorch may use meanwhile."""

    def extract(self, samples: FloatArray) -> FloatArray:
        self.n_threads = torch.get_num_threads()
        raise BundleError("Nothing works.", "Try again.")


@pytest.mark.parametrize("place", [0, 1])
def test_a_failure_of_either_is_told_and_all_cores_are_free_again(place: int) -> None:
    before, refusing = torch.get_num_threads(), Refusing()
    extractors: list[Extractor] = [Spectrogram()]
    extractors.insert(place, refusing)
    torch.set_num_threads(2)
    try:
        with pytest.raises(BundleError, match="Nothing works"):
            extract_all(extractors, speech_like(1.0))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_core_is_left_to_what_computes_beside_pytorch() -> None:
    before, refusing = torch.get_num_threads(), Refusing()
    torch.set_num_threads(2)
    try:
        with pytest.raises(BundleError):
            extract_all([refusing, Spectrogram()], speech_like(1.0))
        assert refusing.n_threads == 1
    finally:
        torch.set_num_threads(before)


def test_windows_judged_together_are_answered_as_each_alone(analyser: RememberingAnalyser) -> None:
    before = torch.get_num_threads()
    windows = [speech_like(seconds, seed=i) for i, seconds in enumerate((3.0, 2.0, 3.0, 1.0, 3.0))]
    together = analyser.probabilities(windows)
    for found, samples in zip(together, windows, strict=True):
        np.testing.assert_allclose(found, analyser.probabilities([samples])[0], atol=1e-5)
    assert len({found.tobytes() for found in together}) == len(windows), "each was heard"
    assert torch.get_num_threads() == before


def test_as_many_windows_are_judged_at_once_as_there_are_cores(analyser: RememberingAnalyser) -> None:
    before = torch.get_num_threads()
    try:
        for n_threads, n_at_once in ((1, 1), (2, 2), (64, 8)):
            torch.set_num_threads(n_threads)
            assert analyser.n_at_once == n_at_once
    finally:
        torch.set_num_threads(before)


def test_probabilities_are_tempered_and_sum_to_one(analyser: RememberingAnalyser) -> None:
    samples = speech_like(3.0)
    (probabilities,) = analyser.probabilities([samples])
    assert probabilities.sum() == pytest.approx(1.0)
    temperature = analyser.bundle.config.decision.temperature
    np.testing.assert_allclose(probabilities, softmax(analyser.logits(samples) / temperature))


def test_a_bundle_that_names_a_missing_encoder_says_how_to_install_it(tmp_path: Path) -> None:
    from ser_desktop.core.catalogue import ENCODERS

    encoder = tiny_encoder()
    papers = next(entry for entry in ENCODERS if entry.name == "wav2vec2-base")
    config = small_config((encoder_spec(encoder),), HeadKind.DENSE, papers.identity)
    folder = write_bundle(tmp_path / "bundle", config)
    with pytest.raises(EncoderMissingError, match="ser-desktop models get wav2vec2-base") as caught:
        open_analyser(folder)
    assert "380 MB" in str(caught.value)


def test_an_encoder_of_another_size_is_refused(tmp_path: Path) -> None:
    encoder = tiny_encoder()
    from dataclasses import replace

    config = small_config((replace(encoder_spec(encoder), n_layers=13),), HeadKind.DENSE, encoder.identity)
    bundle = load_bundle(write_bundle(tmp_path / "bundle", config))
    with pytest.raises(BundleError, match="13 layers of 32 features, but it has 3 of 32"):
        make_extractors(bundle, encoder)


@pytest.mark.data
@pytest.mark.parametrize("shipped", ["default", "spare"])
def test_a_shipped_bundle_answers_as_its_stored_predictions_say(shipped: str) -> None:
    import csv

    folder = ravdess_folder()
    if folder is None:
        pytest.skip("RAVDESS is not beside the project (see $SER_TEST_DATA)")
    bundle_folder = {"default": paths.default_bundle(), "spare": paths.spare_bundle()}[shipped]
    analyser = open_analyser(bundle_folder, "cpu", "float32")
    seed = str(analyser.bundle.config.results.seed)
    with (bundle_folder / "run" / "predictions.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["seed"] == seed and row["part"] == "test"]
    assert len(rows) == 120
    for row in rows[::20]:
        actor = row["speaker"].removeprefix("actor")
        samples = load(folder / f"Actor_{actor}" / f"{row['file']}.flac")
        stored = [float(row[f"logit_{label}"]) for label in analyser.labels]
        # Training reads features in half precision.
        np.testing.assert_allclose(analyser.logits(samples), stored, atol=0.01)


def speaker_model(folder: Path) -> Analyser:
    config = replace(small_config(), normalisation=Normalisation.SPEAKER)
    bundle = load_bundle(write_bundle(folder / "speaker", config))
    return Analyser(bundle, [Egemaps()], CPU)


def voice_of(samples: FloatArray) -> Voice:
    (found,) = measure([Egemaps()], [samples])
    return Voice(VoiceInfo("Anna", 20.0, datetime(2026, 1, 5, tzinfo=UTC)), {key_of(EGEMAPS): found})


def test_a_calibrated_voice_takes_the_place_of_the_average_speaker(tmp_path: Path) -> None:
    analyser, samples = speaker_model(tmp_path), speech_like(3.0)
    voice = voice_of(speech_like(9.0, level=0.05))
    average = analyser.logits(samples)
    analyser.use_voice(voice)
    assert (analyser.voice, analyser.voice_use) == ("Anna", VoiceUse.USED)
    prepared = prepare(
        [Egemaps().extract(samples)], [voice.statistics[key_of(EGEMAPS)]], analyser.bundle.config.max_frames()
    )
    with torch.inference_mode():
        wanted = analyser.bundle.head(*collate([prepared]))[0].numpy()
    np.testing.assert_allclose(analyser.logits(samples), wanted, rtol=1e-5, atol=1e-6)
    assert not np.allclose(average, wanted, atol=1e-3)
    analyser.use_voice(None)
    np.testing.assert_array_equal(analyser.logits(samples), average)
    assert (analyser.voice, analyser.voice_use) == ("", VoiceUse.NONE)


def test_a_voice_is_moved_by_what_training_speakers_neutral_speech_lacked(tmp_path: Path) -> None:
    plain, moved, samples = speaker_model(tmp_path), speaker_model(tmp_path), speech_like(3.0)
    offset = NeutralOffset(*(np.full((1, 25), value, np.float32) for value in (0.3, 1.5, 1.0, 1.0)))
    (average,) = moved.bundle.statistics
    moved.bundle = replace(moved.bundle, statistics=(replace(average, neutral=offset),))
    voice = voice_of(speech_like(9.0))
    moved.use_voice(voice)
    own = voice.statistics[key_of(EGEMAPS)]
    plain.use_voice(replace(voice, statistics={key_of(EGEMAPS): Statistics(own.mean + 0.3, own.std * 1.5)}))
    np.testing.assert_allclose(moved.logits(samples), plain.logits(samples), rtol=1e-4, atol=1e-5)


def test_a_model_that_takes_every_voice_alike_is_not_changed_by_one(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path / "global"))
    analyser, samples = Analyser(bundle, [Egemaps()], CPU), speech_like(3.0)
    before = analyser.logits(samples)
    analyser.use_voice(voice_of(speech_like(9.0)))
    assert analyser.voice_use is VoiceUse.NOT_NEEDED
    np.testing.assert_array_equal(analyser.logits(samples), before)


def test_a_voice_without_the_models_features_leaves_the_average_speaker_in_place(tmp_path: Path) -> None:
    analyser, samples = speaker_model(tmp_path), speech_like(3.0)
    before = analyser.logits(samples)
    analyser.use_voice(replace(voice_of(speech_like(9.0)), statistics={}))
    assert analyser.voice_use is VoiceUse.UNKNOWN
    np.testing.assert_array_equal(analyser.logits(samples), before)


def test_a_model_that_does_not_know_what_neutral_speech_lacks_is_not_misled_by_it(tmp_path: Path) -> None:
    analyser, samples = speaker_model(tmp_path), speech_like(3.0)
    (average,) = analyser.bundle.statistics
    analyser.bundle = replace(analyser.bundle, statistics=(replace(average, neutral=None),))
    before = analyser.logits(samples)
    analyser.use_voice(voice_of(speech_like(9.0)))
    assert analyser.voice_use is VoiceUse.UNPREPARED
    np.testing.assert_array_equal(analyser.logits(samples), before)


def test_a_voice_is_described_with_the_model(tmp_path: Path) -> None:
    analyser = speaker_model(tmp_path)
    analyser.use_voice(voice_of(speech_like(9.0)))
    info = describe(analyser)
    assert (info.voice, info.voice_use, info.encoder) == ("Anna", VoiceUse.USED, "")

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile as sf

from tests.helpers.corpora import copies_of, utterance
from tests.helpers.sounds import speech_like
from trainer.corpora import Utterance
from trainer.sound import load_utterance


def test_a_recording_is_loaded_as_it_is_and_its_copies_are_changed(tmp_path: Path) -> None:
    a = utterance(tmp_path)
    np.testing.assert_array_equal(load_utterance(a), speech_like(1.0))
    sounds = [load_utterance(copy) for copy in copies_of(a, 4)]
    assert {sound.shape for sound in sounds} == {speech_like(1.0).shape}
    for i, sound in enumerate(sounds):
        assert not any(np.array_equal(sound, other) for other in [speech_like(1.0), *sounds[:i]])


def test_a_copy_is_the_same_each_time_and_under_every_name_of_its_recording(tmp_path: Path) -> None:
    (one,), (other,) = copies_of(utterance(tmp_path, "a"), 1), copies_of(utterance(tmp_path, "b"), 1)
    np.testing.assert_array_equal(load_utterance(one), load_utterance(one))
    np.testing.assert_array_equal(load_utterance(one), load_utterance(other))
    moved = replace(one, path=one.path.rename(tmp_path / "moved.wav"))
    np.testing.assert_array_equal(load_utterance(moved), load_utterance(other))


def test_copies_of_two_stretches_of_one_file_are_changed_differently(tmp_path: Path) -> None:
    beep = np.tile(speech_like(0.5), 4)
    sf.write(tmp_path / "twice.wav", beep, 16_000, subtype="FLOAT")
    stretches = [Utterance(str(i), tmp_path / "twice.wav", "x", "calm", start_s=i, end_s=i + 1.0) for i in (0, 1)]
    np.testing.assert_array_equal(load_utterance(stretches[0]), load_utterance(stretches[1]))
    one, two = (load_utterance(copies_of(stretch, 1)[0]) for stretch in stretches)
    assert not np.array_equal(one, two)

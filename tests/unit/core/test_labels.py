from __future__ import annotations

from ser_desktop.core.labels import RAVDESS_7, RAVDESS_8, RAVDESS_CODES, Emotion, merge_calm


def test_the_codes_are_those_of_the_corpus() -> None:
    words = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"]
    assert {code: str(emotion) for code, emotion in RAVDESS_CODES.items()} == {
        f"{i:02d}": word for i, word in enumerate(words, start=1)
    }


def test_seven_classes_are_the_eight_without_calm_in_the_same_order() -> None:
    assert [*RAVDESS_8] == [*Emotion]
    assert [e for e in RAVDESS_8 if e != "calm"] == [*RAVDESS_7]


def test_calm_becomes_neutral_and_nothing_else_changes() -> None:
    assert {e: merge_calm(e) for e in Emotion if merge_calm(e) is not e} == {Emotion.CALM: Emotion.NEUTRAL}

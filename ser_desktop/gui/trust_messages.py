"""Why an answer is what it is, and how far to believe it, in words."""

from __future__ import annotations

from ser_desktop.core.levels import Heard
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.reliability import alike

NARROW_WORD = "phone quality"
NARROW_ADVICE = (
    "No high tones arrive, as over a telephone. A Bluetooth headset does this while its microphone is in use: choose "
    "another microphone, the computer's own or one with a cable, or a sound profile called “HD voice”, “wideband” or "
    "“mSBC” in the system's Bluetooth settings. Answers go on, but are a little less reliable."
)

_HEARD_SHORT = {
    Heard.SILENCE: "Nothing but silence is heard.",
    Heard.STEADY: "Only steady noise is heard, like a fan.",
    Heard.NO_VOICE: "There is sound, but no voice in it.",
}
_HEARD = {
    Heard.SILENCE: "Nothing but silence is heard. As soon as somebody speaks, the answer appears.",
    Heard.STEADY: (
        "The sound stays level, as that of a fan, a street or rain does; a voice rises and falls. The model is not "
        "asked, so that noise is not taken for an emotion."
    ),
    Heard.NO_VOICE: (
        "What is heard does not vibrate as a voice does: typing, doors and footsteps are like this. The model is not "
        "asked, so that noise is not taken for an emotion. Whispering is not recognised either."
    ),
    Heard.FAINT_VOICE: (
        "Something vibrates like a voice, but so faintly that an answer would be a guess. Come closer to the "
        "microphone, or raise its level in the sound settings."
    ),
}
_WHOLE_S = 2.5
"""Shorter than any sentence that was counted."""
_NOT_ASKED = "The model is asked only when there is a voice, so that noise is not taken for an emotion."


def heard_short(prediction: Prediction) -> str | None:
    """Say in one short sentence what was heard instead of a voice; None where that is not known."""
    return _HEARD_SHORT.get(prediction.heard) if prediction.heard is not None else None


def why_no_answer(prediction: Prediction) -> str:
    """Say why the model was not asked."""
    return _HEARD.get(prediction.heard, _NOT_ASKED) if prediction.heard is not None else _NOT_ASKED


def how_reliable(prediction: Prediction, model: ModelInfo) -> str:
    """Say how often the model was right in its test when it was about as sure; empty where that is not known."""
    length_s = prediction.end_s - prediction.start_s
    if length_s < _WHOLE_S:
        # The recordings of the test are whole sentences.
        return f"This is a first impression of {length_s:.0f} s; longer speech is judged more reliably."
    found = alike(model.reliability, prediction.certainty)
    if found is None:
        return ""
    span = f"{100 * found.low:.0f}–{100 * found.high:.0f}\u00a0%"
    if prediction.state is AnswerState.NOT_SURE:
        return f"At {span} it was right in {found.n_right} of {found.n} test recordings."
    return f"When the model was this sure ({span}), it was right in {found.n_right} of {found.n} test recordings."


def reliability_tip(model: ModelInfo) -> str:
    """Tell all that was counted, one line for each span of certainty; empty where nothing was."""
    if not model.reliability:
        return ""
    lines = [
        f"says {100 * b.low:.0f}–{100 * b.high:.0f}\u00a0%: right in {b.n_right} of {b.n}" for b in model.reliability
    ]
    return "\n".join(["How often it was right in test recordings by people it never heard:", *lines])

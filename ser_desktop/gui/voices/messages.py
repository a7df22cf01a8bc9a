"""Sentences of the window in which people calibrate their voice."""

from __future__ import annotations

from collections.abc import Sequence

from ser_desktop.core.calibrate import GOAL_SPEECH_S, MIN_SPEECH_S
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.normalise import Normalisation
from ser_desktop.core.voice_gain import VoiceGain
from ser_desktop.core.voices import VoiceInfo, VoiceUse

MENU = "My voice…"
TITLE = "My voice"
INTRO = (
    "Voices differ: one is always loud, another always low. Some models judge a voice better once they know how it "
    "usually sounds. Read a few sentences aloud, and the program remembers the averages. No sound is kept."
)
VOICES = "Which voice is used"
NOBODY, NOBODY_TEXT = "Nobody's in particular", "An average speaker stands in, as long as no voice is chosen."
DELETE = "Delete"
DELETE_NAME = "Delete the voice of {}"
DELETED, RESTORE = "The voice of {} was deleted.", "Undo"
DAMAGED = "This voice is damaged. Delete it and record it again."
NO_VOICES = "No voice has been recorded yet."

NEW = "Record a voice"
NAME, NAME_HINT = "Whose voice", "for example Anna"
READ = "Read this aloud, calmly, as you would tell the time:"
SENTENCES = (
    "The kids are talking by the door, and the dogs are sitting by the window.",
    "I will be there at eight, and we can meet tomorrow after lunch.",
    "The train leaves from the other side, five minutes before the hour.",
    "She has read the letter twice and put it back on the table.",
    "They have moved to a house with a garden and three old trees.",
    "It is raining again outside, so take the umbrella that hangs in the hall.",
    "The shop opens at nine and closes at half past six, on Saturdays at noon.",
    "He keeps the keys in the left pocket of his grey coat.",
)
RECORD, STOP, KEEP, AGAIN, CANCEL = "Record", "Stop", "Keep", "Again", "Cancel"
RECORD_TIP = "Record or stop"
PRESS = f"Press Record and begin to read. {GOAL_SPEECH_S:.0f} seconds of speech are enough; pauses do not count."
SPEECH = "Seconds of speech"
NO_MICROPHONE = "There is no microphone: connect one and press Rescan in the main window."
BUSY = "The main window is recording. Stop it first."
LOADING = "The model is still being loaded."
CLIPPED = "Too loud, cut off at the top: move away a little and record it again."
SILENT = "The microphone sent exact silence: it may be muted."
MEASURING = "Listening to the recording…"
CLOSE = "Close"
KEPT = "The voice of {} is kept, and used from now on."
STOPPED = "Stopped. Nothing was kept."


def as_lines(sentences: Sequence[str]) -> str:
    """Return sentences as rich text that can be read from some distance."""
    return "".join(f'<p style="margin: 0 0 6px 0; line-height: 120%">{sentence}</p>' for sentence in sentences)


def speech(seconds: float) -> str:
    """Say how much speech was heard so far."""
    if seconds >= GOAL_SPEECH_S:
        return f"{seconds:.0f} s of speech. That is enough."
    return f"{seconds:.0f} of {GOAL_SPEECH_S:.0f} s of speech. Go on reading."


def take(seconds: float) -> str:
    """Say how a recording turned out."""
    if seconds < MIN_SPEECH_S:
        return f"Only {seconds:.0f} s of speech were heard; {MIN_SPEECH_S:.0f} s are the least. Record it again."
    return f"{seconds:.0f} s of speech. Keep it, or record it again."


def voice(info: VoiceInfo) -> str:
    """Describe a voice below its name."""
    day = info.recorded_at.strftime("%d %B %Y").lstrip("0")
    return f"{info.speech_s:.0f} s of speech · recorded {day}"


def progress(done: int, total: int) -> str:
    """Say how far the measuring is."""
    return f"{MEASURING} {100 * done / max(1, total):.0f} %"


def use(model: ModelInfo | None) -> str:
    """Say what becomes of a voice with the model in use."""
    if model is None:
        return LOADING
    if model.normalisation == Normalisation.GLOBAL:
        return f"The model in use ({model.name}) takes every voice alike: calibrating changes nothing with it."
    if model.voice_use is VoiceUse.USED:
        return f"The model in use ({model.name}) listens for the voice of {model.voice}."
    if model.voice_use is VoiceUse.UNKNOWN:
        return (
            f"The voice of {model.voice} was recorded before the speech encoder of the model in use ({model.name}) was "
            "installed, so an average speaker stands in. Record it once more."
        )
    if model.voice_use is VoiceUse.UNPREPARED:
        return (
            f"The model in use ({model.name}) was trained without neutral speech, or with an earlier version of this "
            "program: reading aloud would mislead it, so an average speaker stands in. Train it again."
        )
    return f"The model in use ({model.name}) expects a calibrated voice. Until then an average speaker stands in."


def gain(found: VoiceGain | None) -> str:
    """Say what calibrating gained in the stored study; "" where models of this kind were not tested."""
    if found is None:
        return ""
    people = f"{found.n_better} of {found.n_speakers} test speakers gained"
    if not found.is_worth_it:
        return (
            f"In our tests models of this kind gained nothing by it: they recognised {found.without:.0f} % of the "
            f"emotions without and {found.calibrated:.0f} % with a calibrated voice."
        )
    if found.calibrated <= found.without:
        return (
            f"In our tests it helped some voices and harmed others: models of this kind recognised "
            f"{found.calibrated:.0f} % of the emotions with a calibrated voice and {found.without:.0f} % without "
            f"({people}; the speakers who took part in choosing it gained {found.validation:.0f} points)."
        )
    return (
        f"In our tests models of this kind recognised {found.calibrated:.0f} % of the emotions with a calibrated voice "
        f"and {found.without:.0f} % without ({people}; actors reading two sentences)."
    )


def obstacle(*, has_source: bool, is_busy: bool) -> str:
    """Say why nothing can be recorded now, "" where it can."""
    if is_busy:
        return BUSY
    return "" if has_source else NO_MICROPHONE


def tip(model: ModelInfo) -> str:
    """Say in the model's tooltip whose voice it expects."""
    if model.normalisation != Normalisation.SPEAKER:
        return ""
    if model.voice_use is VoiceUse.USED:
        return f" It is set to the voice of {model.voice}."
    is_unfit = model.voice_use in {VoiceUse.UNKNOWN, VoiceUse.UNPREPARED}
    why = f" That of {model.voice} does not fit it." if is_unfit else ""
    return (
        f" This model expects a calibrated voice (More → {MENU}).{why} The average training speaker stands in for it."
    )


def names(infos: Sequence[VoiceInfo | str]) -> list[str]:
    """Return the names of listed voices."""
    return [info if isinstance(info, str) else info.name for info in infos]


def kept_name(name: str, taken: Sequence[str]) -> str:
    """Return a name as it was spelled before, where somebody has it: one person has one voice."""
    name = " ".join(name.split())
    return next((other for other in taken if other.casefold() == name.casefold()), name)


def name_remark(name: str, taken: Sequence[str]) -> str:
    """Say what is wrong with a name, or that somebody has it; kept is it in the spelling of `kept_name`."""
    name = " ".join(name.split())
    if not name:
        return "Type whose voice it is to keep it."
    same = kept_name(name, taken)
    return f"It replaces the earlier voice of {same}." if same in taken else ""

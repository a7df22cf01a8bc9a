"""Sentences of the page on which people record their own voice."""

from __future__ import annotations

from ser_desktop.core.takes import BACKGROUND, MIN_TAKES, Judgement

INTRO = (
    "Say short sentences as if you felt like it. Ten takes of each emotion are a beginning. The model will know your "
    "voice, not others'. The recordings stay on this computer, in your data folder."
)
CORPUS, NEW_CORPUS = "Recordings", "New recordings…"
TITLE, SPEAKER, CREATE = "Name", "Who speaks", "Begin"
DEFAULT_TITLE, DEFAULT_SPEAKER = "My voice", "me"
ADD_CLASS, CLASS_NAME, ADD = "Another emotion", "bored, surprised, …", "Add"
RECORD, STOP, KEEP, AGAIN, UNDO = "Record", "Stop", "Keep", "Again", "Delete last"
NO_MICROPHONE = "There is no microphone: connect one and press Rescan in the main window."
BUSY = "The main window is recording. Stop it first."
PRESS = "Press Record, speak, press Stop. Eight seconds are the most."
RECORD_KEYS, RECORD_TIP = "Ctrl+Return", "Record or stop: {}"
BAD = " Better record it again."
RECORDING = "Recording…"
SILENCE_PROMPT = "Say nothing: let the room be heard for a few seconds."

SENTENCES = (
    "The kids are talking by the door.",
    "I will be there at eight.",
    "The dogs are sitting by the window.",
    "She has read the letter twice.",
    "We can meet tomorrow after lunch.",
    "The train leaves from the other side.",
    "He put the keys on the table.",
    "It is raining again outside.",
    "They have moved to a new house.",
    "I have heard this song before.",
)
_JUDGEMENTS = {
    Judgement.GOOD: "Sounds fine.",
    Judgement.SILENT: "The microphone sent exact silence: it may be muted.",
    Judgement.QUIET: "Very quiet: come closer or speak up.",
    Judgement.NO_VOICE: "No voice was heard in it.",
    Judgement.CLIPPED: "Too loud, cut off at the top: move away a little.",
    Judgement.SHORT: "Shorter than half a second.",
}


def prompt(label: str, n_takes: int, sentences: tuple[str, ...]) -> str:
    """Say what to do for the next take."""
    if label == BACKGROUND:
        return SILENCE_PROMPT
    # Corpora of the first version have no sentences of their own.
    said = sentences or SENTENCES
    return f"Say it as if you were {label}: “{said[n_takes % len(said)]}”"


def class_button(label: str, n_takes: int) -> str:
    """Return a class with its number of takes."""
    return f"{label}  {n_takes}"


def class_name(label: str, n_takes: int) -> str:
    """Return a class with its number of takes, to be read aloud."""
    return f"{label}, one take" if n_takes == 1 else f"{label}, {n_takes} takes"


def take_text(seconds: float, judgement: Judgement) -> str:
    """Say how a take turned out, and what to do about a bad one."""
    return f"{seconds:.1f} s. {_JUDGEMENTS[judgement]}" + (BAD if judgement is not Judgement.GOOD else "")


def obstacle(*, has_source: bool, is_busy: bool) -> str:
    """Say why nothing can be recorded now, "" where it can."""
    if is_busy:
        return BUSY
    return "" if has_source else NO_MICROPHONE


def missing(counts: dict[str, int]) -> str:
    """Say what is missing before training can begin, "" where nothing is."""
    begun = {label: n for label, n in counts.items() if n}
    few = [label for label, n in begun.items() if n < MIN_TAKES]
    if len(begun) < 2:
        return f"Record at least {MIN_TAKES} takes of two emotions to go on."
    return f"{', '.join(few)}: {MIN_TAKES} takes are the least." if few else ""

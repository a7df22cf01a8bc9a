"""Every sentence of the window for sound files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.gui.durations import clock, roughly
from ser_desktop.gui.messages import answer_title, certainty_words
from ser_desktop.gui.trust_messages import heard_short

if TYPE_CHECKING:
    from ser_desktop.gui.files.entries import Entry

MENU_ENTRY = "Analyse sound files…"
TITLE = "Analyse sound files"
ADD_FILES, ADD_FOLDER = "Add files…", "Add folder…"
ADD_FILES_TIP = "WAV, FLAC, OGG or MP3 (Ctrl+O)"
ADD_FOLDER_TIP = "All sound files in it, at any level"
EXPORT_TABLE, EXPORT_WINDOWS = "Export table…", "Export timelines…"
EXPORT_TABLE_TIP = "A line for every file, as CSV or JSON (Ctrl+E)"
EXPORT_WINDOWS_TIP = "A line for every stretch that was judged, eight seconds long, as CSV or JSON"
EXPORT_FILTER = "Table (*.csv);;JSON (*.json)"
EXPORT_NAMES = {False: "emotions", True: "emotions in time"}
CANCEL, AGAIN, REMOVE, CANCEL_ALL = "Cancel", "Analyse again", "Remove", "Cancel all"
CANCEL_TIP = "Stop analysing the chosen files"
AGAIN_TIP = "Analyse the chosen files again, for instance once they are mended"
REMOVE_TIP = "Take the chosen files off this list; the files themselves stay (Delete)"
CANCEL_ALL_TIP = "Stop looking for files and analysing them; files that are done stay"
CLOSE = "Close"
FILES = "Files"
PROGRESS = "Progress of all files"
COLUMNS = ("File", "Length", "Sounds", "Certainty", "Speech", "State")
COLUMN_TIPS = (
    "Name of the file; the pointer shows where it lies",
    "Minutes and seconds",
    "What the voice sounds like over the whole file",
    "How likely that is, as the mean of all stretches with speech",
    "Share of the stretches, of eight seconds each, in which somebody speaks",
    "How far it is, or what is wrong",
)
DROP_HERE = (
    "<p style='font-size: 18px'>Drop sound files or folders here</p>"
    "<p>or add them above. WAV, FLAC, OGG and MP3, of any length. Nothing leaves this computer.</p>"
)
DROP_NOW = "Drop to analyse these files"
CHOOSE_ROW = "Choose a file to see how the voice changes in time."
NOTHING_YET = "Nothing has been heard of it yet."
WHOLE_FILE = "The whole file at a glance"
NOT_SURE, SILENCE = "not sure", "no speech"
FAINT = "There is a voice, but too faint to judge."
RECORDING = "Paused while you record, so that no answer is missed. Goes on by itself when the recording ends."
LOADING = "Waits until the model is loaded."
UNEXPECTED = "Something went wrong that should not. The log has the details; “Analyse again” may help."
SAVED = "Saved to «{}»."
NO_MODEL = "{} The files wait: open another model in the main window, then choose “Analyse again”."

_STATE_WORDS = {"waiting": "waiting", "done": "done", "cancelled": "cancelled"}


def length(seconds: float) -> str:
    """Return hours, minutes and seconds as on a clock, "" for an unknown length."""
    if not seconds:
        return ""
    return clock(max(1, round(seconds)), pads=False)


def time_left(seconds: float) -> str:
    """Return how long it will take, roughly."""
    return f"{roughly(seconds)} left"


def percent(share: float) -> str:
    """Return a share in percent; a file that is not finished is never at 100."""
    return f"{min(99, int(100 * share))} %"


def answer(prediction: Prediction) -> str:
    """Return what a file sounds like, in a word or two."""
    if prediction.state is AnswerState.NOT_SURE:
        return f"Not sure, perhaps {prediction.label}"
    return answer_title(prediction)


def instead(prediction: Prediction) -> str:
    """Say what was heard where there is no speech to judge, "" where there is or nobody knows."""
    return heard_short(prediction) or (FAINT if prediction.state is AnswerState.TOO_QUIET else "")


def certainty(prediction: Prediction) -> str:
    """Return words and the number, "" without probabilities."""
    if not prediction.probabilities:
        return ""
    number = f"{100 * prediction.certainty:.0f} %"
    is_sure = prediction.state is AnswerState.EMOTION
    return f"{certainty_words(prediction.certainty)} · {number}" if is_sure else number


def state(entry: Entry, *, is_held: bool, left_s: float | None) -> str:
    """Return how a file stands.

    Parameters
    ----------
    entry : Entry
    is_held : bool
        Whether the queue waits for a recording to end.
    left_s : float or None
        How long this file will still take, as far as that is known.
    """
    if entry.problem:
        # Its name stands in the same row.
        said = entry.problem.removeprefix(f"«{entry.path.name}» ")
        return said[:1].upper() + said[1:]
    if str(entry.state) != "running":
        return _STATE_WORDS.get(entry.state, entry.problem)
    if is_held:
        return f"paused at {percent(entry.share)}"
    words = [percent(entry.share)]
    if left_s is not None:
        words.append(time_left(left_s))
    return " · ".join(words)


def overall(n_ended: int, n_all: int, share: float, left_s: float | None, n_failed: int, *, is_looking: bool) -> str:
    """Return how far all files are."""
    if not n_all:
        return "Looking for sound files…" if is_looking else ""
    files = "file" if n_all == 1 else "files"
    failed = f"{n_failed} with a problem" if n_failed else ""
    if n_ended == n_all and not is_looking:
        return " · ".join(w for w in (f"{n_all} {files}", failed or "all done") if w)
    words = [f"{n_ended} of {n_all} {files}", percent(share), time_left(left_s) if left_s is not None else "", failed]
    return " · ".join([w for w in words if w] + (["looking for more…"] if is_looking else []))


def headline(entry: Entry) -> str:
    """Return what stands above the timeline of a file."""
    prediction = entry.answer
    if prediction is None:
        return entry.path.name
    said, sure = f"{entry.path.name} — {answer(prediction)}", certainty(prediction)
    if sure:
        return f"{said}, {sure}"
    return f"{said}. {instead(prediction)}" if instead(prediction) else said


def shares(found: list[tuple[str, float]], *, is_whole: bool) -> str:
    """Return how much of a file sounds like what, the most first."""
    words = [f"{name} {100 * share:.0f} %" for name, share in found if share >= 0.005]
    return f"{'The whole file' if is_whole else 'So far'}: {' · '.join(words)}" if words else ""

"""Every sentence about sessions and their moments."""

from __future__ import annotations

from datetime import datetime

from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.summary import Summary
from ser_desktop.gui import messages as common
from ser_desktop.gui.plots import words

# What the timeline says itself.
TIMELINE_HELP, time, moment, marker_title = words.TIMELINE_HELP, words.time, words.moment, words.marker_title

LIVE_HINT = "Click a moment to look at it again"
FOLLOW, FOLLOW_TIP = "Follow", "Go to the newest answer and stay with it (End)"
ZOOM_IN, ZOOM_OUT = "+", "−"
ZOOM_IN_NAME, ZOOM_OUT_NAME = "Zoom in", "Zoom out"
ZOOM_IN_TIP, ZOOM_OUT_TIP = "Show less time, larger (+)", "Show more time (−); A shows the whole recording"
BACK, BACK_TIP = "Back to live", "Leave this moment (Esc)"
BACK_IDLE = "Back to the end"
LISTEN = "Listen"
LISTEN_TIP = (
    "Hear this moment. Its sound is kept, unreadable for others, only until you record again or close the window, "
    "unless you save it."
)
STOP_LISTENING, STOP_LISTENING_TIP = "Stop", "Stop the sound"
MARK_KEY = "Set a marker at this moment"
MARK, MARK_TIP = "Mark", "Set a marker here, with a note (M)"
NOTE_PLACEHOLDER, NOTE_NAME = "What happened here?", "Note of the marker"
NOTE_DONE, NOTE_DONE_TIP = "Done", "Keep the note (Enter)"
DELETE_MARKER, DELETE_MARKER_TIP = "Delete", "Remove this marker"
UNDO, UNDO_TIP = "Undo", "Put the marker back"
MARKER_DELETED = "The marker was deleted."
NO_SOUND = "The sound of this session was not kept."
WOULD_BE_HEARD = "Possible once the recording is stopped: the microphone would hear it."
SOUND_FULL = (
    "There is no room to keep more sound, so later moments cannot be listened to again. The recording itself goes on."
)
OPEN_SESSION, EXPORT_REPORT = "Open a session…", "Save a report…"
OPEN_TITLE, SESSIONS, ALL_FILES = "Open a session", "Sessions", "All files"
OPEN_WHEN_IDLE = "Stop the recording first: then a session can be opened."
CLOSE_SESSION, CLOSE_SESSION_TIP = "Close session", "Put this session away; your own recording is shown again"
SESSION_HAS, RECORDING_HAS, BOTH_HAVE = (
    "This session has",
    "Your own recording has",
    "This session and your own recording have",
)
MARKERS_UNSAVED = "{} markers that were not saved in a session file. {}, and they are dropped."
NOTE_UNSAVED = "{} a note that was not saved in a session file. {}, and it is dropped."
BOTH_UNSAVED = "{} markers and a note that were not saved in a session file. {}, and they are dropped."
CLOSE_AGAIN, RECORD_AGAIN, OPEN_AGAIN = "Close it again", "Record again", "Open the other one again"
CLOSE_WINDOW_AGAIN = "Close the window again"
SAVE_TITLE, SAVE_QUESTION = "Save the session", "What should be saved?"
FORMATS = {
    ".json": "The session: can be opened here again, with markers and notes",
    ".csv": "A table for a spreadsheet: one line for each answer",
    ".png": "A picture of the timeline",
    ".html": "A report to read, print and pass on",
}
WITH_SOUND = "With the sound, as a FLAC file beside it ({})"
NO_SOUND_TO_SAVE = "With the sound (none was kept)"
SESSION_NOTE, SESSION_NOTE_HINT = "Note about the whole session", "Who spoke, where, what about (may stay empty)"
PLACE, CHOOSE = "File", "Choose…"
SAVE, REPLACE, CANCEL = "Save", "Replace", "Cancel"
EXISTS = "This file exists. It will be replaced."
SOUND_EXISTS = "The sound in «{}» will be replaced."
BOTH_EXIST = "This file and «{}» will be replaced."
OPEN_IT, DISCARD = "Open it", "Discard"
DISCARDED = "The recording is discarded when you record again or close the window."
RECOVERED = "These are the answers of that recording, without its sound. Save them to keep them (Ctrl+S)."
NOT_SURE = "not sure"
REPORT_SHARES = "How the voice sounded"
REPORT_SHARES_TEXT = (
    "Shares of all answers about a voice; each is about the seconds just before it. “Not sure” means that no emotion "
    "stood out."
)
REPORT_MARKERS, REPORT_COLUMNS = "Markers", ("At", "Clock", "Heard", "Note")
REPORT_MODEL, REPORT_LIMITS = "Which model listened", "What this can and cannot tell"
REPORT_LIMITS_TEXTS = (
    "The model hears how something is said, not what. It learned from actors who were asked to sound like an emotion: "
    "an expression is not a feeling, and the answers are often wrong, more so for other languages, rooms and "
    "microphones than those it learned from.",
    "Do not use this to judge people, and not at work or in schools (EU AI Act, Article 5(1)(f)). Whoever is heard "
    "should know it. The analysis ran on one computer; this report holds no sound.",
)
LAYERS_SAME = "\n\nThe layers weigh the same at every moment: the model learned that in training."


def unsaved(*, in_hand: bool, waiting: bool, markers: bool, note: bool, again: str) -> str:
    """Say what was not saved of the session in hand or of the recording that waits, and what drops it."""
    whose = BOTH_HAVE if in_hand and waiting else RECORDING_HAS if waiting else SESSION_HAS
    return (BOTH_UNSAVED if markers and note else NOTE_UNSAVED if note else MARKERS_UNSAVED).format(whose, again)


def moment_status(start: str, end: str) -> str:
    """Say in the status line which stretch is looked at, by the clock."""
    return f"looking back at {start}–{end}"


def journal_unwritten(folder: str, reason: str) -> str:
    """Say that a crash would now cost answers."""
    return (
        f"The answers cannot be written to «{folder}» ({reason}), so they would be lost in a crash. The recording goes "
        "on: free some space, or save the session."
    )


def words_unwritten(reason: str) -> tuple[str, str]:
    """Say that what was written about a recording would not come back, and what to do."""
    return f"What you marked and wrote could not be kept ({reason}).", "Save the session to keep it (Ctrl+S)."


def folder_missing(folder: str) -> str:
    """Say which folder is not there."""
    return f"The folder «{folder}» does not exist."


def place_wrong(suffix: str) -> str:
    """Say what a file's name lacks."""
    return f"Give the whole path of a file that ends in {suffix}"


def megabytes(n_bytes: float) -> str:
    """Return a size in words."""
    return f"about {n_bytes / 1e6:.0f} MB" if n_bytes >= 1e6 else "less than 1 MB"


def file_name(started_at: datetime | None) -> str:
    """Propose a file's name."""
    return f"session {started_at:%Y-%m-%d %H.%M}" if started_at else "session"


def saved(path: str, with_sound: bool) -> str:
    """Confirm."""
    return f"Saved to «{path}», with its sound beside it." if with_sound else f"Saved to «{path}»."


def sound_missing(reason: str) -> str:
    """Say that a session has lost its sound."""
    return f"The session is open, but its moments cannot be listened to: {reason}"


def interrupted(started_at: datetime | None, length_s: float) -> str:
    """Offer a recording that was not saved, be it for a crash."""
    when = f" of {_day(started_at)}{started_at:%H:%M}" if started_at else ""
    return (
        f"The recording{when}, {duration(length_s)} long, was not saved. Its answers are still here, its sound is not."
    )


def sound_unsaved(length_s: float) -> str:
    """Say what closing the window would cost."""
    return (
        f"The recording ({duration(length_s)}) was not saved. Its sound goes with the window; its answers are offered "
        "at the next start. Save it (Ctrl+S), or close the window again."
    )


def opened(started_at: datetime | None, source: str, model: str) -> str:
    """Say in the status line that a session was opened."""
    when = f" of {started_at.day} {started_at:%B %Y, %H:%M}" if started_at else ""
    return f"opened session{when}{f', {source}' if source else ''}, heard by {model or 'an unknown model'}"


def duration(seconds: float) -> str:
    """Return a length in words."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def heard(prediction: Prediction) -> str:
    """Say in one cell of a table what an answer was."""
    if prediction.label is None:
        return str(prediction.state)
    name = "not sure, perhaps " if prediction.state is AnswerState.NOT_SURE else ""
    return f"{name}{prediction.label} ({100 * prediction.certainty:.0f} %)"


def report_layer(number: int) -> str:
    """Name a layer of the speech encoder."""
    return f"layer {number}"


def report_layers(n_layers: int) -> str:
    """Say what the bars of the layers mean."""
    return (
        "How much the model takes from each layer of its speech encoder: 0 is nearest to the sound, "
        f"{n_layers - 1} the most abstract. It learned that in training; the shares are the same in every recording."
    )


def report_heading(started_at: datetime | None) -> str:
    """Head a report."""
    return f"Speech Emotion, {started_at.day} {started_at:%B %Y, %H:%M}" if started_at else "Speech Emotion"


def report_facts(source: str, length_s: float, n_answers: int) -> str:
    """Say what was recorded."""
    answers = "1 answer" if n_answers == 1 else f"{n_answers} answers"
    return " · ".join(part for part in (source, duration(length_s), answers) if part)


def report_summary(summary: Summary) -> str:
    """Say in one or two sentences what was heard."""
    if summary.spoken == 0:
        return f"In {duration(summary.duration_s)} no voice was heard."
    text = f"In {duration(summary.duration_s)}, {100 * summary.spoken:.0f} % of the answers are about a voice."
    if summary.commonest is None:
        return f"{text} The model did not commit itself to any emotion."
    share = f"{100 * summary.shares[summary.commonest]:.0f} %"
    if summary.not_sure > summary.shares[summary.commonest]:
        unsure = f"In {100 * summary.not_sure:.0f} % of these the model was not sure"
        return f"{text} {unsure}; where it was, the voice most often sounded {common.sounds_like(summary.commonest)}."
    return f"{text} Most often the voice sounded {common.sounds_like(summary.commonest)} ({share} of these)."


def report_timeline(gaps_s: float) -> str:
    """Explain the timeline's picture."""
    text = "One lane for each emotion; the stronger the colour, the more probable it was. Empty: no voice."
    return f"{text} Hatched: the microphone was away, {duration(gaps_s)} in all." if gaps_s else text


def report_model(name: str, model: ModelInfo | None) -> str:
    """Describe the model and how good it is."""
    if model is None:
        return f"{name}."
    return (
        f"{name}, trained on {model.corpus}. In recordings of people it had never heard ({model.n_test} files) it "
        f"finds {100 * model.uar_mean:.0f} % of the emotions; guessing finds {100 / len(model.labels):.0f} %."
    )


def _day(moment: datetime) -> str:
    is_today = moment.date() == datetime.now().astimezone().date()
    return "" if is_today else f"{moment.day} {moment:%B}, "

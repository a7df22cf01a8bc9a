"""Sentences of the training window: choosing recordings and a recipe, running, going back to earlier trainings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ser_desktop.core.training_folder import TrainingState
from ser_desktop.gui.curve_words import CurveWords
from ser_desktop.gui.durations import roughly as duration

TITLE = "Train a model"
NEW, PAPER, HISTORY = "New model", "Reproduce the paper", "My trainings"
STEPS = ("Recordings", "Check", "Recipe", "Training", "Result")
BACK, NEXT, TRAIN = "Back", "Next", "Start training"

CORPUS_QUESTION = "What should the model learn from?"
CORPUS_HINT = (
    "A model learns from recordings of voices whose emotion is known. Choose some, or record your own voice. "
    "Everything stays on this computer."
)
KINDS = {
    "ravdess": "RAVDESS – actors",
    "folder": "A folder of my recordings",
    "csv": "A table of my recordings (CSV)",
    "own": "Record my own voice",
    "iemocap": "IEMOCAP – dialogues",
}
KIND_TEXTS = {
    "ravdess": "24 actors say two sentences in eight emotions; where all 24 are there, calm counts as neutral, which "
    "leaves seven. Name the folder or the zip file, at whatever level the recordings lie, or download it.",
    "folder": "Lay the recordings out in a folder for each emotion, in it a folder for each person:\n"
    "    happy / anna / 1.wav      happy / ben / 1.wav      sad / anna / 1.wav\n"
    "A zip file of such a folder will do, too. WAV, FLAC, OGG or MP3.",
    "csv": "A table with a line for each recording: its file, its emotion, who speaks and, if wanted, from when to "
    "when. Files are looked for beside the table.",
    "iemocap": "Twelve hours of dialogues, rated by listeners. The University of Southern California gives it to "
    "researchers on request: fill in the form at sail.usc.edu/iemocap, wait for their answer, unpack "
    "IEMOCAP_full_release and name that folder here.",
}
RAVDESS_PARTS = {
    "ravdess": "Speech (1440 recordings)",
    "ravdess-song": "Song (1012 recordings)",
    "ravdess-both": "Speech and song, as in the paper",
}
CHOOSE_FOLDER, CHOOSE_FILE, CHOOSE_TABLE = "Choose folder…", "Choose zip file…", "Choose table…"
PLACES = "Where the recordings are"
DROP_FOLDER_OR_ZIP = "or drop a folder or a zip file here"
DROP_FOLDER = "or drop the folder here"
DROP_TABLE = "or drop a table here"
TABLE_EXAMPLE = (
    "For example (the columns may have other names; the last two may be left out):"
    '<table cellspacing="0" cellpadding="4" border="1" style="border-collapse: collapse; margin-top: 6px">'
    "<tr><th>file</th><th>emotion</th><th>speaker</th><th>start</th><th>end</th></tr>"
    "<tr><td>takes/1.wav</td><td>happy</td><td>anna</td><td>0.0</td><td>2.5</td></tr></table>"
)
NOTHING_CHOSEN = "nothing chosen yet"
DROPPED_UNKNOWN = "«{}» is neither a folder nor a zip file nor a table."
DOWNLOAD = "Download ({})…"
LICENCE_TITLE = "Licence: {}"
ACCEPT = "I accept these terms"
DOWNLOAD_NOW, CANCEL = "Download now", "Cancel"
COLUMN_OF = {
    "file": "Recording",
    "emotion": "Emotion",
    "speaker": "Who speaks",
    "start": "From (seconds)",
    "end": "To (seconds)",
}
NO_COLUMN = "–"
PREVIEW = "First lines of the table"

NO_ROOM = ", where only {} are free"
BAD_NUMBER = "{} is a number between {:g} and {:g}, or empty."

RECOMMENDED = "{} – recommended to begin with"
NEED_ENCODER = "Need a speech encoder"
RECIPE_QUESTION = "How should it learn?"
TITLE_LABEL = "Name of the model"
MEASURING = "measuring this computer…"
GET_ENCODERS = "Get speech encoders…"
GET_ENCODER = "Get the speech encoder…"
NEEDS = "Needs the speech encoder {}, which is not installed."
NOT_MEASURED = "time not measured"
EXPERT = "Expert settings"
EXPERT_OWN = "Put together yourself"
FEATURES = {
    "egemaps": "eGeMAPS",
    "spectrogram": "Spectrogram",
    "local": "First layer",
    "contextual": "Last layer",
    "all-layers": "All layers",
    "fusion": "All layers + eGeMAPS",
}
ENCODERS = {
    "compact": "compact",
    "pt": "wav2vec2-base",
    "ft": "wav2vec2-base-960h",
}
HEADS = {"dense": "Dense", "lstm": "LSTM"}
NORMALISATIONS = {"global": "over all voices", "speaker": "each voice by itself"}
PRESETS = {"paper": "the paper's text", "released-code": "the paper's released code"}
EXPERT_LABELS = {
    "features": "Features",
    "encoder": "Speech encoder",
    "head": "Head",
    "normalisation": "Normalisation",
    "preset": "Settings of",
    "seeds": "Seeds",
    "rate": "Learning rate",
    "patience": "Patience (epochs)",
}
BAD_SEEDS = "Seeds are whole numbers with commas between them, for example 123, 1234."
AS_RECIPE = "as the recipe"

STATES = {
    TrainingState.QUEUED: "waiting for its turn",
    TrainingState.RUNNING: "running",
    TrainingState.STOPPED: "paused",
    TrainingState.DONE: "finished",
    TrainingState.FAILED: "stopped by a problem",
    TrainingState.INTERRUPTED: "interrupted",
}
DAMAGED = "damaged"
STARTING = "Starting…"
STAGES = {
    "queue": "Waiting for another training to end",
    "read": "Reading the recordings",
    "extract": "Listening to the recordings",
    "statistics": "Comparing the voices",
    "train": "Learning",
    "report": "Writing the result",
}
LOSS_TITLE = "How wrong it still is in new voices"
UAR_TITLE = "Emotions it finds in new voices"
LOSS_WORDS = CurveWords(
    "passes over the recordings", "error", "latest round", "other rounds", "latest round, in voices it learns from"
)
UAR_WORDS = CurveWords("passes over the recordings", "found", "latest round", "other rounds")
CURVES_LATER = "Appears after the first pass over the recordings"
BEST = "Best so far: {:.0f} % of the emotions found, in pass {}"
PAUSE, RESUME, KEEP_BEST, CANCEL_TRAINING = "Pause", "Go on", "Stop and keep the best", "Cancel training"
SHOW_LOG, HIDE_LOG = "Show log", "Hide log"
STOPPING = "Stopping after the current step…"
KEEPING = "Stopping, keeping the best…"
CANCELLING = "Cancelling…"
ENDINGS = {"pause": STOPPING, "keep": KEEPING, "cancel": CANCELLING}
MAY_CLOSE = "You can close this window, even the program: the training goes on, and is found here again."
PAUSED_TEXT = "Paused. What has been learned is kept; “Go on” continues where it was, with the same result."
INTERRUPTED_TEXT = (
    "The training ended without a word: the computer was switched off, or the system ended it, perhaps for lack of "
    "memory. What has been learned is kept; “Go on” continues where it was, with the same result."
)
DISK_FULL = "There is hardly any room left on the disk ({:.0f} MB). Free some space, then go on."
CANCEL_QUESTION = "Throw this training away? What it has learned goes with it."
THROW_AWAY, KEEP_TRAINING = "Yes, throw it away", "No"
CANCELLED = "«{}» was cancelled and goes to the trash."

MORE, FEWER = "Show {} more", "Show fewer"
FOLDER_IS_HERE = "No program here shows folders. It is this one: {}"
TRAINS_NOW = "«{}» is being trained. More → Train a model… shows how it goes."
WAS_INTERRUPTED = "The training of «{}» was interrupted. It goes on under More → Train a model… → My trainings."
NOW_USED = "«{}» is used now: press Record in the main window."
BUSY_RECORDING = "The main window is busy: stop its recording, or wait until its model is loaded, then use this model."
DELETED = "«{}» goes to the trash."
UNDO = "Undo"
IN_USE = "✓  in use"
FINDS = "finds {:.0f} %"
STOPPED_EARLY = "stopped early"
USE_ANOTHER_FIRST = "The main window uses this model: choose another one there first, then delete this one."

STOP_FIRST = "It is running: open it and stop it first."
OPEN, DELETE, RENAME = "Open", "Delete", "Name of {}"
NO_TRAININGS = "Nothing has been trained yet. Begin under “New model”."

ACCEPT_INCOMPLETE = "Accept it even if recordings are missing"
OURS = "ours"


def plain(text: str) -> str:
    """Leave out the sentences that speak of the command line's options."""
    sentences = re.split(r"(?<=[.:…]) (?=[A-Z«])", text)
    return " ".join(sentence for sentence in sentences if "--" not in sentence)


def size(n_bytes: float) -> str:
    """Say how large something is."""
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{max(1, round(n_bytes / 1e6))} MB"


def some_files(files: Sequence[str]) -> str:
    """Name the first few files."""
    return ", ".join(files[:3]) + (", …" if len(files) > 3 else "")


def takes(estimate: Mapping[str, Any] | None, n_free: int, *, is_measuring: bool) -> str:
    """Say what a recipe takes, and whether there is room for it."""
    if estimate is None:
        return MEASURING if is_measuring else NOT_MEASURED
    if estimate["seconds"] is None:
        needs = NEEDS.format(estimate["encoder"]) if estimate["encoder"] else ""
        return needs or str(estimate["missing"])
    room = "" if estimate["n_bytes"] < n_free else NO_ROOM.format(size(n_free))
    return f"about {duration(estimate['seconds'])}, {size(estimate['n_bytes'])} on disk{room}"


def progress_text(stage: str, share: float, rounds: tuple[int, int], left_s: float | None) -> str:
    """Say what a training is at, how far the whole of it is, and how long it may still take."""
    what = STAGES.get(stage, stage)
    if stage == "train":
        what += f", {rounds[0]} of {rounds[1]} rounds done"
    words = [what, f"{100 * share:.0f} %" if share else "", left(left_s, is_guess=stage != "report")]
    return " · ".join(word for word in words if word)


def left(seconds: float | None, *, is_guess: bool) -> str:
    """Say how long something may still take."""
    if seconds is None:
        return ""
    if seconds < 8:
        return "almost done"
    return f"{'at most' if is_guess else 'about'} {duration(seconds)} left"


def log_line(event: Mapping[str, Any]) -> str:
    """Return what the log says of an event, "" for what is not worth a line."""
    kind = event["event"]
    if kind == "epoch":
        return (
            f"Round {event['seed']}, division {str(event['fold']).removeprefix('fold-')}, pass {event['epoch']}: error "
            f"{event['loss']:.3f}, in voices it does not learn from {event['validation_loss']:.3f}; found "
            f"{100 * event['uar']:.1f} %"
        )
    if kind == "result":
        return f"{event['row']}: UAR {event['uar_mean']:.1f} ± {event['uar_sd']:.1f} % in the test"
    if kind == "error":
        return f"{event['text']} {event['fix']}"
    return str(event["text"]) if kind in {"stage", "notice"} else ""

"""Every sentence of the training windows."""

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

CHECKING = "Listening to the recordings…"
CHECK_FAILED = "The recordings could not be looked at. {}"
CLASSES_TITLE, SPEAKERS_TITLE = "Recordings of each emotion", "Recordings of each person"
SPLIT_TITLE, FINDINGS_TITLE = "Who trains, who tests", "What was found"
ALL_WELL = "Nothing to complain about."
LOOK_AGAIN = "Look again"
REMEDIES = {
    "accept-counts": "Train on what is there",
    "skip-unreadable": "Leave them out",
    "speaker": "One person speaks them all",
}
MARKS = {"error": "✕", "warning": "!", "note": "i"}
CANNOT_TRAIN = "These recordings cannot be trained on yet: mend what is marked with ✕."

NO_ROOM = ", where only {} are free"
ROOM = "{} are free on the disk."
LITTLE_ROOM = 2_000_000_000
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

USE, EXPORT, OPEN_FOLDER = "Use this model now", "Export…", "Open folder"
USED = "✓  In use"
COMPARE, ANOTHER = "Compare with…", "Train another"
CONFUSION_TITLE = "What it mixes up (each line: how it was meant; each column: what the model says)"
RECALL_TITLE = "Found of each emotion"
LAYERS_TITLE = "Which layers it listens to"
PROTOCOL_TITLE = "How it was tested"
LAYERS_LIKE = (
    "Bars: how much it takes from each layer. Line: the published model, which listens most to the middle layers."
)
LAYERS_UNLIKE = "Bars: how much it takes from each layer of its encoder. Dashed: equal shares."
MORE, FEWER = "Show {} more", "Show fewer"
FOLDER_IS_HERE = "No program here shows folders. It is this one: {}"
COMPARISON_TITLE, DIFFERENCE = "Side by side", "difference"
FAIR = "Both were tested on the same recordings in the same way."
UNFAIR = "They were tested on different recordings or divided otherwise: the figures cannot be compared."
NOT_EXPORTED = "«{}» could not be written ({}). Choose another place."
TRAINS_NOW = "«{}» is being trained. More → Train a model… shows how it goes."
WAS_INTERRUPTED = "The training of «{}» was interrupted. It goes on under More → Train a model… → My trainings."
NOW_USED = "«{}» is used now: press Record in the main window."
BUSY_RECORDING = "The main window is busy: stop its recording, or wait until its model is loaded, then use this model."
EXPORTED = "Saved to «{}»."
NO_REPORT = "The result of this training cannot be read ({}). Open its folder, or train again."
DELETED = "«{}» goes to the trash."
UNDO = "Undo"
IN_USE = "✓  in use"
FINDS = "finds {:.0f} %"
STOPPED_EARLY = "stopped early"
SAME_SENTENCES = (
    "The sentences of the test were also heard in training, said by other people: with new sentences the figures could "
    "be lower."
)
NOT_TESTED = "Nobody says {} in one of the tests: nothing is known there about how well it finds it."
NOT_WATCHED = "Nobody says {} among the voices that decide when to stop: it may find it less well."
STOPPED_ONE = "The training of «{}» was stopped early."
USE_ANOTHER_FIRST = "The main window uses this model: choose another one there first, then delete this one."

STOP_FIRST = "It is running: open it and stop it first."
OPEN, DELETE, RENAME = "Open", "Delete", "Name of {}"
NO_TRAININGS = "Nothing has been trained yet. Begin under “New model”."

ACCEPT_INCOMPLETE = "Accept it even if recordings are missing"
OURS = "ours"
FIGURE_2 = "Learned layer weights (Figure 2 of the paper)"
EXPORT_REPORT = "Export report…"


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


def in_use(name: str, uar: float, own_uar: float) -> str:
    """Set a result beside the model that is in use."""
    text = f"The model in use («{name}») finds {uar:.0f} % in its own test"
    return f"!  {text}: more than this one." if uar > own_uar else f"{text}."


def corpus_summary(report: Mapping[str, Any]) -> str:
    """Say what a corpus holds."""
    rates = ", ".join(f"{int(rate) / 1000:g} kHz" for rate in report["rates_hz"])
    people = len(report["counts"])
    words = [
        str(report["corpus"]),
        f"{report['n_utterances']} recordings",
        duration(report["duration_s"]),
        "one person" if people == 1 else f"{people} people",
        f"sampled at {rates}" if rates else "",
    ]
    if report["lengths_s"]:
        shortest, middle, longest = report["lengths_s"]
        words.append(f"{shortest:.1f} to {longest:.1f} s long, most about {middle:.1f} s")
    return " · ".join(word for word in words if word)


def split_text(split: Mapping[str, Any]) -> str:
    """Say who trains and who tests."""
    folds = split["folds"]
    first = folds[0]
    sizes = {part: f"{first['sizes'][part]} recordings" for part in ("train", "validation", "test")}
    who = {part: _people(first["speakers"][part]) for part in sizes}
    if split["speaker_dependent"]:
        lines = ["The same voices train and test: the figures say nothing about other people."]
    else:
        lines = ["Nobody who trains is tested: the figures tell how it does with voices it has never heard."]
    if len(folds) > 1:
        lines.append(f"{len(folds)} rounds, so that everybody is tested once. The first of them:")
    lines += [
        f"Learns from: {sizes['train']}{who['train']}",
        f"Tells when to stop learning: {sizes['validation']}{who['validation']}",
        f"Is tested on: {sizes['test']}{who['test']}",
    ]
    return "\n".join([*lines, f"({split['text']})"])


def _people(names: Sequence[str]) -> str:
    if len(names) <= 4:
        return f" of {', '.join(names)}"
    return f" of {len(names)} people"


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


def figures(row: Mapping[str, Any]) -> str:
    """Say a result's two figures."""
    return (
        f"UAR {row['uar_mean']:.1f} ± {row['uar_sd']:.1f} %   ·   WA {row['wa_mean']:.1f} ± {row['wa_sd']:.1f} %   "
        f"(mean ± deviation over {len(row['seeds'])} repetitions)"
    )


def dated(title: str, created: str) -> str:
    """Name a training so that two of one name can be told apart."""
    return f"{title} · {created[5:16].replace('T', ' ')}"


def stopped_early(row: Mapping[str, Any], n_planned: int) -> str:
    """Say that a training was ended by hand, and what its result rests on."""
    n = len(row["seeds"])
    if n_planned > n:
        rests = f"{n} of the {n_planned} repetitions that were planned"
    else:
        rests = "one repetition cut short" if n == 1 else f"{n} repetitions, some of them cut short"
    folds = re.search(r"stopped: (\d+) of (\d+) folds", str(row["protocol"]))
    rests += f", tested by {folds[1]} of the {folds[2]} groups of people" if folds else ""
    return f"!  It was stopped early: this result rests on {rests}. A training to the end may do better."


def result_sentence(row: Mapping[str, Any]) -> str:
    """Say a result in plain words."""
    chance = 100 / len(row["labels"])
    whom = "of voices it knows" if row["speaker_dependent"] else "of voices it has never heard"
    best = max(range(len(row["labels"])), key=lambda i: row["recalls"][i]["mean"])
    worst = min(range(len(row["labels"])), key=lambda i: row["recalls"][i]["mean"])
    return (
        f"It recognises {row['uar_mean']:.0f} % of the emotions in recordings {whom}; guessing would give {chance:.0f} "
        f"%. It finds {row['labels'][best]} best ({row['recalls'][best]['mean']:.0f} %) and {row['labels'][worst]} "
        f"least ({row['recalls'][worst]['mean']:.0f} %)."
    )


def warnings(row: Mapping[str, Any]) -> list[str]:
    """Return what must be known beside the figures, in plain words."""
    found = []
    n = row["n_speakers"]
    if row["speaker_dependent"]:
        found.append("The same voices were trained and tested: with other people it will do worse.")
    elif n < 4:
        found.append(f"Only {n} people tested it; with others the figures could be quite different.")
    if row["n_test"] < 100:
        found.append(f"Only {row['n_test']} recordings tested it: a few more right or wrong change the figures.")
    weak = [
        label for label, r in zip(row["labels"], row["recalls"], strict=True) if r["mean"] < 100 / len(row["labels"])
    ]
    if weak:
        found.append(f"It finds {', '.join(weak)} less often than guessing would.")
    return [*found, *plain_warnings(row["warnings"])]


_SHARED_SENTENCES = re.compile(r"\d+ of the \d+ test utterances of [^ ]+ say a sentence that is also trained on\.")
_PART_LACKS = re.compile(r"The (validation|test) part of ([^ ]+) has no utterance of (.+)\.")


def plain_warnings(texts: Sequence[str]) -> list[str]:
    """Say a division's warnings once each, in plain words and with what they mean."""
    return list(dict.fromkeys(map(_plain_warning, texts)))


def _plain_warning(text: str) -> str:
    lacks = _PART_LACKS.fullmatch(text)
    if lacks:
        return NOT_TESTED.format(lacks[3]) if lacks[1] == "test" else NOT_WATCHED.format(lacks[3])
    return SAME_SENTENCES if _SHARED_SENTENCES.fullmatch(text) else text


def protocol_card(row: Mapping[str, Any], recipe: str = "") -> str:
    """Say what was trained on what, and tested how; ``recipe`` is what people chose."""
    made_of = f"{row['title']}; settings of {PRESETS.get(row['preset'], row['preset'])}"
    return "\n".join(
        (
            f"Recordings: {row['corpus']}",
            f"Division: {row['protocol']}",
            f"Tested on: {row['n_test']} recordings of {row['n_speakers']} people",
            f"Recipe: {recipe} ({made_of})" if recipe else f"Recipe: {made_of}",
            f"Repetitions: {len(row['seeds'])}, each from another random beginning "
            f"(seeds {', '.join(map(str, row['seeds']))})",
            "The people who tested it decided nothing.",
        )
    )

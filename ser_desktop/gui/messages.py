"""Every sentence the window says."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ser_desktop.core.levels import InputLight
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.published import published_weights
from ser_desktop.core.session import SessionState
from ser_desktop.gui import trust_messages
from ser_desktop.gui.durations import roughly
from ser_desktop.gui.voices.messages import tip as voice_tip

if TYPE_CHECKING:
    from ser_desktop.core.library import EncoderStatus
    from ser_desktop.core.transfer import Progress

APP_TITLE = "Speech Emotion"

RECORD = "Record"
STOP = "Stop"
LOADING = "Loading…"
FINISHING = "Finishing…"
RECORD_TIP = "Start or stop listening (Space)"
ELAPSED = "Recorded time"
MICROPHONE = "Microphone"
MICROPHONE_TIP = "Which microphone to listen to. Only its level is shown until you press Record."
RESCAN = "Rescan"
RESCAN_TIP = "Look for microphones again (Ctrl+R)"
RESCAN_WHILE_RECORDING = "Stop the recording to look for microphones"
NO_MICROPHONES = "No microphone found"
DEMO_SOURCE = "Demo clip (synthetic voice)"
SKIPPED_TIP = "Windows passed over because a newer one was already waiting"

MENU = "More"
PLAY_DEMO = "Try the demo clip"
PLAY_FILE = "Listen to a sound file…"
SAVE_SESSION = "Save session…"
OPEN_MODEL = "Open a model…"
UNPACKING = "Unpacking «{}»…"
MODEL_PATTERNS = "Model (*.zip config.json);;All files (*)"
DEFAULT_MODEL = "Use the model that came along"
APPEARANCE = "Appearance"
APPEARANCES = {"system": "As the system", "light": "Light", "dark": "Dark"}
CLOSE = "Dismiss"
COPY_DETAILS = "Copy details"

TRAIN = "Train a model…"
ENCODERS = "Speech encoders…"
ENCODERS_TITLE = "Speech encoders"
ENCODERS_INTRO = (
    "A speech encoder turns sound into what a model listens to. One comes along; the two of the paper are larger and "
    "are fetched once. Afterwards nothing here needs a network."
)
GET, GO_ON, CANCEL, VERIFY, REMOVE = "Get", "Go on", "Cancel", "Check files", "Remove"
IMPORT_FOLDER, IMPORT_ZIP = "Import a folder…", "Import a zip file…"
CLOSE_WINDOW = "Close"
PROGRESS_OF = "Progress of {}"
WORKING = "Working…"
INSTALL_STOPPED = "Stopped. What has arrived is kept: “Go on” continues there."
TRASHED = "{} was moved to the trash."
REMOVED = "{} was removed."

CHANCES_TITLE = "How likely each emotion is"
TIMELINE_TITLE = "Timeline"
WAVEFORM_TITLE = "Sound of the last 12 seconds"
SECONDS_AGO = "{} s ago"
NOW = "now"
LAYERS_TITLE = "Which layers the model listens to"
WHY_TITLE = "What this means"

READY = "Press Record and speak"
READY_HINT = "The answer appears within two seconds and follows your voice every second."
LOADING_HINT = "The model is being loaded. This takes a few seconds."
LISTENING = "Listening …"
LISTENING_HINT = "Speak for a moment."
NO_MICROPHONE_HINT = "Connect a microphone and press Rescan, or try the demo clip."
DEFAULT_INSTEAD = "The model that came along is used instead."
SPARE_INSTEAD = "Until then a simpler model is used, without layers."
PAUSED = "Paused"
PAUSED_HINT = "The microphone is away."
FAILED = "No model"
TIMELINE_EMPTY = "Your recording will appear here, one lane per emotion."

AUDIENCE, AUDIENCE_BUTTON = "Audience view", "Audience"
AUDIENCE_TIP = "Fill a screen with the answer, for people to watch (F11)"
AUDIENCE_ON = "Audience view on another screen"
AUDIENCE_TITLE = "Speech Emotion – audience view"
AUDIENCE_LEAVE, AUDIENCE_LEAVE_TIP, AUDIENCE_LEAVE_NAME = "✕", "Back to the window (Esc)", "Leave"
AUDIENCE_SIGN = "Runs on this computer · no sound leaves it"
AUDIENCE_IDLE = "Ready"
CONSENT_TITLE = "May this computer listen?"
CONSENT_TEXT = (
    "It will hear everybody in this room and show which emotion a voice seems to express. No sound is kept unless "
    "somebody saves it, nothing leaves the computer, and it is often wrong."
)
CONSENT_YES, CONSENT_NO = "We agree", "Not now"

_LIGHTS = {
    InputLight.WAITING: ("no input yet", ""),
    InputLight.GOOD: ("good input", "The level is fine."),
    InputLight.ZEROS: (
        "no signal",
        "The microphone sends exact silence. It may be muted, or this program may lack permission to use it: "
        "check the switch on the microphone and the system's privacy settings.",
    ),
    InputLight.QUIET: ("too quiet", "Speak louder, come closer, or raise the input level in the sound settings."),
    InputLight.CLIPPING: ("too loud", "The sound is cut off at the top. Lower the input level or move away a little."),
    InputLight.NARROW: (trust_messages.NARROW_WORD, trust_messages.NARROW_ADVICE),
}

_STATE_WORDS = {
    AnswerState.NO_SPEECH: ("No speech", "Nothing that sounds like a voice was heard."),
    AnswerState.TOO_QUIET: ("Too quiet", "There is a voice, but too faint to judge. Speak louder or come closer."),
}


def light_words(light: InputLight) -> tuple[str, str]:
    """Short word and advice for the input light."""
    return _LIGHTS[light]


def answer_title(prediction: Prediction) -> str:
    """Return the one or two words in large type."""
    if prediction.state is AnswerState.NOT_SURE:
        return "Not sure"
    if prediction.label is None:
        return _STATE_WORDS[prediction.state][0]
    return prediction.label.capitalize()


def answer_subtitle(prediction: Prediction) -> str:
    """Return the line below: certainty in words with the number."""
    if prediction.label is None:
        return trust_messages.heard_short(prediction) or _STATE_WORDS[prediction.state][1]
    percent = f"{100 * prediction.certainty:.0f} %"
    if prediction.state is AnswerState.NOT_SURE:
        return f"perhaps {prediction.label} · {percent}"
    return f"{certainty_words(prediction.certainty)} · {percent}"


def certainty_words(certainty: float) -> str:
    """Certainty of an accepted answer in words."""
    if certainty >= 0.75:
        return "sure"
    return "fairly sure" if certainty >= 0.5 else "a tendency"


_ADJECTIVES = {"disgust": "disgusted", "anger": "angry", "sadness": "sad", "happiness": "happy", "fear": "fearful"}
"""What a voice sounds like, for labels that name the feeling."""


def sounds_like(label: str) -> str:
    """Return the word for what a voice sounds like."""
    return _ADJECTIVES.get(label, label)


def why(prediction: Prediction | None, model: ModelInfo | None) -> str:
    """One or two plain sentences about the current answer."""
    if model is None:
        return "A model turns the sound of a voice, not its words, into the emotion it expresses."
    if prediction is None:
        return (
            "The model hears how something is said, not what. It was trained on actors and is often wrong: in whole "
            f"sentences by actors it never heard, it finds {100 * model.uar_mean:.0f} % of the emotions "
            f"(guessing: {100 / len(model.labels):.0f} %)."
        )
    if prediction.label is None:
        return trust_messages.why_no_answer(prediction)
    reliable = trust_messages.how_reliable(prediction, model)
    best, second = sorted(zip(prediction.probabilities, prediction.labels, strict=True), reverse=True)[:2]
    if prediction.state is AnswerState.NOT_SURE:
        return _joined(
            f"No emotion stands out: {best[1]} and {second[1]} are closest. Below {100 * model.threshold:.0f} % "
            "the program does not commit itself.",
            reliable,
        )
    next_one = f"; next comes {second[1]} with {100 * second[0]:.0f} %" if second[0] >= 0.005 else ""
    return _joined(
        f"The voice sounds {sounds_like(best[1])}{next_one}.",
        reliable,
        "This is how the voice sounds to a model trained on actors, not what a person feels.",
    )


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def layers_sentence(model: ModelInfo | None) -> str:
    """One sentence below the layer plot."""
    if model is None:
        return ""
    if model.layer_weights is None:
        return (
            "This model has no speech encoder and so no layers: it measures loudness, pitch and voice quality "
            "(eGeMAPS)."
        )
    bars = "Bars: how much this model takes from each layer of its speech encoder"
    if len(model.layer_weights) != len(published_weights(model.head, model.normalisation)):
        last = len(model.layer_weights) - 1
        return f"{bars}: 0 is nearest to the sound, {last} the most abstract. Dashed: equal shares."
    return f"{bars}. Line: the published model, which listens most to the middle layers."


def status(
    prediction: Prediction | None, started_at: datetime | None, age_s: float, n_skipped: int, *, is_live: bool = True
) -> str:
    """Which sound the answer is about, how old it is while more may come, and what was passed over."""
    if prediction is None or started_at is None:
        return "no answer yet"
    start, end = (_clock(started_at, s) for s in (prediction.start_s, prediction.end_s))
    if not is_live:
        return f"the last answer describes {start}–{end} · {n_skipped} skipped"
    return f"describes {start}–{end} · {age_s:.1f} s old · {n_skipped} skipped"


def model_status(model: ModelInfo, *, is_shipped: bool = False) -> str:
    """Model and its measured quality; the one that came along needs no other name, and its corpus no details here."""
    quality = f"UAR {100 * model.uar_mean:.0f} ± {100 * model.uar_sd:.0f} % on {model.n_test} test recordings"
    name = f"the model that came along, trained on {model.corpus.partition(' (')[0]}" if is_shipped else model.name
    return f"{name} · {quality}"


def model_tip(model: ModelInfo) -> str:
    """Say what UAR means, and whose voice it is set to or what stands in for a missing calibration."""
    text = "UAR: the share of each emotion's test recordings that it gets right, averaged over the emotions."
    return "\n\n".join(part for part in (text + voice_tip(model), trust_messages.reliability_tip(model)) if part)


def device_status(model: ModelInfo) -> str:
    """Return the processor, why it was chosen, and how the speech encoder is computed."""
    text = f"runs on {model.device}: {model.device_reason}"
    return f"{text} · speech encoder by {model.backend}" if model.backend else text


def device_tip(model: ModelInfo) -> str:
    """Return the same with the reasons in full."""
    text = device_status(model)
    return f"{text}: {model.backend_reason}" if model.backend else text


def encoder_state(status: EncoderStatus) -> str:
    """Say whether it is there, its size and licence."""
    megabytes = f"{status.n_bytes / 1e6:.0f} MB"
    if status.is_shipped:
        state = "installed" if status.is_installed else "missing: install the program again"
    elif status.is_installed:
        state = "installed"
    elif status.n_arrived:
        state = f"{status.n_arrived / 1e6:.0f} MB of it have arrived"
    else:
        state = "not installed"
    return f"{state} · {megabytes} · licence {status.licence} · revision {status.revision[:12]}"


def encoder_uses(status: EncoderStatus) -> str:
    """Name the models that use it, and how good they are."""
    uses = [f"{use.name} (UAR {100 * use.uar_mean:.0f} ± {100 * use.uar_sd:.0f} %)" for use in status.bundles]
    return f"Used by {'; '.join(uses)}" if uses else ""


def download_progress(progress: Progress) -> str:
    """Say how far, how fast, how long, or what is waited for."""
    if progress.waiting:
        return f"{progress.name}: {progress.waiting}…"
    done = f"{progress.n_done / 1e6:.0f} MB"
    if progress.n_total:
        done = f"{progress.n_done / 1e6:.0f} of {progress.n_total / 1e6:.0f} MB"
    words = [done, f"{progress.bytes_per_s / 1e6:.1f} MB/s" if progress.bytes_per_s else ""]
    if progress.left_s is not None:
        words.append(f"{roughly(progress.left_s)} left")
    return " · ".join(word for word in words if word)


def installed(name: str) -> str:
    """Confirm an installation."""
    return f"{name} is installed. Models that need it can be opened now."


def downloaded(title: str) -> str:
    """Confirm a download."""
    return f"Downloaded: {title}."


def verified(name: str, problems: tuple[str, ...]) -> str:
    """Say what a look at the files found."""
    if not problems:
        return f"{name}: all files are as they were installed."
    return f"{' '.join(problems)} Remove {name} and get it again."


def screen(number: int, name: str, width: int, height: int) -> str:
    """Name a screen."""
    return f"Screen {number}: {name}, {width} × {height}"


def waiting_for(name: str) -> str:
    """Sentence while a lost microphone is awaited."""
    return f"Paused, waiting for «{name}». Recording goes on by itself when it is back; no other microphone is used."


def unplugged(name: str) -> str:
    """Sentence when a microphone is away while nothing is recorded."""
    return f"«{name}» is not connected. It is used as soon as it is; you can also choose another one."


def missing_device(name: str) -> str:
    """Entry of a microphone that is remembered but absent."""
    return f"{name} (not connected)"


def record_button(state: SessionState) -> str:
    """Label of the one primary button."""
    return {
        SessionState.LOADING: LOADING,
        SessionState.LISTENING: STOP,
        SessionState.PAUSED: STOP,
        SessionState.FINISHING: FINISHING,
    }.get(state, RECORD)


def audience_hint(state: SessionState) -> str:
    """Which keys do something for the presenter now."""
    stops = {SessionState.LISTENING, SessionState.PAUSED}
    space = "Space: stop · " if state in stops else "Space: listen · " if state is SessionState.IDLE else ""
    return f"{space}Esc: leave"


def unexpected(version: str, log: str) -> str:
    """Text of the one dialog for defects of ours."""
    return (
        f"Something went wrong that should not. The program goes on, but a restart is safer.\n\n"
        f"Version {version}\nLog: {log}"
    )


def _clock(started_at: datetime, seconds: float) -> str:
    return datetime.fromtimestamp(started_at.timestamp() + seconds).strftime("%H:%M:%S")


def model_gone(folder: Path) -> str:
    """Say that a model that was used before is not there; trained ones lie in a folder named after them."""
    name = folder.parent.name if folder.name == "model" else folder.name
    return f"The model «{re.sub(r'^[0-9]{8}-[0-9]{6}-', '', name)}» is no longer there."
